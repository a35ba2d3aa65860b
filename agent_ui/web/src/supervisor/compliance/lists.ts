// Do-not-contact lists as the server tells them.
export interface NumberList {
  id: number;
  name: string;
  kind: "entries" | "hashed";
  scope: "global" | "creditor" | "campaign";
  whose: string | null;
  source: string;
  evidence: string;
  created_at: string;
  created_by: string;
  refresh_by: string | null;
  overdue_denies: boolean;
  version: number;
  entries: number;
  ended_at: string | null;
  ended_by: string | null;
  end_reason: string | null;
  overdue: boolean;
  unread: boolean;
}

export interface Listed {
  list: string;
  kind: "exact" | "prefix" | "hashed";
  prefix: string;
  scope: string;
  why: string;
  how: string;
  at: string;
  by: string;
  evidence: string;
  ended_at?: string;
  ended_by?: string;
  end_reason?: string;
}

export interface Check {
  address: string; // masked
  listed: boolean;
  lists: Listed[];
  ended: Listed[];
  unread: string[];
  overdue: string[];
}

export interface ListAnswer {
  lists: NumberList[];
  upload_limit_bytes: number;
}

/** Those that take an entry by hand. */
export function open(lists: readonly NumberList[]): NumberList[] {
  return lists.filter((one) => one.kind === "entries" && one.ended_at === null);
}
