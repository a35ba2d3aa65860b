// Which agents: all of the tenant, found by name or skill, ticked one by one or all that are shown at once.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../shared/api";
import { t } from "../shared/i18n";
import { Button } from "../shared/ui";
import type { AgentRecord } from "./AgentDialog";
import { found, SHOWN_AT_MOST, Sought } from "./AllAgents";
import { useAsked } from "./compliance/asked";
import { Loading, TroubleBox } from "./compliance/pieces";
import { Check } from "./forms";
import { skillsText } from "./skills";

export function AgentPicks(props: { chosen: readonly number[]; onChange: (chosen: number[]) => void }) {
  const asked = useAsked<{ agents: AgentRecord[] }>();
  const sought = useSignal("");
  const look = () => void asked.ask(() => api("GET", "/api/agents"));
  useEffect(look, []);
  const all = asked.found.value?.agents ?? [];
  const shown = found(all, sought.value);
  const put = (ids: readonly number[], on: boolean) =>
    props.onChange([...props.chosen.filter((id) => !ids.includes(id)), ...(on ? ids : [])]);
  const ids = shown.map((agent) => agent.id);
  return (
    <fieldset class="agent-picks" data-testid="agent-picks">
      <legend class="field-label">{t("campaign.agents", { n: props.chosen.length })}</legend>
      <TroubleBox asked={asked} onAgain={look} />
      <Loading asked={asked} />
      {asked.found.value && all.length === 0 && <p class="muted">{t("campaign.agents_none")}</p>}
      {all.length > 0 && (
        <>
          <div class="agent-picks-find">
            <Sought sought={sought} testid="agent-picks-sought" />
            <Button small onClick={() => put(ids, true)} testid="agent-picks-all">
              {t("campaign.agents_all")}
            </Button>
            <Button small onClick={() => put(ids, false)} testid="agent-picks-nobody">
              {t("campaign.agents_nobody")}
            </Button>
          </div>
          <div class="agent-picks-list">
            {shown.slice(0, SHOWN_AT_MOST).map((agent) => (
              <Check
                key={agent.id}
                label={agent.skills.length > 0 ? `${agent.name} (${skillsText(agent.skills)})` : agent.name}
                on={props.chosen.includes(agent.id)}
                onChange={(on) => put([agent.id], on)}
                testid={`pick-agent-${agent.id}`}
              />
            ))}
            {shown.length === 0 && <p class="muted">{t("agents.nobody_found")}</p>}
          </div>
          {shown.length > SHOWN_AT_MOST && <p class="muted">{t("agents.more", { n: shown.length - SHOWN_AT_MOST })}</p>}
        </>
      )}
    </fieldset>
  );
}
