// Unclear replies: how long they wait and why, one action for each decision, and the badge with their number.
import { fireEvent, screen, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { REPLIES } from "../../src/mock/reviewFixtures";
import { setCsrf } from "../../src/shared/api";
import { setLocale } from "../../src/shared/i18n";
import { toasts } from "../../src/shared/notices";
import { waiting } from "../../src/supervisor/compliance/reviews";
import { settle } from "../agent/helpers";
import { type Call, openTab, refused } from "./tabs";

beforeEach(() => setCsrf("token"));
afterEach(async () => {
  setCsrf(null);
  toasts.value = [];
  waiting.value = null;
  await setLocale("en");
});

function answers({ path }: Call): Response | null {
  if (path === "/api/reviews/waiting") return Response.json({ replies: 3, oldest_at: null });
  if (path === "/api/reviews") return Response.json({ reviews: REPLIES, waiting: 210 });
  if (path.startsWith("/api/reviews/")) return Response.json({ closed: 2, reopened: 0, freed: 1 });
  return null;
}

const reply = (id: number) => within(screen.getByTestId(`reply-${id}`));

describe("unclear replies", () => {
  it("stand oldest first with wait, channel, language, masked address, text and what was unsure", async () => {
    await openTab("reviews", answers);
    expect(screen.getAllByTestId(/^reply-\d+$/).map((one) => one.dataset.testid)).toEqual([
      "reply-51",
      "reply-52",
      "reply-53",
    ]);
    const text = screen.getByTestId("reply-51").textContent;
    for (const part of [
      "waits 26h 12m",
      "SMS",
      "+346••••••78",
      "Spanish",
      "5012",
      "¿Quién es?",
      "numero … equivocado",
    ]) {
      expect(text).toContain(part);
    }
    expect(screen.getByTestId("reply-52").textContent).toContain("binds already");
    expect(screen.getByTestId("reply-53").textContent).toContain("today's word lists read it as something else");
    expect(screen.getByTestId("unclear-replies").textContent).toContain("207 more wait");
  });
  it("are counted on the tab, also while another tab is open", async () => {
    await openTab("lists", (call) => (call.path === "/api/lists" ? Response.json({ lists: [] }) : answers(call)));
    expect(screen.getByTestId("reviews-waiting").textContent).toContain("3");
  });
  it("are decided as a stop with the scope that is chosen", async () => {
    const calls = await openTab("reviews", answers);
    fireEvent.change(reply(51).getByTestId("review-scope"), { target: { value: "texts" } });
    fireEvent.click(reply(51).getByTestId("decide-stop"));
    await settle();
    expect(calls.find((call) => call.method === "POST")).toEqual({
      method: "POST",
      path: "/api/reviews/51/decide",
      body: { decision: "stop", scope: "texts" },
      csrf: "token",
    });
    expect(calls.at(-1)?.path).toBe("/api/reviews");
    expect(toasts.value[0]?.text).toContain("Closed 2 addresses and channels");
  });
  it.each(["start", "other"] as const)("are decided as %s with one action and no scope", async (decision) => {
    const calls = await openTab("reviews", answers);
    fireEvent.click(reply(53).getByTestId(`decide-${decision}`));
    await settle();
    expect(calls.find((call) => call.method === "POST")).toMatchObject({
      path: "/api/reviews/53/decide",
      body: { decision },
    });
  });
  it("say at the reply what was refused, and wait on", async () => {
    const calls = await openTab("reviews", (call) =>
      call.path.endsWith("/decide") ? refused(422, "review 51 was decided before", "review_id") : answers(call),
    );
    fireEvent.click(reply(51).getByTestId("decide-other"));
    await settle();
    expect(reply(51).getByTestId("trouble").textContent).toContain("decided before");
    expect(calls.filter((call) => call.path === "/api/reviews")).toHaveLength(1);
  });
  it("say that none waits, in the page's language", async () => {
    await openTab("reviews", () => Response.json({ reviews: [], waiting: 0, replies: 0 }));
    expect(screen.getByText("No reply waits")).toBeTruthy();
    expect(screen.queryByTestId("reviews-waiting")).toBeNull();
    await setLocale("fa");
    await settle();
    expect(screen.getByText("پاسخی در انتظار نیست")).toBeTruthy();
  });
});
