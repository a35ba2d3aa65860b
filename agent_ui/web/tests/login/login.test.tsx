import { fireEvent, render, screen } from "@testing-library/preact";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Login } from "../../src/login/Login";
import * as session from "../../src/shared/session";

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json(body, { status, headers }));

async function tryWith(login: string, password: string) {
  render(<Login />);
  fireEvent.input(screen.getByTestId("login-name"), { target: { value: login } });
  fireEvent.input(screen.getByTestId("login-password"), { target: { value: password } });
  fireEvent.submit(screen.getByTestId("login-form"));
  await settle();
}

describe("signing in", () => {
  beforeEach(() => vi.spyOn(session, "go").mockImplementation(() => {}));

  it("asks for what is missing before it asks the server", async () => {
    const fetched = answer(200, {});
    await tryWith("", "");
    expect(screen.getByTestId("field-error").textContent).toContain("Enter your login name.");
    expect(fetched).not.toHaveBeenCalled();
  });
  it("says at the field that the login or the password is wrong", async () => {
    answer(401, { error: { code: "bad_credentials", message: "no" } });
    await tryWith("leila", "wrong");
    expect(screen.getByTestId("field-error").textContent).toContain("is wrong");
  });
  it("says how long to wait after too many attempts, and waits", async () => {
    answer(429, { error: { code: "rate_limited", message: "" } }, { "Retry-After": "30" });
    await tryWith("leila", "wrong");
    expect(screen.getByTestId("login-error").textContent).toMatch(/Too many attempts\. Try again in 0:(30|31)/);
    expect(screen.getByTestId<HTMLButtonElement>("login-submit").disabled).toBe(true);
  });
  it("says that the server cannot be reached", async () => {
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("offline"));
    await tryWith("leila", "secret");
    expect(screen.getByTestId("login-error").textContent).toContain("cannot be reached");
  });
});
