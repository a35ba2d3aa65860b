// Who takes a campaign's calls, by name; it holds from the next look at the floor.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { CampaignView } from "../protocol";
import { api } from "../shared/api";
import { t } from "../shared/i18n";
import { toast } from "../shared/notices";
import { AgentPicks } from "./AgentPicks";
import { useAsked } from "./compliance/asked";
import { Loading, TroubleBox } from "./compliance/pieces";
import { FormDialog } from "./forms";

export function CampaignAgents({ campaign, onClose }: { campaign: CampaignView; onClose: () => void }) {
  const read = useAsked<{ agents: number[]; version: number }>();
  const asked = useAsked<unknown>();
  const chosen = useSignal<number[] | null>(null);
  const path = `/api/campaigns/${campaign.id}`;
  const look = async () => {
    const works = await read.ask(() => api("GET", path));
    if (works && read.found.value) chosen.value = read.found.value.agents;
  };
  useEffect(() => void look(), []);
  const send = async () => {
    if (!chosen.value || !read.found.value) return;
    const agents = chosen.value;
    const { version } = read.found.value;
    if (!(await asked.ask(() => api("PATCH", path, { agents, version })))) return;
    toast("good", t("campaign.agents_saved", { name: campaign.name, n: agents.length }));
    onClose();
  };
  return (
    <FormDialog
      title={t("campaign.agents_of", { name: campaign.name })}
      name="campaign-agents"
      doIt={t("limits.do")}
      asked={asked}
      fields={[]}
      onSubmit={() => void send()}
      onClose={onClose}
    >
      {campaign.staffing === "skilled" && (
        <p class="alert" data-testid="campaign-agents-skilled">
          {t("campaign.agents_skilled")}
        </p>
      )}
      <TroubleBox asked={read} onAgain={() => void look()} />
      <Loading asked={read} />
      {chosen.value && (
        <AgentPicks
          chosen={chosen.value}
          onChange={(next) => {
            chosen.value = next;
          }}
        />
      )}
    </FormDialog>
  );
}
