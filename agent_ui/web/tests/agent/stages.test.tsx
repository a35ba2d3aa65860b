import { fireEvent, screen } from "@testing-library/preact";
import { describe, expect, it } from "vitest";
import { type Stage, StageTeller } from "../../src/agent/stages";
import { mockCall, mockConsole } from "../../src/mock/agentFixtures";
import { openConsole, settle } from "./helpers";

describe("the teller of stages", () => {
  it("tells each stage of a call once, only forward, and begins anew with the next call", () => {
    const told: string[] = [];
    const teller = new StageTeller(({ attempt_id, stage }) => told.push(`${attempt_id} ${stage}`));
    const shown: [string, Stage][] = [
      ["a", "promise"],
      ["a", "promise"],
      ["a", "outcome"],
      ["a", "promise"],
      ["", "outcome"],
      ["b", "outcome"],
      ["b", "outcome"],
    ];
    for (const [attempt, stage] of shown) teller.show(attempt, stage);
    expect(told).toEqual(["a promise", "a outcome", "b outcome"]);
  });
});

describe("the console", () => {
  it("tells when the promise form is being filled in and when the outcome is picked, and nothing of what is typed", async () => {
    const { stages } = await openConsole(mockConsole("talking"));
    const attempt = mockConsole("talking").call?.attempt_id;
    const told = () => stages.map(({ args }) => args);
    expect(told()).toEqual([]); // the form is open with the file: that alone says nothing
    for (const value of ["5", "50"]) fireEvent.input(screen.getByTestId("promise-amount"), { target: { value } });
    await settle();
    expect(told()).toEqual([{ attempt_id: attempt, stage: "promise" }]);
    fireEvent.click(screen.getByTestId("disposition-callback"));
    fireEvent.click(screen.getByTestId("disposition-promise"));
    await settle();
    expect(told()).toEqual([
      { attempt_id: attempt, stage: "promise" },
      { attempt_id: attempt, stage: "outcome" },
    ]);
  });

  it("tells nothing while the line is down, and does not make up for it", async () => {
    const { stages, drop } = await openConsole(mockConsole("talking"));
    await drop();
    fireEvent.input(screen.getByTestId("promise-amount"), { target: { value: "50" } });
    await settle();
    expect(stages).toEqual([]);
  });

  it("tells a refused stage to nobody: no toast, no error", async () => {
    const { stages, answer } = await openConsole(mockConsole("talking"));
    answer({ ok: false, error: { code: "too_many", message: "often enough" } });
    fireEvent.input(screen.getByTestId("promise-amount"), { target: { value: "50" } });
    await settle();
    expect(stages.length > 0).toBe(true);
    expect(document.body.textContent).not.toContain("often enough");
  });

  it("tells of the call on the page only", async () => {
    const { stages, push } = await openConsole(mockConsole("talking"));
    await push({ path: ["call"], value: { ...mockCall("talking", "right_party"), attempt_id: "next" } });
    fireEvent.click(screen.getByTestId("tab-promise")); // a next call begins at the note
    await settle();
    fireEvent.input(screen.getByTestId("promise-amount"), { target: { value: "50" } });
    await settle();
    expect(stages.map(({ args }) => args.attempt_id)).toEqual(["next"]);
  });
});
