// The compliance view: where it is, what each gauge says, and what it says when there is nothing or no answer.
import { fireEvent, render, screen, within } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";
import { mockLedger } from "../../src/mock/complianceFixtures";
import { Compliance } from "../../src/supervisor/compliance/Compliance";
import { onScale, urgency } from "../../src/supervisor/compliance/gauges";
import { place, placeOf } from "../../src/supervisor/view";
import { settle } from "../agent/helpers";

async function open(answer: () => Promise<Response>) {
  const asked: string[] = [];
  window.fetch = async (input) => {
    asked.push(String(input));
    return answer();
  };
  render(<Compliance />);
  await settle();
  return asked;
}

const refused = () => Response.json({ error: { code: "database_down", message: "Away." } }, { status: 503 });

afterEach(() => {
  place.value = placeOf("");
});

describe("the place in the address", () => {
  it.each([
    ["", { view: "floor", tab: null }],
    ["#compliance", { view: "compliance", tab: null }],
    ["#compliance/lists", { view: "compliance", tab: "lists" }],
    ["#nowhere", { view: "floor", tab: null }],
  ])("%s", (hash, found) => {
    expect(placeOf(hash)).toEqual(found);
  });
});

describe("the gauges", () => {
  it("stand side by side, those that need a look first", async () => {
    const asked = await open(async () => Response.json(mockLedger("still")));
    expect(asked.filter((path) => path !== "/api/reviews/waiting")).toEqual(["/api/compliance/abandonment"]);
    const panels = screen.getAllByTestId(/^gauges-\d+$/).map((panel) => panel.dataset.testid);
    expect(panels).toEqual(["gauges-4", "gauges-3"]);
    const calm = within(screen.getByTestId("gauges-3"));
    expect(calm.getAllByTestId(/^gauge-[a-z0-9-]+$/).length).toBeGreaterThanOrEqual(4);
    const ofcom = calm.getByTestId("gauge-gb-ofcom");
    expect(ofcom.textContent).toContain("9 of 612 people who answered");
    expect(ofcom.textContent).toContain("At most 2.55% with 95% confidence; limit 3%");
    expect(ofcom.textContent).toContain("3 of 400 were people, tested Nov 2, 2026 by Inés Duarte");
    expect(calm.getByTestId("gauge-us-so").textContent).toBe(
      "4 more abandoned calls of the next 100 answered would pass the limit.",
    );
    expect(calm.getByText("All 3 periods of 30 days")).toBeTruthy();
  });
  it("say that dialing is held and until when, and what evidence is missing", async () => {
    await open(async () => Response.json(mockLedger("still")));
    const panel = within(screen.getByTestId("gauges-4"));
    expect(panel.getByTestId("held-4").textContent).toBe("Dialing 1:1");
    const house = panel.getByTestId("gauge-house-24h");
    expect([house.dataset.state, house.textContent?.includes("limit 2.50%")]).toEqual(["over", true]);
    expect(panel.getByTestId("gauge-house-24h-so").textContent).toContain("until 385 more people answered");
    expect(panel.getByTestId("gauge-house-1h").textContent).toContain("judged as if 200 people had answered");
    expect(panel.queryByTestId("gauge-gb-ofcom-so")).toBeNull(); // what is left is not known without the evidence
    expect(panel.getByTestId("gauge-us").textContent).toContain("does not obey it");
    expect(panel.getByTestId("gauge-house-1h").textContent).toContain("Alarms only");
    expect(panel.getByTestId("gauge-evidence-missing").querySelector("a")?.getAttribute("href")).toBe(
      "#compliance/amd",
    );
  });
  it("say what to do when nobody was called yet", async () => {
    await open(async () => Response.json(mockLedger("empty")));
    expect(screen.getByText("Nobody was called yet")).toBeTruthy();
    expect(screen.getByText("To the campaigns").getAttribute("href")).toBe("#floor");
  });
  it("say that they could not be read, and read again when asked", async () => {
    let works = false;
    await open(async () => (works ? Response.json(mockLedger("still")) : refused()));
    expect(screen.getByTestId("gauges-trouble").textContent).toContain("could not be read");
    works = true;
    fireEvent.click(screen.getByTestId("gauges-again"));
    await settle();
    expect(screen.queryByTestId("gauges-trouble")).toBeNull();
    expect(screen.getByTestId("gauges-3")).toBeTruthy();
  });
});

it("puts rate and bound on a scale that ends at twice the limit", () => {
  expect(onScale({ rate: 0.03, bound: 0.045, limit: 0.03 })).toEqual({ rate: 50, bound: 75 });
  expect(onScale({ rate: 0.5, bound: 1, limit: 0.03 })).toEqual({ rate: 100, bound: 100 });
  expect(onScale({ rate: null, bound: 0, limit: 0.03 })).toEqual({ rate: 0, bound: 0 });
});

it("puts a gauge that does not bind behind all that do", () => {
  const [calm, held] = mockLedger("still").campaigns;
  if (!calm || !held) throw new Error("the fixtures have two campaigns");
  expect([urgency(held), urgency(calm)]).toEqual([0, 3]);
});
