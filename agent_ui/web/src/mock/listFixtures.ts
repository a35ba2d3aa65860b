// Invented do-not-contact lists: every state that one can be in; the number asked after is on two of them.
import type { Check, Listed, NumberList } from "../supervisor/compliance/lists";

const LIST: NumberList = {
  id: 1,
  name: "Letters and calls",
  kind: "entries",
  scope: "global",
  whose: null,
  source: "Our own desk",
  evidence: "",
  created_at: "2026-03-01T09:00:00+00:00",
  created_by: "cli",
  refresh_by: null,
  overdue_denies: false,
  version: 0,
  entries: 1_204,
  ended_at: null,
  ended_by: null,
  end_reason: null,
  overdue: false,
  unread: false,
};

export const LISTS: NumberList[] = [
  LIST,
  {
    ...LIST,
    id: 2,
    name: "National registry",
    kind: "hashed",
    source: "FTC, subscription 4471",
    refresh_by: "2026-12-20T00:00:00+00:00",
    version: 31,
    entries: 9_840_112,
    unread: true,
  },
  {
    ...LIST,
    id: 3,
    name: "Banco Alameda: VIP",
    scope: "creditor",
    whose: "Banco Alameda",
    refresh_by: "2026-11-01T00:00:00+00:00",
    overdue: true,
    overdue_denies: true,
    entries: 88,
  },
  {
    ...LIST,
    id: 4,
    name: "Spring pilot",
    scope: "campaign",
    whose: "Spring",
    ended_at: "2026-06-01T00:00:00+00:00",
    ended_by: "user:7",
    end_reason: "pilot is over",
    entries: 3,
  },
];

const ENTRY: Listed = {
  list: "Letters and calls",
  kind: "exact",
  prefix: "",
  scope: "global",
  why: "the address itself",
  how: "console",
  at: "2026-10-02T14:03:00+00:00",
  by: "user:7",
  evidence: "letter of 30 Sep",
};

export const CHECK: Check = {
  address: "+121••••••42",
  listed: true,
  lists: [ENTRY, { ...ENTRY, kind: "prefix", prefix: "+1212", why: "begins with +1212", evidence: "order 3" }],
  ended: [
    { ...ENTRY, list: "Spring pilot", ended_at: "2026-06-01T00:00:00+00:00", ended_by: "user:7", end_reason: "over" },
  ],
  unread: ["National registry"],
  overdue: [],
};
