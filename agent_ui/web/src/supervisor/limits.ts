// The settings of dialing that may change while a campaign runs. Limits mirror campaigns/model.py; the server checks again. Pure.
import { oddSkill, skillsOf, skillsText } from "./skills";

export const DIALING = {
  max_lines: [1, 100_000],
  calls_per_second: [0.1, 1_000],
  lines_per_agent: [1, 10],
  priority: [0, 9],
  preview_s: [5, 600],
  preview_skips: [0, 20],
} as const;

export type NumberName = keyof typeof DIALING;
export const NUMBERS = Object.keys(DIALING) as NumberName[];
const FRACTIONS: ReadonlySet<NumberName> = new Set(["calls_per_second", "lines_per_agent"]);

interface Manners {
  preview_end: string;
  wrap_up_cut_for_waiting: boolean;
  cancel_ringing: boolean;
  staffing: string;
}

export type Dialing = Record<NumberName, number> & Manners & { skills: string[] };
export type LimitsDraft = Record<NumberName, string> & Manners & { skills: string };

export function draftOf(settings: Dialing): LimitsDraft {
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, String(settings[name])])) as Record<
    NumberName,
    string
  >;
  const { preview_end, wrap_up_cut_for_waiting, cancel_ringing, staffing } = settings;
  return {
    ...numbers,
    preview_end,
    wrap_up_cut_for_waiting,
    cancel_ringing,
    staffing,
    skills: skillsText(settings.skills),
  };
}

export function numberProblem(name: NumberName, text: string): boolean {
  const [least, most] = DIALING[name];
  const value = Number(text);
  return text.trim() === "" || !(value >= least && value <= most) || !(FRACTIONS.has(name) || Number.isInteger(value));
}

/** Only what differs is sent: two supervisors who change different things do not undo each other. */
export function changed(settings: Dialing, draft: LimitsDraft): Partial<Dialing> {
  const wanted: Dialing = {
    ...(Object.fromEntries(NUMBERS.map((name) => [name, Number(draft[name])])) as Record<NumberName, number>),
    preview_end: draft.preview_end,
    wrap_up_cut_for_waiting: draft.wrap_up_cut_for_waiting,
    cancel_ringing: draft.cancel_ringing,
    staffing: draft.staffing,
    skills: skillsOf(draft.skills),
  };
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => String(settings[name as keyof Dialing]) !== String(value)),
  ) as Partial<Dialing>;
}

/** The skill that is not written like one; null: none. */
export function skillsProblem(draft: LimitsDraft): string | null {
  return oddSkill(skillsOf(draft.skills));
}
