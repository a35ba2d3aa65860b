// What the board makes of a pacer's figures. Pure.
import type { Calibration, PacingBudget } from "../protocol";
import { onScale } from "./compliance/gauges";

/** The places of rate and bound on a scale that ends at twice the limit; null before the first reading. */
export function budgetScale(
  budget: PacingBudget,
): { rate: number; bound: number; tone: "good" | "warn" | "bad" } | null {
  const { bound, limit, rate } = budget;
  if (bound === null || limit === null || limit <= 0) return null;
  const tone = bound > limit ? "bad" : bound > limit * 0.8 ? "warn" : "good";
  return { ...onScale({ rate, bound, limit }), tone };
}

/** The shares of forecasts whose 10, 50 and 90 % quantiles were not exceeded; null before there are any. */
export function calibrated(calibration: Calibration | null): [number, number, number] | null {
  if (!calibration || calibration.q10 === null || calibration.q50 === null || calibration.q90 === null) return null;
  return [calibration.q10, calibration.q50, calibration.q90];
}
