// The lists: their states, the question after a number (never in an address), one entry more and one fewer.
import { fireEvent, screen, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CHECK, LISTS } from "../../src/mock/listFixtures";
import { setCsrf } from "../../src/shared/api";
import { setLocale } from "../../src/shared/i18n";
import { toasts } from "../../src/shared/notices";
import { settle } from "../agent/helpers";
import { type Call, openTab, refused } from "./tabs";

beforeEach(() => setCsrf("token"));
afterEach(async () => {
  setCsrf(null);
  toasts.value = [];
  await setLocale("en");
});

function answers({ path }: Call): Response | null {
  if (path === "/api/lists") return Response.json({ lists: LISTS });
  if (path === "/api/lists/check") return Response.json(CHECK);
  return path.startsWith("/api/lists/") ? Response.json({ list: LISTS[0]?.name, added: true, ended: true }) : null;
}

async function check(number = "+12125550142") {
  fireEvent.input(screen.getByTestId("list-address"), { target: { value: number } });
  fireEvent.click(screen.getByTestId("list-check-send"));
  await settle();
}

describe("the lists", () => {
  it("stand with scope, count, version and what is wrong with them", async () => {
    await openTab("lists", answers);
    expect(screen.getByTestId("list-1").textContent).toContain("In force");
    const registry = screen.getByTestId("list-2").textContent;
    for (const part of ["hashed, version 31", "9,840,112", "Cannot be read", "promiseline doctor", "2026-12-20"]) {
      expect(registry).toContain(part);
    }
    expect(screen.getByTestId("list-3").textContent).toContain("creditor Banco Alameda");
    expect(screen.getByTestId("list-3").textContent).toContain("Nobody is contacted until a newer version");
    expect(screen.getByTestId("list-4").textContent).toContain("pilot is over");
  });
  it("are asked after a number by POST and answer masked, with how, when and by whom", async () => {
    const calls = await openTab("lists", answers);
    await check();
    expect(calls.at(-1)).toEqual({
      method: "POST",
      path: "/api/lists/check",
      body: { address: "+12125550142" },
      csrf: "token",
    });
    const found = screen.getByTestId("list-found").textContent ?? "";
    for (const part of [
      "+121••••••42",
      "on 2 lists",
      "National registry",
      "letter of 30 Sep",
      "user:7",
      "2026-10-02 14:03 UTC",
    ]) {
      expect(found).toContain(part);
    }
    expect(found).not.toContain("+12125550142");
    expect(within(screen.getByTestId("list-found")).getAllByTestId("list-end")).toHaveLength(2);
  });
  it("lose an entry only with a reason", async () => {
    const calls = await openTab("lists", answers);
    await check();
    fireEvent.click(screen.getAllByTestId("list-end")[1] as HTMLElement);
    await settle();
    fireEvent.click(screen.getByTestId("reason-send"));
    await settle();
    expect(within(screen.getByTestId("reason-dialog")).getByTestId("field-error").textContent).toContain("Say why");
    fireEvent.input(screen.getByTestId("reason"), { target: { value: " order ended " } });
    fireEvent.click(screen.getByTestId("reason-send"));
    await settle();
    const sent = calls.find((call) => call.path.endsWith("/end"));
    expect(sent).toEqual({
      method: "POST",
      path: "/api/lists/1/entries/end",
      body: { address: "+1212", kind: "prefix", reason: "order ended" },
      csrf: "token",
    });
    expect(screen.queryByTestId("reason-dialog")).toBeNull();
    expect(calls.slice(-2).map((call) => call.path)).toEqual(["/api/lists", "/api/lists/check"]);
  });
  it("gain an entry only with evidence, and say at the field what the server refused", async () => {
    let works = false;
    const calls = await openTab("lists", (call) =>
      call.path.endsWith("/entries") && !works ? refused(422, "address: it is too short", "address") : answers(call),
    );
    fireEvent.click(screen.getByTestId("list-add"));
    await settle();
    const dialog = within(screen.getByTestId("list-add-dialog"));
    expect([...dialog.getByTestId("add-list").querySelectorAll("option")].map((one) => one.textContent)).toEqual([
      "Letters and calls",
      "Banco Alameda: VIP",
    ]);
    fireEvent.input(dialog.getByTestId("add-address"), { target: { value: "+12" } });
    fireEvent.click(dialog.getByTestId("add-send"));
    await settle();
    expect(dialog.getByTestId("field-error").textContent).toContain("Say by what");
    fireEvent.input(dialog.getByTestId("add-evidence"), { target: { value: "letter 9" } });
    fireEvent.click(dialog.getByTestId("add-send"));
    await settle();
    expect(dialog.getByTestId("field-error").textContent).toContain("too short");
    works = true;
    fireEvent.click(dialog.getByTestId("add-send"));
    await settle();
    const sent = calls.filter((call) => call.path === "/api/lists/1/entries").at(-1);
    expect(sent?.body).toEqual({ address: "+12", kind: "exact", evidence: "letter 9" });
    expect(screen.queryByTestId("list-add-dialog")).toBeNull();
    expect(toasts.value.map((toast) => toast.text)).toEqual(["On Letters and calls from now on."]);
  });
  it("say what to do when there is none, and are read again after trouble", async () => {
    let works = false;
    await openTab("lists", () => (works ? Response.json({ lists: [] }) : refused(503, "Away.")));
    expect(screen.getByTestId("trouble").textContent).toContain("Away.");
    works = true;
    fireEvent.click(screen.getByTestId("again"));
    await settle();
    expect(screen.getByTestId("list-make").textContent).toBe("Make a list");
    await setLocale("fa");
    await settle();
    expect(screen.getByText("هنوز فهرستی نیست")).toBeTruthy();
  });
});
