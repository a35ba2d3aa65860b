// Skills and plans on the board: shown with the agent, changed in a dialog, asked for by a campaign.
import { fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";
import { MOCK_SETTINGS } from "../../src/mock/pacingFixtures";
import { supervisorServer } from "../../src/mock/supervisorServer";
import type { SupervisorBoard } from "../../src/protocol";
import { toasts } from "../../src/shared/notices";
import { AgentsTable } from "../../src/supervisor/AgentsTable";
import { found } from "../../src/supervisor/AllAgents";
import { BoardContext, BoardModel } from "../../src/supervisor/context";
import { changed, draftOf, skillsProblem } from "../../src/supervisor/limits";
import { oddSkill, skillsOf } from "../../src/supervisor/skills";
import { Held, settle } from "../held";

const ABSENT = { id: 77, name: "Noor Aziz", skills: ["fa"], planned: [] };

async function openBoard(patched: () => Response = () => Response.json(ABSENT)) {
  const state: SupervisorBoard = structuredClone(supervisorServer("still").state);
  const held = new Held(state);
  const asked: [string, string, unknown][] = [];
  window.fetch = async (input, init) => {
    asked.push([init?.method ?? "GET", String(input), init?.body ? JSON.parse(String(init.body)) : null]);
    return init?.method === "PATCH" ? patched() : Response.json({ agents: [ABSENT] });
  };
  await held.open();
  render(
    <BoardContext.Provider value={new BoardModel(held.connection)}>
      <AgentsTable />
    </BoardContext.Provider>,
  );
  await settle();
  return { commands: held.commands, asked };
}

afterEach(() => {
  toasts.value = [];
});

const click = async (id: string) => {
  fireEvent.click(screen.getByTestId(id));
  await settle();
};
const type = async (id: string, value: string) => {
  fireEvent.input(screen.getByTestId(id), { target: { value } });
  await settle();
};

describe("skills as typed", () => {
  it("are small, once each, in one order", () => {
    expect(skillsOf(" FA, es ; es،hardship ")).toEqual(["es", "fa", "hardship"]);
    expect(skillsOf("")).toEqual([]);
    expect(oddSkill(["es", "español"])).toBe("español");
    expect(oddSkill(["es", "a-b_9"])).toBeNull();
  });
  it("of a campaign are sent when they differ", () => {
    const draft = draftOf(MOCK_SETTINGS);
    expect(changed(MOCK_SETTINGS, draft)).toEqual({});
    expect(changed(MOCK_SETTINGS, { ...draft, skills: "fa es", staffing: "skilled" })).toEqual({
      skills: ["es", "fa"],
      staffing: "skilled",
    });
    expect(changed(MOCK_SETTINGS, { ...draft, skills: "" })).toEqual({ skills: [] });
    expect(skillsProblem({ ...draft, skills: "es, 9" })).toBe("9");
  });
});

describe("an agent on the board", () => {
  it("is shown with skills, the next plan, and what is missing for which campaign", async () => {
    await openBoard();
    expect(screen.getByTestId("agent-1-skills").textContent).toBe("es, hardship");
    expect(screen.getByTestId("agent-5-lacks").textContent).toContain("no calls of UK utilities: lacks hardship");
    expect(screen.getByTestId("agent-2-planned").textContent).toContain("End of shift at");
  });
  it("is given skills, and odd ones are refused before they are sent", async () => {
    const { asked } = await openBoard();
    await click("agent-1-edit");
    await type("agent-skills", "fa, 9");
    await click("agent-skills-save");
    expect(screen.getByTestId("field-error").textContent).toContain("9:");
    expect(asked).toEqual([]);
    await type("agent-skills", "FA, es");
    await click("agent-skills-save");
    expect(asked).toEqual([["PATCH", "/api/agents/1", { skills: ["es", "fa"] }]]);
    expect(toasts.value[0]?.text).toContain("are saved");
  });
  it("says what the server refused", async () => {
    await openBoard(() =>
      Response.json({ error: { code: "invalid", message: "skills: too many.", field: "skills" } }, { status: 422 }),
    );
    await click("agent-1-edit");
    await click("agent-skills-save");
    expect(screen.getByTestId("field-error").textContent).toBeTruthy();
  });
  it("has the end of the shift planned and taken back by commands", async () => {
    const { commands } = await openBoard();
    await click("agent-2-edit");
    await click("plan-21-cancel");
    expect(commands.at(-1)).toMatchObject({ name: "agent_plan_cancel", args: { user_id: 2, plan_id: 21 } });
    fireEvent.change(screen.getByTestId("plan-what"), { target: { value: "lunch" } });
    await type("plan-time", "12:00");
    await click("plan-add");
    expect(commands.at(-1)).toMatchObject({
      name: "agent_plan",
      args: { user_id: 2, kind: "pause", reason: "lunch", minutes: 15 },
    });
  });
});

describe("agents who are not on the floor", () => {
  it("are found by name or skill and changed as well", async () => {
    const { commands, asked } = await openBoard();
    await click("agents-everyone");
    expect(screen.getByTestId("everyone-77").textContent).toContain("fa");
    await click("everyone-77-edit");
    await type("plan-time", "12:00");
    await click("plan-add");
    expect(commands.at(-1)).toMatchObject({ name: "agent_plan", args: { user_id: 77 } });
    expect(asked.filter(([, path]) => path === "/api/agents").length).toBeGreaterThan(2);
  });
  it("are found by a part of the name or a whole skill", () => {
    expect(found([ABSENT], "noor")).toHaveLength(1);
    expect(found([ABSENT], "fa")).toHaveLength(1);
    expect(found([ABSENT], "f")).toHaveLength(0);
  });
});
