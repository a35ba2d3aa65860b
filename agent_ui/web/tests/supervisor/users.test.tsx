// Users in the browser: who is there, a new one with a password that is shown once, changes, and who may change whom.
import { fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Role } from "../../src/protocol";
import { toasts } from "../../src/shared/notices";
import { me } from "../../src/shared/session";
import { Users } from "../../src/supervisor/users/Users";
import { settle } from "../held";
import { type Call, refused, serving } from "./tabs";

const USER = { phone_endpoint: null, language: "en", active: true, simulated: false };
const USERS = [
  { ...USER, id: 1, login: "ana", name: "Ana Costa", role: "agent" },
  { ...USER, id: 2, login: "sam", name: "Sam Reed", role: "supervisor" },
];
const SECRET = "kq7m-x2hd-9fwt-ca4n";

function sign(role: Role) {
  me.value = {
    user: { id: 9, login: "me", name: "Me", role, language: "en" },
    csrf: "c",
    sandbox: false,
    version: "1",
  };
}

async function opened(answer: (call: Call) => Response | null = () => null): Promise<Call[]> {
  const calls = serving((call) => {
    if (call.method === "GET" && call.path === "/api/users") return Response.json({ users: USERS });
    return answer(call);
  });
  render(<Users />);
  await screen.findByTestId("user-1");
  return calls;
}

const click = async (id: string) => {
  fireEvent.click(screen.getByTestId(id));
  await settle();
};
const type = (id: string, value: string) => fireEvent.input(screen.getByTestId(id), { target: { value } });
const choose = async (id: string, value: string) => {
  fireEvent.change(screen.getByTestId(id), { target: { value } });
  await settle();
};
const sent = (calls: Call[], method: string) => calls.filter((call) => call.method === method);

beforeEach(() => sign("admin"));
afterEach(() => {
  toasts.value = [];
  me.value = null;
});

describe("users", () => {
  it("are found by name or login", async () => {
    await opened();
    type("users-sought", "sam");
    await settle();
    expect(screen.queryByTestId("user-1")).toBeNull();
    expect(screen.getByTestId("user-2").textContent).toContain("Sam Reed");
  });

  it("above a supervisor are not the supervisor's to change", async () => {
    sign("supervisor");
    await opened();
    expect(screen.getByTestId("user-1-edit")).toBeTruthy();
    expect(screen.queryByTestId("user-2-edit")).toBeNull();
    await click("user-add");
    const roles = screen.getByTestId<HTMLSelectElement>("user-form-role");
    expect([...roles.options].map((one) => one.value)).toEqual(["agent"]);
  });

  it("come with a password of chance, which is shown once", async () => {
    const calls = await opened((call) =>
      call.method === "POST" ? Response.json({ ...USERS[0], password: SECRET }, { status: 201 }) : null,
    );
    await click("user-add");
    await click("user-form-send");
    expect(sent(calls, "POST")).toEqual([]);
    type("user-form-login", " ana ");
    type("user-form-name", "Ana Costa");
    await choose("user-form-language", "fa");
    await click("user-form-send");
    expect(sent(calls, "POST")[0]?.body).toEqual({
      login: "ana",
      name: "Ana Costa",
      role: "agent",
      language: "fa",
      password: null,
    });
    expect((await screen.findByTestId("one-time-password")).textContent).toBe(SECRET);
    await click("shown-password-close");
    expect(document.body.textContent).not.toContain(SECRET);
  });

  it("may be given a password by hand, which is refused at its field", async () => {
    const calls = await opened(() => refused(422, "password: too short", "password"));
    await click("user-1-password");
    await choose("password-kind", "hand");
    type("password-hand", "short");
    await click("user-password-send");
    expect(sent(calls, "PUT")[0]).toMatchObject({ path: "/api/users/1/password", body: { password: "short" } });
    expect(screen.getByTestId("user-password-dialog").textContent).toContain("too short");
    expect(screen.queryByTestId("shown-password")).toBeNull();
  });

  it("are changed by what was changed and nothing else", async () => {
    const calls = await opened((call) => (call.method === "PATCH" ? Response.json(USERS[0]) : null));
    await click("user-1-edit");
    await choose("user-form-role", "supervisor");
    await click("user-form-active");
    expect(screen.getByTestId("user-form-dialog").textContent).toContain("signed out at once");
    await click("user-form-send");
    expect(sent(calls, "PATCH")[0]).toMatchObject({
      path: "/api/users/1",
      body: { role: "supervisor", active: false },
    });
    expect(toasts.value[0]?.text).toContain("Ana Costa");
  });
});
