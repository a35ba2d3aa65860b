// What a console holds of a stream, and what one message from the server makes of it. Pure.
import type { Delta, ResumeReply, ResumeRequest } from "../../protocol";
import { applyOps, OpsError } from "./ops";

export interface Held<T> {
  epoch: string;
  seq: number;
  state: T;
}

/** `gap`: something was missed, resume. `broken`: what is held is no good, ask for a snapshot. */
export type Step<T> = { kind: "applied"; held: Held<T> } | { kind: "stale" } | { kind: "gap" } | { kind: "broken" };

export function resumeRequest(held: Held<unknown> | null): ResumeRequest {
  return held ? { epoch: held.epoch, seq: held.seq } : { epoch: null, seq: 0 };
}

export function applyDelta<T>(held: Held<T> | null, delta: Delta): Step<T> {
  if (!held || delta.epoch !== held.epoch) return { kind: "gap" };
  if (delta.seq <= held.seq) return { kind: "stale" };
  if (delta.seq !== held.seq + 1) return { kind: "gap" };
  try {
    return { kind: "applied", held: { epoch: held.epoch, seq: delta.seq, state: applyOps(held.state, delta.ops) } };
  } catch (error) {
    if (error instanceof OpsError) return { kind: "broken" };
    throw error;
  }
}

export function applyReply<T>(held: Held<T> | null, reply: ResumeReply<T>): Step<T> {
  if ("snapshot" in reply) {
    const { epoch, seq, state } = reply.snapshot;
    return { kind: "applied", held: { epoch, seq, state } };
  }
  let current = held;
  for (const delta of reply.deltas) {
    const step = applyDelta(current, delta);
    if (step.kind === "applied") current = step.held;
    else if (step.kind !== "stale") return { kind: "broken" };
  }
  if (!current) return { kind: "broken" };
  return current === held ? { kind: "stale" } : { kind: "applied", held: current };
}
