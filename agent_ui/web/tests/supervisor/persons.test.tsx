// Holds and wishes that are due, and one person's consents: kept, ended and taken back only with a reason.
import { fireEvent, screen, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CONSENTS, REVIEWS, WISHES } from "../../src/mock/personFixtures";
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
  if (path === "/api/wishes/reviews") return Response.json({ reviews: REVIEWS });
  if (path === "/api/debtors/find") return Response.json({ id: 4_711 });
  if (path === "/api/debtors/4711/wishes") return Response.json({ wishes: WISHES });
  if (path === "/api/debtors/4711/consents") return Response.json(CONSENTS);
  if (path === "/api/consents/revoke") return Response.json({ ended: 1 });
  return path.startsWith("/api/wishes/") ? Response.json({ id: 31 }) : null;
}

async function find(reference: string) {
  fireEvent.input(screen.getByTestId("person"), { target: { value: reference } });
  fireEvent.click(screen.getByTestId("person-find"));
  await settle();
}

async function because(reason: string) {
  fireEvent.input(screen.getByTestId("reason"), { target: { value: reason } });
  fireEvent.click(screen.getByTestId("reason-send"));
  await settle();
}

describe("holds and wishes", () => {
  it("that are due stand with their date and how long they are over", async () => {
    await openTab("wishes", answers);
    const hardship = screen.getByTestId("review-31").textContent;
    for (const part of ["Is in hardship", "4711", "review Nov 8, 2026", "14 days over", "user:3"]) {
      expect(hardship).toContain(part);
    }
    expect(screen.getByTestId("review-32").textContent).not.toContain("over");
  });
  it("end only with a reason, and are read again", async () => {
    const calls = await openTab("wishes", answers);
    fireEvent.click(within(screen.getByTestId("review-31")).getByTestId("wish-end"));
    await settle();
    await because("  ");
    expect(within(screen.getByTestId("reason-dialog")).getByTestId("field-error").textContent).toContain("Say why");
    await because("works again");
    expect(calls.find((call) => call.path === "/api/wishes/31/end")).toMatchObject({
      method: "POST",
      body: { because: "works again" },
      csrf: "token",
    });
    expect(calls.at(-1)?.path).toBe("/api/wishes/reviews");
    expect(screen.queryByTestId("reason-dialog")).toBeNull();
  });
  it("are kept until another date; what the server refuses is said", async () => {
    let works = false;
    const calls = await openTab("wishes", (call) =>
      call.path.endsWith("/review") && !works ? refused(422, "the date has passed", "review_on") : answers(call),
    );
    fireEvent.click(within(screen.getByTestId("review-31")).getByTestId("wish-keep"));
    await settle();
    fireEvent.input(screen.getByTestId("review-date"), { target: { value: "2027-02-01" } });
    await because("still ill");
    expect(screen.getByTestId("reason-trouble").textContent).toContain("the date has passed");
    works = true;
    fireEvent.click(screen.getByTestId("reason-send"));
    await settle();
    expect(calls.findLast((call) => call.path === "/api/wishes/31/review")?.body).toEqual({
      because: "still ill",
      review_on: "2027-02-01",
    });
    expect(toasts.value.map((toast) => toast.text)).toEqual(["Kept; review on Feb 1, 2027."]);
  });
  it("of a person are found by reference, with those that ended and why", async () => {
    const calls = await openTab("wishes", answers);
    await find(" BA-1 ");
    expect(calls.find((call) => call.path === "/api/debtors/find")?.body).toEqual({ debtor: "BA-1" });
    expect((await screen.findByTestId("wish-30")).textContent).toContain("ends 2026-12-31 00:00 UTC");
    expect(screen.getByTestId("wish-29").textContent).toContain("asked for evenings again");
    expect(within(screen.getByTestId("wish-29")).queryByTestId("wish-end")).toBeNull();
  });
  it("say when none is due, in the page's language, and are read again after trouble", async () => {
    let works = false;
    await openTab("wishes", () => (works ? Response.json({ reviews: [] }) : refused(503, "Away.")));
    expect(screen.getByTestId("trouble").textContent).toContain("Away.");
    works = true;
    fireEvent.click(screen.getByTestId("again"));
    await settle();
    expect(screen.getByText("Nothing is due")).toBeTruthy();
    await setLocale("fa");
    await settle();
    expect(screen.getByText("موردی در موعد نیست")).toBeTruthy();
  });
});

describe("consents", () => {
  it("ask for a person first, and say at the field when nobody is found", async () => {
    await openTab("consents", () => refused(422, "debtor: nobody has this reference", "debtor"));
    expect(screen.getByText("Whose consents?")).toBeTruthy();
    fireEvent.click(screen.getByTestId("person-find"));
    await settle();
    expect(screen.getByTestId("field-error").textContent).toContain("Type a reference");
    await find("nobody");
    expect(screen.getByTestId("field-error").textContent).toContain("nobody has this reference");
  });
  it("stand with channel, event, how, when, by whom, evidence and text", async () => {
    await openTab("consents", answers);
    await find("BA-1");
    const point = screen.getByTestId("point-9001").textContent;
    for (const part of [
      "+121••••••42",
      "SMS: given",
      "WhatsApp: revoked",
      "in writing",
      "2026-05-02 09:30 UTC",
      "until 2027-05-02",
      "form 12",
      "import",
      "v3",
      "You agree to messages",
      "Opted out",
      "call of 3 Jun",
    ]) {
      expect(point).toContain(part);
    }
    expect(screen.getByTestId("point-9002").textContent).toContain("promiseline consents import");
  });
  it("are taken back for one channel, only with a reason", async () => {
    const calls = await openTab("consents", answers);
    await find("BA-1");
    fireEvent.click(screen.getByTestId("revoke-9001"));
    await settle();
    expect((screen.getByTestId("revoke-channel") as HTMLSelectElement).value).toBe("sms");
    await because("");
    expect(calls.some((call) => call.path === "/api/consents/revoke")).toBe(false);
    await because("letter of today");
    expect(calls.find((call) => call.path === "/api/consents/revoke")).toMatchObject({
      method: "POST",
      body: { contact_point: 9_001, channel: "sms", reason: "letter of today" },
      csrf: "token",
    });
    expect(calls.at(-1)?.path).toBe("/api/debtors/4711/consents");
  });
  it("say what to do for a person without any number", async () => {
    await openTab("consents", (call) =>
      call.path.endsWith("/consents") ? Response.json({ ...CONSENTS, points: [] }) : answers(call),
    );
    await find("BA-1");
    expect(await screen.findByText("This person has no number or address")).toBeTruthy();
  });
});
