// Stored verdicts: their shape, and a search that asks on until a page is full. Pure but for the asking it is given.
import type { Tone } from "../../shared/ui";

export type Decision = "allow" | "deny" | "review";
export const DECISIONS: readonly Decision[] = ["allow", "deny", "review"];
export const CHANNELS = ["voice", "sms", "whatsapp", "email"] as const;
export const TONE: Record<Decision, Tone> = { allow: "good", deny: "bad", review: "warn" };
export const PAGE = 25;

export const REASONS = [
  "timezone_unknown",
  "holiday",
  "weekday",
  "hours",
  "preference",
  "place",
  "frequency.attempts",
  "frequency.conversation",
  "frequency.contacts",
  "consent",
  "consent_stale",
  "opt_out",
  "cease",
  "attorney",
  "third_party",
  "abandonment",
  "channel",
  "disclosure",
  "in_progress",
  "no_contact_point",
  "no_debt",
  "closed",
  "facts",
] as const;

export interface Reason {
  code: string;
  rule: string;
  rulebook: string;
  version: string;
  source: string;
  text: string;
}

export interface Verdict {
  id: string;
  attempt: string | null; // what it allowed
  at: string;
  at_local: Record<string, string>;
  channel: string;
  origin: string;
  debtor: number;
  reference: string;
  campaign: number | null;
  campaign_name: string;
  kind: string;
  ending: string;
  verdict: Decision;
  because: string;
  reasons: Reason[];
  tallies: { rule: string; nth: number; limit: number; since: string }[];
  flags: string[];
  rulebooks: string[];
  zones: string[];
  tzdb: string;
  retry_at: string | null;
  retry_at_local: Record<string, string>;
  erased: boolean;
}

export interface Place {
  at: string;
  id: string;
}

export interface Answer {
  verdicts: Verdict[];
  further: Place | null;
}

export interface Filters {
  debtor: string;
  channel: string;
  decision: string;
  reason: string;
  campaign: string;
  first: string; // dates of this machine's zone, both included; "" is open
  last: string;
}

export const NO_FILTERS: Filters = {
  debtor: "",
  channel: "",
  decision: "",
  reason: "",
  campaign: "",
  first: "",
  last: "",
};

/** The first instant of a date (`YYYY-MM-DD`) on this machine's clock, `days` later. */
function startOf(date: string, days = 0): string | undefined {
  if (!date) return undefined;
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  return new Date(year, month - 1, day + days).toISOString();
}

/** What the server is asked; what is open is left out. */
export function bodyOf(filters: Filters, before: Place | null): Record<string, unknown> {
  const wanted = {
    debtor: filters.debtor.trim() || undefined,
    channel: filters.channel || undefined,
    decision: filters.decision || undefined,
    reason: filters.reason || undefined,
    campaign: filters.campaign ? Number(filters.campaign) : undefined,
    since: startOf(filters.first),
    until: startOf(filters.last, 1),
    before: before ?? undefined,
    limit: PAGE,
  };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

/** Asks on while nothing matches: what is seldom lies deep. `onPlace` hears how far it is and may stop it. */
export async function searchOn(
  ask: (before: Place | null) => Promise<Answer>,
  from: Place | null,
  onPlace: (place: Place) => boolean,
): Promise<Answer> {
  let answer = await ask(from);
  const verdicts = [...answer.verdicts];
  while (verdicts.length < PAGE && answer.further && onPlace(answer.further)) {
    answer = await ask(answer.further);
    verdicts.push(...answer.verdicts);
  }
  return { verdicts, further: answer.further };
}
