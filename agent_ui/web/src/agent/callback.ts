// When a callback may be agreed: a real time on the debtor's clock, not in the past. Pure.
import { addDays, dateIn, instantOf, wallClock } from "../shared/format/time";
import type { MessageKey } from "../shared/i18n";

export type CallbackCheck = { ok: true; dueAt: string } | { ok: false; error: MessageKey };

/** `local` is `YYYY-MM-DDTHH:MM` on the wall clock of `zone`. */
export function checkCallback(local: string, zone: string, now: number): CallbackCheck {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(local)) return { ok: false, error: "callback.need_time" };
  const instant = instantOf(local, zone);
  if (!instant) return { ok: false, error: "callback.no_such_time" };
  if (instant.getTime() <= now) return { ok: false, error: "callback.past" };
  return { ok: true, dueAt: instant.toISOString() };
}

export function callbackPicks(zone: string, now: number): { key: MessageKey; local: string }[] {
  const tomorrow = addDays(dateIn(zone, now), 1);
  const quarter = 15 * 60_000;
  return [
    { key: "callback.hour", local: wallClock(zone, Math.ceil((now + 3_600_000) / quarter) * quarter) },
    { key: "callback.tomorrow_morning", local: `${tomorrow}T10:00` },
    { key: "callback.tomorrow_evening", local: `${tomorrow}T17:00` },
  ];
}
