// A console's connection whose server the test holds: it keeps the commands, answers as told, and pushes changes.
import type { Command, CommandReply, FloorLink, Op } from "../src/protocol";
import { LiveConnection } from "../src/shared/live/connection";
import type { Wire, WireHandlers } from "../src/shared/live/wire";

export const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

export class Held<State> {
  readonly commands: Command[] = [];
  readonly aside: Command[] = [];
  readonly connection: LiveConnection<State>;
  reply: CommandReply = { ok: true, result: {} };
  private handlers: WireHandlers | undefined;
  private seq = 1;

  /** `state`: the snapshot that the console gets; `isAside`: which commands are kept apart, beside what a person does. */
  constructor(state: State, isAside: (command: Command) => boolean = () => false) {
    const wire: Wire = {
      open: (given) => {
        this.handlers = given;
      },
      reopen() {},
      close() {},
      request: async (event, payload) => {
        if (event === "resume")
          return { snapshot: { epoch: "t", seq: this.seq, now: new Date().toISOString(), state } };
        const command = payload as Command;
        (isAside(command) ? this.aside : this.commands).push(command);
        return this.reply;
      },
    };
    this.connection = new LiveConnection<State>(wire);
  }

  async open(): Promise<void> {
    this.connection.open();
    this.handlers?.up();
    await settle();
  }

  async push(...ops: Op[]): Promise<void> {
    this.seq += 1;
    this.handlers?.delta({ epoch: "t", seq: this.seq, now: new Date().toISOString(), ops });
    await settle();
  }

  async floor(up: boolean, why: FloorLink["why"] = ""): Promise<void> {
    this.handlers?.floor({ up, since: new Date().toISOString(), why });
    await settle();
  }

  async drop(): Promise<void> {
    this.handlers?.down();
    await settle();
  }
}
