// The floor in miniature: invented agents and campaigns whose numbers move once a second, the same way each time.
import type { CampaignView, Command, CommandReply, FloorAgent, Minute, Op, SupervisorBoard } from "../protocol";
import { mockPacing } from "./pacingFixtures";
import type { MockServer } from "./wire";

const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

const NAMES = [
  "Leila Haddad",
  "Omar Benali",
  "Sofía Ibáñez",
  "Jack Turner",
  "مریم رضایی",
  "Ana Costa",
  "Piotr Zieliński",
  "Grace Okafor",
  "Luca Moretti",
  "Emma Lindqvist",
  "Yusuf Demir",
  "Chloé Martin",
  "Priya Nair",
];
const STATES: FloorAgent["state"][] = [
  "talking",
  "talking",
  "ready",
  "wrap_up",
  "talking",
  "paused",
  "talking",
  "hold",
  "ready",
  "talking",
  "offline",
  "preview",
  "reserved",
];

function campaign(id: number, name: string, over: Partial<CampaignView>): CampaignView {
  return {
    id,
    name,
    creditor: "Banco Alameda",
    mode: "progressive",
    state: "running",
    agents: 8,
    queue: { ready: 4_210, waiting: 1_874, suspended: 96, done: 3_820 },
    in_flight: 9,
    dialed: 2_418,
    answered: 612,
    machines: 233,
    bridged: 598,
    abandoned: 9,
    abandon_rate: 0.0147,
    promises: 74,
    promised: [
      { minor: 1_284_050, currency: "EUR" },
      { minor: 96_000, currency: "GBP" },
    ],
    messages_sent: 1_140,
    messages_delivered: 1_066,
    denied: { hours: 412, "frequency.attempts": 128, opt_out: 37, timezone_unknown: 4 },
    dial_rate_per_minute: 46,
    because: "2 agents ready, 1 line each",
    ...over,
  };
}

function minutes(): Minute[] {
  const next = random(11);
  return Array.from({ length: 60 }, (_, index) => {
    const dialed = Math.round(34 + 14 * Math.sin(index / 8) + next() * 10);
    const answered = Math.round(dialed * (0.22 + next() * 0.08));
    return {
      at: ago((60 - index) * 60),
      dialed,
      answered,
      bridged: Math.max(0, answered - (next() > 0.8 ? 1 : 0)),
      abandoned: next() > 0.8 ? 1 : 0,
      promises: Math.round(next() * 3),
      messages: Math.round(dialed * 0.4),
    };
  });
}

