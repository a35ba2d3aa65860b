// Answers of the compliance tabs for development: invented persons, every look that a row can have.

import type { EvidenceDocument } from "../supervisor/compliance/Evidence";
import type { Answer, Verdict } from "../supervisor/compliance/verdicts";
import type { PointAnswer } from "../supervisor/compliance/WhenAgain";
import { CHECK, LISTS } from "./listFixtures";
import { CONSENTS, REVIEWS, WISHES } from "./personFixtures";
import { REPLIES, TESTS } from "./reviewFixtures";
import { BOOKS, mockBook } from "./rulebookFixtures";

const HOURS = {
  code: "hours",
  rule: "us-federal.hours",
  rulebook: "us-federal",
  version: "2026-11-21",
  source: "12 CFR 1006.6(b)(1)(i); comment 6(b)(1)(i)-2",
  text: "it is 07:12 in America/Los_Angeles, calls open at 08:00 (us-federal)",
};

function verdict(over: Partial<Verdict>): Verdict {
  return {
    id: "0192f0c1-0000-7000-8000-000000000001",
    attempt: null,
    at: "2026-11-21T15:12:09Z",
    at_local: { "America/New_York": "2026-11-21 10:12 -0500", "America/Los_Angeles": "2026-11-21 07:12 -0800" },
    channel: "voice",
    origin: "dialer",
    debtor: 4_711,
    reference: "BA-2026-004711",
    campaign: 3,
    campaign_name: "Iberia cards, early stage",
    kind: "mobile",
    ending: "…0142",
    verdict: "deny",
    because:
      "Not allowed: it is 07:12 in America/Los_Angeles, calls open at 08:00 (us-federal); 8th attempt since 15 Nov, limit 7 (us-federal). The same contact passes from 22 Nov 08:00.",
    reasons: [
      HOURS,
      {
        ...HOURS,
        code: "frequency.attempts",
        rule: "us-federal.7-in-7",
        source: "12 CFR 1006.14(b)(2)(i)(A)",
        text: "8th attempt since 15 Nov, limit 7 (us-federal)",
      },
    ],
    tallies: [
      { rule: "us-federal.7-in-7", nth: 8, limit: 7, since: "2026-11-15" },
      { rule: "us-ma.2-in-7", nth: 1, limit: 2, since: "2026-11-15" },
    ],
    flags: ["rapid"],
    rulebooks: ["us-federal@2026-11-21", "us-ma@2026-11-21"],
    zones: ["America/New_York", "America/Los_Angeles"],
    tzdb: "2026a",
    retry_at: "2026-11-22T16:00:00Z",
    retry_at_local: { "America/New_York": "2026-11-22 11:00 -0500", "America/Los_Angeles": "2026-11-22 08:00 -0800" },
    erased: false,
    ...over,
  };
}

export const VERDICTS: Verdict[] = [
  verdict({}),
  verdict({
    id: "0192f0c1-0000-7000-8000-000000000002",
    at: "2026-11-20T17:40:00Z",
    at_local: { "Europe/Madrid": "2026-11-20 18:40 +0100" },
    attempt: "0192f0c1-0000-7000-8000-0000000000a2",
    verdict: "allow",
    because: "Allowed under us-federal@2026-11-21: 2nd attempt since 15 Nov, limit 7.",
    reasons: [],
    tallies: [{ rule: "us-federal.7-in-7", nth: 2, limit: 7, since: "2026-11-15" }],
    flags: [],
    zones: ["Europe/Madrid"],
    retry_at: null,
    retry_at_local: {},
  }),
  verdict({
    id: "0192f0c1-0000-7000-8000-000000000003",
    at: "2026-11-20T09:00:00Z",
    at_local: {},
    channel: "sms",
    origin: "message_step",
    campaign: null,
    campaign_name: "",
    verdict: "review",
    because: "",
    reasons: [],
    tallies: [],
    flags: [],
    zones: [],
    rulebooks: [],
    retry_at: null,
    retry_at_local: {},
    erased: true,
  }),
];

