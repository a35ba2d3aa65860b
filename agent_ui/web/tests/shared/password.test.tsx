// One's own password: what is missing is said before anything is sent, and each refusal stands at its field.
import { fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, expect, it, vi } from "vitest";
import { toasts } from "../../src/shared/notices";
import { OwnPassword } from "../../src/shared/password/OwnPassword";
import { settle } from "../held";
import { type Call, refused, serving } from "../supervisor/tabs";

function opened(answer: (call: Call) => Response | null) {
  const calls = serving(answer);
  const onClose = vi.fn();
  render(<OwnPassword onClose={onClose} />);
  return { calls, onClose };
}

const type = (id: string, value: string) =>
  fireEvent.input(screen.getByTestId(`password-${id}`), { target: { value } });
const send = async () => {
  fireEvent.click(screen.getByTestId("password-send"));
  await settle();
};
const said = () => screen.getByTestId("own-password").textContent ?? "";

function fill() {
  type("old", "the old password");
  type("new", "the new password");
  type("again", "the new password");
}

afterEach(() => {
  toasts.value = [];
});

it("sends nothing until all is there and the new one is the same twice", async () => {
  const { calls, onClose } = opened(() => new Response(null, { status: 204 }));
  await send();
  expect(said()).toContain("Enter the password that you have now");
  fill();
  type("again", "another one");
  await send();
  expect(said()).toContain("not the same as above");
  expect(calls).toEqual([]);
  fill();
  await send();
  expect(calls[0]).toMatchObject({
    method: "PUT",
    path: "/api/me/password",
    body: { old: "the old password", new: "the new password" },
  });
  expect([onClose.mock.calls.length, toasts.value[0]?.level]).toEqual([1, "good"]);
});

it("says at its field what is wrong, and how long to wait after guesses", async () => {
  let answer = refused(422, "old: this is not it", "old");
  const { onClose } = opened(() => answer);
  fill();
  await send();
  expect(said()).toContain("This is not the password that you have now");
  answer = refused(422, "new: too short", "new");
  await send();
  expect(said()).toContain("too short");
  answer = Response.json({ error: { code: "must_wait" } }, { status: 429, headers: { "Retry-After": "15" } });
  await send();
  expect(screen.getByTestId("password-trouble").textContent).toMatch(/Too many attempts.*Try again in/);
  expect(screen.getByTestId<HTMLButtonElement>("password-send").disabled).toBe(true);
  expect(onClose).not.toHaveBeenCalled();
});
