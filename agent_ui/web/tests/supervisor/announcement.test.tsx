// Broadcasting is set at the board: recording, words with the way out, machines; a silent rulebook is named.
import { fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";
import { MOCK_SETTINGS } from "../../src/mock/pacingFixtures";
import { supervisorServer } from "../../src/mock/supervisorServer";
import type { CampaignView, CommandReply, SupervisorBoard } from "../../src/protocol";
import { setLocale } from "../../src/shared/i18n";
import { toasts } from "../../src/shared/notices";
import { announcementOf, announcementProblem } from "../../src/supervisor/announcement";
import { CampaignMode } from "../../src/supervisor/CampaignMode";
import { BoardContext, BoardModel } from "../../src/supervisor/context";
import { Held, settle } from "../held";

const WORDS = "This is Northwind Recovery. Press 9 to be called no more.";

async function openMode(over: Partial<CampaignView> = {}) {
  const campaign = { ...(supervisorServer("still").state.campaigns[5] as CampaignView), ...over };
  const held = new Held({} as SupervisorBoard);
  window.fetch = async (input) =>
    String(input) === "/api/campaigns/5"
      ? Response.json({ settings: MOCK_SETTINGS })
      : Response.json({ campaigns: [], replies: 0 });
  await held.open();
  render(
    <BoardContext.Provider value={new BoardModel(held.connection)}>
      <CampaignMode campaign={campaign} />
    </BoardContext.Provider>,
  );
  await settle();
  return held;
}

async function chooseBroadcast() {
  const select = screen.getByTestId("campaign-5-mode") as HTMLSelectElement;
  fireEvent.change(select, { target: { value: "broadcast" } });
  await settle();
  return select;
}

async function type(recording: string, words: string) {
  fireEvent.input(screen.getByTestId("announce-recording"), { target: { value: recording } });
  fireEvent.input(screen.getByTestId("announce-words"), { target: { value: words } });
  fireEvent.click(screen.getByTestId("announce-send"));
  await settle();
}

afterEach(async () => {
  toasts.value = [];
  await setLocale("en");
});

const text = (id: string) => screen.getByTestId(id).textContent ?? "";

describe("mode broadcast", () => {
  it("is not set before its recording is named, and goes out in one command", async () => {
    const { commands } = await openMode();
    const select = await chooseBroadcast();
    expect(select.value).toBe("preview");
    expect(commands).toEqual([]);
    fireEvent.click(screen.getByTestId("announce-machines"));
    await settle();
    await type(" sound:promiseline/hello ", WORDS);
    expect(commands.at(-1)).toMatchObject({
      name: "campaign_mode",
      args: {
        campaign_id: 5,
        mode: "broadcast",
        announcement: "sound:promiseline/hello",
        announcement_words: WORDS,
        amd: true,
        announcement_to_machines: true,
      },
    });
    expect(screen.queryByTestId("announce-dialog")).toBeNull();
    expect(toasts.value[0]?.text).toContain("once it is started");
  });
  it("asks for the recording and for the key in its words before anything is sent", async () => {
    const { commands } = await openMode();
    await chooseBroadcast();
    await type("", WORDS);
    expect(text("field-error")).toContain("Name the recording");
    await type("sound:promiseline/hello", "Please call us.");
    expect(text("field-error")).toContain("key 9");
    expect(commands).toEqual([]);
  });
  it("shows whose rulebook stands against it, and stays open", async () => {
    const held = await openMode();
    await chooseBroadcast();
    const message = "mode: an announcement without an agent is allowed only where every rulebook says so: gb does not";
    held.reply = { ok: false, error: { code: "refused", message, field: "mode" } } as CommandReply;
    await type("sound:promiseline/hello", WORDS);
    expect(text("announce-trouble")).toContain("gb does not");
    expect(screen.getByTestId("announce-dialog")).toBeTruthy();
  });
  it("of a campaign that broadcasts already has its announcement at hand", async () => {
    await openMode({ mode: "broadcast" });
    expect((screen.getByTestId("campaign-5-mode") as HTMLSelectElement).value).toBe("broadcast");
    fireEvent.click(screen.getByTestId("campaign-5-announcement"));
    await settle();
    expect(screen.getByTestId("announce-dialog")).toBeTruthy();
  });
});

describe("the announcement behind it", () => {
  const draft = {
    announcement: "sound:a",
    announcement_words: "Press 9.",
    amd: false,
    announcement_to_machines: true,
  };
  it("plays to machines only where they are detected", () => {
    expect(announcementOf(draft).announcement_to_machines).toBe(false);
    expect(announcementOf({ ...draft, amd: true }).announcement_to_machines).toBe(true);
  });
  it("lacks nothing, or says which field does", () => {
    expect(announcementProblem(draft)).toBeNull();
    expect(announcementProblem({ ...draft, announcement: " " })?.field).toBe("announcement");
    expect(announcementProblem({ ...draft, announcement_words: "call us" })?.field).toBe("announcement_words");
  });
});
