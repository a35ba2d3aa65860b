// Sample tests of machine detection: recorded with everything the command asks for, and shown with their last day.
import { fireEvent, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TESTS } from "../../src/mock/reviewFixtures";
import { setCsrf } from "../../src/shared/api";
import { toasts } from "../../src/shared/notices";
import { settle } from "../agent/helpers";
import { type Call, openTab, refused } from "./tabs";

beforeEach(() => setCsrf("token"));
afterEach(() => {
  setCsrf(null);
  toasts.value = [];
});

const PATH = "/api/compliance/amd-evidence";

function answers({ path, method }: Call): Response | null {
  if (path === "/api/campaigns") return Response.json({ campaigns: [{ id: 3, name: "Spring", creditor: "Banco" }] });
  if (path === PATH) return Response.json(method === "POST" ? { evidence_id: 3 } : TESTS);
  return null;
}

function fill(values: Record<string, string>) {
  for (const [name, value] of Object.entries(values)) {
    const control = screen.getByTestId(`amd-${name}`);
    fireEvent[control instanceof HTMLSelectElement ? "change" : "input"](control, { target: { value } });
  }
}

const GOOD = { date: "2026-11-20", sample: "400", false_positives: "3", by: " Inés " };

describe("sample tests", () => {
  it("stand with share, who listened, and until when they count", async () => {
    await openTab("amd", answers);
    const valid = screen.getByTestId("amd-test-2").textContent;
    for (const part of ["counts", "Jan 31, 2027", "3 of 400", "0.8%", "Iberia cards", "Inés Duarte", "every fifth"]) {
      expect(valid).toContain(part);
    }
    expect(screen.getByTestId("amd-test-1").textContent).toContain("too old");
    expect(screen.getByTestId("amd-test-1").textContent).toContain("the whole house");
  });
  it("are recorded with numbers as numbers, and read again", async () => {
    const calls = await openTab("amd", answers);
    fill({ ...GOOD, campaign: "3", note: "Monday" });
    fireEvent.click(screen.getByTestId("amd-send"));
    await settle();
    expect(calls.find((call) => call.method === "POST")).toMatchObject({
      path: PATH,
      csrf: "token",
      body: { date: "2026-11-20", sample: 400, false_positives: 3, by: "Inés", campaign: 3, note: "Monday" },
    });
    expect(calls.at(-1)).toMatchObject({ method: "GET", path: PATH });
    expect(screen.getByTestId<HTMLInputElement>("amd-sample").value).toBe("");
  });
  it("lack nothing before they are sent, and what is refused is said at its field", async () => {
    const calls = await openTab("amd", (call) =>
      call.method === "POST" ? refused(422, "it must lie between 0 and 400", "false_positives") : answers(call),
    );
    fireEvent.click(screen.getByTestId("amd-send"));
    await settle();
    expect(screen.getByTestId("field-error").textContent).toContain("Fill this in");
    expect(calls.some((call) => call.method === "POST")).toBe(false);
    fill({ ...GOOD, false_positives: "500" });
    fireEvent.click(screen.getByTestId("amd-send"));
    await settle();
    expect(screen.getByTestId("field-error").textContent).toContain("between 0 and 400");
  });
  it("say what is missing where there is none", async () => {
    await openTab("amd", (call) => (call.path === PATH ? Response.json({ days: 90, tests: [] }) : answers(call)));
    expect(screen.getByText("No test is recorded")).toBeTruthy();
  });
});
