// The words that open a call, what may be left on a voicemail, and how far an opt-out reaches.
import { fireEvent, screen } from "@testing-library/preact";
import { describe, expect, it } from "vitest";
import { mockCall, mockConsole } from "../../src/mock/agentFixtures";
import { openConsole, settle } from "./helpers";

const words = () => screen.queryByTestId("opening-words");

describe("the opening words", () => {
  it("stand at the call bar until the right party is known, in the person's language", async () => {
    const { push } = await openConsole(mockConsole("identity"));
    expect(words()?.textContent).toContain("Le habla Leila Haddad de Northwind Recovery.");
    expect(words()?.querySelector(".words-text")?.getAttribute("lang")).toBe("es");
    expect(words()?.textContent).not.toContain("devuelva la llamada");
    await push({ path: ["call", "identity"], value: "right_party" });
    expect(words()).toBeNull();
  });
  it("are none while a person is previewed and when the call is over", async () => {
    await openConsole(mockConsole("preview"));
    expect(words()).toBeNull();
    await openConsole(mockConsole("wrap_up"));
    expect(words()).toBeNull();
  });
  it("give way to the voicemail's when a machine answered, by button or by outcome", async () => {
    await openConsole(mockConsole("identity"));
    fireEvent.click(screen.getByTestId("machine-answered"));
    await settle();
    expect(words()?.dataset.when).toBe("voicemail");
    expect(words()?.textContent).toContain("Por favor, devuelva la llamada al");
    fireEvent.click(screen.getByTestId("machine-answered"));
    await settle();
    expect(words()?.dataset.when).toBe("opening");
  });
  it("follow the outcome that is picked", async () => {
    await openConsole(mockConsole("identity"));
    fireEvent.click(screen.getByTestId("disposition-machine"));
    await settle();
    expect(words()?.dataset.when).toBe("voicemail");
  });
  it("of no rulebook are said to be missing", async () => {
    await openConsole({ ...mockConsole("identity"), call: { ...mockCall("talking", "unchecked"), words: [] } });
    expect(words()?.textContent).toContain("nothing of a debt");
    fireEvent.click(screen.getByTestId("machine-answered"));
    await settle();
    expect(words()?.textContent).toContain("leave no message");
  });
});

describe("an opt-out", () => {
  async function open() {
    const console = await openConsole(mockConsole("talking"));
    fireEvent.click(screen.getByTestId("tab-opt_out"));
    await settle();
    return console;
  }
  async function save(...choices: string[]) {
    for (const choice of choices) {
      fireEvent.click(screen.getByTestId(choice));
      await settle();
    }
    fireEvent.click(screen.getByTestId("opt-out-save"));
    await settle();
  }
  it.each([
    [[], { channel: "voice", reach: "person" }],
    [["opt-out-sms"], { channel: "sms", reach: "person" }],
    [["opt-out-reach-number"], { channel: "voice", reach: "number" }],
    [["opt-out-reach-number", "opt-out-all"], { channel: "all", reach: "number" }],
    [["opt-out-reach-everything"], { channel: "all", reach: "person" }],
    [["opt-out-email", "opt-out-reach-number"], { channel: "all", reach: "number" }],
  ])("%j is sent as %j", async (choices, args) => {
    const { commands } = await open();
    await save(...choices);
    expect(commands.at(-1)).toMatchObject({ name: "opt_out", args });
  });
  it("of one number offers no e-mail", async () => {
    await open();
    fireEvent.click(screen.getByTestId("opt-out-reach-number"));
    await settle();
    expect(screen.queryByTestId("opt-out-email")).toBeNull();
  });
});
