// Invented people and debts for the mock. No real person.
import type { AgentConsole, AgentState, CallView, FileView } from "../protocol";

const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();
const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

export function mockCall(phase: CallView["phase"], identity: CallView["identity"]): CallView {
  return {
    attempt_id: "0199a1c2-mock-1",
    phase,
    campaign_id: 3,
    campaign: "Iberia cards, early stage",
    mode: phase === "preview" ? "preview" : "progressive",
    since: ago(74),
    answered_at: phase === "preview" || phase === "dialing" ? null : ago(68),
    bridged_at: phase === "preview" || phase === "dialing" ? null : ago(68),
    ended_at: phase === "ended" ? ago(6) : null,
    ended_because: phase === "ended" ? "The call is over." : null,
    phone: "+34612345678",
    phone_masked: "+34 612 ••• •78",
    language: "es",
    ask_for: "María José Fernández-Cañizares",
    checks: [
      { key: "date_of_birth", label: "Date of birth", expected: "1984-03-14" },
      { key: "postal_code", label: "Postal code", expected: "28012" },
      { key: "last4", label: "Last 4 of the account", expected: "4471" },
    ],
    identity,
    disposition: null,
    default_disposition: "contact_no_result",
    words: [
      {
        when: "opening",
        text: "Le habla Leila Haddad de Northwind Recovery.",
        source: "12 CFR 1006.14(g) (REPORT 1e)",
      },
      {
        when: "voicemail",
        text: "Soy Leila Haddad de Northwind Recovery. Por favor, devuelva la llamada al +34 910 000 111.",
        source: "12 CFR 1006.2(j) (REPORT 1e, S9)",
      },
    ],
  };
}

export function mockFile(): FileView {
  const eur = (minor: number) => ({ minor, currency: "EUR" });
  return {
    debtor_id: 5012,
    name: "María José Fernández-Cañizares",
    language: "es",
    city: "Madrid",
    country: "ES",
    local_time: new Date().toISOString(),
    timezone: "Europe/Madrid",
    debts: [
      {
        id: 1,
        reference: "ES-88-104471",
        creditor: "Banco Alameda",
        product: "Credit card",
        principal: eur(218_400),
        balance: eur(184_250),
        due_date: day(-67),
        days_past_due: 67,
        status: "open",
      },
      {
        id: 2,
        reference: "ES-12-700391",
        creditor: "Telefonía Norte",
        product: "Mobile contract",
        principal: eur(8_990),
        balance: eur(8_990),
        due_date: day(-21),
        days_past_due: 21,
        status: "open",
      },
    ],
    score: {
      total: 71.4,
      parts: [
        { name: "amount", points: 24.6, because: "Owes 1,932.40 EUR in two debts" },
        { name: "age_of_debt", points: 18.2, because: "The oldest is 67 days past due" },
        { name: "payment_history", points: 12.1, because: "Paid 3 of the last 4 instalments" },
        { name: "promise_history", points: 9.5, because: "Kept 1 promise of 2" },
        { name: "contact_history", points: 7, because: "Answered once in 5 attempts" },
      ],
    },
    timeline: [
      { at: ago(3 * 86_400), kind: "call", text: "No answer after 22 s", detail: "Iberia cards, early stage" },
      {
        at: ago(3 * 86_400 - 90),
        kind: "message",
        text: "SMS delivered",
        detail: "“Hemos intentado llamarle. Llámenos al +34 910 000 111.”",
      },
      { at: ago(9 * 86_400), kind: "inbound", text: "Reply by SMS", detail: "“Pago el viernes”" },
      { at: ago(12 * 86_400), kind: "promise", text: "Promise of 150.00 EUR broken", detail: "" },
      { at: ago(19 * 86_400), kind: "note", text: "Prefers calls after 17:00, works mornings", detail: "by Omar" },
      { at: ago(33 * 86_400), kind: "request", text: "Asked for the contract by e-mail; sent", detail: "" },
    ],
    promises: [{ id: 9, amount: eur(15_000), due_date: day(-12), state: "broken", created_at: ago(20 * 86_400) }],
    promise_limits: { min_minor: 1_000, max_days: 30 },
    may_contact: [
      {
        channel: "voice",
        allowed: true,
        because: "Until 21:00 local time; 5 of 7 attempts this week",
        reasons: [],
        retry_at: null,
      },
      { channel: "sms", allowed: true, because: "Consent of 4 Feb", reasons: [], retry_at: null },
      {
        channel: "whatsapp",
        allowed: false,
        because: "no consent for WhatsApp at this number",
        reasons: [
          "no consent for WhatsApp at this number",
          "3rd contact since 24 Feb, limit 2 (default, Europe/Madrid)",
        ],
        retry_at: day(3) + "T07:00:00Z",
      },
      {
        channel: "email",
        allowed: false,
        because: "Opted out on 2 Jan",
        reasons: ["Opted out on 2 Jan"],
        retry_at: null,
      },
    ],
    wishes: [],
    tone: null,
    say: [],
  };
}

