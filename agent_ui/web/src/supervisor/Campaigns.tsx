// The campaigns: what each one does now, why not more, and the switches.
import { useSignal } from "@preact/signals";
import type { CampaignView } from "../protocol";
import { count } from "../shared/format/number";
import { type MessageKey, t, word } from "../shared/i18n";
import { Amounts, Badge, Button, Empty, Icon, Panel, Stat, type Tone } from "../shared/ui";
import { AbandonRate } from "./AbandonRate";
import { CampaignAgents } from "./CampaignAgents";
import { CampaignLimits } from "./CampaignLimits";
import { CampaignMode } from "./CampaignMode";
import { CampaignPacing } from "./CampaignPacing";
import { useBoard, useBoardModel } from "./context";
import { StartPause } from "./StartPause";
import { skillsText } from "./skills";

const STATE_TONE: Record<CampaignView["state"], Tone> = {
  draft: "neutral",
  running: "good",
  paused: "warn",
  finished: "neutral",
};
const STATE_ORDER: CampaignView["state"][] = ["running", "paused", "draft", "finished"];

export function Campaigns({ onCreate }: { onCreate: () => void }) {
  const { campaigns } = useBoard();
  const model = useBoardModel();
  const sorted = Object.values(campaigns).sort(
    (a, b) => STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state) || a.id - b.id,
  );
  const create = (
    <Button small icon="plus" variant="primary" onClick={onCreate} disabled={!model.live} testid="create-campaign">
      {t("campaign.new")}
    </Button>
  );
  return (
    <Panel title={t("board.campaigns")} aside={create} flush testid="campaigns">
      {sorted.length === 0 ? (
        <Empty icon="inbox" title={t("board.no_campaigns")}>
          <p>{t("board.no_campaigns_text")}</p>
        </Empty>
      ) : (
        sorted.map((campaign) => <CampaignCard key={campaign.id} campaign={campaign} />)
      )}
    </Panel>
  );
}

function CampaignCard({ campaign }: { campaign: CampaignView }) {
  const model = useBoardModel();
  const limiting = useSignal(false);
  const staffing = useSignal(false);
  return (
    <article class="campaign" data-testid={`campaign-${campaign.id}`} data-state={campaign.state}>
      <header class="campaign-head">
        <Badge tone={STATE_TONE[campaign.state]}>{t(`campaign_state.${campaign.state}`)}</Badge>
        <h3>
          <bdi>{campaign.name}</bdi>
        </h3>
        <bdi class="muted">{campaign.creditor}</bdi>
        {campaign.skills && campaign.skills.length > 0 && (
          <span class="tag" data-testid={`campaign-${campaign.id}-skills`}>
            {t(campaign.staffing === "skilled" ? "campaign.staffed" : "campaign.needs", {
              skills: skillsText(campaign.skills),
            })}
          </span>
        )}
        <span class="grow" />
        <CampaignMode campaign={campaign} />
        <Button
          small
          disabled={!model.live || campaign.state === "finished"}
          onClick={() => {
            limiting.value = true;
          }}
          testid={`campaign-${campaign.id}-limits`}
        >
          {t("limits.open")}
        </Button>
        <Button
          small
          disabled={!model.live || campaign.state === "finished"}
          onClick={() => {
            staffing.value = true;
          }}
          testid={`campaign-${campaign.id}-staff`}
        >
          {t("board.agents")}
        </Button>
        <a
          class="button button-plain button-small"
          href={`#whatif/${campaign.id}`}
          data-testid={`campaign-${campaign.id}-whatif`}
        >
          {t("view.whatif")}
        </a>
        <StartPause campaign={campaign} />
      </header>
      <p class="campaign-because" data-testid={`campaign-${campaign.id}-because`}>
        <Icon name="info" />
        <span class="num strong">{t("campaign.rate", { n: Math.round(campaign.dial_rate_per_minute) })}</span>
        <span>
          <bdi>{campaign.because}</bdi>
        </span>
      </p>
      <CampaignFigures campaign={campaign} />
      <CampaignPacing campaign={campaign} />
      <Queue campaign={campaign} />
      <Denied denied={campaign.denied} />
      {staffing.value && (
        <CampaignAgents
          campaign={campaign}
          onClose={() => {
            staffing.value = false;
          }}
        />
      )}
      {limiting.value && (
        <CampaignLimits
          campaign={campaign}
          onClose={() => {
            limiting.value = false;
          }}
        />
      )}
    </article>
  );
}

function CampaignFigures({ campaign }: { campaign: CampaignView }) {
  const { id } = campaign;
  const cell = (key: MessageKey, value: number, note?: string) => (
    <Stat label={t(key)} note={note} testid={`campaign-${id}-${key.split(".")[1]}`}>
      {count(value)}
    </Stat>
  );
  return (
    <dl class="campaign-figures">
      {cell("board.agents", campaign.agents)}
      {cell("board.in_flight", campaign.in_flight)}
      {cell("board.dialed", campaign.dialed)}
      {cell("board.answered", campaign.answered, t("campaign.machines", { n: campaign.machines }))}
      {cell("board.bridged", campaign.bridged)}
      <Stat
        label={t("board.abandon_rate")}
        note={t("board.abandoned_count", { n: campaign.abandoned })}
        testid={`campaign-${id}-abandon_rate`}
      >
        <AbandonRate rate={campaign.abandon_rate} />
      </Stat>
      <Stat
        label={t("board.promises")}
        note={<Amounts values={campaign.promised} />}
        testid={`campaign-${id}-promises`}
      >
        {count(campaign.promises)}
      </Stat>
      {cell("board.messages", campaign.messages_sent, t("campaign.delivered", { n: campaign.messages_delivered }))}
    </dl>
  );
}

function Queue({ campaign }: { campaign: CampaignView }) {
  const parts = ["ready", "waiting", "suspended", "done"] as const;
  return (
    <p class="campaign-denied" data-testid={`campaign-${campaign.id}-queue`}>
      <span class="muted">{t("campaign.queue")}</span>
      {parts.map((part) => (
        <span key={part} class="denied-reason" data-testid={`campaign-${campaign.id}-queue-${part}`}>
          {t(`campaign.queue_${part}`)} <span class="num strong">{count(campaign.queue[part])}</span>
        </span>
      ))}
    </p>
  );
}

function Denied({ denied }: { denied: Record<string, number> }) {
  const reasons = Object.entries(denied).sort((a, b) => b[1] - a[1]);
  if (reasons.length === 0) return null;
  return (
    <p class="campaign-denied" data-testid="denied">
      <span class="muted">{t("campaign.denied")}</span>
      {reasons.map(([reason, times]) => (
        <span key={reason} class="denied-reason">
          {word("denied", reason)} <span class="num strong">{count(times)}</span>
        </span>
      ))}
    </p>
  );
}
