import { describe, expect, it } from "vitest";
import { faultOf, loudness } from "../../../src/agent/phone/microphone";
import { type Counts, countsOf, qualityOf } from "../../../src/agent/phone/quality";

const at = (atMs: number, more: Partial<Counts> = {}): Counts => ({
  atMs,
  received: atMs / 20,
  lost: 0,
  jitterS: 0.005,
  roundTripS: 0.05,
  sentLoss: 0,
  ...more,
});

describe("the quality of the line", () => {
  it.each([
    ["good when all arrives", {}, "good"],
    ["fair when 3 of 100 packets are lost", { lost: 3 }, "fair"],
    ["poor when 10 of 100 packets are lost", { lost: 10 }, "poor"],
    ["fair when what we send is lost on the way", { sentLoss: 0.05 }, "fair"],
    ["fair with a long way", { roundTripS: 0.4 }, "fair"],
    ["poor with a very long way", { roundTripS: 0.7 }, "poor"],
    ["poor with much jitter", { jitterS: 0.09 }, "poor"],
  ] as const)("is %s", (_, now, expected) => {
    expect(qualityOf(at(0), at(2_000, now), true)).toBe(expected);
  });
  it("is silent in a call in which nothing arrives, and only there", () => {
    expect(qualityOf(at(0), at(2_000, { received: 0 }), true)).toBe("silent");
    expect(qualityOf(at(0), at(2_000, { received: 0 }), false)).toBe("good");
    expect(qualityOf(at(0), at(2_000, { received: 0, roundTripS: null }), false)).toBeNull();
  });
  it("forgets losses that are over", () => {
    expect(qualityOf(at(2_000, { lost: 50 }), at(4_000, { lost: 50 }), true)).toBe("good");
  });
  it("is read from the browser's reports", () => {
    const reports = [
      { type: "inbound-rtp", kind: "video", packetsReceived: 9 },
      { type: "inbound-rtp", kind: "audio", packetsReceived: 100, packetsLost: -2, jitter: 0.01 },
      { type: "remote-inbound-rtp", kind: "audio", roundTripTime: 0.2, fractionLost: 0.1 },
    ];
    expect(countsOf(reports, 7)).toEqual({
      atMs: 7,
      received: 100,
      lost: 0,
      jitterS: 0.01,
      roundTripS: 0.2,
      sentLoss: 0.1,
    });
  });
});

describe("the microphone", () => {
  it("is 0 in silence, 1 at full scale, in between by decibels", () => {
    expect(loudness(new Float32Array(8))).toBe(0);
    expect(loudness([1, -1])).toBe(1);
    expect(loudness([0.001, -0.001])).toBeCloseTo(0, 5);
    expect(loudness([0.0316, -0.0316])).toBeCloseTo(0.5, 2);
  });
  it.each([
    ["NotAllowedError", "denied"],
    ["NotFoundError", "no_microphone"],
    ["OverconstrainedError", "no_microphone"],
    ["NotReadableError", "mic_busy"],
  ])("that fails by %s is %s", (name, fault) => {
    expect(faultOf(new DOMException("", name))).toBe(fault);
  });
});
