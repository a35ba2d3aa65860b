// What makes a promise to pay acceptable: an amount within the debt, a day within the limits. Pure.
import type { DebtView, FileView } from "../protocol";
import { type AmountProblem, money, parseAmount } from "../shared/format/money";
import { addDays, calendarDate, daysBetween } from "../shared/format/time";
import type { MessageKey, Params } from "../shared/i18n";

export interface PromiseDraft {
  debtId: number | null;
  amount: string; // major units as typed
  dueDate: string; // YYYY-MM-DD or empty
}

export interface Complaint {
  key: MessageKey;
  params?: Params;
}

export type PromiseErrors = Partial<Record<"debt_id" | "amount_minor" | "due_date", Complaint>>;
export type PromiseArgs = { debt_id: number; amount_minor: number; currency: string; due_date: string };
export type PromiseCheck = { ok: true; args: PromiseArgs } | { ok: false; errors: PromiseErrors };

const AMOUNT_PROBLEMS: Record<Exclude<AmountProblem, "too_large">, MessageKey> = {
  empty: "promise.need_amount",
  not_a_number: "promise.bad_amount",
  too_many_decimals: "promise.too_many_decimals",
};

function checkAmount(text: string, debt: DebtView, minMinor: number, locale: string): number | Complaint {
  const { currency } = debt.balance;
  const parsed = parseAmount(text, currency, locale);
  const shown = (minor: number) => money({ minor, currency }, locale);
  const tooBig: Complaint = { key: "promise.too_big", params: { most: shown(debt.balance.minor) } };
  if ("problem" in parsed)
    return parsed.problem === "too_large" ? tooBig : { key: AMOUNT_PROBLEMS[parsed.problem], params: { currency } };
  const least = Math.min(minMinor, debt.balance.minor);
  if (parsed.minor <= 0 || parsed.minor < least) return { key: "promise.too_small", params: { least: shown(least) } };
  if (parsed.minor > debt.balance.minor) return tooBig;
  return parsed.minor;
}

function checkDate(date: string, today: string, maxDays: number, locale: string): Complaint | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date))) return { key: "promise.need_date" };
  const days = daysBetween(today, date);
  if (days < 0) return { key: "promise.date_past" };
  if (days > maxDays)
    return { key: "promise.date_far", params: { date: calendarDate(addDays(today, maxDays), locale), n: maxDays } };
  return null;
}

/** `today` is the calendar date where the debtor is. */
export function checkPromise(draft: PromiseDraft, file: FileView, today: string, locale: string): PromiseCheck {
  const errors: PromiseErrors = {};
  const debt = file.debts.find((one) => one.id === draft.debtId);
  const amount = debt ? checkAmount(draft.amount, debt, file.promise_limits.min_minor, locale) : null;
  if (!debt) errors.debt_id = { key: "promise.need_debt" };
  if (amount !== null && typeof amount === "object") errors.amount_minor = amount;
  const date = checkDate(draft.dueDate, today, file.promise_limits.max_days, locale);
  if (date) errors.due_date = date;
  if (!debt || typeof amount !== "number" || date) return { ok: false, errors };
  return {
    ok: true,
    args: { debt_id: debt.id, amount_minor: amount, currency: debt.balance.currency, due_date: draft.dueDate },
  };
}

export interface DayPick {
  key: MessageKey;
  date: string;
}

/** Days that debtors name most: today, tomorrow, in a week, the end of the month; only those within the limit. */
export function dayPicks(today: string, maxDays: number): DayPick[] {
  const [year = 0, month = 0] = today.split("-").map(Number);
  const monthEnd = new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
  const picks: DayPick[] = [
    { key: "promise.today", date: today },
    { key: "promise.tomorrow", date: addDays(today, 1) },
    { key: "promise.week", date: addDays(today, 7) },
    { key: "promise.month_end", date: monthEnd },
  ];
  const seen = new Set<string>();
  return picks.filter(({ date }) => {
    if (seen.has(date) || daysBetween(today, date) > maxDays) return false;
    seen.add(date);
    return true;
  });
}
