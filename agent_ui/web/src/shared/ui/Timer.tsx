// Time since or until an instant of the server, counted here every second without asking the server.
import { serverNow, tick } from "../clock";
import { duration } from "../format/time";

export function Timer({ since, until, testid }: { since?: string; until?: string; testid?: string }) {
  tick.value; // ticks with everything else
  const ms = since !== undefined ? serverNow() - Date.parse(since) : Date.parse(until ?? "") - serverNow() + 999;
  return (
    <span class="timer" role="timer" aria-live="off" data-testid={testid}>
      {duration(Number.isNaN(ms) ? 0 : ms)}
    </span>
  );
}

/** What is left of a span that ends at `until`, 0..1, for a bar that empties. */
export function shareLeft(until: string, totalMs: number): number {
  tick.value;
  return Math.min(1, Math.max(0, (Date.parse(until) - serverNow()) / totalMs));
}
