// The search over stored verdicts: any contact of the last years, with the rule that allowed or refused it.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ApiError, api } from "../../shared/api";
import { addDays, calendarDate, dateIn } from "../../shared/format/time";
import { type MessageKey, t, word } from "../../shared/i18n";
import { Button, Empty, Field, Panel } from "../../shared/ui";
import { useAsked } from "./asked";
import { TroubleBox } from "./pieces";
import { VerdictCard } from "./VerdictCard";
import {
  type Answer,
  bodyOf,
  CHANNELS,
  DECISIONS,
  type Filters,
  NO_FILTERS,
  type Place,
  REASONS,
  searchOn,
} from "./verdicts";
import { WhenAgain } from "./WhenAgain";

const FIRST_LOOK_DAYS = 7;

function lately(): Filters {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { ...NO_FILTERS, first: addDays(dateIn(zone, Date.now()), -FIRST_LOOK_DAYS) };
}

export function Verdicts() {
  const filters = useSignal<Filters>(lately());
  const asked = useAsked<Answer & { of: Filters }>();
  const reached = useSignal<Place | null>(null);
  const going = useRef<object | null>(null);
  const person = useSignal<number | null>(null);
  const campaigns = useSignal<{ id: number; name: string }[]>([]);
  useEffect(() => {
    void search(null);
    // the choice of a campaign is a help: without it everything else can still be searched
    api<{ campaigns: { id: number; name: string }[] }>("GET", "/api/campaigns").then(
      (answer) => {
        campaigns.value = answer.campaigns;
      },
      (error) => {
        if (!(error instanceof ApiError)) throw error;
      },
    );
    return () => {
      going.current = null;
    };
  }, []);

  const search = async (from: Place | null) => {
    const before = from ? (asked.found.value?.verdicts ?? []) : [];
    const of = from && asked.found.value ? asked.found.value.of : filters.value;
    const mine = {};
    going.current = mine;
    reached.value = null;
    if (!from) asked.found.value = null;
    await asked.ask(async () => {
      const more = await searchOn(
        (place) => api<Answer>("POST", "/api/verdicts/search", bodyOf(of, place)),
        from,
        (place) => {
          if (going.current !== mine) return false;
          reached.value = place;
          return true;
        },
      );
      return { verdicts: [...before, ...more.verdicts], further: more.further, of };
    });
    if (going.current === mine) reached.value = null;
  };
  const found = asked.found.value;
  return (
    <>
      <Panel title={t("verdict.search")} testid="verdict-search">
        <form
          class="ledger-form"
          onSubmit={(event) => {
            event.preventDefault();
            void search(null);
          }}
          noValidate
        >
          <FilterFields filters={filters.value} campaigns={campaigns.value} fieldError={fieldError} onSet={set} />
          <div class="ledger-send">
            <Button type="submit" variant="primary" busy={asked.busy.value} testid="verdict-find">
              {t("verdict.find")}
            </Button>
          </div>
        </form>
      </Panel>
      <TroubleBox asked={asked} onAgain={() => void search(null)} />
      {asked.busy.value && (
        <div class="alert" role="status" data-testid="verdict-reading">
          <span class="spinner" aria-hidden="true" />
          <span class="grow">
            {reached.value
              ? t("verdict.reached", { date: calendarDate(reached.value.at.slice(0, 10)) })
              : t("ledger.loading")}
          </span>
          {reached.value && (
            <Button
              small
              onClick={() => {
                going.current = null;
              }}
              testid="verdict-stop"
            >
              {t("verdict.stop")}
            </Button>
          )}
        </div>
      )}
      {found && found.verdicts.length === 0 && !asked.busy.value && (
        <Empty icon="shield" title={t("verdict.empty")}>
          <p>{t(found.further ? "verdict.empty_so_far" : "verdict.empty_text")}</p>
        </Empty>
      )}
      {found && found.verdicts.length > 0 && (
        <div class="records" data-testid="verdicts">
          {found.verdicts.map((verdict) => (
            <VerdictCard
              key={verdict.id}
              verdict={verdict}
              onPerson={() => {
                person.value = verdict.debtor;
              }}
            />
          ))}
        </div>
      )}
      {found?.further && (
        <div class="row">
          <Button busy={asked.busy.value} onClick={() => void search(found.further)} testid="verdict-more">
            {t("verdict.more")}
          </Button>
        </div>
      )}
      {person.value !== null && (
        <WhenAgain
          debtor={person.value}
          onClose={() => {
            person.value = null;
          }}
        />
      )}
    </>
  );

  function set(change: Partial<Filters>) {
    filters.value = { ...filters.value, ...change };
  }

  function fieldError(name: string): string | null {
    return asked.trouble.value?.field === name ? asked.trouble.value.text : null;
  }
}

function FilterFields(props: {
  filters: Filters;
  campaigns: { id: number; name: string }[];
  fieldError: (name: string) => string | null;
  onSet: (change: Partial<Filters>) => void;
}) {
  const { filters, fieldError, onSet } = props;
  const day = (name: "first" | "last", label: MessageKey, sent: string) => (
    <Field label={t(label)} error={fieldError(sent)} tight>
      {(control) => (
        <input
          {...control}
          class="input"
          type="date"
          value={filters[name]}
          onInput={(event) => onSet({ [name]: event.currentTarget.value })}
          data-testid={`verdict-${name}`}
        />
      )}
    </Field>
  );
  const select = (
    name: "channel" | "decision" | "reason" | "campaign",
    label: MessageKey,
    options: ComponentChildren,
  ) => (
    <Field label={t(label)} error={fieldError(name)} tight>
      {(control) => (
        <select
          {...control}
          class="input"
          value={filters[name]}
          onChange={(event) => onSet({ [name]: event.currentTarget.value })}
          data-testid={`verdict-${name}`}
        >
          <option value="">{t("verdict.any")}</option>
          {options}
        </select>
      )}
    </Field>
  );
  const words = (group: string, codes: readonly string[]) =>
    codes.map((code) => (
      <option key={code} value={code}>
        {word(group, code)}
      </option>
    ));
  return (
    <>
      <Field label={t("person.label")} error={fieldError("debtor")} tight>
        {(control) => (
          <input
            {...control}
            class="input"
            dir="auto"
            autocomplete="off"
            maxLength={100}
            value={filters.debtor}
            onInput={(event) => onSet({ debtor: event.currentTarget.value })}
            data-testid="verdict-debtor"
          />
        )}
      </Field>
      {select("decision", "verdict.decision", words("decision", DECISIONS))}
      {select("reason", "verdict.reason", words("denied", REASONS))}
      {select("channel", "verdict.channel", words("channel", CHANNELS))}
      {select(
        "campaign",
        "verdict.campaign",
        props.campaigns.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        )),
      )}
      {day("first", "verdict.first", "since")}
      {day("last", "verdict.last", "until")}
    </>
  );
}
