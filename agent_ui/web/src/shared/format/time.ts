// Durations, instants and dates as text. Instants are ISO UTC; zones are always named by the caller.
import { formatLocale } from "../i18n";

/** 0:07, 12:40, 1:02:05: digits in the reader's script, always the same width for the same magnitude. */
export function duration(ms: number, name: string = formatLocale.value): string {
  const total = Math.max(0, Math.floor(ms / 1_000));
  const hours = Math.floor(total / 3_600);
  const minutes = Math.floor((total % 3_600) / 60);
  const two = new Intl.NumberFormat(name, { minimumIntegerDigits: 2, useGrouping: false });
  const one = new Intl.NumberFormat(name, { useGrouping: false });
  const tail = two.format(total % 60);
  return hours > 0 ? `${one.format(hours)}:${two.format(minutes)}:${tail}` : `${one.format(minutes)}:${tail}`;
}

/** Long spans of a day's statistics: 3h 05m, 12m, 40s. */
export function span(seconds: number, name: string = formatLocale.value): string {
  const unit = (value: number, of: "hour" | "minute" | "second") =>
    new Intl.NumberFormat(name, {
      style: "unit",
      unit: of,
      unitDisplay: name.startsWith("fa") ? "short" : "narrow",
    }).format(value);
  if (seconds < 60) return unit(Math.floor(seconds), "second");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return unit(minutes, "minute");
  return `${unit(Math.floor(minutes / 60), "hour")} ${unit(minutes % 60, "minute")}`;
}

export function clockTime(iso: string, zone?: string, name: string = formatLocale.value): string {
  return new Intl.DateTimeFormat(name, {
    hour: "2-digit",
    minute: "2-digit",
    ...(zone ? { timeZone: zone } : {}),
  }).format(new Date(iso));
}

export function dateTime(iso: string, zone?: string, name: string = formatLocale.value): string {
  return new Intl.DateTimeFormat(name, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    ...(zone ? { timeZone: zone } : {}),
  }).format(new Date(iso));
}

/** A calendar date `YYYY-MM-DD`, which has no zone. */
export function calendarDate(date: string, name: string = formatLocale.value, withWeekday = false): string {
  return new Intl.DateTimeFormat(name, {
    ...(withWeekday ? { weekday: "short" as const } : {}),
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  }).format(new Date(`${date}T00:00:00Z`));
}

/** The calendar date in `zone` at `at`, as `YYYY-MM-DD`. */
export function dateIn(zone: string, at: number): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(at);
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** Wall-clock text `YYYY-MM-DDTHH:MM` in `zone` at `at`. */
export function wallClock(zone: string, at: number): string {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const get = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? "00";
  return `${get("year")}-${get("month")}-${get("day")}T${get("hour")}:${get("minute")}`;
}

/** The instant of wall-clock `local` in `zone`; null when clocks skip it. Of a repeated hour the first is meant. */
export function instantOf(local: string, zone: string): Date | null {
  const asUtc = Date.parse(`${local}:00Z`);
  if (Number.isNaN(asUtc)) return null;
  const offset = (at: number) => Date.parse(`${wallClock(zone, at)}:00Z`) - Math.floor(at / 60_000) * 60_000;
  const guesses = [asUtc - offset(asUtc - 86_400_000), asUtc - offset(asUtc + 86_400_000)].sort((a, b) => a - b);
  const found = guesses.find((guess) => wallClock(zone, guess) === local);
  return found === undefined ? null : new Date(found);
}
