// The supervisor's page over a wire that the test holds.
import { render, screen } from "@testing-library/preact";
import { expect, it } from "vitest";
import { supervisorServer } from "../../src/mock/supervisorServer";
import type { SupervisorBoard } from "../../src/protocol";
import { LiveConnection } from "../../src/shared/live/connection";
import type { WireHandlers } from "../../src/shared/live/wire";
import { App } from "../../src/supervisor/App";
import { settle } from "../agent/helpers";

async function openBoard() {
  window.fetch = async () => Response.json({ campaigns: [] });
  const { state } = supervisorServer("empty");
  let handlers: WireHandlers | undefined;
  const connection = new LiveConnection<SupervisorBoard>({
    open(given) {
      handlers = given;
    },
    reopen() {},
    close() {},
    request: async () => ({ snapshot: { epoch: "t", seq: 1, now: new Date().toISOString(), state } }),
  });
  render(<App connection={connection} />);
  connection.open();
  handlers?.up();
  await settle();
  return async (up: boolean) => {
    handlers?.floor({ up, since: new Date().toISOString(), why: up ? "" : "dialer" });
    await settle();
  };
}

it("says that the dialer is not heard, and takes it back by itself", async () => {
  const floor = await openBoard();
  const create = screen.getByTestId<HTMLButtonElement>("create-campaign");
  expect([screen.queryByTestId("floor-banner"), create.disabled]).toEqual([null, false]);
  await floor(false);
  expect(screen.getByTestId("floor-banner").textContent).toContain("dialer cannot be heard");
  expect([document.querySelector(".page-stale") !== null, create.disabled]).toEqual([true, true]);
  await floor(true);
  expect([screen.queryByTestId("floor-banner"), create.disabled]).toEqual([null, false]);
});
