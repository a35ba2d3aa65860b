// Invented rulebooks: one sure, one draft, one without a version today; a week with a holiday and a closed day.
import type { BookDetail, BookList, BookRow, Value } from "../supervisor/compliance/rulebooks";

const FEDERAL: BookRow = {
  id: "us-federal",
  title: "United States: FDCPA and Regulation F (12 CFR 1006)",
  kind: "jurisdiction",
  version: "2026-11-21",
  confidence: "memory",
  mark: "draft, needs counsel",
  drafts: ["retention.1", "recording"],
  sources: ["12 CFR 1006.6(b)(1)(i); comment 6(b)(1)(i)-2", "12 CFR 1006.14(b)(2)(i)(A)", "12 CFR 1006.42(a)(1)"],
};

export const BOOKS: BookList = {
  rulebooks: [
    FEDERAL,
    {
      ...FEDERAL,
      id: "us-nyc",
      title: "New York City: 6 RCNY 5-77",
      confidence: "primary",
      mark: "",
      drafts: [],
      sources: ["6 RCNY 5-77(b)(1)(iv)"],
    },
    { ...FEDERAL, id: "sa", title: "Saudi Arabia", version: null, confidence: "", mark: "", drafts: [], sources: [] },
  ],
  switches: [
    {
      switch: "us_third_party_sms",
      on: false,
      closes: [
        {
          rulebook: "us-federal",
          channel: "sms",
          because: "carriers refuse third-party debt collection by SMS",
          source: "CTIA Messaging Principles 5.3",
        },
      ],
    },
    { switch: "whatsapp_collection", on: true, closes: [] },
  ],
};

const value = (over: Partial<Value>): Value => ({
  where: "hours",
  source: "12 CFR 1006.6(b)(1)(i); comment 6(b)(1)(i)-2",
  confidence: "primary",
  draft: false,
  says: { windows: { "mon-fri": ["08:00", "21:00"], sat: "closed" }, points: "any" },
  ...over,
});

export function mockBook(channel: string): BookDetail {
  return {
    rulebook: {
      id: FEDERAL.id,
      title: FEDERAL.title,
      kind: "jurisdiction",
      versions: [
        {
          version: "2026-11-21",
          effective_from: null,
          effective_to: null,
          in_force: true,
          confidence: "memory",
          mark: FEDERAL.mark,
          drafts: FEDERAL.drafts,
          values: [
            value({}),
            value({
              where: "caps.us-federal.7-in-7",
              source: "12 CFR 1006.14(b)(2)(i)(A)",
              says: {
                id: "us-federal.7-in-7",
                counts: "calls_placed",
                max: 7,
                days: 7,
                per: "debt",
                channels: ["voice"],
              },
            }),
            value({
              where: "consent.sms",
              source: "12 CFR 1006.6(d)(5)",
              says: { fresh_days: 60, use_counts: true },
            }),
            value({
              where: "recording",
              source: "18 U.S.C. 2511(2)(d)",
              confidence: "memory",
              draft: true,
              says: { consent: "one_party", announce: true },
            }),
          ],
        },
      ],
    },
    zones: ["America/New_York", "Pacific/Honolulu"],
    week: {
      zone: "America/New_York",
      channel,
      first: "2026-11-23",
      open_hours: 58.5,
      days: [0, 1, 2, 3, 4, 5, 6].map((step) => ({
        day: `2026-11-${23 + step}`,
        open:
          step === 3 || step === 6
            ? []
            : step === 5
              ? [[540, 720] as [number, number], [780, 1_110] as [number, number]]
              : [[480, 1_260] as [number, number]],
        notes: step === 3 ? [{ kind: "holiday", text: "Thanksgiving (us-federal)" }] : [],
      })),
    },
    year: 2026,
    holidays: [
      { day: "2026-11-26", name: "Thanksgiving" },
      { day: "2026-12-25", name: "Christmas Day" },
    ],
  };
}
