import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isTyping, keyLabel, keyName, listenKeys } from "../src/shared/keys";

const press = (target: EventTarget, key: string, more: KeyboardEventInit = {}) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  return event;
};
const name = (key: string, code: string, more: KeyboardEventInit = {}) =>
  keyName(new KeyboardEvent("keydown", { key, code, ...more }));

describe("a key", () => {
  it("is its letter, however it is written", () => {
    expect(name("R", "KeyR", { shiftKey: true })).toBe("r");
    expect(name("ق", "KeyR")).toBe("r"); // a Persian layout
    expect(name("π", "KeyP", { altKey: true })).toBe("alt+p"); // Alt on a Mac
    expect(name("۱", "Digit1")).toBe("1");
    expect(name("q", "KeyA")).toBe("q"); // AZERTY: what is printed counts
    expect(name("؟", "Slash")).toBe("?");
  });
  it("with Ctrl or Meta belongs to the browser", () => {
    expect(name("p", "KeyP", { ctrlKey: true })).toBeNull();
    expect(name("p", "KeyP", { metaKey: true })).toBeNull();
  });
  it("is shown as people know it", () => {
    expect(["r", "alt+p", "Enter", "?"].map(keyLabel)).toEqual(["R", "Alt+P", "↵", "?"]);
  });
});

describe("key commands", () => {
  const ready = vi.fn();
  const off = vi.fn();
  let stop: () => void;
  beforeEach(() => {
    ready.mockReset();
    off.mockReset();
    const base = { label: "", group: "" };
    stop = listenKeys(() => [
      { ...base, key: "r", enabled: true, run: ready },
      { ...base, key: "alt+p", enabled: true, run: ready },
      { ...base, key: "Enter", enabled: true, run: ready },
      { ...base, key: "h", enabled: false, run: off },
    ]);
  });
  afterEach(() => stop());

  it("run on the page and take the key", () => {
    expect(press(document.body, "r").defaultPrevented).toBe(true);
    expect(ready).toHaveBeenCalledOnce();
  });
  it.each([
    "<input>",
    "<input type=date>",
    "<textarea></textarea>",
    "<select></select>",
    "<div contenteditable></div>",
  ])("never run while typing in %s", (html) => {
    document.body.innerHTML = html;
    const field = document.body.firstElementChild as HTMLElement;
    press(field, "r");
    press(field, "p", { altKey: true, code: "KeyP" });
    press(field, "Enter");
    expect(ready).not.toHaveBeenCalled();
  });
  it("run on a checkbox, where nothing is typed, but leave Enter to a button", () => {
    document.body.innerHTML = "<input type=checkbox><button>x</button>";
    const [box, button] = [...document.body.children] as [HTMLElement, HTMLElement];
    press(box, "r");
    expect(ready).toHaveBeenCalledOnce();
    press(button, "Enter");
    expect(ready).toHaveBeenCalledOnce();
    expect(isTyping(box)).toBe(false);
  });
  it("do nothing when disabled, repeated, or under a dialog", () => {
    press(document.body, "h");
    press(document.body, "r", { repeat: true });
    document.body.innerHTML = "<dialog open></dialog>";
    press(document.body, "r");
    expect(off).not.toHaveBeenCalled();
    expect(ready).not.toHaveBeenCalled();
  });
});
