import { describe, expect, it } from "vitest";
import type { Delta } from "../../src/protocol";
import { applyDelta, applyReply, type Held, resumeRequest } from "../../src/shared/live/stream";

type State = { n: number };
const held = (seq: number): Held<State> => ({ epoch: "e1", seq, state: { n: seq } });
const delta = (seq: number, epoch = "e1"): Delta => ({
  epoch,
  seq,
  now: "2026-01-01T00:00:00Z",
  ops: [{ path: ["n"], value: seq }],
});

describe("a delta", () => {
  it("that is the next one is applied", () => {
    expect(applyDelta(held(4), delta(5))).toEqual({ kind: "applied", held: held(5) });
  });
  it("that was seen already is stale", () => {
    expect(applyDelta(held(4), delta(4)).kind).toBe("stale");
    expect(applyDelta(held(4), delta(2)).kind).toBe("stale");
  });
  it("that skips a number is a gap", () => {
    expect(applyDelta(held(4), delta(6)).kind).toBe("gap");
  });
  it("of another epoch, or before any snapshot, is a gap", () => {
    expect(applyDelta(held(4), delta(5, "e2")).kind).toBe("gap");
    expect(applyDelta<State>(null, delta(1)).kind).toBe("gap");
  });
  it("that leads nowhere means that what is held is broken", () => {
    const bad = { ...delta(5), ops: [{ path: ["x", "y"], value: 1 }] };
    expect(applyDelta(held(4), bad).kind).toBe("broken");
  });
});

describe("a resume", () => {
  it("asks from nothing at first and from what is held later", () => {
    expect(resumeRequest(null)).toEqual({ epoch: null, seq: 0 });
    expect(resumeRequest(held(7))).toEqual({ epoch: "e1", seq: 7 });
  });
  it("takes a snapshot whole, also of a new epoch", () => {
    const reply = { snapshot: { epoch: "e2", seq: 1, now: "", state: { n: 1 } } };
    expect(applyReply(held(9), reply)).toEqual({ kind: "applied", held: { epoch: "e2", seq: 1, state: { n: 1 } } });
  });
  it("takes the missed deltas in order and skips those it had", () => {
    expect(applyReply(held(4), { deltas: [delta(4), delta(5), delta(6)] })).toEqual({ kind: "applied", held: held(6) });
  });
  it("answered by no deltas changes nothing", () => {
    expect(applyReply(held(4), { deltas: [] }).kind).toBe("stale");
  });
  it("answered by deltas that do not fit needs a snapshot", () => {
    expect(applyReply(held(4), { deltas: [delta(6)] }).kind).toBe("broken");
    expect(applyReply<State>(null, { deltas: [] }).kind).toBe("broken");
  });
});
