// The agent's page: state and controls on top, then the call, then what belongs to the call's phase.
import { useEffect, useMemo } from "preact/hooks";
import type { AgentConsole } from "../protocol";
import { t } from "../shared/i18n";
import { listenKeys } from "../shared/keys";
import type { LiveConnection } from "../shared/live/connection";
import { Empty, LinkBanner, Toasts, TopBar } from "../shared/ui";
import { CallBar } from "./CallBar";
import { EndShift } from "./EndShift";
import { Idle } from "./Idle";
import { KeysDialog } from "./KeysDialog";
import { agentKeys } from "./keymap";
import { AgentModel, ModelContext, useModel, useView } from "./model";
import { Notices } from "./Notices";
import { PlanDialog } from "./PlanDialog";
import { PreviewCard } from "./PreviewCard";
import { PhoneDialog } from "./phone/PhoneDialog";
import { PhoneTrouble } from "./phone/PhoneTrouble";
import type { PhoneModel } from "./phone/phone";
import { StateControls } from "./StateControls";
import { TodayStrip } from "./TodayStrip";
import { Work } from "./Work";

export function App({ connection, phone }: { connection: LiveConnection<AgentConsole>; phone?: PhoneModel }) {
  const model = useMemo(() => new AgentModel(connection, phone), [connection, phone]);
  useEffect(() => listenKeys(() => agentKeys(model)), [model]);
  useEffect(() => {
    void model.phone.start();
    return () => model.phone.stop();
  }, [model]);
  const view = connection.state.value;
  return (
    <ModelContext.Provider value={model}>
      <div class={model.live.value || !view ? "page" : "page page-stale"}>
        <TopBar
          connection={connection}
          onHelp={() => {
            model.keysOpen.value = true;
          }}
        >
          <h1 class="sr-only">{t("agent.title")}</h1>
          {view && <StateControls />}
        </TopBar>
        {view ? <Console /> : <Loading />}
      </div>
      {view && model.keysOpen.value && <KeysDialog />}
      {model.phone.panelOpen.value && <PhoneDialog />}
      {view && model.ending.value && <EndShift />}
      {view && model.planOpen.value && <PlanDialog />}
      <Toasts />
      <LinkBanner connection={connection} />
    </ModelContext.Provider>
  );
}

function Loading() {
  return (
    <main class="page-main">
      <Empty icon="clock" title={t("start.loading")} />
    </main>
  );
}

function Console() {
  const { live } = useModel();
  const { call } = useView();
  return (
    <>
      {call && call.phase !== "preview" && <CallBar call={call} />}
      <main class="page-main" aria-busy={!live.value}>
        <PhoneTrouble />
        <Notices />
        {!call && <Idle />}
        {call?.phase === "preview" && <PreviewCard call={call} />}
        {call && call.phase !== "preview" && <Work call={call} />}
      </main>
      <TodayStrip />
    </>
  );
}
