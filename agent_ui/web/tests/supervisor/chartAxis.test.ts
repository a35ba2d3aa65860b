import { expect, it } from "vitest";
import { MINUTES_S, timeRange } from "../../src/supervisor/chartAxis";

const NOON = Date.parse("2026-11-22T12:00:00Z") / 1_000;

it("a single minute stands at the end of ten, not among days", () => {
  expect(timeRange([NOON])).toEqual([NOON - 600, NOON]);
});

it("an hour is an hour", () => {
  expect(timeRange([NOON - 3_540, NOON - 60, NOON])).toEqual([NOON - 3_540, NOON]);
});

it("ticks are whole minutes apart, so that no two labels are the same", () => {
  expect(MINUTES_S.filter((seconds) => seconds % 60 !== 0 || seconds === 0)).toEqual([]);
});