function board(scene: string): SupervisorBoard {
  const empty: SupervisorBoard = {
    campaigns: {},
    agents: {},
    calls: {},
    nodes: {},
    totals: {
      dialed: 0,
      answered: 0,
      bridged: 0,
      abandoned: 0,
      abandon_rate: 0,
      promises: 0,
      promised: [],
      occupancy: 0,
      in_flight: 0,
    },
    minutes: [],
    alarms: [],
  };
  if (scene === "empty") return empty;
  if (scene === "first") return { ...empty, minutes: minutes().slice(-1) };
  const next = random(5);
  const agents = NAMES.map((name, index): FloorAgent => {
    const state = STATES[index] ?? "ready";
    return {
      id: index + 1,
      name,
      state,
      since: ago(Math.round(next() * 400)),
      reason: state === "paused" ? "lunch" : null,
      campaign: state === "offline" ? null : index % 3 === 0 ? "UK utilities" : "Iberia cards, early stage",
      calls: Math.round(20 + next() * 40),
      promises: Math.round(next() * 7),
      talk_s: Math.round(3_000 + next() * 5_000),
      occupancy: 0.55 + next() * 0.4,
      phone_online: index !== 10,
      simulated: index > 0,
      skills: index % 3 === 0 ? ["es", "hardship"] : index % 4 === 1 ? ["es"] : [],
      lacks: index === 4 ? [{ campaign: "UK utilities", skills: ["hardship"] }] : [],
      planned:
        index === 1
          ? [
              {
                id: 21,
                kind: "logout",
                at: new Date(Date.now() + 5_400_000).toISOString(),
                minutes: null,
                reason: null,
              },
            ]
          : [],
      back_at: state === "paused" ? new Date(Date.now() + 1_200_000).toISOString() : null,
    };
  });
  const talking = agents.filter((agent) => agent.state === "talking" || agent.state === "hold");
  const calls = [
    ...talking.map((agent, index) => ({
      attempt_id: `t${index}`,
      campaign_id: 3,
      state: agent.state === "hold" ? "held" : "talking",
      since: agent.since,
      agent_id: agent.id,
      phone_masked: `+34 6${index}2 ••• •${17 + index}`,
    })),
    ...[12, 5, 19].map((age, index) => ({
      attempt_id: `d${index}`,
      campaign_id: 3,
      state: "dialing",
      since: ago(age),
      agent_id: null,
      phone_masked: `+44 77${index} ••• •${31 + index}`,
    })),
  ];
  return {
    campaigns: {
      3: campaign(3, "Iberia cards, early stage", {
        mode: "predictive",
        because: "2.4 answers expected of 11 ringing, 3.1 agents free within 14 s: 3 more",
        pacing: mockPacing(),
        skills: ["es"],
        staffing: "assigned",
      }),
      4: campaign(4, "UK utilities", {
        mode: "power",
        creditor: "Northern Water",
        agents: 4,
        abandon_rate: 0.0316,
        abandoned: 8,
        bridged: 245,
        in_flight: 6,
        because: "abandon rate 3.2 % is over the limit: 1 line for each agent",
        pacing: mockPacing({
          lines: 3,
          phases: { dialing: 1, ringing: 2, detecting: 0, waiting: 0 },
          budget: {
            remaining: 0,
            holds: true,
            because: "385 answered without an abandoned one are needed",
            gauge: "house-24h",
            rate: 0.0316,
            bound: 0.0564,
            limit: 0.025,
          },
          calibration: { forecasts: 96, q10: 0.31, q50: 0.78, q90: 0.99, surprised: true, since: ago(340) },
        }),
        dial_rate_per_minute: 18,
        promised: [{ minor: 412_300, currency: "GBP" }],
        promises: 21,
        denied: {},
      }),
      5: campaign(5, "Tehran retail, preview", {
        mode: "preview",
        state: "paused",
        creditor: "فروشگاه آفتاب",
        agents: 0,
        in_flight: 0,
        dialed: 0,
        answered: 0,
        machines: 0,
        bridged: 0,
        abandoned: 0,
        abandon_rate: 0,
        promises: 0,
        promised: [],
        messages_sent: 0,
        messages_delivered: 0,
        denied: {},
        dial_rate_per_minute: 0,
        because: "no agent is ready",
      }),
    },
    agents: Object.fromEntries(agents.map((agent) => [agent.id, agent])),
    calls: Object.fromEntries(calls.map((call) => [call.attempt_id, call])),
    nodes: {
      "ast-1": { node: "ast-1", health: "up", why: "Answers in 4 ms" },
      "ast-2": { node: "ast-2", health: "slow", why: "Answers in 840 ms; new calls go to ast-1" },
    },
    totals: {
      dialed: 3_212,
      answered: 868,
      bridged: 843,
      abandoned: 17,
      abandon_rate: 0.0198,
      promises: 95,
      promised: [
        { minor: 1_284_050, currency: "EUR" },
        { minor: 508_300, currency: "GBP" },
      ],
      occupancy: 0.81,
      in_flight: 15,
    },
    minutes: minutes(),
    alarms: [
      {
        id: "a1",
        at: ago(95),
        level: "warning",
        text: "UK utilities: abandon rate over 3 %; pacing reduced to one line for each agent.",
      },
    ],
  };
}

function modeOps(args: Record<string, unknown>): Op[] {
  return [{ path: ["campaigns", String(args.campaign_id), "mode"], value: args.mode }];
}

function plannedOps(state: SupervisorBoard, args: Record<string, unknown>): Op[] {
  const { user_id, ...plan } = args;
  const planned = state.agents[String(user_id)]?.planned ?? [];
  const made = { id: Date.now(), minutes: null, reason: null, ...plan };
  return [{ path: ["agents", String(user_id), "planned"], value: [...planned, made] }];
}

function cancelledOps(state: SupervisorBoard, args: Record<string, unknown>): Op[] {
  const planned = state.agents[String(args.user_id)]?.planned ?? [];
  return [
    { path: ["agents", String(args.user_id), "planned"], value: planned.filter((plan) => plan.id !== args.plan_id) },
  ];
}

export function supervisorServer(scene: string): MockServer<SupervisorBoard> {
  let push: (ops: Op[]) => void = () => {};
  const server: MockServer<SupervisorBoard> = {
    state: board(scene),
    start(given) {
      push = given;
      const next = random(3);
      if (["empty", "first", "still", "no_dialer"].includes(scene)) return;
      setInterval(() => {
        const { totals } = server.state;
        push([
          { path: ["totals", "dialed"], value: totals.dialed + Math.round(next()) },
          { path: ["totals", "in_flight"], value: 12 + Math.round(next() * 6) },
        ]);
      }, 1_000);
    },
    command({ name, args }: Command): CommandReply {
      const campaignId = String(args.campaign_id);
      if (name === "campaign_start") push([{ path: ["campaigns", campaignId, "state"], value: "running" }]);
      else if (name === "campaign_pause") push([{ path: ["campaigns", campaignId, "state"], value: "paused" }]);
      else if (name === "campaign_mode") push(modeOps(args));
      else if (name === "agent_pause") push([{ path: ["agents", String(args.user_id), "state"], value: "paused" }]);
      else if (name === "agent_plan") push(plannedOps(server.state, args));
      else if (name === "agent_plan_cancel") push(cancelledOps(server.state, args));
      else if (name === "agent_logout") push([{ path: ["agents", String(args.user_id), "state"], value: "offline" }]);
      return { ok: true, result: {} };
    },
  };
  return server;
}
