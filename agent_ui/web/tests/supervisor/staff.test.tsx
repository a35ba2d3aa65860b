// A supervisor makes a campaign, gives it agents and starts it, all on the page.
import { fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { supervisorServer } from "../../src/mock/supervisorServer";
import type { CampaignView, SupervisorBoard } from "../../src/protocol";
import { toasts } from "../../src/shared/notices";
import * as uploads from "../../src/shared/upload";
import { Campaigns } from "../../src/supervisor/Campaigns";
import { CreateCampaign } from "../../src/supervisor/CreateCampaign";
import { BoardContext, BoardModel } from "../../src/supervisor/context";
import { StartAnswer } from "../../src/supervisor/startAnswer";
import { Held, settle } from "../held";
import { type Call, refused, serving } from "./tabs";

const AGENTS = [
  { id: 4, name: "Noor Aziz", skills: ["fa"], planned: [] },
  { id: 9, name: "Ana Costa", skills: [], planned: [] },
];

/** The campaign's version at the server; the page reads 3. */
let version = 3;
const changed = () =>
  Response.json({ error: { code: "changed", message: "Load it again.", field: "version" } }, { status: 409 });

async function opened(creditors: string[], change: Partial<CampaignView> = {}) {
  const state: SupervisorBoard = structuredClone(supervisorServer("still").state);
  const five = state.campaigns[5];
  if (five) state.campaigns[5] = { ...five, ...change };
  const calls = serving((call: Call) => {
    if (call.path === "/api/agents") return Response.json({ agents: AGENTS });
    if (call.path === "/api/campaigns" && call.method === "POST") return Response.json({ id: 7 }, { status: 201 });
    if (call.path === "/api/campaigns") return Response.json({ campaigns: [], creditors });
    if (call.path === "/api/campaigns/5" && call.method === "PATCH") {
      return call.body?.version === version ? Response.json({}) : changed();
    }
    if (call.path === "/api/campaigns/5") return Response.json({ agents: [9], version: 3 });
    return refused(404, "no such route");
  });
  const held = new Held(state);
  await held.open();
  const model = new BoardModel(held.connection);
  await model.loadCampaigns();
  return { model, held, calls };
}

const click = async (id: string) => {
  fireEvent.click(screen.getByTestId(id));
  await settle();
};
const type = (id: string, value: string) => fireEvent.input(screen.getByTestId(id), { target: { value } });

afterEach(() => {
  toasts.value = [];
  version = 3;
  vi.restoreAllMocks();
});

describe("a new campaign", () => {
  it("chooses among the creditors there are, and its agents", async () => {
    const { model, calls } = await opened(["Banco Alameda", "Northern Water"]);
    render(
      <BoardContext.Provider value={model}>
        <CreateCampaign onClose={() => undefined} />
      </BoardContext.Provider>,
    );
    await settle();
    type("new-campaign-name", "Spring");
    fireEvent.change(screen.getByTestId("new-campaign-creditor"), { target: { value: "Northern Water" } });
    type("new-campaign-caller_id", "+12125550100");
    await click("pick-agent-4");
    await click("campaign-save");
    const sent = calls.find((call) => call.method === "POST");
    expect(sent?.body).toMatchObject({ name: "Spring", creditor: "Northern Water", agents: [4] });
  });

  it("has the one creditor chosen already, and says what is missing where there is none", async () => {
    const one = await opened(["Northern Water"]);
    const page = render(
      <BoardContext.Provider value={one.model}>
        <CreateCampaign onClose={() => undefined} />
      </BoardContext.Provider>,
    );
    expect(screen.getByTestId<HTMLSelectElement>("new-campaign-creditor").value).toBe("Northern Water");
    page.unmount();
    const none = await opened([]);
    render(
      <BoardContext.Provider value={none.model}>
        <CreateCampaign onClose={() => undefined} />
      </BoardContext.Provider>,
    );
    expect(screen.getByTestId("no-creditors").textContent).toContain("promiseline import");
  });
});

async function card(change: Partial<CampaignView> = {}) {
  const { model, held, calls } = await opened(["Banco Alameda"], change);
  render(
    <BoardContext.Provider value={model}>
      <Campaigns onCreate={() => undefined} />
    </BoardContext.Provider>,
  );
  await settle();
  return { calls, commands: held.commands };
}

describe("a campaign's agents", () => {
  it("are chosen by name, by search and all at once, and sent whole", async () => {
    const { calls } = await card();
    await click("campaign-5-staff");
    expect(screen.getByTestId<HTMLInputElement>("pick-agent-9").checked).toBe(true);
    type("agent-picks-sought", "fa");
    await settle();
    expect(screen.queryByTestId("pick-agent-9")).toBeNull();
    await click("agent-picks-all");
    await click("campaign-agents-send");
    expect(calls.find((call) => call.method === "PATCH")).toMatchObject({
      path: "/api/campaigns/5",
      body: { agents: [9, 4], version: 3 },
    });
    expect(toasts.value[0]?.text).toContain("2 agents");
  });

  it("are not overwritten where somebody else chose others meanwhile", async () => {
    await card();
    await click("campaign-5-staff");
    version = 4;
    fireEvent.click(await screen.findByTestId("pick-agent-4"));
    await click("campaign-agents-send");
    const trouble = await screen.findByTestId("campaign-agents-trouble");
    expect(trouble.textContent).toContain("Somebody else changed this campaign");
    expect(toasts.value).toEqual([]);
  });
});

describe("starting", () => {
  const started = (text: string) =>
    vi.spyOn(uploads, "upload").mockImplementation((_path, _form, heard) => {
      heard.text(text.slice(0, text.indexOf("\n") + 1));
      return { done: Promise.resolve(text), stop: () => undefined };
    });

  it("a draft lays its queue first; a paused campaign goes on by a command", async () => {
    const laid = '{"phase":"filling","done":1,"total":4}\n{"report":{"added":12}}\n';
    const sent = started(laid);
    const { commands } = await card({ state: "draft" });
    await click("campaign-5-start");
    expect(sent.mock.calls[0]?.[0]).toBe("/api/campaigns/5/start");
    expect(commands).toEqual([]);
    expect(toasts.value[0]?.text).toContain("12 persons were added");
    document.body.replaceChildren();
    const paused = await card({ state: "paused" });
    await click("campaign-5-start");
    expect(paused.commands[0]).toMatchObject({ name: "campaign_start", args: { campaign_id: 5 } });
  });

  it("that is refused says why", async () => {
    started('{"error":{"code":"invalid","message":"agents: no active agent is assigned."}}\n');
    await card({ state: "draft" });
    await click("campaign-5-start");
    expect(toasts.value[0]).toMatchObject({ level: "error", text: "agents: no active agent is assigned." });
    expect(screen.queryByTestId("campaign-5-starting")).toBeNull();
  });

  it("is read line by line, however the lines come", () => {
    const answer = new StartAnswer();
    answer.feed('{"phase":"filling","done":1,"total":4}\n{"rep');
    expect([answer.share, answer.added]).toEqual([0.25, null]);
    answer.feed('{"phase":"filling","done":1,"total":4}\n{"report":{"added":3}}\n');
    expect(answer.added).toBe(3);
  });
});
