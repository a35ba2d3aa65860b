import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Command, Delta, ResumeReply } from "../../src/protocol";
import { LiveConnection } from "../../src/shared/live/connection";
import { type Wire, WireError, type WireHandlers } from "../../src/shared/live/wire";

type State = { n: number };

/** A wire under the test's hand: answers from a stream of numbers, or stays silent. */
class TestWire implements Wire {
  handlers!: WireHandlers;
  seq = 1;
  silent = false;
  empty = false; // the server has no stream, as it never heard the dialer
  reopened = 0;
  resumes: unknown[] = [];
  commands: Command[] = [];
  open(handlers: WireHandlers) {
    this.handlers = handlers;
  }
  reopen() {
    this.reopened += 1;
  }
  close() {}
  delta(seq: number): Delta {
    return { epoch: "e", seq, now: new Date().toISOString(), ops: [{ path: ["n"], value: seq }] };
  }
  push() {
    this.seq += 1;
    this.handlers.delta(this.delta(this.seq));
  }
  async request(event: "resume" | "command", payload: unknown, timeoutMs: number): Promise<unknown> {
    await new Promise((resolve) => setTimeout(resolve, this.silent ? timeoutMs : 10));
    if (event === "command") this.commands.push(payload as Command);
    else this.resumes.push(payload);
    if (this.silent) throw new WireError("no answer");
    if (event === "command") return { ok: true, result: {} };
    if (this.empty) return { ok: false, error: { code: "dialer_unreachable", message: "" } };
    const asked = payload as { epoch: string | null; seq: number };
    const missed = Array.from({ length: this.seq - asked.seq }, (_, index) => this.delta(asked.seq + index + 1));
    const snapshot = { epoch: "e", seq: this.seq, now: new Date().toISOString(), state: { n: this.seq } };
    return (asked.epoch === "e" ? { deltas: missed } : { snapshot }) satisfies ResumeReply<State>;
  }
}

let wire: TestWire;
let connection: LiveConnection<State>;
const phase = () => connection.link.value.phase;

beforeEach(async () => {
  vi.useFakeTimers();
  wire = new TestWire();
  connection = new LiveConnection<State>(wire);
  connection.open();
  wire.handlers.up();
  await vi.advanceTimersByTimeAsync(20);
});

afterEach(() => {
  connection.close();
  vi.useRealTimers();
});

describe("a live connection", () => {
  it("is live once it has its snapshot", () => {
    expect(phase()).toBe("live");
    expect(connection.state.value).toEqual({ n: 1 });
  });

  it("follows deltas and asks for what a gap has swallowed", async () => {
    wire.push();
    expect(connection.state.value).toEqual({ n: 2 });
    wire.seq += 2; // two deltas get lost
    wire.push();
    expect(connection.state.value).toEqual({ n: 2 });
    await vi.advanceTimersByTimeAsync(20);
    expect(wire.resumes.at(-1)).toEqual({ epoch: "e", seq: 2 });
    expect(connection.state.value).toEqual({ n: 5 });
  });

  it("notices a lost last delta without any later one", async () => {
    wire.seq += 1;
    await vi.advanceTimersByTimeAsync(1_500);
    expect(connection.state.value).toEqual({ n: 2 });
  });

  it("keeps a delta that comes while a resume is under way", async () => {
    wire.seq += 1; // lost, the next one opens a gap
    wire.push();
    wire.push();
    await vi.advanceTimersByTimeAsync(20);
    expect(connection.state.value).toEqual({ n: 4 });
  });

  it("shows within 3 s that a silent line is dead, and recovers by itself", async () => {
    wire.silent = true;
    let waited = 0;
    while (phase() === "live" && waited < 10_000) {
      await vi.advanceTimersByTimeAsync(50);
      waited += 50;
    }
    expect(phase()).toBe("lost");
    expect(waited).toBeLessThanOrEqual(3_000);
    wire.seq += 3;
    wire.silent = false;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(phase()).toBe("live");
    expect(connection.state.value).toEqual({ n: 4 });
  });

  it("opens a new line when the old one stays silent", async () => {
    wire.silent = true;
    await vi.advanceTimersByTimeAsync(12_000);
    expect(wire.reopened).toBeGreaterThan(0);
  });

  it("is lost at once when the line is closed, and resumes from where it was", async () => {
    wire.handlers.down();
    expect(phase()).toBe("lost");
    wire.seq += 1;
    wire.handlers.up();
    await vi.advanceTimersByTimeAsync(20);
    expect(phase()).toBe("live");
    expect(wire.resumes.at(-1)).toEqual({ epoch: "e", seq: 1 });
  });

  it("without a dialer is not lost: it asks again until there is something to show", async () => {
    wire.empty = true;
    wire.handlers.floor({ up: false, since: new Date().toISOString(), why: "dialer" });
    wire.handlers.down(); // the server was started anew and knows nothing
    wire.handlers.up();
    await vi.advanceTimersByTimeAsync(10_000);
    expect([phase(), wire.reopened, connection.works.value]).toEqual(["connecting", 0, false]);
    wire.empty = false;
    wire.handlers.floor({ up: true, since: new Date().toISOString(), why: "" });
    await vi.advanceTimersByTimeAsync(1_500);
    expect([phase(), connection.works.value]).toEqual(["live", true]);
  });

  it("ends for good when the server says bye", () => {
    wire.handlers.bye("signed out");
    expect(phase()).toBe("ended");
    wire.handlers.down();
    expect(phase()).toBe("ended");
  });
});

describe("a command", () => {
  it("is marked while it is under way", async () => {
    const reply = connection.send("ready");
    expect(connection.pending.value.has("ready")).toBe(true);
    await vi.advanceTimersByTimeAsync(20);
    expect(await reply).toEqual({ ok: true, result: {} });
    expect(connection.pending.value.has("ready")).toBe(false);
  });

  it("is repeated under the same id when no answer came", async () => {
    wire.silent = true;
    const reply = connection.send("hangup");
    await vi.advanceTimersByTimeAsync(4_100);
    wire.silent = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await reply).toEqual({ ok: true, result: {} });
    expect(wire.commands.length).toBeGreaterThan(1);
    expect(new Set(wire.commands.map((command) => command.cmd_id)).size).toBe(1);
  });

  it("that is never answered says so", async () => {
    wire.silent = true;
    const reply = connection.send("hangup");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await reply).toMatchObject({ ok: false, error: { code: "not_confirmed" } });
  });
});
