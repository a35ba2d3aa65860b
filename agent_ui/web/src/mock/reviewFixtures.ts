// Invented replies that wait for a person, and sample tests of machine detection.
import type { SampleTests } from "../supervisor/compliance/AmdEvidence";
import type { UnclearReply } from "../supervisor/compliance/reviews";

const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

const REPLY: UnclearReply = {
  id: 51,
  at: ago(26.2),
  age_s: 94_320,
  channel: "sms",
  language: "es",
  address_masked: "+346••••••78",
  debtor_id: 5_012,
  meaning: "unclear",
  text: "¿Quién es? Número equivocado",
  why: { code: "phrase", matched: "numero … equivocado/erroneo", language: "es", read_as: "unclear" },
};

export const REPLIES: UnclearReply[] = [
  REPLY,
  {
    ...REPLY,
    id: 52,
    at: ago(2.1),
    age_s: 7_560,
    channel: "whatsapp",
    language: "en",
    address_masked: "+121••••••42",
    debtor_id: 4_711,
    meaning: "stop",
    text: "Stop calling me at work!! I told you people three times already, my boss is right here and this is the number of the front desk.",
    why: { code: "limited", matched: "stop/quit/cease … @call", language: "en", read_as: "stop" },
  },
  {
    ...REPLY,
    id: 53,
    at: ago(0.2),
    age_s: 720,
    language: null,
    address_masked: "+447••••••23",
    debtor_id: null,
    text: "wrong number",
    why: { code: "changed", matched: null, language: null, read_as: "other" },
  },
];

export const TESTS: SampleTests = {
  days: 90,
  tests: [
    {
      id: 2,
      campaign_id: 3,
      campaign_name: "Iberia cards, early stage",
      tested_on: "2026-11-02",
      sample: 400,
      false_positives: 3,
      tested_by: "Inés Duarte",
      note: "every fifth call of Monday",
      recorded_by: "user:7",
      recorded_at: "2026-11-02T16:40:00+00:00",
      last_day: "2027-01-31",
      valid: true,
    },
    {
      id: 1,
      campaign_id: null,
      campaign_name: "",
      tested_on: "2026-05-04",
      sample: 250,
      false_positives: 6,
      tested_by: "Inés Duarte",
      note: "",
      recorded_by: "cli",
      recorded_at: "2026-05-04T09:00:00+00:00",
      last_day: "2026-08-02",
      valid: false,
    },
  ],
};
