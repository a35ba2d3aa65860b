// What the gate says of a person now, for each contact point, and when it would say yes.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../shared/api";
import { t, word } from "../../shared/i18n";
import { Badge, Dialog } from "../../shared/ui";
import { Choice, type Option } from "../forms";
import { useAsked } from "./asked";
import { useCampaigns } from "./campaigns";
import { Loading, Said, TroubleBox, Utc } from "./pieces";
import { Local } from "./VerdictCard";
import { type Decision, TONE } from "./verdicts";

export interface PointAnswer {
  channel: string;
  contact_point: number | null;
  ending: string;
  verdict: Decision;
  because: string;
  retry_at: string | null;
  retry_at_local: Record<string, string>;
}

interface Explanation {
  at: string;
  points: PointAnswer[];
}

/** `campaign`: as this one would contact the person, its own rulebooks and lists included; another can be chosen. */
export function WhenAgain(props: { debtor: number; campaign?: number | null; onClose: () => void }) {
  const { debtor, onClose } = props;
  const asked = useAsked<Explanation>();
  const campaigns = useCampaigns();
  const of = useSignal(String(props.campaign ?? ""));
  const path = `/api/debtors/${debtor}/contact${of.value && `?campaign=${of.value}`}`;
  const look = () => void asked.ask(() => api<Explanation>("GET", path));
  useEffect(look, [path]);
  const found = asked.found.value;
  return (
    <Dialog title={t("verdict.when_again")} onClose={onClose} wide testid="when-again-dialog">
      <Choice
        label={t("verdict.for_campaign")}
        options={[["", t("verdict.no_campaign")], ...campaigns.value.map((one): Option => [one.id, one.name])]}
        value={of.value}
        onInput={(value) => {
          of.value = value;
        }}
        testid="when-again-campaign"
        tight
      />
      <TroubleBox asked={asked} onAgain={look} />
      <Loading asked={asked} />
      {found && (
        <div class="stack">
          <p class="muted">
            {t("verdict.asked_at")} <Utc at={found.at} />
          </p>
          {found.points.map((point) => (
            <section key={`${point.channel}-${point.contact_point}`} class="record record-body">
              <p class="record-line">
                <Badge tone={TONE[point.verdict]}>{t(`decision.${point.verdict}`)}</Badge>
                <strong>{word("channel", point.channel)}</strong>
                <bdi dir="ltr">{point.ending}</bdi>
              </p>
              <p>
                <Said>{point.because}</Said>
              </p>
              {point.verdict !== "allow" && (
                <p class="record-line">
                  <span class="muted">{t("verdict.retry")}</span>
                  {point.retry_at ? <Utc at={point.retry_at} /> : t("verdict.no_retry")}
                  <Local times={point.retry_at_local} />
                </p>
              )}
            </section>
          ))}
        </div>
      )}
    </Dialog>
  );
}
