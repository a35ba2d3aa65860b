// The search over verdicts: what is asked, what is shown, how it goes on, and when again.
import { fireEvent, render, screen, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EVIDENCE, VERDICTS } from "../../src/mock/complianceServer";
import { setLocale } from "../../src/shared/i18n";
import { Compliance } from "../../src/supervisor/compliance/Compliance";
import { bodyOf, NO_FILTERS, type Place, searchOn } from "../../src/supervisor/compliance/verdicts";
import { place, placeOf } from "../../src/supervisor/view";
import { settle } from "../agent/helpers";

interface Call {
  path: string;
  body: Record<string, unknown> | null;
}

async function open(answer: (call: Call) => Response) {
  const calls: Call[] = [];
  window.fetch = async (input, init) => {
    const call = { path: String(input), body: init?.body ? JSON.parse(String(init.body)) : null };
    calls.push(call);
    return call.path === "/api/campaigns" ? Response.json({ campaigns: [{ id: 3, name: "Spring" }] }) : answer(call);
  };
  render(<Compliance />);
  await settle();
  return calls;
}

const some = () => Response.json({ verdicts: VERDICTS, further: null });

beforeEach(() => {
  place.value = placeOf("#compliance/verdicts");
});
afterEach(async () => {
  place.value = placeOf("");
  await setLocale("en");
});

