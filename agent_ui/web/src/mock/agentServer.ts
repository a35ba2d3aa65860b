// The agent's server in miniature: enough of each command that the console can be tried by hand.
import type { AgentConsole, AgentState, Command, CommandReply, Op } from "../protocol";
import { mockCall, mockConsole, mockFile } from "./agentFixtures";
import type { MockServer } from "./wire";

const now = () => new Date().toISOString();
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

export function agentServer(scene: string): MockServer<AgentConsole> {
  let push: (ops: Op[]) => void = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  const set = (...pairs: [string, unknown][]) => {
    push(pairs.map(([path, value]) => ({ path: path.split("."), value })));
  };
  const state = (name: AgentState, reason: string | null = null, deadline: string | null = null): [string, unknown] => [
    "agent",
    { ...server.state.agent, state: name, since: now(), reason, deadline, wish: null, wish_reason: null },
  ];
  const later = (seconds: number, run: () => void) => {
    clearTimeout(timer);
    timer = setTimeout(run, seconds * 1_000);
  };
  const ready = () => {
    set(state("ready"), ["call", null], ["file", null]);
    later(4, () => {
      const call = { ...mockCall("talking", "unchecked"), attempt_id: now(), bridged_at: now() };
      set(state("talking"), ["call", call]);
    });
  };
  const wrapUp = () => {
    const ended = { ...server.state.call, phase: "ended", ended_at: now(), ended_because: "agent_hangup" };
    set(state("wrap_up", null, inSeconds(20)), ["call", ended]);
    later(20, ready);
  };
  const promise = (args: Record<string, unknown>) => {
    const amount = { minor: Number(args.amount_minor), currency: String(args.currency) };
    const made = { id: Date.now(), amount, due_date: args.due_date, state: "pending", created_at: now() };
    set(["file.promises", [made, ...(server.state.file?.promises ?? [])]]);
  };
  const handlers: Record<string, (args: Record<string, unknown>) => void> = {
    ready,
    pause: ({ reason }) => {
      if (server.state.call) set(["agent.wish", "pause"], ["agent.wish_reason", reason]);
      else set(state("paused", String(reason)));
    },
    logout: () => set(state("offline")),
    plan: (args) => {
      const made = { id: Date.now(), minutes: null, reason: null, ...args };
      set(["agent.planned", [...server.state.agent.planned, made]]);
    },
    plan_cancel: ({ plan_id }) =>
      set(["agent.planned", server.state.agent.planned.filter((plan) => plan.id !== plan_id)]),
    hangup: wrapUp,
    hold: () => set(state("hold"), ["call.phase", "hold"]),
    unhold: () => set(state("talking"), ["call.phase", "talking"]),
    preview_dial: () => set(state("talking"), ["call", mockCall("talking", "unchecked")]),
    preview_skip: ready,
    identify: ({ result }) => set(["call.identity", result], ["file", result === "right_party" ? mockFile() : null]),
    promise,
    dispose: ({ code }) => {
      set(["call.disposition", code]);
      if (server.state.call?.phase === "ended") ready();
    },
    dismiss_notice: ({ id }) => set(["notices", server.state.notices.filter((notice) => notice.id !== id)]),
  };
  const server: MockServer<AgentConsole> = {
    state: mockConsole(scene),
    start(given) {
      push = given;
    },
    command({ name, args }: Command): CommandReply {
      handlers[name]?.(args);
      return { ok: true, result: {} };
    },
  };
  return server;
}