export const MOCK_DISPOSITIONS = [
  ["promise", "Promise to pay"],
  ["contact_no_result", "Spoke, no result"],
  ["callback", "Call back agreed"],
  ["refuses", "Refuses to pay"],
  ["dispute", "Disputes the debt"],
  ["already_paid", "Says it is paid"],
  ["wrong_person", "Wrong person"],
  ["third_party", "Third party answered"],
  ["hardship", "Cannot pay (hardship)"],
  ["no_more_calls", "Asked not to be called"],
  ["machine", "Answering machine"],
  ["silence", "Nobody spoke"],
  ["hung_up", "Hung up"],
  ["language", "Language barrier"],
  ["deceased", "Deceased"],
].map(([code = "", label = ""]) => ({ code, label }));

const SCENES: Record<string, { state: AgentState; phase?: CallView["phase"]; identity?: CallView["identity"] }> = {
  offline: { state: "offline" },
  ready: { state: "ready" },
  paused: { state: "paused" },
  preview: { state: "preview", phase: "preview" },
  dialing: { state: "reserved", phase: "dialing" },
  identity: { state: "talking", phase: "talking" },
  talking: { state: "talking", phase: "talking", identity: "right_party" },
  lost: { state: "talking", phase: "talking", identity: "right_party" },
  no_dialer: { state: "talking", phase: "talking", identity: "right_party" },
  hold: { state: "hold", phase: "hold", identity: "right_party" },
  refused: { state: "talking", phase: "talking", identity: "refused" },
  wrap_up: { state: "wrap_up", phase: "ended", identity: "right_party" },
};

export function mockConsole(name: string): AgentConsole {
  const scene = SCENES[name] ?? { state: "offline" as const };
  const timed = scene.state === "wrap_up" || scene.state === "preview";
  return {
    agent: {
      state: scene.state,
      since: ago(scene.state === "wrap_up" ? 6 : 68),
      reason: scene.state === "paused" ? "lunch" : null,
      wish: name === "hold" ? "pause" : null,
      wish_reason: name === "hold" ? "break" : null,
      deadline: timed ? new Date(Date.now() + 14_000).toISOString() : null,
      phone: { endpoint: "PJSIP/leila", online: true, connected: scene.state !== "offline" },
      planned:
        name === "ready"
          ? [{ id: 1, kind: "pause", at: new Date(Date.now() + 2_400_000).toISOString(), minutes: 15, reason: "break" }]
          : [],
      back_at: scene.state === "paused" ? new Date(Date.now() + 900_000).toISOString() : null,
    },
    call: scene.phase ? mockCall(scene.phase, scene.identity ?? "unchecked") : null,
    file: scene.identity === "right_party" ? mockFile() : null,
    today: {
      calls: 41,
      contacts: 17,
      right_party: 11,
      promises: 4,
      promised: [
        { minor: 84_050, currency: "EUR" },
        { minor: 12_000, currency: "GBP" },
      ],
      talk_s: 5_460,
      ready_s: 3_180,
      wrap_up_s: 840,
      pause_s: 1_260,
    },
    nodes: { "ast-1": { node: "ast-1", health: "up", why: "" } },
    campaigns: [
      { id: 3, name: "Iberia cards, early stage", mode: "progressive", state: "running" },
      { id: 4, name: "UK utilities, preview", mode: "preview", state: "paused" },
    ],
    dispositions: MOCK_DISPOSITIONS,
    pause_reasons: ["break", "lunch", "training", "meeting", "technical"],
    notices:
      name === "ready" ? [{ id: "n1", at: ago(320), level: "info", text: "Team meeting at 16:00 in room 2." }] : [],
  };
}