describe("the verdicts", () => {
  it("are shown with their sentence, both clocks, every reason, count and version", async () => {
    await open(some);
    const first = within(screen.getByTestId(`verdict-${VERDICTS[0]?.id}`));
    expect(first.getByText("Refused")).toBeTruthy();
    expect(first.getByText("2026-11-21 15:12 UTC")).toBeTruthy();
    expect(first.getByText("2026-11-21 07:12 -0800 America/Los_Angeles")).toBeTruthy();
    const text = screen.getByTestId(`verdict-${VERDICTS[0]?.id}`).textContent ?? "";
    for (const part of [
      "Not allowed: it is 07:12",
      "us-federal.7-in-7 @ 2026-11-21",
      "12 CFR 1006.14(b)(2)(i)(A)",
      "8 of 7 since Nov 15, 2026",
      "2026a",
      "rapid calls",
      "2026-11-22 16:00 UTC",
      "BA-2026-004711",
      "…0142",
    ]) {
      expect(text).toContain(part);
    }
    expect(screen.getByTestId(`verdict-${VERDICTS[2]?.id}`).textContent).toContain("was erased");
  });
  it("are searched by what the form says, by POST", async () => {
    const calls = await open(some);
    fireEvent.input(screen.getByTestId("verdict-debtor"), { target: { value: " BA-1 " } });
    fireEvent.change(screen.getByTestId("verdict-decision"), { target: { value: "deny" } });
    fireEvent.change(screen.getByTestId("verdict-reason"), { target: { value: "frequency.attempts" } });
    fireEvent.change(screen.getByTestId("verdict-campaign"), { target: { value: "3" } });
    fireEvent.input(screen.getByTestId("verdict-first"), { target: { value: "2026-11-01" } });
    fireEvent.input(screen.getByTestId("verdict-last"), { target: { value: "2026-11-30" } });
    fireEvent.click(screen.getByTestId("verdict-find"));
    await settle();
    const last = calls.at(-1);
    expect(last?.path).toBe("/api/verdicts/search");
    expect(last?.body).toEqual({
      debtor: "BA-1",
      decision: "deny",
      reason: "frequency.attempts",
      campaign: 3,
      since: new Date(2026, 10, 1).toISOString(),
      until: new Date(2026, 11, 1).toISOString(),
      limit: 25,
    });
  });
  it("go on with the page before", async () => {
    const further: Place = { at: "2026-11-20T09:00:00+00:00", id: "x" };
    const full = Array.from({ length: 25 }, (_, index) => ({
      ...(VERDICTS[0] as (typeof VERDICTS)[0]),
      id: `v${index}`,
    }));
    const calls = await open(({ body }) =>
      Response.json(body?.before ? { verdicts: VERDICTS.slice(1), further: null } : { verdicts: full, further }),
    );
    expect(screen.getAllByTestId(/^verdict-v\d+$/)).toHaveLength(25);
    fireEvent.click(screen.getByTestId("verdict-more"));
    await settle();
    expect(calls.at(-1)?.body?.before).toEqual(further);
    expect(screen.getByTestId("verdicts").children).toHaveLength(27);
    expect(screen.queryByTestId("verdict-more")).toBeNull();
  });
  it("say what to do when there is none, in the page's language", async () => {
    await open(() => Response.json({ verdicts: [], further: null }));
    expect(screen.getByText("No verdict found")).toBeTruthy();
    expect(screen.getByText(/Widen the dates/)).toBeTruthy();
    await setLocale("fa");
    await settle();
    expect(screen.getByText("رأیی پیدا نشد")).toBeTruthy();
  });
  it("say at the field what was refused, and are read again when asked", async () => {
    let works = false;
    await open(() =>
      works
        ? some()
        : Response.json({ error: { code: "invalid", message: "nobody has this", field: "debtor" } }, { status: 422 }),
    );
    expect(screen.getByTestId("field-error").textContent).toBe("nobody has this");
    works = true;
    fireEvent.click(screen.getByTestId("again"));
    await settle();
    expect(screen.queryByTestId("trouble")).toBeNull();
    expect(screen.getByTestId("verdicts")).toBeTruthy();
  });
  it("show what allowed a contact rule by rule, with the document to take away", async () => {
    URL.createObjectURL = () => "blob:evidence";
    URL.revokeObjectURL = () => undefined;
    const calls = await open(({ path }) => (path.endsWith("/evidence") ? Response.json(EVIDENCE) : some()));
    const denied = within(screen.getByTestId(`verdict-${VERDICTS[0]?.id}`));
    expect(denied.queryByTestId("evidence")).toBeNull();
    const allowed = within(screen.getByTestId(`verdict-${VERDICTS[1]?.id}`));
    fireEvent.click(allowed.getByTestId("evidence"));
    await settle();
    expect(calls.at(-1)?.path).toBe(`/api/contacts/${VERDICTS[1]?.attempt}/evidence`);
    const shown = allowed.getByTestId("evidence-shown").textContent ?? "";
    for (const part of [
      "2nd call about one debt",
      "us-federal.7-in-7 @ 2026-11-21",
      "12 CFR 1006.14",
      "checkpoint 12",
    ]) {
      expect(shown).toContain(part);
    }
    expect(allowed.getByTestId("evidence-download").getAttribute("download")).toBe(
      `evidence-${VERDICTS[1]?.attempt}.json`,
    );
  });
  it("lead to the person's why and when again", async () => {
    const answers = { at: "2026-11-21T15:12:30Z", points: [] as unknown[] };
    answers.points.push({
      channel: "voice",
      contact_point: 1,
      ending: "…0142",
      verdict: "deny",
      because: "Not allowed: too early.",
      retry_at: "2026-11-22T16:00:00Z",
      retry_at_local: {},
    });
    const calls = await open(({ path }) => (path.startsWith("/api/debtors/") ? Response.json(answers) : some()));
    fireEvent.click(within(screen.getByTestId(`verdict-${VERDICTS[0]?.id}`)).getByTestId("when-again"));
    await settle();
    expect(calls.at(-1)?.path).toBe("/api/debtors/4711/contact?campaign=3");
    fireEvent.change(screen.getByTestId("when-again-campaign"), { target: { value: "" } });
    await settle();
    expect(calls.at(-1)?.path).toBe("/api/debtors/4711/contact");
    expect(screen.getByTestId("when-again-dialog").textContent).toContain("Not allowed: too early.");
    expect(screen.getByTestId("when-again-dialog").textContent).toContain("2026-11-22 16:00 UTC");
  });
});

describe("a search that finds seldom", () => {
  const deep = (n: number): Place => ({ at: "2026-01-01T00:00:00Z", id: String(n) });
  it("asks on until the page is full or all is read", async () => {
    let asked = 0;
    const found = await searchOn(
      async () => {
        asked += 1;
        return { verdicts: asked === 3 ? VERDICTS : [], further: asked < 4 ? deep(asked) : null };
      },
      null,
      () => true,
    );
    expect([asked, found.verdicts.length, found.further]).toEqual([4, VERDICTS.length, null]);
  });
  it("stops where it is told to, and knows the way on", async () => {
    const found = await searchOn(
      async () => ({ verdicts: [], further: deep(7) }),
      null,
      () => false,
    );
    expect(found.further).toEqual(deep(7));
  });
});

it("leaves out of the question what is open", () => {
  expect(bodyOf(NO_FILTERS, null)).toEqual({ limit: 25 });
});
