import { describe, expect, it } from "vitest";
import { observeServerNow, offsetMs } from "../src/shared/clock";

describe("the server's clock", () => {
  it("is guessed from the message that travelled fastest, and follows a jump", () => {
    const at = Date.parse("2026-01-01T00:00:00Z");
    observeServerNow("2026-01-01T00:00:01.700Z", at);
    observeServerNow("2026-01-01T00:00:02.000Z", at);
    observeServerNow("2026-01-01T00:00:01.200Z", at);
    expect(offsetMs()).toBe(2_000);
    observeServerNow("2026-01-01T01:00:00Z", at);
    expect(offsetMs()).toBe(3_600_000);
    observeServerNow("not a time", at);
    expect(offsetMs()).toBe(3_600_000);
  });
});
