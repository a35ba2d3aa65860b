// The agent's page over a wire that the test holds.
import { render } from "@testing-library/preact";
import { App } from "../../src/agent/App";
import { browserParts } from "../../src/agent/phone/parts";
import { PhoneModel } from "../../src/agent/phone/phone";
import type { AgentConsole, Command, CommandReply, FloorLink, Op } from "../../src/protocol";
import { LiveConnection } from "../../src/shared/live/connection";
import type { Wire, WireHandlers } from "../../src/shared/live/wire";

const telephone = () => new PhoneModel({ ...browserParts, fetchAccess: async () => ({ kind: "telephone" }) });

export async function openConsole(state: AgentConsole, phone: PhoneModel = telephone()) {
  const commands: Command[] = [];
  const stages: Command[] = []; // beside what the agent does: how far the call is
  let reply: CommandReply = { ok: true, result: {} };
  let seq = 1;
  let handlers: WireHandlers | undefined;
  const wire: Wire = {
    open(given) {
      handlers = given;
    },
    reopen() {},
    close() {},
    async request(event, payload) {
      if (event === "resume") return { snapshot: { epoch: "t", seq, now: new Date().toISOString(), state } };
      const command = payload as Command;
      (command.name === "stage" ? stages : commands).push(command);
      return reply;
    },
  };
  const connection = new LiveConnection<AgentConsole>(wire);
  const page = render(<App connection={connection} phone={phone} />);
  connection.open();
  handlers?.up();
  await settle();
  return {
    page,
    connection,
    commands,
    stages,
    answer(next: CommandReply) {
      reply = next;
    },
    async push(...ops: Op[]) {
      seq += 1;
      handlers?.delta({ epoch: "t", seq, now: new Date().toISOString(), ops });
      await settle();
    },
    async floor(up: boolean, why: FloorLink["why"] = "") {
      handlers?.floor({ up, since: new Date().toISOString(), why });
      await settle();
    },
    async drop() {
      handlers?.down();
      await settle();
    },
    press: async (key: string, more: KeyboardEventInit = {}) => {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
      await settle();
    },
  };
}

export const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
