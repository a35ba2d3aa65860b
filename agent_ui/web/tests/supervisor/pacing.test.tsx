// The board's pacing: what is foretold beside what came, the budget, calibration and surprise; limits changed while it runs.
import { fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";
import { MOCK_SETTINGS, mockPacing } from "../../src/mock/pacingFixtures";
import { supervisorServer } from "../../src/mock/supervisorServer";
import type { CampaignView, CommandReply, SupervisorBoard } from "../../src/protocol";
import { setLocale } from "../../src/shared/i18n";
import { toasts } from "../../src/shared/notices";
import { Campaigns } from "../../src/supervisor/Campaigns";
import { BoardContext, BoardModel } from "../../src/supervisor/context";
import { changed, draftOf, numberProblem } from "../../src/supervisor/limits";
import { budgetScale, calibrated } from "../../src/supervisor/pacing";
import { Held, settle } from "../held";

async function openBoard(over: Partial<CampaignView> = {}) {
  const state: SupervisorBoard = structuredClone(supervisorServer("still").state);
  state.campaigns[3] = { ...(state.campaigns[3] as CampaignView), ...over };
  const held = new Held(state);
  window.fetch = async (input) =>
    String(input) === "/api/campaigns/3"
      ? Response.json({ settings: MOCK_SETTINGS })
      : Response.json({ campaigns: [], replies: 0 });
  await held.open();
  render(
    <BoardContext.Provider value={new BoardModel(held.connection)}>
      <Campaigns onCreate={() => {}} />
    </BoardContext.Provider>,
  );
  await settle();
  return held;
}

afterEach(async () => {
  toasts.value = [];
  await setLocale("en");
});

const text = (id: string) => screen.getByTestId(id).textContent ?? "";

describe("a campaign's pacing", () => {
  it("stands with lines, seats, what is foretold and what came, budget with its bound, calibration", async () => {
    await openBoard();
    expect(text("campaign-3-lines-out")).toContain("12");
    expect(text("campaign-3-lines-out")).toContain("11 ringing, 1 answered, 3 at the last look");
    expect(text("campaign-3-free")).toContain("10 talking, 3 wrap-up, 1 paused");
    expect(text("campaign-3-predicted")).toContain("2.4");
    expect(text("campaign-3-predicted")).toContain("3.1 agents free in 11 s");
    expect(text("campaign-3-budget")).toContain("7 drops");
    expect(text("campaign-3-budget")).toContain("bound 2.40% of 3.0%");
    expect(text("campaign-3-calibration")).toContain("11% · 49% · 91%");
    expect(text("campaign-3-because")).toContain("2.4 answers expected");
    expect(text("campaign-3-came")).toContain("2 of 2.4");
  });
  it("tells a held budget, and of a surprised model aloud", async () => {
    await openBoard();
    expect(text("campaign-4-budget")).toContain("Dialing 1:1");
    expect(screen.getByTestId("pacing-surprised").getAttribute("role")).toBe("alert");
    expect(screen.getByTestId("campaign-4-pacing").contains(screen.getByTestId("pacing-surprised"))).toBe(true);
  });
  it("of a mode that foretells nothing says so, and is not shown before the first look", async () => {
    const none = mockPacing({
      predicted_answers: null,
      predicted_free: null,
      ahead_s: null,
      forecast: null,
      calibration: null,
      budget: { remaining: null, holds: false, because: "", gauge: null, rate: null, bound: null, limit: null },
    });
    const held = await openBoard({ pacing: none });
    expect(text("campaign-3-predicted")).toContain("this mode foretells nothing");
    expect(text("campaign-3-came")).toContain("no forecast is out");
    expect(text("campaign-3-budget")).toContain("no limit");
    expect(text("campaign-3-calibration")).toContain("no forecast was checked yet");
    await held.push({ path: ["campaigns", "3", "pacing"], value: null });
    expect(screen.queryByTestId("campaign-3-pacing")).toBeNull();
  });
});

describe("the limits of a running campaign", () => {
  async function openLimits() {
    const board = await openBoard();
    fireEvent.click(screen.getByTestId("campaign-3-limits"));
    await settle();
    return board;
  }
  async function send() {
    fireEvent.click(screen.getByTestId("limits-send"));
    await settle();
  }
  it("are sent as far as they were changed", async () => {
    const { commands } = await openLimits();
    fireEvent.input(screen.getByTestId("limits-max_lines"), { target: { value: "80" } });
    fireEvent.input(screen.getByTestId("limits-calls_per_second"), { target: { value: "2.5" } });
    fireEvent.click(screen.getByTestId("limits-cancel_ringing"));
    await send();
    expect(commands.at(-1)).toMatchObject({
      name: "campaign_set",
      args: { campaign_id: 3, settings: { max_lines: 80, calls_per_second: 2.5, cancel_ringing: false } },
    });
    expect(screen.queryByTestId("limits-dialog")).toBeNull();
    expect(toasts.value[0]?.text).toContain("new limits");
  });
  it("that are no numbers of their range are refused before they are sent, others where the server says", async () => {
    const held = await openLimits();
    fireEvent.input(screen.getByTestId("limits-priority"), { target: { value: "12" } });
    await send();
    expect(text("field-error")).toContain("from 0 to 9");
    expect(held.commands).toEqual([]);
    fireEvent.input(screen.getByTestId("limits-priority"), { target: { value: "9" } });
    held.reply = { ok: false, error: { code: "refused", message: "Away.", field: "campaign_id" } } as CommandReply;
    await send();
    expect(text("limits-trouble")).toContain("Away.");
  });
  it("that nobody changed are not sent", async () => {
    const { commands } = await openLimits();
    await send();
    expect(commands).toEqual([]);
    expect(screen.queryByTestId("limits-dialog")).toBeNull();
  });
});

describe("the figures behind it", () => {
  it("place rate and bound by the limit", () => {
    const budget = mockPacing().budget;
    expect(budgetScale(budget)).toEqual({ rate: 30, bound: 40, tone: "good" });
    expect(budgetScale({ ...budget, bound: 0.031 })?.tone).toBe("bad");
    expect(budgetScale({ ...budget, bound: 0.025 })?.tone).toBe("warn");
    expect(budgetScale({ ...budget, limit: null })).toBeNull();
    expect(calibrated({ forecasts: 0, q10: null, q50: null, q90: null, surprised: false, since: null })).toBeNull();
  });
  it("send only what differs, in whole numbers where only these make sense", () => {
    expect(changed(MOCK_SETTINGS, draftOf(MOCK_SETTINGS))).toEqual({});
    expect(changed(MOCK_SETTINGS, { ...draftOf(MOCK_SETTINGS), preview_end: "dial" })).toEqual({ preview_end: "dial" });
    expect(numberProblem("max_lines", "1.5")).toBe(true);
    expect(numberProblem("lines_per_agent", "1.5")).toBe(false);
    for (const wrong of ["", " ", "x", "0"]) expect(numberProblem("max_lines", wrong)).toBe(true);
  });
});
