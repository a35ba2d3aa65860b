import { describe, expect, it } from "vitest";
import { addDays, dateIn, daysBetween, duration, instantOf, span, wallClock } from "../../src/shared/format/time";

describe("durations", () => {
  it.each([
    [0, "0:00"],
    [7_999, "0:07"],
    [760_000, "12:40"],
    [3_725_000, "1:02:05"],
    [-500, "0:00"],
  ])("%i ms", (ms, text) => {
    expect(duration(ms, "en")).toBe(text);
  });
  it("use the reader's digits", () => {
    expect(duration(65_000, "fa")).toBe("۱:۰۵");
  });
  it("of a day's statistics", () => {
    expect([span(40, "en"), span(720, "en"), span(11_100, "en")]).toEqual(["40s", "12m", "3h 5m"]);
  });
});

describe("dates", () => {
  it("are the debtor's own, not this machine's", () => {
    const lateInLondon = Date.parse("2026-03-10T23:30:00Z");
    expect(dateIn("Europe/London", lateInLondon)).toBe("2026-03-10");
    expect(dateIn("Asia/Tehran", lateInLondon)).toBe("2026-03-11");
  });
  it("count in calendar days across a change of clocks", () => {
    expect(addDays("2026-03-28", 2)).toBe("2026-03-30");
    expect(daysBetween("2026-03-28", "2026-03-30")).toBe(2);
    expect(daysBetween("2026-03-30", "2026-03-28")).toBe(-2);
  });
  it("of a wall clock become instants in its zone", () => {
    expect(instantOf("2026-07-01T10:00", "Europe/Madrid")?.toISOString()).toBe("2026-07-01T08:00:00.000Z");
    expect(instantOf("2026-01-01T10:00", "America/New_York")?.toISOString()).toBe("2026-01-01T15:00:00.000Z");
    expect(instantOf("2026-01-01T10:00", "Asia/Kathmandu")?.toISOString()).toBe("2026-01-01T04:15:00.000Z");
  });
  it("that clocks skip are no instants; of a repeated hour the first is meant", () => {
    expect(instantOf("2026-03-29T02:30", "Europe/Madrid")).toBeNull();
    expect(instantOf("2026-10-25T02:30", "Europe/Madrid")?.toISOString()).toBe("2026-10-25T00:30:00.000Z");
    expect(instantOf("nonsense", "Europe/Madrid")).toBeNull();
  });
  it("go to the wall clock and back", () => {
    const at = Date.parse("2026-05-05T12:34:00Z");
    expect(instantOf(wallClock("Australia/Sydney", at), "Australia/Sydney")?.getTime()).toBe(at);
  });
});
