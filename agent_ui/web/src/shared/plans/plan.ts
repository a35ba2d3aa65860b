// A planned break or shift end as typed: a clock time of this browser's zone, the next one that comes. Pure.
import type { PlanView } from "../../protocol";
import { addDays, clockTime, dateIn, instantOf } from "../format/time";
import { type MessageKey, type Params, t, word } from "../i18n";

export const PAUSE_REASONS = ["break", "lunch", "training", "meeting", "technical"] as const;
export const LONGEST_MIN = 480;

export interface PlanDraft {
  kind: PlanView["kind"];
  time: string; // HH:MM
  minutes: string; // empty: no length
  reason: string;
}

export const EMPTY_PLAN: PlanDraft = { kind: "pause", time: "", minutes: "15", reason: "break" };

export interface PlanArgs extends Record<string, unknown> {
  kind: PlanView["kind"];
  at: string;
  minutes?: number;
  reason?: string;
}

export type PlanCheck =
  | { ok: true; args: PlanArgs }
  | { ok: false; field: "at" | "minutes"; error: { key: MessageKey; params?: Params } };

/** The next instant at which the clock of `zone` shows `time`; null when it shows it neither today nor tomorrow. */
export function nextAt(time: string, zone: string, now: number): string | null {
  if (!/^\d{2}:\d{2}$/.test(time)) return null;
  const today = dateIn(zone, now);
  for (const date of [today, addDays(today, 1)]) {
    const at = instantOf(`${date}T${time}`, zone);
    if (at && at.getTime() > now) return at.toISOString();
  }
  return null;
}

export function checkPlan(draft: PlanDraft, zone: string, now: number): PlanCheck {
  const at = nextAt(draft.time, zone, now);
  if (at === null) return { ok: false, field: "at", error: { key: "plan.need_time" } };
  if (draft.kind === "logout") return { ok: true, args: { kind: "logout", at } };
  const args: PlanArgs = { kind: "pause", at, reason: draft.reason };
  if (draft.minutes.trim() === "") return { ok: true, args };
  const minutes = Number(draft.minutes);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > LONGEST_MIN)
    return { ok: false, field: "minutes", error: { key: "plan.bad_minutes", params: { most: LONGEST_MIN } } };
  return { ok: true, args: { ...args, minutes } };
}

/** What is planned, in a few words. */
export function planText(plan: Pick<PlanView, "kind" | "at" | "minutes" | "reason">): string {
  const time = clockTime(plan.at);
  if (plan.kind === "logout") return t("plan.leave_at", { time });
  const reason = word("pause", plan.reason ?? "break");
  if (plan.minutes === null) return t("plan.break_at", { reason, time });
  return t("plan.break_for", { reason, time, minutes: plan.minutes });
}

export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
