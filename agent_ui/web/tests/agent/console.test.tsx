import { fireEvent, screen } from "@testing-library/preact";
import { describe, expect, it } from "vitest";
import { mockCall, mockConsole, mockFile } from "../../src/mock/agentFixtures";
import { dateTime } from "../../src/shared/format/time";
import { openConsole, settle } from "./helpers";

const secrets = ["Banco Alameda", "ES-88-104471", "1,842.50", "Prefers calls after"];
const shown = () => document.documentElement.outerHTML;

describe("before the right party is recorded", () => {
  it("no debt data is on the page, even if the server had sent a file", async () => {
    await openConsole({ ...mockConsole("identity"), file: mockFile() });
    expect(screen.getByTestId("identity-gate")).toBeTruthy();
    expect(screen.getByTestId("ask-for").textContent).toContain("María José");
    for (const secret of secrets) expect(shown()).not.toContain(secret);
    for (const id of ["file", "promise-form", "tab-promise", "tab-callback"])
      expect(screen.queryByTestId(id)).toBeNull();
  });

  it("it takes two matches to record the right person", async () => {
    const { commands, push } = await openConsole(mockConsole("identity"));
    const right = screen.getByTestId<HTMLButtonElement>("identify-right");
    expect(right.disabled).toBe(true);
    fireEvent.click(screen.getByTestId("check-date_of_birth"));
    fireEvent.click(screen.getByTestId("check-last4"));
    await settle();
    expect(right.disabled).toBe(false);
    fireEvent.click(right);
    await settle();
    expect(commands.at(-1)).toMatchObject({
      name: "identify",
      args: { result: "right_party", checks: ["date_of_birth", "last4"] },
    });
    expect(screen.queryByTestId("file")).toBeNull(); // not before the server says so
    await push({ path: ["call", "identity"], value: "right_party" }, { path: ["file"], value: mockFile() });
    expect(screen.getByTestId("file").textContent).toContain("Banco Alameda");
    expect(screen.getByTestId("promise-form")).toBeTruthy();
  });

  it.each(["wrong_person", "refused"] as const)("%s keeps the file shut", async (identity) => {
    const state = mockConsole("identity");
    await openConsole({ ...state, call: mockCall("talking", identity), file: mockFile() });
    expect(screen.getByTestId("identity-failed")).toBeTruthy();
    for (const secret of secrets) expect(shown()).not.toContain(secret);
  });
});

describe("whether the person may be contacted now", () => {
  it("says of each channel yes or no, from when on in the person's time, and every reason", async () => {
    await openConsole(mockConsole("talking"));
    const panel = screen.getByTestId("may-contact");
    expect(panel.querySelectorAll(".line")).toHaveLength(4);
    expect(panel.querySelectorAll(".mark-good")).toHaveLength(2);
    const [whatsapp, email] = [...panel.querySelectorAll(".line")].slice(2);
    expect(whatsapp?.textContent).toContain("no consent for WhatsApp");
    expect(whatsapp?.textContent).toContain("3rd contact since");
    const zone = mockFile().timezone;
    const when = mockFile().may_contact[2]?.retry_at ?? "";
    expect(whatsapp?.querySelector("[data-testid=not-before]")?.textContent).toContain(dateTime(when, zone));
    expect(email?.textContent).toContain("Opted out");
    expect(email?.querySelector("[data-testid=not-before]")).toBeNull();
  });
});

