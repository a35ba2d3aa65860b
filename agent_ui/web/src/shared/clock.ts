// The server's clock as this machine sees it, and a signal that ticks once a second for everything that counts time.
import { signal } from "@preact/signals";

const JUMP_MS = 5_000;
const WINDOW = 20;

let samples: number[] = [];

/** Latency only ever makes the server look late, so the largest of the last differences is the nearest to the truth. */
export function observeServerNow(iso: string, at = Date.now()): void {
  const difference = Date.parse(iso) - at;
  if (Number.isNaN(difference)) return;
  if (samples.length > 0 && Math.abs(difference - offsetMs()) > JUMP_MS) samples = [];
  samples = [...samples.slice(1 - WINDOW), difference];
}

export function offsetMs(): number {
  return samples.length > 0 ? Math.max(...samples) : 0;
}

export function serverNow(): number {
  return Date.now() + offsetMs();
}

export const tick = signal(Date.now());

let ticking = false;

export function startTicking(): void {
  if (ticking) return;
  ticking = true;
  setInterval(() => {
    tick.value = Date.now();
  }, 1_000);
}
