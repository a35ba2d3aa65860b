// Users as the server tells them, and who may change whom.
import type { Role } from "../../protocol";

export interface UserRecord {
  id: number;
  login: string;
  name: string;
  role: Role;
  language: string;
  phone_endpoint: string | null;
  active: boolean;
  simulated: boolean;
}

/** A password of chance is told in the answer that made it, and never again. */
export type WithPassword = UserRecord & { password?: string };

export const ROLES = ["agent", "supervisor", "admin"] as const satisfies readonly Role[];

/** The server decides; this only leaves out what it would refuse. */
export function mayManage(by: Role | undefined, role: Role): boolean {
  return by === "admin" || (by === "supervisor" && role === "agent");
}

export function rolesFor(by: Role | undefined): Role[] {
  return ROLES.filter((role) => mayManage(by, role));
}

/** By a part of the name or of the login. */
export function matching(users: readonly UserRecord[], sought: string): UserRecord[] {
  const wanted = sought.trim().toLowerCase();
  return users.filter((user) => user.name.toLowerCase().includes(wanted) || user.login.includes(wanted));
}
