// How an agent's state looks, on every page the same.
import type { AgentState } from "../../protocol";
import type { Tone } from "./bits";

export const STATE_TONE: Record<AgentState, Tone> = {
  offline: "neutral",
  ready: "good",
  preview: "busy",
  reserved: "busy",
  talking: "busy",
  hold: "warn",
  wrap_up: "violet",
  paused: "warn",
};
