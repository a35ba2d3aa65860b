// Planned breaks and shift ends: what is typed, what is sent, what is shown, in the agent's console and on the board.
import { fireEvent, screen } from "@testing-library/preact";
import { describe, expect, it } from "vitest";
import { mockConsole } from "../../src/mock/agentFixtures";
import { clockTime } from "../../src/shared/format/time";
import { checkPlan, EMPTY_PLAN, nextAt, planText } from "../../src/shared/plans/plan";
import { openConsole, settle } from "../agent/helpers";

const NOW = Date.parse("2026-03-04T15:00:00Z");

describe("a time on the clock", () => {
  it("is the next one that comes, in the person's zone", () => {
    expect(nextAt("10:30", "America/New_York", NOW)).toBe("2026-03-04T15:30:00.000Z");
    expect(nextAt("09:59", "America/New_York", NOW)).toBe("2026-03-05T14:59:00.000Z");
    expect(nextAt("10:00", "America/New_York", NOW)).toBe("2026-03-05T15:00:00.000Z");
    expect(nextAt("", "UTC", NOW)).toBeNull();
  });
  it("that the clocks skip is taken on the day that has it", () => {
    const night = Date.parse("2026-03-08T05:00:00Z"); // midnight; at two o'clock New York's clocks go forward
    expect(nextAt("02:30", "America/New_York", night)).toBe("2026-03-09T06:30:00.000Z");
  });
});

describe("a plan as typed", () => {
  const draft = { ...EMPTY_PLAN, time: "16:00" };
  it("is sent with what belongs to its kind", () => {
    const at = "2026-03-04T16:00:00.000Z";
    expect(checkPlan(draft, "UTC", NOW)).toEqual({
      ok: true,
      args: { kind: "pause", at, minutes: 15, reason: "break" },
    });
    expect(checkPlan({ ...draft, minutes: " " }, "UTC", NOW)).toEqual({
      ok: true,
      args: { kind: "pause", at, reason: "break" },
    });
    expect(checkPlan({ ...draft, kind: "logout" }, "UTC", NOW)).toEqual({ ok: true, args: { kind: "logout", at } });
  });
  it.each([
    [{ time: "" }, "at"],
    [{ minutes: "0" }, "minutes"],
    [{ minutes: "481" }, "minutes"],
    [{ minutes: "7.5" }, "minutes"],
  ])("%j is refused at its field", (change, field) => {
    expect(checkPlan({ ...draft, ...change }, "UTC", NOW)).toMatchObject({ ok: false, field });
  });
});

describe("the agent's plans", () => {
  const plan = { id: 4, kind: "pause" as const, at: "2026-03-04T16:00:00Z", minutes: 15, reason: "lunch" };
  const console_ = (name: string) => {
    const state = mockConsole(name);
    return { ...state, agent: { ...state.agent, planned: [plan], back_at: null } };
  };
  it("are shown beside the state: the next one, and when a break is over", async () => {
    const { push } = await openConsole(console_("ready"));
    expect(screen.getByTestId("planned").textContent).toContain(planText(plan));
    expect(planText(plan)).toBe(`Lunch at ${clockTime(plan.at)}, 15 min`);
    await push({ path: ["agent", "back_at"], value: "2026-03-04T16:20:00Z" });
    expect(screen.getByTestId("back-at").textContent).toContain(clockTime("2026-03-04T16:20:00Z"));
  });
  it("are made and taken back by commands", async () => {
    const { commands } = await openConsole(console_("talking"));
    fireEvent.click(screen.getByTestId("open-plans"));
    await settle();
    fireEvent.change(screen.getByTestId("plan-what"), { target: { value: "logout" } });
    fireEvent.input(screen.getByTestId("plan-time"), { target: { value: "17:30" } });
    await settle();
    expect(screen.queryByTestId("plan-minutes")).toBeNull();
    fireEvent.click(screen.getByTestId("plan-add"));
    await settle();
    expect(commands.at(-1)).toMatchObject({ name: "plan", args: { kind: "logout" } });
    const at = new Date(String(commands.at(-1)?.args.at));
    expect([at.getHours(), at.getMinutes(), at.getTime() > Date.now()]).toEqual([17, 30, true]);
    fireEvent.click(screen.getByTestId("plan-4-cancel"));
    await settle();
    expect(commands.at(-1)).toMatchObject({ name: "plan_cancel", args: { plan_id: 4 } });
  });
  it("that the server refuses say so at the field", async () => {
    const { answer } = await openConsole(console_("ready"));
    fireEvent.click(screen.getByTestId("open-plans"));
    await settle();
    fireEvent.click(screen.getByTestId("plan-add"));
    await settle();
    expect(screen.getByTestId("field-error").textContent).toContain("Choose a time");
    answer({ ok: false, error: { code: "refused", message: "another break is planned then", field: "at" } });
    fireEvent.input(screen.getByTestId("plan-time"), { target: { value: "17:30" } });
    await settle();
    fireEvent.click(screen.getByTestId("plan-add"));
    await settle();
    expect(screen.getByTestId("field-error").textContent).toContain("another break is planned then");
  });
});
