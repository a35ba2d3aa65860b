// What an agent may record of a person's wishes, and what each kind still needs. Pure; the server checks again.
import type { MessageKey } from "../shared/i18n";

export const WISHES = [
  "inconvenient_time",
  "inconvenient_place",
  "stop_calling",
  "cease_all",
  "refuses_to_pay",
  "attorney",
  "dispute",
  "hardship",
  "deceased",
  "bankruptcy",
  "breathing_space",
  "third_party_reported",
  "wrong_number",
] as const;
export type WishKind = (typeof WISHES)[number];
export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];
export const FORMS = ["oral", "written", "electronic"] as const;
export const WITH_FORM: ReadonlySet<WishKind> = new Set(["cease_all", "refuses_to_pay", "dispute"]);

export interface WishDraft {
  kind: WishKind;
  weekdays: ReadonlySet<Weekday>;
  from: string;
  to: string;
  until: string;
  place: "home" | "work" | null;
  form: (typeof FORMS)[number];
  name: string;
  reviewOn: string;
}
export type Checked = { ok: true; args: Record<string, unknown> } | { ok: false; error: MessageKey };

export const EMPTY: WishDraft = {
  kind: "inconvenient_time",
  weekdays: new Set(),
  from: "",
  to: "",
  until: "",
  place: null,
  form: "oral",
  name: "",
  reviewOn: "",
};

/** The command's arguments, or what is missing. Times are the person's own local ones. */
export function checkWish(draft: WishDraft): Checked {
  const args: Record<string, unknown> = { kind: draft.kind };
  if (draft.kind === "inconvenient_time") {
    if (draft.weekdays.size === 0) return { ok: false, error: "wish.no_days" };
    if (draft.from !== "" && draft.from === draft.to) return { ok: false, error: "wish.empty_time" };
    const row: Record<string, unknown> = { weekdays: WEEKDAYS.filter((day) => draft.weekdays.has(day)) };
    if (draft.from) row.from = draft.from;
    if (draft.to) row.to = draft.to;
    args.deny = [row];
    if (draft.until) args.until = draft.until;
  }
  if (draft.kind === "inconvenient_place") {
    if (draft.place === null) return { ok: false, error: "wish.no_place" };
    args.place = draft.place;
  }
  if (WITH_FORM.has(draft.kind)) args.form = draft.form;
  if (draft.kind === "attorney" && draft.name.trim()) args.name = draft.name.trim();
  if (draft.kind === "hardship" && draft.reviewOn) args.review_on = draft.reviewOn;
  return { ok: true, args };
}
