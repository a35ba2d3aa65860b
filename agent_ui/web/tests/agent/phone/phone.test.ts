import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PhoneModel } from "../../../src/agent/phone/phone";
import { BROWSER, leg, phoneTwin } from "./twins";

let made: PhoneModel[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
});
afterEach(() => {
  for (const model of made) model.stop();
  made = [];
  vi.useRealTimers();
});

async function started(change: (twin: ReturnType<typeof phoneTwin>["twin"]) => void = () => {}) {
  const { twin, model } = phoneTwin();
  made.push(model);
  change(twin);
  await model.start();
  await vi.advanceTimersByTimeAsync(0);
  return { twin, model };
}

async function registered() {
  const given = await started();
  given.twin.events?.registered();
  return given;
}

describe("a phone that is no browser", () => {
  it.each(["telephone", "simulated", "none"] as const)("%s: nothing is loaded or asked for", async (kind) => {
    const { twin, model } = await started((one) => {
      one.access = { kind };
    });
    expect(model.state.value).toBe(kind);
    expect(model.isBrowser.value).toBe(false);
    expect([twin.opened, twin.asked]).toEqual([0, []]);
  });
  it("is asked for again while the server cannot be asked", async () => {
    const { twin, model } = await started((one) => {
      one.access = new Error("down");
    });
    expect(model.state.value).toBe("unknown");
    twin.access = BROWSER;
    await vi.advanceTimersByTimeAsync(2_500);
    expect(model.state.value).toBe("connecting");
  });
});

describe("a browser phone", () => {
  it("registers by itself where the microphone is allowed already", async () => {
    const { twin, model } = await started();
    expect(model.state.value).toBe("connecting");
    twin.events?.registered();
    expect(model.state.value).toBe("registered");
  });
  it("explains before the browser asks, and connects after the agent's click", async () => {
    const { twin, model } = await started((one) => {
      one.permission = "prompt";
    });
    expect([model.state.value, twin.opened]).toEqual(["ask", 0]);
    await model.allow();
    expect([model.state.value, twin.opened]).toEqual(["connecting", 1]);
  });
  it.each(["denied", "no_microphone", "mic_busy"] as const)("%s: nobody can be put through", async (fault) => {
    const { twin, model } = await started((one) => {
      one.fault = fault;
    });
    expect([model.state.value, twin.opened]).toEqual([fault, 0]);
    twin.fault = null;
    await model.allow();
    expect(model.state.value).toBe("connecting");
  });
  it("notices by itself that the microphone is allowed now, or plugged in", async () => {
    const denied = await started((one) => {
      one.permission = "denied";
    });
    expect(denied.model.state.value).toBe("denied");
    denied.twin.permission = "granted";
    denied.twin.changed();
    await vi.advanceTimersByTimeAsync(0);
    expect(denied.model.state.value).toBe("connecting");
    const missing = await started((one) => {
      one.fault = "no_microphone";
    });
    missing.twin.fault = null;
    missing.twin.devicesChanged();
    await vi.advanceTimersByTimeAsync(0);
    expect(missing.model.state.value).toBe("connecting");
  });
  it("hangs up when the microphone is taken away", async () => {
    const { twin, model } = await registered();
    twin.events?.leg(leg());
    twin.fault = "no_microphone";
    twin.track.dispatchEvent(new Event("ended"));
    await vi.advanceTimersByTimeAsync(0);
    expect([model.state.value, twin.stopped]).toEqual(["no_microphone", 1]);
  });
  it("goes on with another microphone in the same line", async () => {
    const { twin, model } = await registered();
    await model.chooseMicrophone("desk");
    expect([twin.asked.at(-1), twin.spoken, twin.opened, model.state.value]).toEqual(["desk", 1, 1, "registered"]);
  });
  it("says at once that the line is lost, and when it is back", async () => {
    const { twin, model } = await registered();
    twin.events?.leg(leg());
    expect(model.state.value).toBe("open");
    twin.events?.leg(null);
    twin.events?.lost();
    expect(model.state.value).toBe("lost");
    twin.events?.registered();
    expect(model.state.value).toBe("registered");
  });
  it("tries again with growing waits when the exchange refuses it", async () => {
    const { twin, model } = await started();
    twin.events?.refused(403);
    expect(model.state.value).toBe("refused");
    await vi.advanceTimersByTimeAsync(2_500);
    expect(twin.registers).toBe(1);
    twin.events?.refused(403);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(twin.registers).toBe(1);
    await vi.advanceTimersByTimeAsync(3_500);
    expect(twin.registers).toBe(2);
  });
  it("takes the new password when the exchange refuses the old one", async () => {
    const { twin, model } = await started();
    twin.access = { ...BROWSER, password: "new" } as typeof BROWSER;
    twin.events?.refused(403);
    await vi.advanceTimersByTimeAsync(2_500);
    expect([twin.stopped, twin.opened, model.state.value]).toEqual([1, 2, "connecting"]);
  });
  it("does not listen to a line that it has given up", async () => {
    const { twin, model } = await registered();
    const old = twin.events;
    twin.fault = "denied";
    await model.allow();
    expect(model.state.value).toBe("denied");
    old?.lost();
    expect(model.state.value).toBe("denied");
    twin.fault = null;
    await model.allow();
    twin.events?.registered();
    old?.lost();
    old?.leg(null);
    expect(model.state.value).toBe("registered");
  });
  it("stays open when it registers again during a call", async () => {
    const { twin, model } = await registered();
    twin.events?.leg(leg());
    twin.events?.registered();
    expect(model.state.value).toBe("open");
  });
  it("waits while another tab is the phone, and takes over", async () => {
    const { twin, model } = await started((one) => {
      one.alone = false;
    });
    expect([model.state.value, twin.opened]).toEqual(["elsewhere", 0]);
    twin.take();
    await vi.advanceTimersByTimeAsync(0);
    expect(model.state.value).toBe("connecting");
  });
  it("says so where the page is not secure", async () => {
    const { model } = await started((one) => {
      one.supported = false;
    });
    expect(model.state.value).toBe("unsupported");
  });
  it("mutes the microphone, and never into the next call", async () => {
    const { twin, model } = await registered();
    model.mute(true);
    expect(twin.track.enabled).toBe(false);
    model.callBegins();
    expect([twin.track.enabled, model.muted.value]).toEqual([true, false]);
  });
  it("knows that the microphone works once it has heard something", async () => {
    const { twin, model } = await registered();
    twin.level(0.1);
    expect(model.heard.value).toBe(false);
    twin.level(0.6);
    expect([model.heard.value, model.level.value]).toEqual([true, 0.6]);
  });
  it("asks for a click where the browser plays nothing before one", async () => {
    const { twin, model } = await registered();
    twin.playable = false;
    twin.events?.sound({} as MediaStream);
    await vi.advanceTimersByTimeAsync(0);
    expect(model.soundBlocked.value).toBe(true);
    twin.playable = true;
    await model.playSound();
    expect(model.soundBlocked.value).toBe(false);
  });
  it("ends with the page", async () => {
    const { twin, model } = await registered();
    model.stop();
    expect(twin.stopped).toBe(1);
  });
});
