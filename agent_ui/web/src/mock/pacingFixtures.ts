// Invented pacing figures, and the answer to a question to the simulated floor.
import type { PacingView } from "../protocol";
import type { Run } from "../supervisor/whatif/whatif";

export function mockPacing(over: Partial<PacingView> = {}): PacingView {
  return {
    lines: 12,
    phases: { dialing: 3, ringing: 8, detecting: 0, waiting: 1 },
    free_agents: 2,
    seats: { idle: 2, talk: 10, wrap: 3, pause: 1 },
    launched: 3,
    predicted_answers: 2.4,
    predicted_free: 3.1,
    ahead_s: 11,
    forecast: { expected: 2.4, came: 2, within_s: 8 },
    budget: { remaining: 7, holds: false, because: "", gauge: "house-24h", rate: 0.018, bound: 0.024, limit: 0.03 },
    calibration: { forecasts: 812, q10: 0.11, q50: 0.49, q90: 0.91, surprised: false, since: null },
    saved_at: null,
    ...over,
  };
}

const figure = (mean: number, half: number) => ({ mean, low: mean - half, high: mean + half });

export const ANSWERED: Run = {
  id: "0199a1c2-0000-7000-8000-000000000001",
  state: "done",
  progress: 1,
  message: "",
  answer: {
    figures: {
      occupancy: figure(0.81, 0.02),
      wait_mean_s: figure(11.2, 0.6),
      wait_p95_s: figure(38.4, 2.1),
      abandon_rate: { mean: 0.0182, low: null, high: null },
      answer_to_agent_p95_s: figure(1.4, 0.1),
      calls: figure(1_240, 18),
      answered: figure(262, 6),
      talks: figure(257, 6),
      talk_min_per_hour: figure(39.6, 0.8),
    },
    learnt: { calls: 5_400, answer_rate: 0.212, ring_median_s: 14, talk_median_s: 96, wrap_up_median_s: 18 },
    assumed: [
      { code: "no_breaks", text: "agents stay for the whole time, without breaks", value: null },
      { code: "list_as_before", text: "the list answers as it did: nobody is called too often", value: null },
      {
        code: "whole_limit",
        text: "the abandonment gauges leave the whole limit of 3.0%: in a day's first hours they leave less",
        value: 0.03,
      },
      { code: "machine_errors", text: "machine detection takes 20.0% of persons for machines", value: 0.2 },
      { code: "wrap_up", text: "wrap-up takes 45 s, the campaign's setting", value: 45 },
    ],
    happened: [
      {
        day: "2026-11-20",
        calls: 1_200,
        answered: 260,
        talks: 240,
        abandoned: 5,
        abandon_rate: 0.01923,
        occupancy: 0.74,
        agents: 8,
      },
      {
        day: "2026-11-19",
        calls: 960,
        answered: 201,
        talks: 196,
        abandoned: 0,
        abandon_rate: 0,
        occupancy: null,
        agents: 6,
      },
    ],
  },
};

let looks = 0;

/** Begins at a fifth and is done at the fifth look. */
export function mockRun(begins: boolean): Run {
  looks = begins ? 1 : looks + 1;
  return looks >= 5 ? ANSWERED : { ...ANSWERED, state: "running", progress: looks / 5, answer: null };
}

export const MOCK_SETTINGS = {
  max_lines: 500,
  calls_per_second: 20,
  lines_per_agent: 1.5,
  priority: 0,
  preview_s: 30,
  preview_skips: 3,
  preview_end: "skip",
  wrap_up_cut_for_waiting: false,
  cancel_ringing: true,
  skills: ["es"],
  staffing: "assigned",
  announcement: "",
  announcement_words: "",
  amd: true,
  announcement_to_machines: false,
};
