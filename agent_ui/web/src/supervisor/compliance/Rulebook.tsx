// One rulebook: the picture of a week, the holidays of its year, and every value with its source.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api } from "../../shared/api";
import { decimal } from "../../shared/format/number";
import { addDays, calendarDate } from "../../shared/format/time";
import { t, word } from "../../shared/i18n";
import { Badge, Button, Field, Icon, Panel } from "../../shared/ui";
import { useAsked } from "./asked";
import { Loading, Said, TroubleBox } from "./pieces";
import { type BookDetail, type BookVersion, groups, minuteText, SURE, says, type Value } from "./rulebooks";
import { CHANNELS } from "./verdicts";

interface Look {
  week: string; // "" is this week
  channel: string;
  zone: string; // "" is the rulebook's first
}

export function Rulebook({ id }: { id: string }) {
  const asked = useAsked<BookDetail>();
  const look = useSignal<Look>({ week: "", channel: "voice", zone: "" });
  const read = (change: Partial<Look> = {}) => {
    look.value = { ...look.value, ...change };
    const query = new URLSearchParams(Object.entries(look.value).filter(([, value]) => value !== ""));
    void asked.ask(() => api<BookDetail>("GET", `/api/rulebooks/${encodeURIComponent(id)}?${query}`));
  };
  useEffect(read, [id]);
  const place = useRef<HTMLElement>(null);
  const found = asked.found.value;
  useEffect(() => {
    // the list above it is long: whoever opened it is taken to it
    if (!found) return;
    place.current?.scrollIntoView({ block: "start" });
    place.current?.focus({ preventScroll: true });
  }, [found?.rulebook.id]);
  return (
    <section class="opened" ref={place} tabIndex={-1} aria-label={id}>
      <TroubleBox asked={asked} onAgain={read} />
      <Loading asked={asked} />
      {found && (
        <Panel
          title={
            <>
              <code dir="ltr">{found.rulebook.id}</code> <Said>{found.rulebook.title}</Said>
            </>
          }
          aside={<span>{word("book_kind", found.rulebook.kind)}</span>}
          testid="rulebook"
        >
          <div class="stack">
            <Week found={found} onLook={read} />
            <Holidays found={found} />
            {found.rulebook.versions.map((version) => (
              <Version key={version.version} version={version} />
            ))}
          </div>
        </Panel>
      )}
    </section>
  );
}

function Week({ found, onLook }: { found: BookDetail; onLook: (change: Partial<Look>) => void }) {
  const { week } = found;
  const move = (days: number) => onLook({ week: addDays(week.first, days) });
  return (
    <section aria-label={t("rulebook.week")} data-testid="week">
      <div class="ledger-line week-head">
        <Field label={t("verdict.channel")} tight>
          {(control) => (
            <select
              {...control}
              class="input"
              value={week.channel}
              onChange={(event) => onLook({ channel: event.currentTarget.value })}
              data-testid="week-channel"
            >
              {CHANNELS.map((channel) => (
                <option key={channel} value={channel}>
                  {word("channel", channel)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t("rulebook.zone")} tight>
          {(control) => (
            <select
              {...control}
              class="input"
              dir="ltr"
              value={week.zone}
              onChange={(event) => onLook({ zone: event.currentTarget.value })}
              data-testid="week-zone"
            >
              {found.zones.map((zone) => (
                <option key={zone} value={zone}>
                  {zone}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Button small onClick={() => move(-7)} testid="week-before">
          {t("rulebook.week_before")}
        </Button>
        <Button small onClick={() => move(7)} testid="week-after">
          {t("rulebook.week_after")}
        </Button>
        <span class="muted">{t("rulebook.open_hours", { hours: decimal(week.open_hours) })}</span>
      </div>
      <ol class="week">
        {week.days.map((day) => (
          <li key={day.day} class="week-day" data-testid={`day-${day.day}`}>
            <span>{calendarDate(day.day, undefined, true)}</span>
            <span class="week-bar" aria-hidden="true" dir="ltr">
              {day.open.map(([start, end]) => (
                <span
                  key={start}
                  class="week-open"
                  style={{ insetInlineStart: `${start / 14.4}%`, inlineSize: `${(end - start) / 14.4}%` }}
                />
              ))}
            </span>
            <span class="week-times">
              {day.open.length === 0
                ? t("rulebook.closed")
                : day.open.map(([start, end]) => (
                    <bdi key={start} dir="ltr" class="num">
                      {minuteText(start)}–{minuteText(end)}
                    </bdi>
                  ))}
              {day.notes.map((note) => (
                <span key={note.text} class="week-note">
                  <Icon name={note.kind === "holiday" ? "calendar" : "clock"} /> <Said>{note.text}</Said>
                </span>
              ))}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Holidays({ found }: { found: BookDetail }) {
  return (
    <details data-testid="holidays">
      <summary>{t("rulebook.holidays", { year: String(found.year), count: found.holidays.length })}</summary>
      <ul class="facts">
        {found.holidays.map((holiday) => (
          <li key={holiday.day}>
            {calendarDate(holiday.day, undefined, true)}: <Said>{holiday.name}</Said>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Version({ version }: { version: BookVersion }) {
  const from = version.effective_from ? calendarDate(version.effective_from) : t("rulebook.always");
  const to = version.effective_to ? calendarDate(version.effective_to) : t("rulebook.open_end");
  return (
    <details open={version.in_force} data-testid={`version-${version.version}`}>
      <summary>
        <span class="row">
          {t("rulebook.version")} <bdi dir="ltr">{version.version}</bdi>
          <span class="muted">{t("gauge.dates", { first: from, last: to })}</span>
          {version.in_force && <Badge tone="good">{t("rulebook.in_force")}</Badge>}
          {version.mark && (
            <Badge tone="warn" icon="warning">
              {t("rulebook.draft")}
            </Badge>
          )}
        </span>
      </summary>
      {version.drafts.length > 0 && (
        <p class="alert alert-warn">
          <Icon name="warning" />
          <span>
            {t("rulebook.counsel")} <bdi dir="ltr">{version.drafts.join(", ")}</bdi>
          </span>
        </p>
      )}
      {groups(version.values).map(([group, values]) => (
        <section key={group} class="rule-group">
          <h3>{word("rule", group)}</h3>
          <ul class="reasons">
            {values.map((value, index) => (
              <Rule key={`${value.where}-${index}`} value={value} />
            ))}
          </ul>
        </section>
      ))}
    </details>
  );
}

function Rule({ value }: { value: Value }) {
  return (
    <li>
      <p>
        <code dir="ltr">{value.where}</code> <Said>{says(value)}</Said>
      </p>
      <p class="record-line muted">
        <Badge tone={SURE[value.confidence]}>{word("confidence", value.confidence)}</Badge>
        {value.draft && (
          <Badge tone="warn" icon="warning">
            {t("rulebook.draft")}
          </Badge>
        )}
        <Said>{value.source}</Said>
      </p>
    </li>
  );
}
