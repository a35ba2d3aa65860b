// The twin of the socket: keeps a numbered stream, answers resume and command, and can fall silent on demand (?mock=lost).
import type { Command, CommandReply, Delta, Op } from "../protocol";
import { applyOps } from "../shared/live/ops";
import type { Wire, WireHandlers } from "../shared/live/wire";

export interface MockServer<T> {
  state: T;
  start(push: (ops: Op[]) => void): void;
  command(command: Command): CommandReply;
}

const EPOCH = "mock";

export function mockWire<T>(server: MockServer<T>, scene: string): Wire {
  let handlers: WireHandlers | null = null;
  let seq = 1;
  let silent = false;
  const push = (ops: Op[]) => {
    server.state = applyOps(server.state, ops);
    seq += 1;
    const delta: Delta = { epoch: EPOCH, seq, now: new Date().toISOString(), ops };
    if (!silent) handlers?.delta(structuredClone(delta));
  };
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    open(given) {
      handlers = given;
      setTimeout(() => given.up(), 30);
      server.start(push);
      if (scene === "no_dialer") {
        setTimeout(() => given.floor({ up: false, since: new Date().toISOString(), why: "dialer" }), 700);
      }
      if (scene === "lost") {
        setTimeout(() => {
          silent = true;
          given.down();
        }, 700);
      }
    },
    reopen() {
      if (!silent) handlers?.up();
    },
    close() {
      handlers = null;
    },
    async request(event, payload, timeoutMs) {
      await wait(silent ? timeoutMs : 60);
      if (silent) throw new Error("silent");
      if (event === "command") return server.command(payload as Command);
      const asked = payload as { epoch: string | null; seq: number };
      if (asked.epoch === EPOCH && asked.seq === seq) return { deltas: [] };
      return { snapshot: structuredClone({ epoch: EPOCH, seq, now: new Date().toISOString(), state: server.state }) };
    },
  };
}
