// Keeps one stream alive: snapshot, deltas, gaps, silence, reconnects; and sends commands that survive a lost line.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Command, CommandReply, Delta, FloorLink, ResumeReply } from "../../protocol";
import { observeServerNow } from "../clock";
import { newId } from "../id";
import { applyDelta, applyReply, type Held, resumeRequest, type Step } from "./stream";
import type { Wire } from "./wire";

export type LinkPhase = "connecting" | "live" | "lost" | "ended";
export interface Link {
  phase: LinkPhase;
  since: number; // local ms
  because: string;
}

const TICK_MS = 250;
const SILENCE_MS = 1_000; // after this much silence the line is asked whether it lives
const PROBE_MS = 1_500; // silence + tick + probe stay under the 3 s within which a dead line must show itself
const COMMAND_MS = 4_000;
const COMMAND_TOTAL_MS = 12_000;
const NO_FLOOR = "dialer_unreachable";
const SESSION_OVER = new Set(["session_ended", "not_logged_in", "forbidden"]);

type Refusal = Extract<CommandReply, { ok: false }>;

export class LiveConnection<T> {
  readonly state: Signal<T | null> = signal(null);
  readonly link: Signal<Link> = signal({ phase: "connecting", since: Date.now(), because: "" });
  /** Whether the server hears the dialer. While it does not, what is shown may be old and no command arrives. */
  readonly floor: Signal<FloorLink> = signal({ up: true, since: new Date().toISOString(), why: "" });
  readonly works: ReadonlySignal<boolean> = computed(() => this.link.value.phase === "live" && this.floor.value.up);
  readonly pending: Signal<ReadonlySet<string>> = signal(new Set());
  private held: Held<T> | null = null;
  private waiting: Delta[] | null = null; // deltas that came while a resume is under way
  private up = false;
  private lastHeard = 0;
  private silentProbes = 0;
  private ticker: ReturnType<typeof setInterval> | undefined;
  private liveWaiters: (() => void)[] = [];

  constructor(
    private readonly wire: Wire,
    private readonly onRefused: (code: string) => void = () => {},
  ) {}

  open(): void {
    this.ticker = setInterval(() => this.tick(), TICK_MS);
    this.wire.open({
      up: () => {
        this.up = true;
        this.silentProbes = 0;
        void this.resume();
      },
      down: () => {
        this.up = false;
        this.waiting = null;
        this.become("lost");
      },
      refused: (code) => this.refused(code),
      delta: (delta) => this.take(delta),
      floor: (link) => {
        this.floor.value = link;
      },
      bye: (because) => this.end(because),
    });
  }

  close(): void {
    clearInterval(this.ticker);
    this.wire.close();
  }

  /** Sends a command. While the line is down it waits and repeats the same `cmd_id`, which the server does only once. */
  async send(name: string, args: Record<string, unknown> = {}): Promise<CommandReply> {
    const command: Command = { cmd_id: newId(), name, args };
    const until = Date.now() + COMMAND_TOTAL_MS;
    this.mark(name, true);
    try {
      while (Date.now() < until && this.link.value.phase !== "ended") {
        try {
          const reply = (await this.wire.request("command", command, COMMAND_MS)) as CommandReply;
          this.heard();
          // "late": the server still works on it, and the same cmd_id asks for its answer
          if (!reply.ok && reply.error.code === "late") continue;
          if (!reply.ok && SESSION_OVER.has(reply.error.code)) this.onRefused(reply.error.code);
          return reply;
        } catch {
          await this.untilLive(Math.min(until - Date.now(), COMMAND_MS));
        }
      }
      return { ok: false, error: { code: "not_confirmed", message: "" } };
    } finally {
      this.mark(name, false);
    }
  }

  /** Says what is worth nothing later: once, while the line is up; its answer is not waited for. */
  tell(name: string, args: Record<string, unknown>): void {
    if (!this.works.value) return;
    const command: Command = { cmd_id: newId(), name, args };
    this.wire.request("command", command, COMMAND_MS).then(
      () => this.heard(),
      () => {}, // lost: nobody misses it
    );
  }

  private mark(name: string, on: boolean): void {
    const next = new Set(this.pending.value);
    if (on) next.add(name);
    else next.delete(name);
    this.pending.value = next;
  }

  private untilLive(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(ms, 50));
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.link.value.phase === "live") setTimeout(done, 50);
      else this.liveWaiters.push(done);
    });
  }

  private become(phase: LinkPhase, because = ""): void {
    const was = this.link.value.phase;
    if (was === "ended" || was === phase) return;
    if (was === "connecting" && phase === "lost" && !this.held && Date.now() - this.link.value.since < 2_000) return;
    this.link.value = {
      phase,
      since: Date.now(),
      because: because || (phase === "live" ? "" : this.link.value.because),
    };
    if (phase !== "live") return;
    for (const done of this.liveWaiters.splice(0)) done();
  }

  private heard(): void {
    this.lastHeard = Date.now();
    this.silentProbes = 0;
    if (this.up && this.held && !this.waiting) this.become("live");
  }

  private tick(): void {
    if (!this.up) {
      this.become("lost");
      return;
    }
    if (!this.waiting && Date.now() - this.lastHeard >= SILENCE_MS) void this.resume();
  }

  /** Asks for what is missing. As nothing missing is answered too, it also shows that the line lives. */
  private async resume(): Promise<void> {
    if (this.waiting) return;
    const mine: Delta[] = [];
    this.waiting = mine;
    let reply: ResumeReply<T> | Refusal;
    try {
      reply = (await this.wire.request("resume", resumeRequest(this.held), PROBE_MS)) as typeof reply;
    } catch {
      if (this.waiting === mine) this.waiting = null;
      this.silent();
      return;
    }
    if (this.waiting !== mine) return; // the line was replaced meanwhile; its own resume is under way
    this.waiting = null;
    if ("ok" in reply) {
      if (reply.error.code === NO_FLOOR) {
        // the line lives; there is only nothing to show yet
        this.lastHeard = Date.now();
        this.silentProbes = 0;
        this.become("connecting");
        return;
      }
      this.refused(reply.error.code);
      this.silent();
      return;
    }
    const newest = "snapshot" in reply ? reply.snapshot.now : reply.deltas.at(-1)?.now;
    if (newest) observeServerNow(newest);
    if (!this.settle(applyReply(this.held, reply))) return;
    this.heard();
    for (const delta of mine) this.take(delta);
  }

  private refused(code: string): void {
    this.link.value = { ...this.link.value, because: code };
    this.onRefused(code);
  }

  private silent(): void {
    if (!this.up) return;
    this.silentProbes += 1;
    this.become("lost");
    if (this.silentProbes % 3 === 0) this.wire.reopen();
  }

  private take(delta: Delta): void {
    observeServerNow(delta.now);
    if (this.waiting) {
      this.waiting.push(delta);
      return;
    }
    if (this.settle(applyDelta(this.held, delta))) this.heard();
  }

  private settle(step: Step<T>): boolean {
    if (step.kind === "applied") {
      this.held = step.held;
      this.state.value = step.held.state;
      return true;
    }
    if (step.kind === "stale") return true;
    if (step.kind === "broken") this.held = null;
    void this.resume();
    return false;
  }

  private end(because: string): void {
    this.become("ended", because);
    this.close();
  }
}
