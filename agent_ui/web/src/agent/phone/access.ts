// Which phone this agent has, as the server tells it. Only a browser phone comes with a password; it stays in memory.
import { api } from "../../shared/api";

export interface BrowserAccess {
  kind: "browser";
  ws_url: string;
  sip_uri: string;
  username: string;
  password: string;
  ice_servers: string[];
}

export type PhoneAccess = BrowserAccess | { kind: "telephone" | "simulated" | "none" };

export function fetchAccess(): Promise<PhoneAccess> {
  return api<PhoneAccess>("GET", "/api/phone");
}
