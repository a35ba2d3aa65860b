// What the server and the consoles say to each other. docs/console-protocol.md explains it; agent_ui/live/protocol.py mirrors it.
// Instants are ISO 8601 UTC text; money is integer minor units with its ISO 4217 currency; phones are E.164.

export type Role = "agent" | "supervisor" | "admin";
export interface User { id: number; login: string; name: string; role: Role; language: string }
export interface Me { user: User; csrf: string; sandbox: boolean; version: string }

// ---- streams: one snapshot, then numbered deltas -------------------------------------------------------------------
export interface Snapshot<T> { epoch: string; seq: number; now: string; state: T }
export interface Op { path: (string | number)[]; value: unknown } // value undefined/absent: delete; path []: replace all
export interface Delta { epoch: string; seq: number; now: string; ops: Op[] }
export interface ResumeRequest { epoch: string | null; seq: number }
export type ResumeReply<T> = { snapshot: Snapshot<T> } | { deltas: Delta[] };

// ---- whether the web process hears the floor; the event `floor`, with the first resume and at each change ----------------
export interface FloorLink { up: boolean; since: string; why: "" | "dialer" | "redis" } // what is not heard

// ---- commands ---------------------------------------------------------------------------------------------------
export interface Command { cmd_id: string; name: string; args: Record<string, unknown> }
export type CommandReply = { ok: true; result: Record<string, unknown> } | { ok: false; error: { code: string; message: string; field?: string } };

// ---- the agent's console ------------------------------------------------------------------------------------------
export type AgentState = "offline" | "ready" | "preview" | "reserved" | "talking" | "hold" | "wrap_up" | "paused";
export interface PlanView { id: number; kind: "pause" | "logout"; at: string; minutes: number | null; reason: string | null } // a planned break, or the planned end of the shift
export interface AgentView {
  state: AgentState; since: string; reason: string | null; wish: "pause" | "logout" | null; wish_reason: string | null;
  deadline: string | null; // end of wrap-up or preview
  phone: { endpoint: string; online: boolean; connected: boolean };
  planned: PlanView[]; // the next one first
  back_at: string | null; // the end of the planned break that lasts now, where it has a length
}
export interface CallView {
  attempt_id: string; phase: "preview" | "dialing" | "talking" | "hold" | "ended"; campaign_id: number; campaign: string;
  mode: "preview" | "progressive" | "power" | "predictive" | "broadcast"; since: string; answered_at: string | null; bridged_at: string | null; ended_at: string | null;
  ended_because: string | null;
  phone: string; phone_masked: string; language: string;
  ask_for: string; // the person's name: all that may be said before the right party is recorded
  checks: { key: "date_of_birth" | "postal_code" | "last4"; label: string; expected: string }[]; // what the caller must be able to say
  identity: "unchecked" | "right_party" | "wrong_person" | "refused";
  disposition: string | null;
  skips_left?: number | null; // phase preview: how often this person may still be skipped; null: no limit
  dials_at_end?: boolean; // phase preview: the end of the time dials
  default_disposition?: string; // what the wrap-up timer records when the agent chooses nothing; absent: not told
  words: WordsView[]; // what is said before the right party is known, or left on a voicemail; never of a debt
}
export interface Money { minor: number; currency: string }
export interface DebtView { id: number; reference: string; creditor: string; product: string; principal: Money; balance: Money; due_date: string; days_past_due: number; status: string }
export interface TimelineItem { at: string; kind: "call" | "message" | "note" | "promise" | "request" | "inbound"; text: string; detail: string }
export interface PromiseView { id: number; amount: Money; due_date: string; state: string; created_at: string }
export interface WishView { id: number; kind: string; at: string; ends_at: string | null; review_on: string | null; ended_at: string | null }
export interface WordsView { when: "opening" | "voicemail"; text: string; source: string }
export interface SayView { when: "first" | "every"; text: string; source: string }
export interface FileView { // null until the right party is recorded
  debtor_id: number; name: string; language: string; city: string | null; country: string; local_time: string; timezone: string;
  debts: DebtView[]; score: { total: number; parts: { name: string; points: number; because: string }[] };
  timeline: TimelineItem[]; promises: PromiseView[]; promise_limits: { min_minor: number; max_days: number };
  may_contact: { channel: string; allowed: boolean; because: string; reasons: string[]; retry_at: string | null }[]; // all reasons; when the gate would allow it if nothing else happens
  wishes: WishView[]; // in force
  say: SayView[]; // what must be said to the right party, in the person's language
  tone: Record<string, string> | null; // how to speak with the person, by language; null: as always
}
export interface Today { calls: number; contacts: number; right_party: number; promises: number; promised: Money[]; talk_s: number; ready_s: number; wrap_up_s: number; pause_s: number }
export interface NodeView { node: string; health: "up" | "slow" | "down"; why: string }
export interface Notice { id: string; at: string; level: "info" | "warning" | "error"; text: string }
export interface AgentConsole {
  agent: AgentView; call: CallView | null; file: FileView | null; today: Today; nodes: Record<string, NodeView>;
  campaigns: { id: number; name: string; mode: string; state: string }[];
  dispositions: { code: string; label: string }[]; pause_reasons: string[]; notices: Notice[];
}
// agent commands: ready {} | pause {reason} | logout {} | preview_dial {} | preview_skip {reason} | hangup {} | hold {} | unhold {}
//   | identify {result: right_party|wrong_person|refused, checks: string[]} | promise {debt_id, amount_minor, currency, due_date}
//   | note {text} | callback {due_at, own: boolean} | opt_out {channel: voice|sms|whatsapp|email|all, reach?: person|number} | dispose {code}
//   | wish {kind, deny?: {weekdays, from?, to?}[], until?, place?: home|work, form?: oral|written|electronic, name?, review_on?}
//   | dtmf {digits} | dismiss_notice {id} | stage {attempt_id, stage: promise|outcome} (for the forecast; nothing is stored)
//   | plan {kind: pause|logout, at, minutes?, reason?} | plan_cancel {plan_id}

