// Every agent of the tenant, on the floor or not: who has which skills, and what is planned.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../shared/api";
import { t } from "../shared/i18n";
import { planText } from "../shared/plans/plan";
import { Button, Dialog, Empty } from "../shared/ui";
import type { AgentRecord } from "./AgentDialog";
import { useAsked } from "./compliance/asked";
import { Loading, TroubleBox } from "./compliance/pieces";
import { TextInput } from "./forms";
import { skillsText } from "./skills";

export function AllAgents({ onPick, onClose }: { onPick: (agent: AgentRecord) => void; onClose: () => void }) {
  const asked = useAsked<{ agents: AgentRecord[] }>();
  const sought = useSignal("");
  const look = () => void asked.ask(() => api("GET", "/api/agents"));
  useEffect(look, []);
  return (
    <Dialog title={t("agents.everyone")} onClose={onClose} wide testid="all-agents">
      <Sought sought={sought} testid="all-agents-sought" />
      <TroubleBox asked={asked} onAgain={look} />
      <Loading asked={asked} />
      {asked.found.value && <List agents={found(asked.found.value.agents, sought.value)} onPick={onPick} />}
    </Dialog>
  );
}

export function Sought({ sought, testid }: { sought: Signal<string>; testid: string }) {
  return (
    <TextInput
      label={t("agents.sought")}
      value={sought.value}
      onInput={(value) => {
        sought.value = value;
      }}
      testid={testid}
      tight
    />
  );
}

/** By a part of the name or by a skill. */
export function found(agents: readonly AgentRecord[], sought: string): AgentRecord[] {
  const wanted = sought.trim().toLowerCase();
  return agents.filter((agent) => agent.name.toLowerCase().includes(wanted) || agent.skills.includes(wanted));
}

export const SHOWN_AT_MOST = 200;

function List({ agents, onPick }: { agents: AgentRecord[]; onPick: (agent: AgentRecord) => void }) {
  if (agents.length === 0) return <Empty icon="user" title={t("agents.nobody_found")} />;
  return (
    <>
      <div class="table-wrap">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t("agents.name")}</th>
              <th scope="col">{t("skills.label")}</th>
              <th scope="col">{t("plan.title")}</th>
              <th scope="col">
                <span class="sr-only">{t("agents.actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {agents.slice(0, SHOWN_AT_MOST).map((agent) => (
              <tr key={agent.id} data-testid={`everyone-${agent.id}`}>
                <th scope="row">
                  <bdi>{agent.name}</bdi>
                </th>
                <td>
                  <bdi dir="ltr">{skillsText(agent.skills)}</bdi>
                </td>
                <td class="muted">{agent.planned.map(planText).join(" · ")}</td>
                <td class="end">
                  <Button small onClick={() => onPick(agent)} testid={`everyone-${agent.id}-edit`}>
                    {t("agents.change")}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {agents.length > SHOWN_AT_MOST && <p class="muted">{t("agents.more", { n: agents.length - SHOWN_AT_MOST })}</p>}
    </>
  );
}
