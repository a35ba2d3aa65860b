// The rulebooks: what is in force and how sure, one with its week, holidays and values, the switches.
import { fireEvent, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";
import { BOOKS, mockBook } from "../../src/mock/rulebookFixtures";
import { setLocale } from "../../src/shared/i18n";
import { groups, minuteText, says, together, words } from "../../src/supervisor/compliance/rulebooks";
import { settle } from "../agent/helpers";
import { openTab, refused } from "./tabs";

afterEach(() => setLocale("en"));

const some = ({ path }: { path: string }) =>
  path === "/api/rulebooks"
    ? Response.json(BOOKS)
    : Response.json(mockBook(new URLSearchParams(path.split("?")[1]).get("channel") ?? "voice"));

describe("the rulebooks", () => {
  it("stand with version, confidence, sources and the mark of a draft", async () => {
    await openTab("rulebooks", some);
    const federal = screen.getByTestId("rulebook-us-federal");
    for (const part of ["2026-11-21", "From memory", "Draft, needs counsel", "3 sources", "12 CFR 1006.42(a)(1)"]) {
      expect(federal.textContent).toContain(part);
    }
    const city = screen.getByTestId("rulebook-us-nyc").textContent;
    expect(city).toContain("Primary source");
    expect(city).not.toContain("Draft");
    expect(screen.getByTestId("rulebook-sa").textContent).toContain("none in force today");
  });
  it("open with the week's picture, holidays and every value's source", async () => {
    const calls = await openTab("rulebooks", some);
    fireEvent.click(screen.getByTestId("show-us-federal"));
    await settle();
    await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toBe("us-federal"));
    expect(screen.getByTestId("day-2026-11-23").textContent).toContain("08:00–21:00");
    expect(screen.getByTestId("day-2026-11-26").textContent).toContain("closed");
    expect(screen.getByTestId("day-2026-11-26").textContent).toContain("Thanksgiving (us-federal)");
    expect(screen.getByTestId("holidays").textContent).toContain("Days without contact in 2026: 2");
    const version = within(screen.getByTestId("version-2026-11-21"));
    expect(version.getByText(/counts calls_placed, max 7, days 7, per debt/)).toBeTruthy();
    expect(version.getByText("12 CFR 1006.14(b)(2)(i)(A)")).toBeTruthy();
    expect(version.getByText("retention.1, recording")).toBeTruthy();
    fireEvent.change(screen.getByTestId("week-channel"), { target: { value: "sms" } });
    await settle();
    fireEvent.click(screen.getByTestId("week-after"));
    await settle();
    expect(calls.at(-1)?.path).toBe("/api/rulebooks/us-federal?week=2026-11-30&channel=sms");
  });
  it("tell why a switch is off, and turn it only with a reason", async () => {
    const calls = await openTab("rulebooks", (call) =>
      call.path.startsWith("/api/switches/") ? Response.json({ on: ["us_third_party_sms"] }) : some(call),
    );
    const text = screen.getByTestId("switch-us_third_party_sms").textContent;
    expect(text).toContain("Off");
    expect(text).toContain("carriers refuse third-party debt collection by SMS");
    fireEvent.click(screen.getByTestId("turn-us_third_party_sms"));
    await settle();
    fireEvent.click(screen.getByTestId("reason-send"));
    await settle();
    expect(calls.some((call) => call.method === "PUT")).toBe(false);
    expect(within(screen.getByTestId("reason-dialog")).getByTestId("field-error").textContent).toContain("Say why");
    fireEvent.input(screen.getByTestId("reason"), { target: { value: "the carrier agreed" } });
    fireEvent.click(screen.getByTestId("reason-send"));
    await settle();
    expect(calls.find((call) => call.method === "PUT")).toMatchObject({
      method: "PUT",
      path: "/api/switches/us_third_party_sms",
      body: { on: true, because: "the carrier agreed" },
    });
    expect(calls.at(-1)?.path).toBe("/api/rulebooks");
    expect(screen.getByTestId("turn-whatsapp_collection").textContent).toBe("Turn off");
  });
  it("say once what many of them say", () => {
    const policy = { channel: "whatsapp", because: "may be barred", source: "policy" };
    const closes = [
      { rulebook: "au", ...policy },
      { rulebook: "gb", ...policy, because: "is barred" },
      { rulebook: "mx", ...policy },
    ];
    expect(together(closes)).toEqual([
      { rulebooks: ["au", "mx"], ...policy },
      { rulebooks: ["gb"], ...policy, because: "is barred" },
    ]);
  });
  it("say what to do when there is none, and are read again after trouble", async () => {
    let works = false;
    await openTab("rulebooks", () =>
      works ? Response.json({ rulebooks: [], switches: [] }) : refused(503, "The database is away."),
    );
    expect(screen.getByTestId("trouble").textContent).toContain("The database is away.");
    works = true;
    fireEvent.click(screen.getByTestId("again"));
    await settle();
    expect(screen.getByText(/PROMISELINE_RULEBOOKS_DIR/)).toBeTruthy();
    await setLocale("es");
    await settle();
    expect(screen.getByText("Ningún reglamento cargado")).toBeTruthy();
  });
});

it("says a value in the file's words", () => {
  expect(words({ "mon-fri": ["08:00", "21:00"], sat: "closed" })).toBe("mon-fri 08:00-21:00; sat closed");
  expect(words(["voice", "sms"])).toBe("voice, sms");
  const [value] = mockBook("voice").rulebook.versions[0]?.values ?? [];
  if (!value) throw new Error("the fixture has values");
  expect(says(value)).toBe("windows mon-fri 08:00-21:00; sat closed, points any");
  expect(groups([value, value]).map(([group, found]) => [group, found.length])).toEqual([["hours", 2]]);
  expect([minuteText(0), minuteText(485), minuteText(1_440)]).toEqual(["00:00", "08:05", "24:00"]);
});
