// The supervisor's page: what needs attention first, then campaigns, then people and lines.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { SupervisorBoard } from "../protocol";
import { t } from "../shared/i18n";
import type { LiveConnection } from "../shared/live/connection";
import { Empty, LinkBanner, Toasts, TopBar } from "../shared/ui";
import { AgentsTable } from "./AgentsTable";
import { Alarms } from "./Alarms";
import { CallsTable } from "./CallsTable";
import { Campaigns } from "./Campaigns";
import { CreateCampaign } from "./CreateCampaign";
import { Compliance } from "./compliance/Compliance";
import { BoardContext, BoardModel } from "./context";
import { LastHour } from "./LastHour";
import { Nodes } from "./Nodes";
import { Totals } from "./Totals";
import { Users } from "./users/Users";
import { ViewLinks } from "./ViewLinks";
import { place } from "./view";
import { WhatIf } from "./whatif/WhatIf";

export function App({ connection }: { connection: LiveConnection<SupervisorBoard> }) {
  const model = useMemo(() => new BoardModel(connection), [connection]);
  const creating = useSignal(false);
  useEffect(() => void model.loadCampaigns(), [model]);
  const board = connection.state.value;
  return (
    <BoardContext.Provider value={model}>
      <div class={model.live || !board ? "board-page" : "board-page page-stale"}>
        <TopBar connection={connection}>
          <h1 class="sr-only">{t(`view.${place.value.view}`)}</h1>
          <ViewLinks />
        </TopBar>
        {place.value.view === "compliance" ? (
          <Compliance />
        ) : place.value.view === "whatif" ? (
          <WhatIf />
        ) : place.value.view === "users" ? (
          <Users />
        ) : board ? (
          <main class="board" aria-busy={!model.live}>
            <Totals />
            <Alarms />
            <div class="board-main">
              <Campaigns
                onCreate={() => {
                  creating.value = true;
                }}
              />
              <AgentsTable />
            </div>
            <div class="board-side">
              <LastHour />
              <CallsTable />
              <Nodes />
            </div>
          </main>
        ) : (
          <main class="board-loading">
            <Empty icon="clock" title={t("board.loading")} />
          </main>
        )}
      </div>
      {creating.value && (
        <CreateCampaign
          onClose={() => {
            creating.value = false;
          }}
        />
      )}
      <Toasts />
      <LinkBanner connection={connection} />
    </BoardContext.Provider>
  );
}
