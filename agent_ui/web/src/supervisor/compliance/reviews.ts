// Replies that wait for a person, as the server tells them, and how many there are: read anew while the page is open.
import { signal } from "@preact/signals";
import { ApiError, api } from "../../shared/api";

export const SCOPES = ["everything", "number", "medium", "texts", "calls", "email"] as const;
export type Decision = "stop" | "start" | "other";

export interface UnclearReply {
  id: number;
  at: string;
  age_s: number;
  channel: string;
  language: string | null; // of the debtor's record; null: nobody has this address
  address_masked: string;
  debtor_id: number | null;
  meaning: string;
  text: string;
  why: { code: "limited" | "phrase" | "changed"; matched: string | null; language: string | null; read_as: string };
}

export interface UnclearReplies {
  reviews: UnclearReply[];
  waiting: number;
}

export interface Decided {
  closed: number;
  reopened: number;
  freed: number;
}

const LOOK_MS = 30_000;

/** How many wait; null: not known. */
export const waiting = signal<number | null>(null);

export async function lookWaiting(): Promise<void> {
  try {
    waiting.value = (await api<{ replies: number }>("GET", "/api/reviews/waiting")).replies;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error; // the page works without the badge
  }
}

export function watchWaiting(): () => void {
  void lookWaiting();
  const again = setInterval(() => void lookWaiting(), LOOK_MS);
  return () => clearInterval(again);
}