describe("a next call", () => {
  it("starts with an empty page: the last person's file, ticks and drafts are gone", async () => {
    const { push } = await openConsole(mockConsole("talking"));
    fireEvent.input(screen.getByTestId("promise-amount"), { target: { value: "50" } });
    await push(
      { path: ["call"], value: { ...mockCall("talking", "unchecked"), attempt_id: "next" } },
      { path: ["file"], value: null },
    );
    for (const secret of secrets) expect(shown()).not.toContain(secret);
    const checked = [...document.querySelectorAll("input:checked")].filter((one) => !one.closest("[hidden]"));
    expect(checked).toEqual([]);
  });

  it("keeps what was typed while the agent looks at another form, until the next call", async () => {
    const { push } = await openConsole(mockConsole("talking"));
    fireEvent.input(screen.getByTestId("promise-amount"), { target: { value: "50" } });
    fireEvent.click(screen.getByTestId("tab-wish"));
    await settle();
    fireEvent.change(screen.getByTestId("wish-kind"), { target: { value: "attorney" } });
    await settle();
    fireEvent.input(screen.getByTestId("wish-name"), { target: { value: "Dr. Ortega" } });
    fireEvent.click(screen.getByTestId("tab-promise"));
    await settle();
    expect(screen.getByTestId<HTMLInputElement>("promise-amount").value).toBe("50");
    expect(screen.getByTestId("wish-form").closest("[data-panel]")?.hasAttribute("hidden")).toBe(true);
    await push({ path: ["call"], value: { ...mockCall("talking", "right_party"), attempt_id: "next" } });
    expect(screen.getByTestId<HTMLInputElement>("promise-amount").value).toBe("");
    expect(screen.getByTestId<HTMLSelectElement>("wish-kind").value).toBe("inconvenient_time");
  });

  it("does not take the focus from where the agent is", async () => {
    const { push } = await openConsole(mockConsole("ready"));
    const button = screen.getByTestId("language");
    button.focus();
    await push(
      { path: ["call"], value: mockCall("talking", "unchecked") },
      { path: ["agent", "state"], value: "talking" },
    );
    expect(document.activeElement).toBe(button);
  });
});

describe("a promise on the page", () => {
  it("is sent in minor units, and offers its disposition", async () => {
    const { commands } = await openConsole(mockConsole("talking"));
    fireEvent.input(screen.getByTestId("promise-amount"), { target: { value: "150.00" } });
    fireEvent.click(screen.getByTestId("promise-tomorrow"));
    await settle();
    fireEvent.click(screen.getByTestId("promise-save"));
    fireEvent.submit(screen.getByTestId("promise-form"));
    await settle();
    expect(commands.at(-1)).toMatchObject({
      name: "promise",
      args: { debt_id: 1, amount_minor: 15_000, currency: "EUR" },
    });
    expect(screen.getByTestId<HTMLInputElement>("disposition-promise").checked).toBe(true);
  });

  it("that is too large says so at the field and is not sent", async () => {
    const { commands } = await openConsole(mockConsole("talking"));
    fireEvent.input(screen.getByTestId("promise-amount"), { target: { value: "99999" } });
    fireEvent.submit(screen.getByTestId("promise-form"));
    await settle();
    const amount = screen.getByTestId("promise-amount");
    expect(amount.getAttribute("aria-invalid")).toBe("true");
    const note = document.getElementById(amount.getAttribute("aria-describedby") ?? "");
    expect(note?.textContent).toContain("€1,842.50");
    expect(commands).toHaveLength(0);
  });

  it("that the server refuses keeps what was typed and shows the server's reason at the field", async () => {
    const { answer } = await openConsole(mockConsole("talking"));
    answer({
      ok: false,
      error: { code: "promise_limit", message: "Another promise is pending.", field: "amount_minor" },
    });
    fireEvent.input(screen.getByTestId("promise-amount"), { target: { value: "150" } });
    fireEvent.click(screen.getByTestId("promise-week"));
    await settle();
    fireEvent.submit(screen.getByTestId("promise-form"));
    await settle();
    expect(screen.getByTestId("field-error").textContent).toContain("Another promise is pending.");
    expect(screen.getByTestId<HTMLInputElement>("promise-amount").value).toBe("150");
  });
});

describe("keys on the page", () => {
  it("do what the buttons do, and ? shows them all", async () => {
    const { press, commands } = await openConsole(mockConsole("talking"));
    await press("o");
    expect(commands.at(-1)?.name).toBe("hold");
    await press("4");
    expect(screen.getByTestId<HTMLInputElement>("disposition-refuses").checked).toBe(true);
    expect(commands.at(-1)?.name).toBe("hold"); // picked, not sent
    await press("Enter");
    expect(commands.at(-1)).toMatchObject({ name: "dispose", args: { code: "refuses" } });
    await press("?");
    expect(screen.getByTestId("keys-dialog").textContent).toContain("Hang up");
  });

  it("do nothing while a note is typed", async () => {
    const { commands } = await openConsole(mockConsole("identity"));
    const note = screen.getByTestId("note-text");
    note.dispatchEvent(new KeyboardEvent("keydown", { key: "h", bubbles: true, cancelable: true }));
    await settle();
    expect(commands).toHaveLength(0);
  });
});

