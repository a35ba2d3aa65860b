// A person's wishes: what each kind needs, what is sent, and what the file shows of them.
import { fireEvent } from "@testing-library/preact";
import { describe, expect, it } from "vitest";
import { checkWish, EMPTY, WISHES } from "../../src/agent/wish";
import { mockConsole } from "../../src/mock/agentFixtures";
import en from "../../src/shared/i18n/en.json";
import es from "../../src/shared/i18n/es.json";
import fa from "../../src/shared/i18n/fa.json";
import { openConsole, settle } from "./helpers";

describe("what a wish needs", () => {
  it("asks for days of a refused time, and sends them in the week's order", () => {
    expect(checkWish(EMPTY)).toEqual({ ok: false, error: "wish.no_days" });
    const weekdays = new Set(["fri", "mon"] as const);
    expect(checkWish({ ...EMPTY, weekdays, from: "09:00", to: "09:00" })).toEqual({
      ok: false,
      error: "wish.empty_time",
    });
    expect(checkWish({ ...EMPTY, weekdays, from: "09:00", to: "17:00", until: "2026-12-31" })).toEqual({
      ok: true,
      args: {
        kind: "inconvenient_time",
        deny: [{ weekdays: ["mon", "fri"], from: "09:00", to: "17:00" }],
        until: "2026-12-31",
      },
    });
  });

  it("asks for a place, and sends only what its kind knows", () => {
    expect(checkWish({ ...EMPTY, kind: "inconvenient_place" })).toEqual({ ok: false, error: "wish.no_place" });
    expect(checkWish({ ...EMPTY, kind: "attorney", name: " R. Doe ", place: "home" })).toEqual({
      ok: true,
      args: { kind: "attorney", name: "R. Doe" },
    });
    expect(checkWish({ ...EMPTY, kind: "dispute", form: "written" })).toEqual({
      ok: true,
      args: { kind: "dispute", form: "written" },
    });
    expect(checkWish({ ...EMPTY, kind: "hardship", reviewOn: "2026-12-31" })).toEqual({
      ok: true,
      args: { kind: "hardship", review_on: "2026-12-31" },
    });
  });

  it("has words for every kind in every language", () => {
    for (const messages of [en, es, fa] as Record<string, unknown>[])
      for (const kind of WISHES) expect(messages[`wish.${kind}`]).toBeTruthy();
  });
});

describe("the form", () => {
  it("records a wish during a call", async () => {
    const { page, commands } = await openConsole(mockConsole("talking"));
    fireEvent.click(page.getByTestId("tab-wish"));
    fireEvent.click(page.getByTestId("wish-save"));
    await settle();
    expect(commands).toHaveLength(0);
    expect(page.getByText(en["wish.no_days"])).toBeTruthy();
    fireEvent.change(page.getByTestId("wish-kind"), { target: { value: "inconvenient_place" } });
    fireEvent.click(page.getByTestId("wish-place-work"));
    fireEvent.click(page.getByTestId("wish-save"));
    await settle();
    expect(commands.map(({ name, args }) => ({ name, args }))).toEqual([
      { name: "wish", args: { kind: "inconvenient_place", place: "work" } },
    ]);
  });

  it("shows what the server refused", async () => {
    const { page, answer } = await openConsole(mockConsole("talking"));
    fireEvent.click(page.getByTestId("tab-wish"));
    fireEvent.change(page.getByTestId("wish-kind"), { target: { value: "hardship" } });
    answer({
      ok: false,
      error: { code: "refused", message: "the review would be before the wish.", field: "review_on" },
    });
    fireEvent.click(page.getByTestId("wish-save"));
    await settle();
    expect(page.getByTestId("wish-form").textContent).toContain("the review would be before the wish");
  });
});

describe("the file", () => {
  it("tells the tone and the wishes in force", async () => {
    const state = mockConsole("talking");
    if (!state.file) throw new Error("no file");
    state.file.tone = { en: "Ask for no payment today." };
    state.file.wishes = [
      { id: 1, kind: "hardship", at: "2026-03-01T10:00:00Z", ends_at: null, review_on: "2026-06-01", ended_at: null },
    ];
    state.file.say = [{ when: "first", text: "This is an attempt to collect a debt.", source: "12 CFR 1006.18(e)" }];
    const { page } = await openConsole(state);
    expect(page.getByTestId("say-row").textContent).toContain("attempt to collect a debt");
    expect(page.getByTestId("tone").textContent).toBe("Ask for no payment today.");
    expect(page.getByTestId("wish-row").textContent).toContain(en["wish.hardship"]);
  });
});