// ---- the supervisor's board ----------------------------------------------------------------------------------------
export interface PacingBudget { remaining: number | null; holds: boolean; because: string; gauge: string | null; rate: number | null; bound: number | null; limit: number | null }
export interface PacingForecast { expected: number; came: number; within_s: number } // answers of the calls in flight when it was made
export interface Calibration { forecasts: number; q10: number | null; q50: number | null; q90: number | null; surprised: boolean; since: string | null }
export interface PacingView {
  lines: number; phases: { dialing: number; ringing: number; detecting: number; waiting: number }; // in flight without an agent
  free_agents: number; seats: { idle: number; talk: number; wrap: number; pause: number }; launched: number;
  predicted_answers: number | null; predicted_free: number | null; ahead_s: number | null; // in so many seconds; null: the mode forecasts nothing
  forecast: PacingForecast | null; // the one that is out; null: none
  budget: PacingBudget; calibration: Calibration | null; saved_at: string | null;
}
export interface CampaignView {
  id: number; name: string; creditor: string; mode: string; state: "draft" | "running" | "paused" | "finished"; agents: number;
  queue: { ready: number; waiting: number; suspended: number; done: number };
  in_flight: number; dialed: number; answered: number; machines: number; bridged: number; abandoned: number; abandon_rate: number; // today; 0..1
  promises: number; promised: Money[]; messages_sent: number; messages_delivered: number; denied: Record<string, number>;
  dial_rate_per_minute: number; because: string; // the figure that limited the last pacing decision
  lines_per_agent?: number; // power mode; absent: not told
  priority?: number; // shared agents dial for the highest first
  skills?: string[]; // an agent must have all of them
  staffing?: "assigned" | "skilled"; // its agents: those assigned, or everybody who has its skills
  pacing?: PacingView | null; // null: no look at the floor yet
}
export interface LackView { campaign: string; skills: string[] } // assigned to the campaign, and takes none of its calls without these
export interface FloorAgent { id: number; name: string; state: AgentState; since: string; reason: string | null; campaign: string | null; calls: number; promises: number; talk_s: number; occupancy: number; phone_online: boolean; simulated: boolean; skills: string[]; lacks: LackView[]; planned: PlanView[]; back_at: string | null }
export interface FloorCall { attempt_id: string; campaign_id: number; state: string; since: string; agent_id: number | null; phone_masked: string }
export interface Minute { at: string; dialed: number; answered: number; bridged: number; abandoned: number; promises: number; messages: number }
export interface SupervisorBoard {
  campaigns: Record<string, CampaignView>; agents: Record<string, FloorAgent>; calls: Record<string, FloorCall>; nodes: Record<string, NodeView>;
  totals: { dialed: number; answered: number; bridged: number; abandoned: number; abandon_rate: number; promises: number; promised: Money[]; occupancy: number; in_flight: number };
  minutes: Minute[]; // the last 60, oldest first
  alarms: Notice[];
}
// supervisor commands: campaign_start {campaign_id} | campaign_pause {campaign_id} | campaign_mode {campaign_id, mode, lines_per_agent?, announcement?, announcement_words?, announcement_to_machines?, amd?} | campaign_set {campaign_id, settings} | agent_pause {user_id} | agent_logout {user_id} | agent_plan {user_id, kind, at, minutes?, reason?} | agent_plan_cancel {user_id, plan_id}
