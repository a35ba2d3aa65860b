// A question to the simulated floor and its answer, as the server tells them; and asking on until it is there.
export interface Figure {
  mean: number | null;
  low: number | null;
  high: number | null;
}

export interface Day {
  day: string;
  calls: number;
  answered: number;
  talks: number;
  abandoned: number;
  abandon_rate: number | null;
  occupancy: number | null;
  agents: number;
}

/** What nobody measured; `value` is a share or seconds, by the code. */
export interface Assumed {
  code: "no_breaks" | "list_as_before" | "whole_limit" | "machine_errors" | "wrap_up";
  text: string;
  value: number | null;
}

export interface Answer {
  figures: Record<string, Figure>;
  learnt: {
    calls: number;
    answer_rate: number;
    ring_median_s: number | null;
    talk_median_s: number | null;
    wrap_up_median_s: number | null;
  };
  assumed: Assumed[];
  happened: Day[];
}

export interface Run {
  id: string;
  state: "waiting" | "running" | "done" | "failed" | "timeout";
  progress: number;
  message: string;
  answer: Answer | null;
}

export interface Question {
  agents: string;
  start: string;
  hours: string;
  mode: string; // "": the campaign's own
  seeds: string;
}

export const QUESTION: Question = { agents: "8", start: "10:00", hours: "2", mode: "", seeds: "5" };
export const LIMITS = { agents: [1, 300], hours: [0.25, 12], seeds: [2, 20] } as const;
export type NumberName = keyof typeof LIMITS;

/** What is shown, in which order, and how. */
export const FIGURES: readonly [name: string, kind: "share" | "seconds" | "count" | "minutes"][] = [
  ["occupancy", "share"],
  ["abandon_rate", "share"],
  ["talk_min_per_hour", "minutes"],
  ["wait_mean_s", "seconds"],
  ["wait_p95_s", "seconds"],
  ["answer_to_agent_p95_s", "seconds"],
  ["calls", "count"],
  ["answered", "count"],
  ["talks", "count"],
];

export function wrongNumber(question: Question): NumberName | null {
  const names = Object.keys(LIMITS) as NumberName[];
  const wrong = names.find((name) => {
    const [least, most] = LIMITS[name];
    const value = Number(question[name]);
    const whole = name === "hours" || Number.isInteger(value);
    return question[name].trim() === "" || !whole || !(value >= least && value <= most);
  });
  return wrong ?? null;
}

export function bodyOf(question: Question): Record<string, unknown> {
  return {
    agents: Number(question.agents),
    start: question.start,
    hours: Number(question.hours),
    seeds: Number(question.seeds),
    ...(question.mode ? { mode: question.mode } : {}),
  };
}

export function over(run: Run): boolean {
  return run.state === "done" || run.state === "failed" || run.state === "timeout";
}

/** Asks `look` until the run is over or `goesOn` says no; `heard` gets every state of it. */
export async function follow(
  run: Run,
  look: (id: string) => Promise<Run>,
  wait: () => Promise<void>,
  heard: (run: Run) => boolean,
): Promise<Run> {
  let now = run;
  while (heard(now) && !over(now)) {
    await wait();
    now = await look(now.id);
  }
  return now;
}