const POINTS: PointAnswer[] = [
  {
    channel: "voice",
    contact_point: 9_001,
    ending: "…0142",
    verdict: "deny",
    because: "Not allowed: it is 07:12 in America/Los_Angeles, calls open at 08:00 (us-federal).",
    retry_at: "2026-11-22T16:00:00Z",
    retry_at_local: { "America/Los_Angeles": "2026-11-22 08:00 -0800" },
  },
  {
    channel: "email",
    contact_point: 9_002,
    ending: "@example.com",
    verdict: "allow",
    because: "Allowed under us-federal@2026-11-21.",
    retry_at: null,
    retry_at_local: {},
  },
];

const RULE = { rulebook: "us-federal", version: "2026-11-21", draft: false };
export const EVIDENCE: EvidenceDocument = {
  rules: [
    {
      ...RULE,
      rule: "us-federal.hours",
      source: HOURS.source,
      text: "it is 18:40 Fri 20 Nov in Europe/Madrid, inside 08:00-21:00",
    },
    {
      ...RULE,
      rule: "us-federal.7-in-7",
      source: "12 CFR 1006.14(b)(2)(i)(A)",
      text: "2nd call about one debt since 15 Nov, limit 7 (Europe/Madrid)",
    },
  ],
  rules_say: "each rule that was asked, by the versions of the rulebooks that the verdict names",
  notes: [],
  proof: { segments: [{ checkpoint: { number: 12, at: "2026-11-20T18:00:00.000000Z" } }] },
};

/** The answer of the mock, or null where this is no route of the compliance tabs. */
export function mockCompliance(path: string, scene: string): Response | null {
  const empty = scene === "empty";
  const answer: Answer = { verdicts: empty ? [] : VERDICTS, further: null };
  if (/^\/api\/contacts\/[^/]+\/evidence$/.test(path)) return Response.json(EVIDENCE);
  if (path === "/api/verdicts/search") return Response.json(answer);
  if (path === "/api/reviews/waiting") return Response.json({ replies: empty ? 0 : REPLIES.length, oldest_at: null });
  if (path === "/api/reviews") {
    return Response.json({ reviews: empty ? [] : REPLIES, waiting: empty ? 0 : REPLIES.length });
  }
  if (path.startsWith("/api/reviews/")) return Response.json({ closed: 2, reopened: 0, freed: 1 });
  if (path === "/api/compliance/amd-evidence") return Response.json(empty ? { days: 90, tests: [] } : TESTS);
  if (path.startsWith("/api/switches/")) return Response.json({ on: [] });
  if (/^\/api\/debtors\/\d+\/contact/.test(path)) {
    return Response.json({ at: "2026-11-21T15:12:30Z", points: POINTS });
  }
  if (path === "/api/rulebooks") return Response.json(empty ? { rulebooks: [], switches: [] } : BOOKS);
  if (path.startsWith("/api/rulebooks/")) {
    return Response.json(mockBook(new URLSearchParams(path.split("?")[1]).get("channel") ?? "voice"));
  }
  if (path === "/api/lists") {
    return Response.json({ lists: empty ? [] : LISTS, upload_limit_bytes: 160 * 2 ** 20, name: "New list" });
  }
  if (/^\/api\/lists\/\d+\/end$/.test(path)) return Response.json({ list: LISTS[0]?.name, ended: true });
  if (path === "/api/lists/check") return Response.json(CHECK);
  if (/^\/api\/lists\/\d+\/entries/.test(path))
    return Response.json({ list: LISTS[0]?.name, added: true, ended: true });
  if (path === "/api/wishes/reviews") return Response.json({ reviews: empty ? [] : REVIEWS });
  if (/^\/api\/wishes\/\d+\//.test(path)) return Response.json({ id: 31 });
  if (/^\/api\/debtors\/\d+\/wishes$/.test(path)) return Response.json({ wishes: WISHES });
  if (/^\/api\/debtors\/\d+\/consents$/.test(path)) return Response.json(CONSENTS);
  if (path === "/api/consents/revoke") return Response.json({ ended: 1 });
  if (path === "/api/debtors/find") return Response.json({ id: 4_711 });
  return null;
}