describe("a lost connection", () => {
  it("says so, greys the page and switches its controls off", async () => {
    const { drop, press, commands } = await openConsole(mockConsole("talking"));
    expect(screen.queryByTestId("link-banner")).toBeNull();
    await drop();
    expect(screen.getByTestId("link-banner").textContent).toContain("Connection lost");
    expect(document.querySelector(".page-stale")).not.toBeNull();
    for (const id of ["hangup", "hold", "pause", "promise-save", "dispose"]) {
      expect(screen.getByTestId<HTMLButtonElement>(id).disabled).toBe(true);
    }
    await press("h");
    expect(commands).toHaveLength(0);
  });
});

describe("a dialer that is not heard", () => {
  it("is named with what goes on; controls are off until it is back, and nothing has to be reloaded", async () => {
    const { floor, press, commands } = await openConsole(mockConsole("talking"));
    fireEvent.input(screen.getByTestId("promise-amount"), { target: { value: "150" } });
    await floor(false, "dialer");
    const banner = screen.getByTestId("floor-banner");
    for (const text of ["dialer cannot be heard", "Calls in progress go on", "goes on by itself"])
      expect(banner.textContent).toContain(text);
    expect(screen.queryByTestId("link-banner")).toBeNull();
    expect(screen.getByTestId("link-state").dataset.phase).toBe("no_dialer");
    expect(document.querySelector(".page-stale")).not.toBeNull();
    for (const id of ["hangup", "hold", "pause", "promise-save"]) {
      expect(screen.getByTestId<HTMLButtonElement>(id).disabled).toBe(true);
    }
    await press("h");
    expect(commands).toHaveLength(0);

    await floor(true);
    expect(screen.queryByTestId("floor-banner")).toBeNull();
    expect(document.querySelector(".page-stale")).toBeNull();
    expect(screen.getByTestId("link-state").dataset.phase).toBe("live");
    expect(screen.getByTestId<HTMLInputElement>("promise-amount").value).toBe("150");
    await press("h");
    expect(commands.at(-1)?.name).toBe("hangup");
  });

  it("because Redis is gone is told apart", async () => {
    const { floor } = await openConsole(mockConsole("ready"));
    await floor(false, "redis");
    expect(screen.getByTestId("floor-banner").textContent).toContain("Redis");
  });

  it("is not told of while the server itself is lost: nobody knows then", async () => {
    const { floor, drop } = await openConsole(mockConsole("ready"));
    await floor(false, "dialer");
    await drop();
    expect(screen.queryByTestId("floor-banner")).toBeNull();
    expect(screen.getByTestId("link-banner")).toBeTruthy();
  });
});

describe("wrap-up", () => {
  it("shows its clock and what will be recorded when nothing is chosen", async () => {
    await openConsole(mockConsole("wrap_up"));
    expect(screen.getByTestId("wrap-up-timer").textContent).toMatch(/^0:1\d$/);
    expect(screen.getByTestId("default-outcome").textContent).toContain("Spoke, no result");
  });
});

describe("no call", () => {
  it.each([
    ["offline", "Your shift has not started"],
    ["paused", "You are paused"],
    ["ready", "Waiting for the next call"],
  ])("%s says what to do next", async (scene, text) => {
    await openConsole(mockConsole(scene));
    expect(screen.getByTestId("idle").textContent).toContain(text);
  });
});

describe("a preview", () => {
  const preview = (over: Partial<ReturnType<typeof mockCall>>) => ({
    ...mockConsole("preview"),
    call: { ...mockCall("preview", "unchecked"), ...over },
  });
  it("tells how often the person may still be skipped, and that it dials by itself", async () => {
    await openConsole(preview({ skips_left: 2, dials_at_end: true }));
    expect(screen.getByTestId("preview").textContent).toContain("skipped 2 more times");
    expect(screen.getByTestId("preview").textContent).toContain("the person is dialed");
    expect(screen.getByTestId<HTMLButtonElement>("preview-skip").disabled).toBe(false);
  });
  it("is not skipped once too often", async () => {
    await openConsole(preview({ skips_left: 0 }));
    expect(screen.getByTestId<HTMLButtonElement>("preview-skip").disabled).toBe(true);
    expect(screen.getByTestId("preview").textContent).toContain("as often as the campaign allows");
  });
});
