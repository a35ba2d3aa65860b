// What a campaign's pacer sees and may spend: lines and seats, answers foretold, the abandonment budget, its calibration.
import type { CampaignView, PacingBudget, PacingView } from "../protocol";
import { count, decimal, percent } from "../shared/format/number";
import { clockTime } from "../shared/format/time";
import { t } from "../shared/i18n";
import { Badge, Icon, Stat } from "../shared/ui";
import { budgetScale, calibrated } from "./pacing";

export function CampaignPacing({ campaign }: { campaign: CampaignView }) {
  const { pacing, id } = campaign;
  if (!pacing || campaign.state !== "running") return null;
  const { phases, seats } = pacing;
  return (
    <section class="pacing" aria-label={t("pacing.title")} data-testid={`campaign-${id}-pacing`}>
      {pacing.calibration?.surprised && <Surprised since={pacing.calibration.since} />}
      <dl class="campaign-figures">
        <Stat
          label={t("pacing.lines")}
          note={t("pacing.phases", {
            ringing: count(phases.dialing + phases.ringing),
            answered: count(phases.detecting + phases.waiting),
            launched: count(pacing.launched),
          })}
          testid={`campaign-${id}-lines-out`}
        >
          {count(pacing.lines)}
        </Stat>
        <Stat
          label={t("pacing.free")}
          note={t("pacing.seats", { talk: count(seats.talk), wrap: count(seats.wrap), pause: count(seats.pause) })}
          testid={`campaign-${id}-free`}
        >
          {count(pacing.free_agents)}
        </Stat>
        <Stat
          label={t("pacing.predicted")}
          note={
            pacing.predicted_free === null
              ? t("pacing.none")
              : t("pacing.predicted_free", {
                  n: decimal(pacing.predicted_free, 1),
                  seconds: count(Math.round(pacing.ahead_s ?? 0)),
                })
          }
          testid={`campaign-${id}-predicted`}
        >
          {pacing.predicted_answers === null ? "—" : decimal(pacing.predicted_answers, 1)}
        </Stat>
        <Came pacing={pacing} id={id} />
        <Budget budget={pacing.budget} id={id} />
        <Calibration pacing={pacing} id={id} />
      </dl>
    </section>
  );
}

/** The forecast that is out: how many answers of the calls in flight it expected, and how many have come. */
function Came({ pacing, id }: { pacing: PacingView; id: number }) {
  const { forecast } = pacing;
  const note = forecast ? t("pacing.within", { n: count(Math.round(forecast.within_s)) }) : t("pacing.no_forecast");
  return (
    <Stat label={t("pacing.answers")} note={note} testid={`campaign-${id}-came`}>
      {forecast ? t("pacing.came", { came: count(forecast.came), expected: decimal(forecast.expected, 1) }) : "—"}
    </Stat>
  );
}

function Surprised({ since }: { since: string | null }) {
  return (
    <p class="alert alert-warn" role="alert" data-testid="pacing-surprised">
      <Icon name="warning" />
      <span>
        {t("pacing.surprised")} {since && <time dateTime={since}>{t("pacing.since", { time: clockTime(since) })}</time>}
      </span>
    </p>
  );
}

function Budget({ budget, id }: { budget: PacingBudget; id: number }) {
  const scale = budgetScale(budget);
  const note =
    budget.bound === null || budget.limit === null
      ? t("pacing.no_gauge")
      : t("pacing.bound", { bound: percent(budget.bound, 2), limit: percent(budget.limit, 1) });
  return (
    <Stat
      label={t("pacing.budget")}
      note={
        <>
          {scale && (
            <span class="gauge-scale pacing-scale" aria-hidden="true">
              <span class="gauge-bound" style={{ inlineSize: `${scale.bound}%` }} />
              <span class={`gauge-fill meter-fill-${scale.tone}`} style={{ inlineSize: `${scale.rate}%` }} />
              <span class="gauge-limit" />
            </span>
          )}
          {note}
        </>
      }
      testid={`campaign-${id}-budget`}
    >
      {budget.holds ? (
        <Badge tone="warn" icon="pause">
          {t("gauge.held")}
        </Badge>
      ) : budget.remaining === null ? (
        t("pacing.unlimited")
      ) : (
        t("pacing.remaining", { n: budget.remaining })
      )}
    </Stat>
  );
}

/** Of honest forecasts, a tenth of what came lies under the 10 % quantile, half under the 50 % and so on. */
function Calibration({ pacing, id }: { pacing: PacingView; id: number }) {
  const { calibration } = pacing;
  const shares = calibrated(calibration);
  return (
    <Stat
      label={t("pacing.calibration")}
      note={shares ? t("pacing.forecasts", { n: calibration?.forecasts ?? 0 }) : t("pacing.not_yet")}
      testid={`campaign-${id}-calibration`}
    >
      {shares ? (
        <span class="num" title={t("pacing.calibration_text")}>
          {shares.map((share) => percent(share, 0)).join(" · ")}
        </span>
      ) : (
        "—"
      )}
    </Stat>
  );
}
