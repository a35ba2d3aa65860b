import { describe, expect, it } from "vitest";
import type { FloorAgent } from "../../src/protocol";
import { abandonTone } from "../../src/supervisor/AbandonRate";
import { checkCampaign, EMPTY_DRAFT } from "../../src/supervisor/campaignForm";
import { nextSort, sortAgents } from "../../src/supervisor/sorting";

const agent = (id: number, over: Partial<FloorAgent>): FloorAgent => ({
  id,
  name: `A${id}`,
  state: "ready",
  since: "",
  reason: null,
  campaign: null,
  calls: 0,
  promises: 0,
  talk_s: 0,
  occupancy: 0,
  phone_online: true,
  simulated: false,
  skills: [],
  lacks: [],
  planned: [],
  back_at: null,
  ...over,
});

describe("the agents' table", () => {
  it("keeps equal rows in one order, so that it never jumps by itself", () => {
    const rows = [agent(3, {}), agent(1, {}), agent(2, {})];
    expect(sortAgents(rows, { by: "calls", descending: true }).map((one) => one.id)).toEqual([1, 2, 3]);
  });
  it("counts the numbers in names", () => {
    const rows = [10, 2, 1].map((n) => agent(n, { name: `Agent ${n}` }));
    expect(sortAgents(rows, { by: "name", descending: false }).map((one) => one.id)).toEqual([1, 2, 10]);
  });
  it("puts who talks before who is away", () => {
    const rows = [agent(1, { state: "offline" }), agent(2, { state: "paused" }), agent(3, { state: "talking" })];
    expect(sortAgents(rows, { by: "state", descending: false }).map((one) => one.id)).toEqual([3, 2, 1]);
  });
  it("turns round on the second click and starts numbers with the greatest", () => {
    const first = nextSort({ by: "name", descending: false }, "calls");
    expect(first).toEqual({ by: "calls", descending: true });
    expect(nextSort(first, "calls").descending).toBe(false);
  });
});

describe("the abandon rate", () => {
  it.each([
    [0, "good"],
    [0.024, "good"],
    [0.025, "warn"],
    [0.03, "warn"],
    [0.0301, "bad"],
  ])("of %f is %s", (rate, tone) => {
    expect(abandonTone(rate)).toBe(tone);
  });
});

describe("a new campaign", () => {
  const good = { ...EMPTY_DRAFT, name: " Early stage ", creditor: "Banco Alameda", caller_id: "+34 910 000 111" };
  it("is sent with its settings as numbers", () => {
    const result = checkCampaign(good);
    expect(result).toMatchObject({ ok: true, body: { name: "Early stage", creditor: "Banco Alameda" } });
    if (result.ok) {
      expect(result.body.settings).toMatchObject({
        mode: "progressive",
        caller_id: "+34910000111",
        ring_timeout_s: 22,
      });
      expect(result.body.settings).not.toHaveProperty("lines_per_agent");
    }
  });
  it.each([
    [{ name: " " }, "name"],
    [{ creditor: " " }, "creditor"],
    [{ caller_id: "910000111" }, "caller_id"],
    [{ ring_timeout_s: "14" }, "ring_timeout_s"],
    [{ ring_timeout_s: "20.5" }, "ring_timeout_s"],
    [{ wrap_up_s: "" }, "wrap_up_s"],
    [{ mode: "power" as const, lines_per_agent: "11" }, "lines_per_agent"],
  ])("%j is refused at its field", (change, field) => {
    const result = checkCampaign({ ...good, ...change });
    expect(result.ok ? [] : Object.keys(result.errors)).toEqual([field]);
  });
});
