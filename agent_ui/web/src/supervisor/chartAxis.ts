// The time axis of the last hour's chart. Pure.

const LEAST_S = 600; // the chart's own range for a first minute alone is a day, whose labels all say midnight

/** Whole minutes between ticks: labels tell minutes, so that two of them never say the same. */
export const MINUTES_S = [60, 120, 300, 600, 900, 1_800, 3_600];

/** From the first of these instants to the last, in seconds of the epoch, and never less than ten minutes. */
export function timeRange(instants: ArrayLike<number>): [number, number] {
  const last = instants[instants.length - 1] ?? 0;
  return [Math.min(instants[0] ?? 0, last - LEAST_S), last];
}
