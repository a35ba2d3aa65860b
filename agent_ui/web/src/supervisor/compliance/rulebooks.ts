// Rulebooks as the server tells them, and a value's words. Pure.
import type { Tone } from "../../shared/ui";

export type Confidence = "primary" | "secondary" | "memory" | "";
export const SURE: Record<Confidence, Tone> = { primary: "good", secondary: "busy", memory: "warn", "": "neutral" };

export interface BookRow {
  id: string;
  title: string;
  kind: string;
  version: string | null;
  confidence: Confidence;
  mark: string;
  drafts: string[];
  sources: string[];
}

export interface Switch {
  switch: string;
  on: boolean;
  closes: { rulebook: string; channel: string; because: string; source: string }[];
}

/** One line for each reason, with all rulebooks that give it: a platform's policy is the same everywhere. */
export function together(closes: Switch["closes"]) {
  const lines = new Map<string, { rulebooks: string[]; channel: string; because: string; source: string }>();
  for (const { rulebook, ...reason } of closes) {
    const key = JSON.stringify(reason);
    const line = lines.get(key) ?? { rulebooks: [], ...reason };
    line.rulebooks.push(rulebook);
    lines.set(key, line);
  }
  return [...lines.values()];
}

export interface BookList {
  rulebooks: BookRow[];
  switches: Switch[];
}

export interface Value {
  where: string;
  source: string;
  confidence: Confidence;
  draft: boolean;
  says: Record<string, unknown>;
}

export interface BookVersion {
  version: string;
  effective_from: string | null;
  effective_to: string | null;
  in_force: boolean;
  confidence: Confidence;
  mark: string;
  drafts: string[];
  values: Value[];
}

export interface WeekDay {
  day: string;
  open: [number, number][]; // minutes of the day
  notes: { kind: string; text: string }[];
}

export interface BookDetail {
  rulebook: { id: string; title: string; kind: string; versions: BookVersion[] };
  zones: string[];
  week: { zone: string; channel: string; first: string; open_hours: number; days: WeekDay[] };
  year: number;
  holidays: { day: string; name: string }[];
}

/** `hours`, `caps`, `consent` ...: the part of the rulebook in which a value stands. */
export function groupOf(where: string): string {
  return where.split(".")[0] ?? where;
}

export function groups(values: Value[]): [string, Value[]][] {
  const found = new Map<string, Value[]>();
  for (const value of values) {
    const group = groupOf(value.where);
    found.set(group, [...(found.get(group) ?? []), value]);
  }
  return [...found];
}

/** What a value says, in the file's words: `mon-fri 08:00-21:00; sat closed`. */
export function words(value: unknown): string {
  if (Array.isArray(value)) {
    const times = value.length === 2 && value.every((one) => typeof one === "string" && one[2] === ":");
    return value.map(words).join(times ? "-" : ", ");
  }
  if (value !== null && typeof value === "object") {
    return Object.entries(value)
      .map(([name, given]) => `${name} ${words(given)}`)
      .join("; ");
  }
  return String(value);
}

export function says(value: Value): string {
  return Object.entries(value.says)
    .filter(([name]) => name !== "id")
    .map(([name, given]) => `${name.replaceAll("_", " ")} ${words(given)}`)
    .join(", ");
}

/** 480 is 08:00. */
export function minuteText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
