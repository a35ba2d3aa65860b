// "What if I had 8 agents?": asked, followed with its progress, answered with intervals beside what really happened.
import { fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ANSWERED } from "../../src/mock/pacingFixtures";
import { setCsrf } from "../../src/shared/api";
import { setLocale } from "../../src/shared/i18n";
import { place, placeOf } from "../../src/supervisor/view";
import { WhatIf } from "../../src/supervisor/whatif/WhatIf";
import { follow, QUESTION, type Run, wrongNumber } from "../../src/supervisor/whatif/whatif";
import { settle } from "../agent/helpers";
import { type Call, refused, serving } from "./tabs";

const RUNNING: Run = { ...ANSWERED, state: "running", progress: 0.4, answer: null };

async function open(answer: (call: Call) => Response | null, hash = "#whatif/3"): Promise<Call[]> {
  const campaigns = { campaigns: [{ id: 3, name: "Iberia", creditor: "B" }] };
  const calls = serving((call) => (call.path === "/api/campaigns" ? Response.json(campaigns) : answer(call)));
  place.value = placeOf(hash);
  render(<WhatIf />);
  await settle();
  return calls;
}

async function ask(values: Record<string, string> = {}) {
  for (const [name, value] of Object.entries(values)) {
    const control = screen.getByTestId(`what-if-${name}`);
    fireEvent[control instanceof HTMLSelectElement ? "change" : "input"](control, { target: { value } });
  }
  fireEvent.click(screen.getByTestId("what-if-ask"));
  await settle();
}

beforeEach(() => setCsrf("token"));
afterEach(async () => {
  setCsrf(null);
  place.value = placeOf("");
  await setLocale("en");
});

describe("the page", () => {
  it("does not say that there is no campaign before it knows, and says what went wrong", async () => {
    let tell: (answer: Response) => void = () => undefined;
    window.fetch = () =>
      new Promise((resolve) => {
        tell = resolve;
      });
    render(<WhatIf />);
    await settle();
    expect(screen.queryByText("There is no campaign yet")).toBeNull();
    expect(screen.getByText("Reading…")).toBeTruthy();
    tell(refused(503, "The database is away."));
    await settle();
    expect(screen.queryByText("There is no campaign yet")).toBeNull();
    expect(screen.getByTestId("trouble").textContent).toContain("The database is away.");
    fireEvent.click(screen.getByTestId("again"));
    await settle();
    tell(Response.json({ campaigns: [], creditors: [] }));
    await settle();
    expect(screen.getByText("There is no campaign yet")).toBeTruthy();
  });
  it("asks, shows how far it is, then the figures with intervals and what happened", async () => {
    let done = false;
    const calls = await open(({ method }) => Response.json(method === "POST" || !done ? RUNNING : ANSWERED));
    await ask({ agents: "12", start: "09:30", hours: "1.5", mode: "predictive" });
    expect(calls.find((call) => call.method === "POST")).toEqual({
      method: "POST",
      path: "/api/campaigns/3/what-if",
      body: { agents: 12, start: "09:30", hours: 1.5, seeds: 5, mode: "predictive" },
      csrf: "token",
    });
    expect(screen.getByTestId("what-if-progress").textContent).toContain("40%");
    done = true;
    await waitFor(() => expect(screen.getByTestId("what-if-figures")).toBeTruthy(), { timeout: 3_000 });
    expect(calls.at(-1)?.path).toBe(`/api/campaigns/3/what-if/${ANSWERED.id}`);
    expect(screen.queryByTestId("what-if-progress")).toBeNull();
    expect(screen.getByTestId("what-if-occupancy").textContent).toBe("Occupancy81.0%79.0% to 83.0%");
    expect(screen.getByTestId("what-if-abandon_rate").textContent).toContain("—");
    expect(screen.getByTestId("what-if-wait_mean_s").textContent).toContain("10.6 s to 11.8 s");
    const happened = screen.getByTestId("what-if-happened").textContent;
    for (const part of ["Nov 20, 2026", "1,200", "5 (1.9%)", "74.0%"]) expect(happened).toContain(part);
    const rests = screen.getByTestId("what-if-rests");
    for (const part of ["without breaks", "limit of 3.0%", "20.0% of persons", "takes 45 s", "no longer than96 s"])
      expect(rests.textContent).toContain(part);
    await setLocale("es");
    await settle();
    expect(rests.textContent).toContain("sin pausas");
    expect(rests.textContent).not.toContain("without breaks");
  });
  it("leaves the mode out where it is the campaign's own", async () => {
    const calls = await open(() => Response.json(ANSWERED));
    await ask();
    expect(calls.find((call) => call.method === "POST")?.body).toEqual({
      agents: 8,
      start: "10:00",
      hours: 2,
      seeds: 5,
    });
  });
  it("says what was refused, by itself and by the server, and why a run failed", async () => {
    let answer = refused(422, "nobody was called in the last 14 days: let it dial first");
    const calls = await open(() => answer);
    await ask({ agents: "301" });
    expect(screen.getByTestId("field-error").textContent).toContain("from 1 to 300");
    expect(calls.some((call) => call.method === "POST")).toBe(false);
    await ask({ agents: "8" });
    expect(screen.queryByTestId("field-error")).toBeNull();
    expect(screen.getByTestId("what-if-trouble").textContent).toContain("let it dial first");
    answer = Response.json({ ...RUNNING, state: "timeout" });
    await ask();
    expect(screen.getByTestId("what-if-failed").textContent).toContain("It took too long");
  });
  it("takes the first campaign where the address names none, in the page's language", async () => {
    await open(() => null, "#whatif");
    expect(screen.getByTestId<HTMLSelectElement>("what-if-campaign").value).toBe("3");
    await setLocale("fa");
    await settle();
    expect(screen.getByTestId("what-if-ask").textContent).toBe("شبیه‌سازی");
  });
});

it("does not keep on saying what was wrong while the mended question is answered", async () => {
  await open(() => Response.json(RUNNING));
  await ask({ agents: "301" });
  expect(screen.getByTestId("field-error")).toBeTruthy();
  await ask({ agents: "8" });
  expect(screen.getByTestId("what-if-progress")).toBeTruthy();
  expect(screen.queryByTestId("field-error")).toBeNull();
});

describe("a run", () => {
  it("is followed until it is over or nobody listens", async () => {
    const states: Run[] = [RUNNING, { ...RUNNING, progress: 0.8 }, ANSWERED];
    const heard: number[] = [];
    const found = await follow(
      RUNNING,
      async () => states.shift() as Run,
      async () => {},
      (run) => heard.push(run.progress) > 0,
    );
    expect(found.state).toBe("done");
    expect(heard).toEqual([0.4, 0.4, 0.8, 1]);
    const left = await follow(
      RUNNING,
      async () => RUNNING,
      async () => {},
      () => false,
    );
    expect(left).toBe(RUNNING);
  });
  it("is asked with numbers of their range", () => {
    expect(wrongNumber(QUESTION)).toBeNull();
    for (const change of [{ agents: "0" }, { agents: "1.5" }, { hours: "13" }, { hours: "" }, { seeds: "1" }]) {
      expect(wrongNumber({ ...QUESTION, ...change })).toBe(Object.keys(change)[0]);
    }
  });
});
