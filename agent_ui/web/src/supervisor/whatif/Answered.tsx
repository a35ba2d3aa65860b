// The answer: each figure with its interval, what it rests on, and what really happened on the last days.
import { count, decimal, percent } from "../../shared/format/number";
import { calendarDate } from "../../shared/format/time";
import { t, word } from "../../shared/i18n";
import { Empty, Panel } from "../../shared/ui";
import { Facts } from "../compliance/pieces";
import { type Answer, type Assumed, type Day, FIGURES, type Figure } from "./whatif";

type Kind = (typeof FIGURES)[number][1];
export function Answered({ answer }: { answer: Answer }) {
  return (
    <>
      <Panel title={t("whatif.would")} flush testid="what-if-figures">
        <div class="table-wrap">
          <table class="table ledger-table">
            <thead>
              <tr>
                <th scope="col">{t("whatif.figure")}</th>
                <th scope="col" class="end">
                  {t("whatif.mean")}
                </th>
                <th scope="col" class="end">
                  {t("whatif.interval")}
                </th>
              </tr>
            </thead>
            <tbody>
              {FIGURES.map(([name, kind]) => {
                const figure = answer.figures[name];
                return figure && <Line key={name} name={name} kind={kind} figure={figure} />;
              })}
            </tbody>
          </table>
        </div>
      </Panel>
      <Happened days={answer.happened} />
      <Rests answer={answer} />
    </>
  );
}

function Line({ name, kind, figure }: { name: string; kind: Kind; figure: Figure }) {
  const interval =
    figure.low === null || figure.high === null
      ? "—"
      : t("whatif.from_to", { low: shown(figure.low, kind), high: shown(figure.high, kind) });
  return (
    <tr data-testid={`what-if-${name}`}>
      <th scope="row">{word("figure", name)}</th>
      <td class="end num" data-label={t("whatif.mean")}>
        {figure.mean === null ? "—" : shown(figure.mean, kind)}
      </td>
      <td class="end num" data-label={t("whatif.interval")}>
        {interval}
      </td>
    </tr>
  );
}

function shown(value: number, kind: Kind): string {
  if (kind === "share") return percent(value, 1);
  if (kind === "seconds") return t("whatif.seconds", { n: decimal(value, 1) });
  if (kind === "minutes") return t("whatif.minutes", { n: decimal(value, 1) });
  return count(Math.round(value));
}

function Happened({ days }: { days: Day[] }) {
  const share = (value: number | null) => (value === null ? "—" : percent(value, 1));
  return (
    <Panel title={t("whatif.happened")} flush={days.length > 0} testid="what-if-happened">
      {days.length === 0 ? (
        <Empty icon="calendar" title={t("whatif.nothing")}>
          <p>{t("whatif.nothing_text")}</p>
        </Empty>
      ) : (
        <div class="table-wrap">
          <table class="table ledger-table">
            <thead>
              <tr>
                <th scope="col">{t("whatif.day")}</th>
                {(["agents", "calls", "answered", "talks", "abandoned", "occupancy"] as const).map((name) => (
                  <th key={name} scope="col" class="end">
                    {t(`whatif.of_${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.map((day) => (
                <tr key={day.day}>
                  <th scope="row">{calendarDate(day.day)}</th>
                  {(["agents", "calls", "answered", "talks"] as const).map((name) => (
                    <td key={name} class="end num" data-label={t(`whatif.of_${name}`)}>
                      {count(day[name])}
                    </td>
                  ))}
                  <td class="end num" data-label={t("whatif.of_abandoned")}>
                    {count(day.abandoned)} ({share(day.abandon_rate)})
                  </td>
                  <td class="end num" data-label={t("whatif.of_occupancy")}>
                    {share(day.occupancy)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Rests({ answer }: { answer: Answer }) {
  const { learnt, assumed } = answer;
  const time = (value: number | null) => (value === null ? "—" : shown(value, "seconds"));
  return (
    <Panel title={t("whatif.rests")} testid="what-if-rests">
      <Facts
        rows={[
          ["whatif.learnt_calls", count(learnt.calls)],
          ["whatif.learnt_answer_rate", percent(learnt.answer_rate, 1)],
          ["whatif.learnt_ring", time(learnt.ring_median_s)],
          ["whatif.learnt_talk", time(learnt.talk_median_s)],
          ["whatif.learnt_wrap_up", time(learnt.wrap_up_median_s)],
        ]}
      />
      {assumed.length > 0 && (
        <div class="assumed">
          <p class="muted">{t("whatif.assumed")}</p>
          <ul class="reasons">
            {assumed.map((one) => (
              <li key={one.code}>{inWords(one)}</li>
            ))}
          </ul>
        </div>
      )}
    </Panel>
  );
}

function inWords({ code, value }: Assumed): string {
  const figure = value === null ? "" : shown(value, code === "wrap_up" ? "seconds" : "share");
  return t(`whatif.assumed_${code}`, { figure });
}
