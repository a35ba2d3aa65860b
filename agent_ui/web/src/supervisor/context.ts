// The board's connection and how its commands are sent: one in flight per thing, errors shown.
import { type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { SupervisorBoard } from "../protocol";
import { ApiError, api } from "../shared/api";
import { failureText } from "../shared/failure";
import type { LiveConnection } from "../shared/live/connection";
import { toast } from "../shared/notices";

export interface CampaignRecord {
  id: number;
  creditor: string;
  settings: { lines_per_agent: number };
}

export class BoardModel {
  private readonly inFlight: Signal<ReadonlySet<string>> = signal(new Set());

  /** What the stream does not tell about campaigns: by id, as of the last time it was asked for. */
  readonly known: Signal<Record<string, CampaignRecord>> = signal({});

  /** Who has debtors here, by name; null: not read yet. */
  readonly creditors: Signal<readonly string[] | null> = signal(null);

  constructor(readonly connection: LiveConnection<SupervisorBoard>) {}

  async loadCampaigns(): Promise<void> {
    try {
      const { campaigns, creditors } = await api<{ campaigns: CampaignRecord[]; creditors: string[] }>(
        "GET",
        "/api/campaigns",
      );
      this.known.value = Object.fromEntries(campaigns.map((campaign) => [campaign.id, campaign]));
      this.creditors.value = creditors;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // the board works without it
    }
  }

  get live(): boolean {
    return this.connection.works.value;
  }

  busy(name: string, id: number): boolean {
    return this.inFlight.value.has(`${name} ${id}`);
  }

  async run(name: string, id: number, args: Record<string, unknown>): Promise<boolean> {
    const key = `${name} ${id}`;
    if (this.inFlight.value.has(key)) return false;
    this.inFlight.value = new Set([...this.inFlight.value, key]);
    try {
      const reply = await this.connection.send(name, args);
      if (!reply.ok) toast("error", failureText(reply.error));
      return reply.ok;
    } finally {
      this.inFlight.value = new Set([...this.inFlight.value].filter((other) => other !== key));
    }
  }
}

export const BoardContext = createContext<BoardModel | null>(null);

export function useBoardModel(): BoardModel {
  const model = useContext(BoardContext);
  if (!model) throw new Error("a part of the board was rendered outside of it");
  return model;
}

export function useBoard(): SupervisorBoard {
  const board = useBoardModel().connection.state.value;
  if (!board) throw new Error("a part of the board was rendered before its state came");
  return board;
}
