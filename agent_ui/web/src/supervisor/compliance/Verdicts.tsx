// The search over stored verdicts: any contact of the last years, with the rule that allowed or refused it.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api } from "../../shared/api";
import { addDays, calendarDate, dateIn } from "../../shared/format/time";
import { t, word } from "../../shared/i18n";
import { Button, Empty, Panel } from "../../shared/ui";
import { Choice, errorAt, type Option, submitting, TextInput } from "../forms";
import { useAsked } from "./asked";
import { type CampaignName, useCampaigns } from "./campaigns";
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
  type Verdict,
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
  const person = useSignal<Verdict | null>(null);
  const campaigns = useCampaigns();
  useEffect(() => {
    void search(null);
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
        <form class="ledger-form" onSubmit={submitting(() => void search(null))} noValidate>
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
                person.value = verdict;
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
          debtor={person.value.debtor}
          campaign={person.value.campaign}
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
    return errorAt(asked, name);
  }
}

function FilterFields(props: {
  filters: Filters;
  campaigns: readonly CampaignName[];
  fieldError: (name: string) => string | null;
  onSet: (change: Partial<Filters>) => void;
}) {
  const { filters, fieldError, onSet } = props;
  const bind = (name: keyof Filters, sent: string = name) => ({
    value: filters[name],
    error: fieldError(sent),
    testid: `verdict-${name}`,
    tight: true,
    onInput: (value: string) => onSet({ [name]: value }),
  });
  const any: Option = ["", t("verdict.any")];
  const words = (group: string, codes: readonly string[]): Option[] => [
    any,
    ...codes.map((code): Option => [code, word(group, code)]),
  ];
  return (
    <>
      <TextInput {...bind("debtor")} label={t("person.label")} maxLength={100} />
      <Choice {...bind("decision")} label={t("verdict.decision")} options={words("decision", DECISIONS)} />
      <Choice {...bind("reason")} label={t("verdict.reason")} options={words("denied", REASONS)} />
      <Choice {...bind("channel")} label={t("verdict.channel")} options={words("channel", CHANNELS)} />
      <Choice
        {...bind("campaign")}
        label={t("verdict.campaign")}
        options={[any, ...props.campaigns.map((one): Option => [one.id, one.name])]}
      />
      <TextInput {...bind("first", "since")} label={t("verdict.first")} type="date" />
      <TextInput {...bind("last", "until")} label={t("verdict.last")} type="date" />
    </>
  );
}
