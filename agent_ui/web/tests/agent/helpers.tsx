// The agent's page over a wire that the test holds.
import { render } from "@testing-library/preact";
import { App } from "../../src/agent/App";
import { browserParts } from "../../src/agent/phone/parts";
import { PhoneModel } from "../../src/agent/phone/phone";
import type { AgentConsole, CommandReply, FloorLink, Op } from "../../src/protocol";
import { Held, settle } from "../held";

export { settle };

const telephone = () => new PhoneModel({ ...browserParts, fetchAccess: async () => ({ kind: "telephone" }) });

export async function openConsole(state: AgentConsole, phone: PhoneModel = telephone()) {
  const held = new Held(state, (command) => command.name === "stage");
  const page = render(<App connection={held.connection} phone={phone} />);
  await held.open();
  return {
    page,
    connection: held.connection,
    commands: held.commands,
    stages: held.aside,
    answer(next: CommandReply) {
      held.reply = next;
    },
    push: (...ops: Op[]) => held.push(...ops),
    floor: (up: boolean, why: FloorLink["why"] = "") => held.floor(up, why),
    drop: () => held.drop(),
    press: async (key: string, more: KeyboardEventInit = {}) => {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
      await settle();
    },
  };
}
