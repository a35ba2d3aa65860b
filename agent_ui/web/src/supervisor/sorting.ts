// The order of the agents' table. Pure.
import type { AgentState, FloorAgent } from "../protocol";

export type SortKey = "name" | "state" | "calls" | "promises" | "talk_s" | "occupancy";
export interface Sort {
  by: SortKey;
  descending: boolean;
}

const STATE_ORDER: AgentState[] = ["talking", "hold", "reserved", "preview", "wrap_up", "ready", "paused", "offline"];

function compare(a: FloorAgent, b: FloorAgent, by: SortKey): number {
  if (by === "name") return a.name.localeCompare(b.name, undefined, { numeric: true });
  if (by === "state") return STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state);
  return a[by] - b[by];
}

/** Equal rows keep one order, by id: the table never jumps by itself. */
export function sortAgents(agents: readonly FloorAgent[], sort: Sort): FloorAgent[] {
  const sign = sort.descending ? -1 : 1;
  return [...agents].sort((a, b) => sign * compare(a, b, sort.by) || a.id - b.id);
}

export function nextSort(current: Sort, by: SortKey): Sort {
  if (current.by === by) return { by, descending: !current.descending };
  return { by, descending: by !== "name" && by !== "state" };
}
