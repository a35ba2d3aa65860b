// Invented abandonment figures: every state that a gauge can be in, and a long name.
import type { CampaignGauges, Gauge, Ledger } from "../supervisor/compliance/gauges";

const BLOCK = { first: "2026-10-29", last: "2026-11-27", hours: null };

function gauge(over: Partial<Gauge> & Pick<Gauge, "key" | "regime">): Gauge {
  return {
    first: null,
    last: null,
    hours: 24,
    abandoned: 9,
    answered: 612,
    rate: 9 / 612,
    bound: 0.02553,
    limit: 0.03,
    confidence: 0.95,
    few: false,
    min_answers: 200,
    binds: true,
    paces: true,
    holds: false,
    uncertain: false,
    state: "ok",
    headroom: 3,
    next_answers: 100,
    clean_needed: null,
    evidence: null,
    ...over,
  };
}

const CALM: CampaignGauges = {
  id: 3,
  name: "Iberia cards, early stage",
  state: "running",
  mode: "progressive",
  timezone: "Europe/Madrid",
  gauges: [
    gauge({ key: "us", regime: "us", ...BLOCK, abandoned: 118, answered: 9_204, rate: 0.01282, bound: 0.01489 }),
    gauge({
      key: "gb-ofcom",
      regime: "gb-ofcom",
      evidence: { tested_on: "2026-11-02", sample: 400, false_positives: 3, by: "Inés Duarte" },
    }),
    gauge({
      key: "house-1h",
      regime: "house",
      hours: 1,
      paces: false,
      answered: 31,
      abandoned: 0,
      rate: 0,
      few: true,
      bound: 0.0921,
      headroom: 1,
    }),
    gauge({ key: "house-24h", regime: "house" }),
  ],
  blocks: [
    { first: "2026-10-29", last: "2026-11-27", abandoned: 118, answered: 9_204, rate: 0.01282, within_cap: true },
    { first: "2026-09-29", last: "2026-10-28", abandoned: 411, answered: 12_480, rate: 0.03293, within_cap: false },
    { first: "2026-08-30", last: "2026-09-28", abandoned: 160, answered: 10_930, rate: 0.01464, within_cap: true },
  ],
};

const HELD: CampaignGauges = {
  id: 4,
  name: "UK utilities",
  state: "running",
  mode: "power",
  timezone: "Europe/London",
  gauges: [
    gauge({
      key: "us",
      regime: "us",
      ...BLOCK,
      binds: false,
      abandoned: 61,
      answered: 2_310,
      rate: 0.02641,
      bound: 0.03257,
      uncertain: true,
      clean_needed: 406,
      state: "near",
      headroom: 0,
    }),
    gauge({
      key: "gb-ofcom",
      regime: "gb-ofcom",
      rate: null,
      abandoned: 2,
      answered: 247,
      bound: 0.02527,
      state: "review",
      headroom: 1,
    }),
    gauge({
      key: "house-1h",
      regime: "house",
      hours: 1,
      paces: false,
      abandoned: 3,
      answered: 40,
      rate: 0.075,
      bound: 0.1826,
      few: true,
      uncertain: true,
      clean_needed: 246,
      state: "near",
      headroom: 0,
    }),
    gauge({
      key: "house-24h",
      regime: "house",
      abandoned: 8,
      answered: 253,
      rate: 0.03162,
      bound: 0.05641,
      limit: 0.025,
      holds: true,
      uncertain: true,
      clean_needed: 385,
      state: "over",
      headroom: 0,
    }),
  ],
  blocks: [
    { first: "2026-10-29", last: "2026-11-27", abandoned: 61, answered: 2_310, rate: 0.02641, within_cap: true },
  ],
};

export function mockLedger(scene: string): Ledger {
  return { at: new Date().toISOString(), campaigns: scene === "empty" ? [] : [CALM, HELD] };
}
