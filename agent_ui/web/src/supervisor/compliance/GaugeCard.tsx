// One regime's gauge: the rate, how sure it is, how much is left, and what follows.
import { count, percent } from "../../shared/format/number";
import { calendarDate } from "../../shared/format/time";
import { t } from "../../shared/i18n";
import { Badge, Icon } from "../../shared/ui";
import { type Gauge, onScale, TONES } from "./gauges";

export function GaugeCard({ gauge }: { gauge: Gauge }) {
  const tone = TONES[gauge.state];
  const { rate, bound } = onScale(gauge);
  return (
    <article class="gauge" data-testid={`gauge-${gauge.key}`} data-state={gauge.state}>
      <header class="gauge-head">
        <h3>{t(`regime.${gauge.regime}`)}</h3>
        <Badge tone={gauge.binds ? tone : "neutral"}>{t(`gauge.${gauge.state}`)}</Badge>
      </header>
      <p class="gauge-period">{period(gauge)}</p>
      <p class="gauge-rate">
        <span class={`num gauge-number gauge-${gauge.binds ? tone : "neutral"}`}>
          {gauge.rate === null ? "—" : percent(gauge.rate, 2)}
        </span>
        <span class="muted">{t("gauge.counts", { lost: gauge.abandoned, answered: count(gauge.answered) })}</span>
      </p>
      <div class="gauge-scale" aria-hidden="true">
        <span class="gauge-bound" style={{ inlineSize: `${bound}%` }} />
        <span class={`gauge-fill meter-fill-${tone}`} style={{ inlineSize: `${rate}%` }} />
        <span class="gauge-limit" />
      </div>
      <p class="gauge-note">
        {t("gauge.bound", {
          bound: percent(gauge.bound, 2),
          confidence: percent(gauge.confidence),
          limit: percent(gauge.limit, Number.isInteger(Math.round(gauge.limit * 1e6) / 1e4) ? 0 : 2),
        })}
      </p>
      {gauge.few && <p class="gauge-note">{t("gauge.few", { n: gauge.min_answers })}</p>}
      {gauge.state !== "review" && (
        <p class={gauge.holds ? "gauge-so strong" : "gauge-so"} data-testid={`gauge-${gauge.key}-so`}>
          {gauge.holds && <Icon name="pause" />}
          <span>{consequence(gauge)}</span>
        </p>
      )}
      {gauge.regime === "gb-ofcom" && <Evidence gauge={gauge} />}
      {!gauge.binds && <p class="gauge-note">{t("gauge.not_binding")}</p>}
      {gauge.binds && !gauge.paces && <p class="gauge-note">{t("gauge.alarms_only")}</p>}
    </article>
  );
}

function period(gauge: Gauge): string {
  if (gauge.first && gauge.last) {
    return t("gauge.dates", { first: calendarDate(gauge.first), last: calendarDate(gauge.last) });
  }
  return t("gauge.hours", { n: gauge.hours ?? 0 });
}

function consequence(gauge: Gauge): string {
  if (gauge.clean_needed !== null) {
    return t(gauge.holds ? "gauge.holds" : "gauge.uncertain", { n: gauge.clean_needed });
  }
  return t("gauge.headroom", { n: gauge.headroom + 1, next: gauge.next_answers });
}

function Evidence({ gauge }: { gauge: Gauge }) {
  const { evidence } = gauge;
  if (evidence) {
    return (
      <p class="gauge-note">
        {t("gauge.evidence", {
          found: evidence.false_positives,
          sample: evidence.sample,
          date: calendarDate(evidence.tested_on),
          by: evidence.by,
        })}
      </p>
    );
  }
  if (gauge.state !== "review") return null;
  return (
    <p class="gauge-note" data-testid="gauge-evidence-missing">
      {t("gauge.no_evidence")} <a href="#compliance/amd">{t("gauge.record_evidence")}</a>
    </p>
  );
}
