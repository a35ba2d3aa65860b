// Start and pause. A draft has no queue yet: its start lays it, which takes a while with many debtors.
import { useSignal } from "@preact/signals";
import type { CampaignView } from "../protocol";
import { ApiError } from "../shared/api";
import { failureText } from "../shared/failure";
import { percent } from "../shared/format/number";
import { t } from "../shared/i18n";
import { toast } from "../shared/notices";
import { Button } from "../shared/ui";
import { upload } from "../shared/upload";
import { useBoardModel } from "./context";
import { StartAnswer } from "./startAnswer";

export function StartPause({ campaign }: { campaign: CampaignView }) {
  const model = useBoardModel();
  const share = useSignal<number | null>(null);
  if (campaign.state === "finished") return null;
  const running = campaign.state === "running";
  const command = running ? "campaign_pause" : "campaign_start";
  const press = () =>
    campaign.state === "draft"
      ? startDraft(campaign, (now) => {
          share.value = now;
        })
      : model.run(command, campaign.id, { campaign_id: campaign.id });
  return (
    <>
      {share.value !== null && (
        <span class="muted" role="status" data-testid={`campaign-${campaign.id}-starting`}>
          {t("campaign.filling", { share: percent(share.value) })}
        </span>
      )}
      <Button
        small
        variant={running ? "plain" : "good"}
        icon={running ? "pause" : "play"}
        disabled={!model.live}
        busy={share.value !== null || model.busy(command, campaign.id)}
        onClick={() => void press()}
        testid={`campaign-${campaign.id}-${running ? "pause" : "start"}`}
      >
        {t(running ? "campaign.pause" : "campaign.start")}
      </Button>
    </>
  );
}

/** `tell` hears the share that is done, and null at the end; the board's stream brings the new state. */
async function startDraft(campaign: CampaignView, tell: (share: number | null) => void): Promise<void> {
  const answer = new StartAnswer();
  tell(0);
  try {
    const { done } = upload(`/api/campaigns/${campaign.id}/start`, new FormData(), {
      sent: () => undefined,
      text: (soFar) => {
        answer.feed(soFar);
        tell(answer.share);
      },
    });
    answer.feed(await done);
    if (answer.error) toast("error", failureText(answer.error));
    else if (answer.added !== null) {
      toast("good", t("campaign.started", { name: campaign.name, n: answer.added }));
    } else toast("error", t("error.unknown"));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast("error", failureText(error));
  } finally {
    tell(null);
  }
}
