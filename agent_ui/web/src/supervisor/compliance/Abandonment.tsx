// Every campaign's abandonment gauges side by side, read anew while the page is open.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, api } from "../../shared/api";
import { failureText } from "../../shared/failure";
import { count, percent } from "../../shared/format/number";
import { calendarDate } from "../../shared/format/time";
import { t, word } from "../../shared/i18n";
import { Badge, Button, Empty, Icon, Panel } from "../../shared/ui";
import { GaugeCard } from "./GaugeCard";
import { type Block, type CampaignGauges, type Ledger, urgency } from "./gauges";

const LOOK_MS = 10_000;

async function look(found: Signal<Ledger | null>, trouble: Signal<string | null>): Promise<void> {
  try {
    found.value = await api<Ledger>("GET", "/api/compliance/abandonment");
    trouble.value = null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    trouble.value = failureText(error);
  }
}

export function Abandonment() {
  const found = useSignal<Ledger | null>(null);
  const trouble = useSignal<string | null>(null);
  useEffect(() => {
    void look(found, trouble);
    const again = setInterval(() => void look(found, trouble), LOOK_MS);
    return () => clearInterval(again);
  }, []);
  const retry = (
    <Button small onClick={() => void look(found, trouble)} testid="gauges-again">
      {t("start.again")}
    </Button>
  );
  const campaigns = [...(found.value?.campaigns ?? [])].sort((a, b) => urgency(a) - urgency(b) || a.id - b.id);
  return (
    <>
      {trouble.value && (
        <div class="alert alert-bad" role="alert" data-testid="gauges-trouble">
          <Icon name="warning" />
          <span class="grow">{t("gauge.not_read", { why: trouble.value })}</span>
          {retry}
        </div>
      )}
      {!found.value && !trouble.value && <Empty icon="clock" title={t("gauge.loading")} />}
      {found.value && campaigns.length === 0 && (
        <Empty icon="shield" title={t("gauge.empty")}>
          <p>{t("gauge.empty_text")}</p>
          <a class="button button-primary" href="#floor">
            {t("gauge.to_campaigns")}
          </a>
        </Empty>
      )}
      {campaigns.map((campaign) => (
        <CampaignPanel key={campaign.id} campaign={campaign} />
      ))}
    </>
  );
}

function CampaignPanel({ campaign }: { campaign: CampaignGauges }) {
  const held = campaign.gauges.some((gauge) => gauge.holds);
  const aside = (
    <>
      {held && (
        <Badge tone="warn" icon="pause" testid={`held-${campaign.id}`}>
          {t("gauge.held")}
        </Badge>
      )}
      <span>{t(`campaign_state.${campaign.state}`)}</span>
      <span>{word("mode", campaign.mode)}</span>
      <span title={t("gauge.zone")}>
        <bdi dir="ltr">{campaign.timezone}</bdi>
      </span>
    </>
  );
  return (
    <Panel title={<bdi>{campaign.name}</bdi>} aside={aside} testid={`gauges-${campaign.id}`}>
      <div class="gauges">
        {campaign.gauges.map((gauge) => (
          <GaugeCard key={gauge.key} gauge={gauge} />
        ))}
      </div>
      {campaign.blocks.length > 0 && <Blocks blocks={campaign.blocks} />}
    </Panel>
  );
}

function Blocks({ blocks }: { blocks: Block[] }) {
  return (
    <details class="gauge-blocks">
      <summary>{t("gauge.blocks", { n: blocks.length })}</summary>
      <div class="table-wrap">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t("gauge.block")}</th>
              <th scope="col" class="end">
                {t("gauge.answered")}
              </th>
              <th scope="col" class="end">
                {t("gauge.abandoned")}
              </th>
              <th scope="col" class="end">
                {t("gauge.rate")}
              </th>
            </tr>
          </thead>
          <tbody>
            {blocks.map((block) => (
              <tr key={block.first}>
                <th scope="row">
                  {t("gauge.dates", { first: calendarDate(block.first), last: calendarDate(block.last) })}
                </th>
                <td class="end">{count(block.answered)}</td>
                <td class="end">{count(block.abandoned)}</td>
                <td class={block.within_cap ? "end" : "end gauge-bad"}>{percent(block.rate, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
