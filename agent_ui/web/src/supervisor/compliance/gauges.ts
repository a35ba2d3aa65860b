// What GET /api/compliance/abandonment answers (dialer/abandonment_view.py), and how far along its limit a gauge is.
import type { Tone } from "../../shared/ui";

export type GaugeState = "ok" | "near" | "over" | "review";

/** Shares are 0..1. `first` and `last` are the dates of a 30-day period; other gauges reach `hours` back. */
export interface Gauge {
  key: string;
  regime: "us" | "gb-ofcom" | "house";
  first: string | null;
  last: string | null;
  hours: number | null;
  abandoned: number;
  answered: number;
  rate: number | null;
  bound: number;
  limit: number;
  confidence: number;
  few: boolean; // fewer than min_answers: judged as if so many had answered
  min_answers: number;
  binds: boolean;
  paces: boolean;
  holds: boolean;
  uncertain: boolean;
  state: GaugeState;
  headroom: number;
  next_answers: number;
  clean_needed: number | null;
  evidence: { tested_on: string; sample: number; false_positives: number; by: string } | null;
}

export interface Block {
  first: string;
  last: string;
  abandoned: number;
  answered: number;
  rate: number;
  within_cap: boolean;
}

export interface CampaignGauges {
  id: number;
  name: string;
  state: "draft" | "running" | "paused" | "finished";
  mode: string;
  timezone: string;
  gauges: Gauge[];
  blocks: Block[];
}

export interface Ledger {
  at: string;
  campaigns: CampaignGauges[];
}

export const TONES: Record<GaugeState, Tone> = { ok: "good", near: "warn", over: "bad", review: "warn" };

const ORDER: GaugeState[] = ["over", "review", "near", "ok"];

/** The campaign's worst binding gauge: those that need a look come first. */
export function urgency(campaign: CampaignGauges): number {
  const states = campaign.gauges.filter((gauge) => gauge.binds).map((gauge) => ORDER.indexOf(gauge.state));
  return Math.min(ORDER.length, ...states) + (campaign.state === "finished" ? ORDER.length : 0);
}

/** Where the rate and its bound lie on a scale that ends at twice the limit, in per cent of its length. */
export function onScale(gauge: Pick<Gauge, "rate" | "bound" | "limit">): { rate: number; bound: number } {
  const place = (share: number) => Math.min(100, Math.max(0, (share / (2 * gauge.limit)) * 100));
  const rate = place(gauge.rate ?? 0);
  return { rate, bound: Math.max(rate, place(gauge.bound)) };
}
