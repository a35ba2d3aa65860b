import { describe, expect, it } from "vitest";
import { checkCallback } from "../../src/agent/callback";
import { checkPromise, dayPicks, type PromiseDraft } from "../../src/agent/promise";
import { mockFile } from "../../src/mock/agentFixtures";

const file = { ...mockFile(), promise_limits: { min_minor: 1_000, max_days: 30 } };
const TODAY = "2026-11-20";
const draft = (change: Partial<PromiseDraft>): PromiseDraft => ({
  debtId: 1,
  amount: "100",
  dueDate: "2026-11-27",
  ...change,
});
const check = (change: Partial<PromiseDraft>) => checkPromise(draft(change), file, TODAY, "en");
const errors = (change: Partial<PromiseDraft>) => {
  const result = check(change);
  return result.ok
    ? {}
    : Object.fromEntries(Object.entries(result.errors).map(([field, complaint]) => [field, complaint.key]));
};

describe("a promise", () => {
  it("within the debt and the days is what the server is told, in minor units", () => {
    expect(check({ amount: "1,842.50" })).toEqual({
      ok: true,
      args: { debt_id: 1, amount_minor: 184_250, currency: "EUR", due_date: "2026-11-27" },
    });
  });
  it.each([
    [{ amount: "" }, { amount_minor: "promise.need_amount" }],
    [{ amount: "ten" }, { amount_minor: "promise.bad_amount" }],
    [{ amount: "10.001" }, { amount_minor: "promise.too_many_decimals" }],
    [{ amount: "9.99" }, { amount_minor: "promise.too_small" }],
    [{ amount: "1842.51" }, { amount_minor: "promise.too_big" }],
    [{ amount: "0", debtId: 1 }, { amount_minor: "promise.too_small" }],
    [{ dueDate: "" }, { due_date: "promise.need_date" }],
    [{ dueDate: "2026-11-19" }, { due_date: "promise.date_past" }],
    [{ dueDate: "2026-12-21" }, { due_date: "promise.date_far" }],
    [{ debtId: null }, { debt_id: "promise.need_debt" }],
    [
      { amount: "", dueDate: "" },
      { amount_minor: "promise.need_amount", due_date: "promise.need_date" },
    ],
  ])("%j is refused", (change, expected) => {
    expect(errors(change)).toEqual(expected);
  });
  it("may be made for today and for the last allowed day", () => {
    expect(check({ dueDate: TODAY }).ok).toBe(true);
    expect(check({ dueDate: "2026-12-20" }).ok).toBe(true);
  });
  it("may settle a debt that is smaller than the least promise", () => {
    const small = { ...file, debts: file.debts.map((debt) => ({ ...debt, balance: { minor: 400, currency: "EUR" } })) };
    expect(checkPromise(draft({ amount: "4" }), small, TODAY, "en").ok).toBe(true);
  });
  it("is offered only days within the limit, none twice", () => {
    expect(dayPicks("2026-11-29", 30).map((pick) => pick.date)).toEqual(["2026-11-29", "2026-11-30", "2026-12-06"]);
    expect(dayPicks("2026-11-20", 1).map((pick) => pick.key)).toEqual(["promise.today", "promise.tomorrow"]);
  });
});

describe("an amount of too many digits", () => {
  it("is told to be more than the balance, and not to be no amount", () => {
    const draft = { debtId: file.debts[0]?.id ?? null, amount: "9".repeat(20), dueDate: "2026-11-21" };
    const result = checkPromise(draft, file, "2026-11-20", "en");
    expect(result.ok ? null : result.errors.amount_minor?.key).toBe("promise.too_big");
  });
});

describe("a callback", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  it("is an instant of the debtor's clock", () => {
    expect(checkCallback("2026-11-20T14:00", "Europe/Madrid", now)).toEqual({
      ok: true,
      dueAt: "2026-11-20T13:00:00.000Z",
    });
  });
  it("must be a real time that is still to come", () => {
    expect(checkCallback("", "Europe/Madrid", now)).toEqual({ ok: false, error: "callback.need_time" });
    expect(checkCallback("2026-11-20T13:00", "Europe/Madrid", now)).toEqual({ ok: false, error: "callback.past" });
    expect(checkCallback("2027-03-28T02:30", "Europe/Madrid", now)).toEqual({
      ok: false,
      error: "callback.no_such_time",
    });
  });
});
