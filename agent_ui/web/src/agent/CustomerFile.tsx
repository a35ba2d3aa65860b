// The debtor's file, on the page only after the right party is recorded.
import type { DebtView, FileView, PromiseView } from "../protocol";
import { serverNow, tick } from "../shared/clock";
import { languageName } from "../shared/format/language";
import { calendarDate, clockTime, dateTime } from "../shared/format/time";
import { locale, t, word } from "../shared/i18n";
import { Amount, Badge, Empty, Icon, Panel, type Tone } from "../shared/ui";
import { useView } from "./model";
import { Score } from "./Score";
import { Timeline } from "./Timeline";

export function CustomerFile({ file }: { file: FileView }) {
  return (
    <div class="file" data-testid="file">
      <Summary file={file} />
      <div class="file-main">
        <Debts debts={file.debts} />
        {file.promises.length > 0 && <Promises promises={file.promises} />}
        <Timeline items={file.timeline} zone={file.timezone} />
      </div>
      <div class="file-side">
        <Score score={file.score} />
        {file.say.length > 0 && <Say file={file} />}
        {(file.wishes.length > 0 || file.tone) && <Wishes file={file} />}
        <MayContact file={file} />
      </div>
    </div>
  );
}

function countryName(code: string): string {
  try {
    return new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}

function Summary({ file }: { file: FileView }) {
  const askedFor = useView().call?.ask_for;
  tick.value;
  const place = [file.city, countryName(file.country)].filter((part) => part !== null && part !== "").join(", ");
  return (
    <div class="file-summary" data-testid="file-summary">
      {file.name !== askedFor && <bdi class="file-name">{file.name}</bdi>}
      <span>
        <Icon name="globe" />
        <bdi>{place}</bdi>
      </span>
      <span title={file.timezone}>
        <Icon name="clock" />
        {t("file.local_time")} <span class="num">{clockTime(new Date(serverNow()).toISOString(), file.timezone)}</span>
      </span>
      <span>
        <Icon name="message" />
        {languageName(file.language)}
      </span>
    </div>
  );
}

function Debts({ debts }: { debts: DebtView[] }) {
  return (
    <Panel title={t("file.debts")} aside={t("file.debts_count", { n: debts.length })} flush testid="debts">
      {debts.length === 0 ? (
        <Empty icon="coins" title={t("file.no_debts")} />
      ) : (
        <div class="table-wrap">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("file.creditor")}</th>
                <th scope="col" class="end">
                  {t("file.balance")}
                </th>
                <th scope="col" class="end wide-only">
                  {t("file.principal")}
                </th>
                <th scope="col" class="end">
                  {t("file.past_due")}
                </th>
                <th scope="col">{t("file.status")}</th>
              </tr>
            </thead>
            <tbody>
              {debts.map((debt) => (
                <DebtRow key={debt.id} debt={debt} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function DebtRow({ debt }: { debt: DebtView }) {
  return (
    <tr data-testid="debt-row">
      <th scope="row">
        <bdi>{debt.creditor}</bdi>
        <span class="cell-note">
          <bdi>{debt.product}</bdi> · <bdi>{debt.reference}</bdi>
        </span>
      </th>
      <td class="end strong">
        <Amount value={debt.balance} />
      </td>
      <td class="end muted wide-only">
        <Amount value={debt.principal} />
      </td>
      <td class="end">
        {t("file.days", { n: debt.days_past_due })}
        <span class="cell-note">{calendarDate(debt.due_date)}</span>
      </td>
      <td>
        <Badge tone={debt.status === "open" ? "neutral" : "warn"}>{word("debt", debt.status)}</Badge>
      </td>
    </tr>
  );
}

const PROMISE_TONE: Record<string, Tone> = { pending: "busy", kept: "good", broken: "bad" };

function Promises({ promises }: { promises: PromiseView[] }) {
  return (
    <Panel title={t("file.promises")} flush testid="promises">
      <ul class="lines">
        {promises.map((promise) => (
          <li key={promise.id} class="line" data-testid="promise-row">
            <span class="strong">
              <Amount value={promise.amount} />
            </span>
            <span class="grow">{t("file.promise_by", { date: calendarDate(promise.due_date) })}</span>
            <Badge tone={PROMISE_TONE[promise.state] ?? "neutral"}>{word("promise_state", promise.state)}</Badge>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Say({ file }: { file: FileView }) {
  return (
    <Panel title={t("file.say")} flush testid="say">
      <ul class="lines">
        {file.say.map((one) => (
          <li key={one.text} class="line" title={one.source} data-testid="say-row">
            <bdi class="grow strong" lang={file.language} dir="auto">
              {one.text}
            </bdi>
            <Badge tone="neutral">{word("say_when", one.when)}</Badge>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Wishes({ file }: { file: FileView }) {
  const tone = file.tone && (file.tone[locale.value] ?? file.tone.en);
  return (
    <Panel title={t("file.wishes")} flush testid="wishes">
      {tone && (
        <p class="line strong" role="note" data-testid="tone">
          {tone}
        </p>
      )}
      <ul class="lines">
        {file.wishes.map((wish) => (
          <li key={wish.id} class="line" data-testid="wish-row">
            <span class="grow strong">{word("wish", wish.kind)}</span>
            {wish.ends_at && <span class="cell-note">{t("wish.ends", { date: dateTime(wish.ends_at) })}</span>}
            {wish.review_on && (
              <span class="cell-note">{t("wish.review", { date: calendarDate(wish.review_on) })}</span>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function MayContact({ file }: { file: FileView }) {
  return (
    <Panel title={t("file.may_contact")} flush testid="may-contact">
      <ul class="lines">
        {file.may_contact.map((entry) => (
          <li key={entry.channel} class="line">
            <span class={entry.allowed ? "mark mark-good" : "mark mark-bad"}>
              <Icon name={entry.allowed ? "check" : "ban"} />
            </span>
            <span class="grow">
              <span class="strong">{word("channel", entry.channel)}</span>{" "}
              <span class="sr-only">{t(entry.allowed ? "file.allowed" : "file.not_allowed")}</span>
              {entry.retry_at !== null && (
                <span class="cell-note not-before" data-testid="not-before">
                  {t("file.not_before", { when: dateTime(entry.retry_at, file.timezone) })}
                </span>
              )}
              {entry.reasons.length > 0 ? (
                entry.reasons.map((reason) => (
                  <bdi key={reason} class="cell-note">
                    {reason}
                  </bdi>
                ))
              ) : (
                <bdi class="cell-note">{entry.because}</bdi>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
