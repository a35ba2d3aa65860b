// Which commands make sense in which state. Pure; the server decides again.
import type { AgentConsole, CallView } from "../protocol";

export interface Allowed {
  ready: boolean;
  pause: boolean;
  logout: boolean;
  hangup: boolean;
  hold: boolean;
  unhold: boolean;
  dtmf: boolean;
  identify: boolean;
  preview: boolean;
  promise: boolean;
  callback: boolean;
  note: boolean;
  wish: boolean;
  opt_out: boolean;
  dispose: boolean;
}

const TALKING: ReadonlySet<CallView["phase"]> = new Set(["talking", "hold"]);

/** Debt data may be on the page only when the server has sent it and this call's person is the right one. */
export function fileMayShow(view: AgentConsole): boolean {
  return view.file !== null && view.call !== null && view.call.identity === "right_party";
}

export function allowed(view: AgentConsole): Allowed {
  const { state, wish } = view.agent;
  const { call } = view;
  const onLine = call !== null && TALKING.has(call.phase);
  const withPerson = onLine || call?.phase === "ended";
  const rightParty = withPerson && fileMayShow(view);
  return {
    ready: state === "offline" || state === "paused" || wish !== null,
    pause: state !== "offline" && state !== "paused" && wish !== "pause",
    logout: state !== "offline" && wish !== "logout",
    hangup: onLine || (call?.phase === "dialing" && call.mode === "preview"), // a person being connected is not hung up on
    hold: call?.phase === "talking",
    unhold: call?.phase === "hold",
    dtmf: call?.phase === "talking",
    identify: onLine && call.identity === "unchecked",
    preview: call?.phase === "preview" && state === "preview",
    promise: rightParty,
    callback: rightParty,
    note: withPerson,
    wish: withPerson,
    opt_out: withPerson,
    dispose: withPerson,
  };
}

/** How many of the checks must be ticked before a person counts as the right one. */
export function checksNeeded(call: CallView): number {
  return Math.min(2, call.checks.length);
}
