import { describe, expect, it } from "vitest";
import { mockConsole } from "../../../src/mock/agentFixtures";
import { openConsole, settle } from "../helpers";
import { phoneTwin } from "./twins";

describe("the phone in the agent's page", () => {
  it("of the demonstration is called simulated", async () => {
    const { model } = phoneTwin({ kind: "simulated" });
    const { page } = await openConsole(mockConsole("ready"), model);
    expect(page.getByTestId("phone-status").textContent).toContain("Simulated phone");
    expect(page.queryByTestId("mute")).toBeNull();
  });
  it("of an agent with a telephone is what the server says", async () => {
    const { page, push } = await openConsole(mockConsole("ready"));
    expect(page.getByTestId("phone-status").dataset.online).toBe("true");
    await push({ path: ["agent", "phone", "online"], value: false });
    expect(page.getByTestId("phone-status").textContent).toContain("not connected");
  });
  it("that is refused the microphone says how to mend it, and tries again", async () => {
    const { model, twin } = phoneTwin();
    twin.fault = "denied";
    const { page } = await openConsole(mockConsole("ready"), model);
    expect(page.getByTestId("phone-trouble").textContent).toContain("set Microphone to Allow");
    twin.fault = null;
    page.getByTestId("phone-allow").click();
    await settle();
    twin.events?.registered();
    await settle();
    expect(page.queryByTestId("phone-trouble")).toBeNull();
    expect(page.getByTestId("phone-status").dataset.state).toBe("registered");
    model.stop();
  });
  it("is muted by the button and the key, and shows it", async () => {
    const { model, twin } = phoneTwin();
    const { page, press } = await openConsole(mockConsole("talking"), model);
    twin.events?.registered();
    await settle();
    page.getByTestId("mute").click();
    await settle();
    expect([twin.track.enabled, page.getByTestId("mute").getAttribute("aria-pressed")]).toEqual([false, "true"]);
    await press("m");
    expect(twin.track.enabled).toBe(true);
    model.stop();
  });
  it("shows devices and the sign that the microphone works", async () => {
    const { model, twin } = phoneTwin();
    const { page } = await openConsole(mockConsole("ready"), model);
    twin.events?.registered();
    twin.level(0.8);
    page.getByTestId("phone-status").click();
    await settle();
    expect(page.getByTestId("microphone-sign").textContent).toContain("works");
    expect(page.getByTestId("phone-microphone").textContent).toContain("Headset");
    model.stop();
  });
});
