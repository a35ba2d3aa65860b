// How a campaign dials, in power mode how many lines go out for each free agent, and what a broadcast plays.
import { useSignal } from "@preact/signals";
import type { CampaignView } from "../protocol";
import { t, word } from "../shared/i18n";
import { Button } from "../shared/ui";
import { CampaignAnnouncement } from "./CampaignAnnouncement";
import { useBoardModel } from "./context";

export const MODES = ["preview", "progressive", "power", "predictive"] as const;
const BROADCAST = "broadcast";
const LINES = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5];

export function CampaignMode({ campaign }: { campaign: CampaignView }) {
  const model = useBoardModel();
  const announcing = useSignal(false);
  const disabled = !model.live || campaign.state === "finished" || model.busy("campaign_mode", campaign.id);
  const lines = campaign.lines_per_agent ?? model.known.value[campaign.id]?.settings.lines_per_agent ?? null;
  const send = async (mode: string, linesPerAgent: number | null) => {
    const withLines = mode === "power" && linesPerAgent !== null ? { lines_per_agent: linesPerAgent } : {};
    await model.run("campaign_mode", campaign.id, { campaign_id: campaign.id, mode, ...withLines });
    await model.loadCampaigns();
  };
  const choices = lines === null || LINES.includes(lines) ? LINES : [...LINES, lines].sort((a, b) => a - b);
  return (
    <span class="campaign-mode">
      <select
        class="input input-small"
        aria-label={t("campaign.mode")}
        value={campaign.mode}
        disabled={disabled}
        onChange={(event) => {
          const mode = event.currentTarget.value;
          if (mode !== BROADCAST) return void send(mode, lines);
          // nothing is set before its recording is named
          event.currentTarget.value = campaign.mode;
          announcing.value = true;
        }}
        data-testid={`campaign-${campaign.id}-mode`}
      >
        {[...MODES, BROADCAST].map((mode) => (
          <option key={mode} value={mode}>
            {word("mode", mode)}
          </option>
        ))}
      </select>
      {campaign.mode === "power" && (
        <select
          class="input input-small"
          aria-label={t("campaign.lines")}
          value={lines === null ? "" : String(lines)}
          disabled={disabled}
          onChange={(event) => void send("power", Number(event.currentTarget.value))}
          data-testid={`campaign-${campaign.id}-lines`}
        >
          {lines === null && <option value="">{t("campaign.lines")}</option>}
          {choices.map((choice) => (
            <option key={choice} value={String(choice)}>
              {t("campaign.lines_each", { n: choice })}
            </option>
          ))}
        </select>
      )}
      {campaign.mode === BROADCAST && (
        <Button
          small
          disabled={disabled}
          onClick={() => {
            announcing.value = true;
          }}
          testid={`campaign-${campaign.id}-announcement`}
        >
          {t("announce.open")}
        </Button>
      )}
      {announcing.value && (
        <CampaignAnnouncement
          campaign={campaign}
          onClose={() => {
            announcing.value = false;
          }}
        />
      )}
    </span>
  );
}
