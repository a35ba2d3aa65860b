// A server-free driver for development: `vite`, then /agent?mock=talking or /supervisor?mock. Never part of a built page.
import type { PhoneAccess } from "../agent/phone/access";
import type { Me, Role } from "../protocol";
import type { Wire } from "../shared/live/wire";
import { agentServer } from "./agentServer";
import { mockLedger } from "./complianceFixtures";
import { mockCompliance } from "./complianceServer";
import { MOCK_SETTINGS, mockRun } from "./pacingFixtures";
import { supervisorServer } from "./supervisorServer";
import { mockWire } from "./wire";

const MOCK_CAMPAIGNS = [
  { id: 3, name: "Iberia cards, early stage", creditor: "Banco Alameda", settings: { lines_per_agent: 1 } },
  { id: 4, name: "UK utilities", creditor: "Northern Water", settings: { lines_per_agent: 1.5 } },
];

const MOCK_AGENTS = Array.from({ length: 24 }, (_, index) => ({
  id: index + 1,
  name: `Agent ${index + 1}`,
  skills: index % 2 ? ["es", "hardship"] : [],
  planned: index === 1 ? [{ id: 21, kind: "logout", at: "2026-11-22T17:30:00Z", minutes: null, reason: null }] : [],
}));

const MOCK_USERS = (
  [
    ["ana", "Ana Costa", "agent", "es", true],
    ["noor", "Noor Aziz", "agent", "fa", true],
    ["paul", "Paul Meier", "agent", "en", false],
    ["tomas", "Tomás Vidal", "supervisor", "es", true],
    ["ada", "Ada Lind", "admin", "en", true],
  ] as const
).map(([login, name, role, language, active], index) => ({
  id: index + 1,
  login,
  name,
  role,
  language,
  active,
  phone_endpoint: role === "agent" ? `PJSIP/agent-web-${index + 1}` : null,
  simulated: false,
}));

function mockMe(role: Role): Me {
  return {
    user: { id: 7, login: "leila", name: role === "agent" ? "Leila Haddad" : "Tomás Vidal", role, language: "en" },
    csrf: "mock",
    sandbox: true,
    version: "0.1.0",
  };
}

// `&phone=browser` shows the browser phone with nobody at the other end of its line.
function mockPhone(): PhoneAccess {
  if (new URLSearchParams(location.search).get("phone") !== "browser") return { kind: "simulated" };
  const nowhere = { ws_url: "ws://127.0.0.1:9/ws", sip_uri: "sip:agent-web-1@127.0.0.1" };
  return { kind: "browser", ...nowhere, username: "agent-web-1", password: "mock", ice_servers: [] };
}

/** Answers /api/* on this page, and gives the wire of the namespace's twin. The scene is the value of `?mock=`. */
export function startMock(namespace: "/agent" | "/supervisor"): Wire {
  const scene = new URLSearchParams(location.search).get("mock") ?? "";
  const role = namespace === "/agent" ? "agent" : "supervisor";
  const real = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const path = String(input);
    if (!path.startsWith("/api/")) return real(input, init);
    if (path === "/api/me") return Response.json(mockMe(role));
    if (path === "/api/phone") return Response.json(mockPhone());
    if (path === "/api/compliance/abandonment") return Response.json(mockLedger(scene));
    if (path === "/api/campaigns" && init?.method === "GET")
      return Response.json({ campaigns: MOCK_CAMPAIGNS, creditors: ["Banco Alameda", "Northern Water"] });
    if (path === "/api/campaigns" && init?.method === "POST") return Response.json({ id: 99 }, { status: 201 });
    if (/^\/api\/campaigns\/\d+$/.test(path)) return Response.json({ settings: MOCK_SETTINGS, agents: [1, 2] });
    if (path === "/api/agents") return Response.json({ agents: MOCK_AGENTS });
    if (path === "/api/users" && init?.method === "POST")
      return Response.json({ ...MOCK_USERS[0], password: "kq7m-x2hd-9fwt-ca4n" }, { status: 201 });
    if (path === "/api/users") return Response.json({ users: MOCK_USERS });
    if (path.endsWith("/password")) return Response.json({ password: "kq7m-x2hd-9fwt-ca4n" });
    if (path.startsWith("/api/users/")) return Response.json(MOCK_USERS[0]);
    if (path.startsWith("/api/agents/")) return Response.json({ ...MOCK_AGENTS[0] });
    if (/\/what-if/.test(path)) return Response.json(mockRun(init?.method === "POST"));
    const compliance = mockCompliance(path, scene);
    if (compliance) return compliance;
    return Response.json({ error: { code: "not_found", message: "The mock has no such route." } }, { status: 404 });
  };
  return namespace === "/agent" ? mockWire(agentServer(scene), scene) : mockWire(supervisorServer(scene), scene);
}
