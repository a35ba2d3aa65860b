// Who is signed in on this page, and where each role belongs.
import { signal } from "@preact/signals";
import type { Me, Role } from "../protocol";
import { ApiError, api, setCsrf } from "./api";

export const me = signal<Me | null>(null);

export function homeOf(role: Role): string {
  return role === "agent" ? "/agent" : "/supervisor";
}

export function go(path: string): void {
  location.assign(path);
}

export function become(next: Me): Me {
  setCsrf(next.csrf);
  me.value = next;
  return next;
}

/** Who is signed in, or null. Throws `ApiError` only when the server cannot be asked. */
export async function currentSession(): Promise<Me | null> {
  try {
    return become(await api<Me>("GET", "/api/me"));
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return null;
    throw error;
  }
}

export async function signOut(): Promise<void> {
  try {
    await api("POST", "/api/logout");
  } finally {
    setCsrf(null);
    me.value = null;
    go("/");
  }
}
