// Invented wishes and consents of one person.
import type { ConsentLedger } from "../supervisor/compliance/Consents";
import type { Review, Wish } from "../supervisor/compliance/Wishes";

export const REVIEWS: Review[] = [
  {
    id: 31,
    debtor_id: 4_711,
    kind: "hardship",
    at: "2026-08-10T10:00:00+00:00",
    review_on: "2026-11-08",
    days_over: 14,
    recorded_by: "user:3",
  },
  {
    id: 32,
    debtor_id: 4_712,
    kind: "dispute",
    at: "2026-11-01T10:00:00+00:00",
    review_on: "2026-11-22",
    days_over: 0,
    recorded_by: "cli",
  },
];

const WISH: Wish = {
  id: 31,
  kind: "hardship",
  at: "2026-08-10T10:00:00+00:00",
  ends_at: null,
  review_on: "2026-11-08",
  ended_at: null,
  recorded_by: "user:3",
  ended_by: null,
  ended_because: "",
};

export const WISHES: Wish[] = [
  WISH,
  { ...WISH, id: 30, kind: "breathing_space", review_on: null, ends_at: "2026-12-31T00:00:00+00:00" },
  {
    ...WISH,
    id: 29,
    kind: "inconvenient_time",
    review_on: null,
    ended_at: "2026-07-01T08:00:00+00:00",
    ended_by: "user:7",
    ended_because: "asked for evenings again",
  },
];

const GIVEN = {
  channel: "sms",
  event: "given" as const,
  at: "2026-05-02T09:30:00+00:00",
  how: "written",
  expires_at: "2027-05-02T00:00:00+00:00",
  evidence: "form 12",
  recorded_by: "import",
  text_shown: "You agree to messages about your account.",
  text_version: "v3",
  text_language: "en",
};

export const CONSENTS: ConsentLedger = {
  debtor: 4_711,
  reference: "BA-2026-004711",
  points: [
    {
      contact_point: 9_001,
      kind: "mobile",
      address: "+121••••••42",
      now: { voice: "none", sms: "given", whatsapp: "revoked" },
      entries: [
        GIVEN,
        {
          ...GIVEN,
          channel: "whatsapp",
          event: "revoked",
          at: "2026-06-03T11:00:00+00:00",
          how: null,
          expires_at: null,
          evidence: "call of 3 Jun",
          recorded_by: "user:7",
          text_shown: "",
          text_version: "",
        },
      ],
      opt_outs: [
        {
          channel: "whatsapp",
          at: "2026-06-03T11:00:00+00:00",
          lifted_at: null,
          source: "consent_revoked",
          evidence: "call of 3 Jun",
        },
      ],
    },
    {
      contact_point: 9_002,
      kind: "email",
      address: "•••@example.com",
      now: { email: "none" },
      entries: [],
      opt_outs: [],
    },
  ],
};
