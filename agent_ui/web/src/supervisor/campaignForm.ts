// A new campaign as typed, and what is wrong with it. Limits mirror campaigns/model.py; the server checks again. Pure.
import type { MessageKey, Params } from "../shared/i18n";

export interface CampaignDraft {
  name: string;
  creditor: string;
  mode: "preview" | "progressive" | "power" | "predictive";
  lines_per_agent: string;
  caller_id: string;
  ring_timeout_s: string;
  answer_wait_ms: string;
  wrap_up_s: string;
  preview_s: string;
  max_lines: string;
  promise_max_days: string;
}

export const EMPTY_DRAFT: CampaignDraft = {
  name: "",
  creditor: "",
  mode: "progressive",
  lines_per_agent: "1.5",
  caller_id: "",
  ring_timeout_s: "22",
  answer_wait_ms: "2000",
  wrap_up_s: "20",
  preview_s: "30",
  max_lines: "500",
  promise_max_days: "30",
};

export const LIMITS = {
  lines_per_agent: [1, 10],
  ring_timeout_s: [15, 60],
  answer_wait_ms: [500, 5_000],
  wrap_up_s: [0, 600],
  preview_s: [5, 600],
  max_lines: [1, 100_000],
  promise_max_days: [1, 365],
} as const;

export type NumberField = keyof typeof LIMITS;
export type CampaignErrors = Partial<Record<keyof CampaignDraft, { key: MessageKey; params?: Params }>>;
export interface CampaignBody {
  name: string;
  creditor: string;
  settings: Record<string, unknown>;
}

function numberProblem(name: NumberField, text: string): { key: MessageKey; params: Params } | null {
  const [least, most] = LIMITS[name];
  const value = Number(text);
  const whole = name === "lines_per_agent" || Number.isInteger(value);
  if (text.trim() !== "" && whole && value >= least && value <= most) return null;
  return { key: "campaign.out_of_range", params: { least, most } };
}

export function checkCampaign(
  draft: CampaignDraft,
): { ok: true; body: CampaignBody } | { ok: false; errors: CampaignErrors } {
  const errors: CampaignErrors = {};
  if (draft.name.trim() === "") errors.name = { key: "campaign.need_name" };
  if (draft.creditor.trim() === "") errors.creditor = { key: "campaign.need_creditor" };
  const callerId = draft.caller_id.replace(/[\s().-]/g, "");
  if (!/^\+[1-9]\d{6,14}$/.test(callerId)) errors.caller_id = { key: "campaign.bad_caller_id" };
  const settings: Record<string, unknown> = { mode: draft.mode, caller_id: callerId };
  for (const name of Object.keys(LIMITS) as NumberField[]) {
    if (name === "lines_per_agent" && draft.mode !== "power") continue;
    const problem = numberProblem(name, draft[name]);
    if (problem) errors[name] = problem;
    settings[name] = Number(draft[name]);
  }
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  return { ok: true, body: { name: draft.name.trim(), creditor: draft.creditor.trim(), settings } };
}
