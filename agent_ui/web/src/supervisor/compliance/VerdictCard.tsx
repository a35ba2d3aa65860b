// One stored verdict: what was decided and why; opened, everything that it rests on.
import { count } from "../../shared/format/number";
import { calendarDate } from "../../shared/format/time";
import { t, word } from "../../shared/i18n";
import { Badge, Button, Icon } from "../../shared/ui";
import { Evidence } from "./Evidence";
import { Facts, Said, Utc } from "./pieces";
import { TONE, type Verdict } from "./verdicts";

export function VerdictCard({ verdict, onPerson }: { verdict: Verdict; onPerson: () => void }) {
  return (
    <details class="record" data-testid={`verdict-${verdict.id}`}>
      <summary class="record-head">
        <span class="record-line">
          <Badge tone={TONE[verdict.verdict]}>{t(`decision.${verdict.verdict}`)}</Badge>
          <Utc at={verdict.at} />
          <Local times={verdict.at_local} />
          <span class="record-mark">
            <Icon name="chevron" />
          </span>
        </span>
        <span class="record-line muted">
          <span>{word("channel", verdict.channel)}</span>
          <span>{word("origin", verdict.origin)}</span>
          {verdict.campaign_name && <bdi>{verdict.campaign_name}</bdi>}
          <span>
            {t("verdict.person")} <bdi>{verdict.reference || verdict.debtor}</bdi>
          </span>
          {verdict.ending && <bdi dir="ltr">{verdict.ending}</bdi>}
        </span>
        <span class="record-say">{verdict.erased ? t("verdict.erased") : <Said>{verdict.because}</Said>}</span>
      </summary>
      <div class="record-body">
        <Reasons verdict={verdict} />
        <Tallies verdict={verdict} />
        <Facts
          rows={[
            ["verdict.retry", <Retry key="retry" verdict={verdict} />],
            ["verdict.zones", <bdi dir="ltr">{verdict.zones.join(", ") || "—"}</bdi>],
            ["verdict.rulebooks", <bdi dir="ltr">{verdict.rulebooks.join(", ") || "—"}</bdi>],
            ["verdict.tzdb", <bdi dir="ltr">{verdict.tzdb}</bdi>],
            ["verdict.flags", verdict.flags.map((flag) => word("flag", flag)).join(", ") || "—"],
          ]}
        />
        {verdict.attempt && <Evidence attempt={verdict.attempt} />}
        <div class="row">
          <Button small icon="clock" onClick={onPerson} testid="when-again">
            {t("verdict.when_again")}
          </Button>
        </div>
      </div>
    </details>
  );
}

export function Local({ times }: { times: Record<string, string> }) {
  return (
    <>
      {Object.entries(times).map(([zone, local]) => (
        <bdi key={zone} dir="ltr" class="num muted">
          {local} {zone}
        </bdi>
      ))}
    </>
  );
}

function Retry({ verdict }: { verdict: Verdict }) {
  if (verdict.verdict === "allow") return <>—</>;
  if (!verdict.retry_at) return <>{t("verdict.no_retry")}</>;
  return (
    <span class="record-line">
      <Utc at={verdict.retry_at} />
      <Local times={verdict.retry_at_local} />
    </span>
  );
}

function Reasons({ verdict }: { verdict: Verdict }) {
  if (verdict.reasons.length === 0) return null;
  return (
    <ul class="reasons" aria-label={t("verdict.reasons")}>
      {verdict.reasons.map((reason) => (
        <li key={`${reason.rule}${reason.text}`}>
          <p>
            <strong>{word("denied", reason.code)}</strong> <Said>{reason.text}</Said>
          </p>
          <p class="muted">
            <code dir="ltr">
              {reason.rule}
              {reason.version && ` @ ${reason.version}`}
            </code>{" "}
            <Said>{reason.source}</Said>
          </p>
        </li>
      ))}
    </ul>
  );
}

function Tallies({ verdict }: { verdict: Verdict }) {
  if (verdict.tallies.length === 0) return null;
  return (
    <ul class="reasons" aria-label={t("verdict.tallies")}>
      {verdict.tallies.map((tally) => (
        <li key={tally.rule}>
          <code dir="ltr">{tally.rule}</code>{" "}
          {t("verdict.tally", { nth: count(tally.nth), limit: count(tally.limit), since: calendarDate(tally.since) })}
        </li>
      ))}
    </ul>
  );
}
