// "What if I had 8 agents and dialed this list at 10 o'clock?": simulated from the campaign's own calls, beside what happened.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api } from "../../shared/api";
import { percent } from "../../shared/format/number";
import { t, word } from "../../shared/i18n";
import { Button, Empty, Icon, Panel } from "../../shared/ui";
import { useAsked } from "../compliance/asked";
import type { CampaignName } from "../compliance/campaigns";
import { Loading, TroubleBox } from "../compliance/pieces";
import { Choice, errorAt, type Option, Refusal, submitting, TextInput } from "../forms";
import { place } from "../view";
import { Answered } from "./Answered";
import {
  bodyOf,
  follow,
  LIMITS,
  type NumberName,
  over,
  QUESTION,
  type Question,
  type Run,
  wrongNumber,
} from "./whatif";

const LOOK_MS = 500;
const MODES = ["progressive", "power", "predictive"] as const;
const FIELDS = ["agents", "start", "hours", "mode", "seeds"];

export function WhatIf() {
  const asked = useAsked<{ campaigns: CampaignName[] }>();
  const look = () => void asked.ask(() => api("GET", "/api/campaigns"));
  useEffect(look, []);
  const campaigns = asked.found.value?.campaigns;
  const chosen = place.value.tab ?? String(campaigns?.[0]?.id ?? "");
  return (
    <main class="compliance" data-testid="what-if">
      <TroubleBox asked={asked} onAgain={look} />
      {chosen === "" && <Loading asked={asked} />}
      {chosen === "" && campaigns && (
        <Empty icon="inbox" title={t("whatif.no_campaign")}>
          <p>{t("whatif.no_campaign_text")}</p>
        </Empty>
      )}
      {chosen !== "" && (
        <Ask
          key={chosen}
          campaign={chosen}
          campaigns={(campaigns ?? []).map((one): Option => [one.id, one.name])}
          onCampaign={(id) => {
            location.hash = `whatif/${id}`;
          }}
        />
      )}
    </main>
  );
}

function Ask(props: { campaign: string; campaigns: readonly Option[]; onCampaign: (id: string) => void }) {
  const question = useSignal<Question>(QUESTION);
  const asked = useAsked<Run>();
  const heard = useSignal<Run | null>(null);
  const going = useRef<object | null>(null);
  useEffect(
    () => () => {
      going.current = null;
    },
    [],
  );
  const path = `/api/campaigns/${props.campaign}/what-if`;
  const send = async () => {
    const wrong = wrongNumber(question.value);
    if (wrong) {
      const [least, most] = LIMITS[wrong];
      asked.refuse(wrong, t("campaign.out_of_range", { least, most }));
      return;
    }
    const mine = {};
    going.current = mine;
    heard.value = null;
    asked.found.value = null;
    asked.trouble.value = null;
    await asked.ask(async () => {
      const begun = await api<Run>("POST", path, bodyOf(question.value));
      return follow(
        begun,
        (id) => api<Run>("GET", `${path}/${id}`),
        () => new Promise((resolve) => setTimeout(resolve, LOOK_MS)),
        (run) => {
          if (going.current !== mine) return false;
          heard.value = run;
          return true;
        },
      );
    });
  };
  const run = asked.found.value;
  return (
    <>
      <Panel title={t("whatif.title")} testid="what-if-question">
        <p class="muted">{t("whatif.text")}</p>
        <form class="ledger-form" onSubmit={submitting(() => void send())} noValidate>
          <Choice
            label={t("verdict.campaign")}
            options={props.campaigns}
            value={props.campaign}
            onInput={props.onCampaign}
            testid="what-if-campaign"
          />
          <Fields question={question.value} error={(name) => errorAt(asked, name)} onSet={set} />
          <div class="ledger-send">
            <Button type="submit" variant="primary" busy={asked.busy.value} testid="what-if-ask">
              {t("whatif.ask")}
            </Button>
          </div>
        </form>
        <Refusal asked={asked} fields={FIELDS} testid="what-if-trouble" />
      </Panel>
      {asked.busy.value && heard.value && !over(heard.value) && <Progress run={heard.value} />}
      {run && (run.state === "failed" || run.state === "timeout") && (
        <p class="alert alert-bad" role="alert" data-testid="what-if-failed">
          <Icon name="warning" />
          <span>{run.message || t(`whatif.${run.state}`)}</span>
        </p>
      )}
      {run?.answer && <Answered answer={run.answer} />}
    </>
  );

  function set(change: Partial<Question>) {
    question.value = { ...question.value, ...change };
  }
}

function Fields(props: {
  question: Question;
  error: (name: string) => string | null;
  onSet: (change: Partial<Question>) => void;
}) {
  const bind = (name: keyof Question) => ({
    label: t(`whatif.${name}`),
    value: props.question[name],
    error: props.error(name),
    testid: `what-if-${name}`,
    onInput: (value: string) => props.onSet({ [name]: value }),
  });
  const range = (name: NumberName) => t("campaign.range", { least: LIMITS[name][0], most: LIMITS[name][1] });
  return (
    <>
      <TextInput {...bind("agents")} type="number" hint={range("agents")} />
      <TextInput {...bind("start")} type="time" hint={t("whatif.start_hint")} />
      <TextInput {...bind("hours")} type="number" hint={range("hours")} />
      <Choice
        {...bind("mode")}
        options={[["", t("whatif.own_mode")], ...MODES.map((mode): Option => [mode, word("mode", mode)])]}
      />
      <TextInput {...bind("seeds")} type="number" hint={t("whatif.seeds_hint")} />
    </>
  );
}

function Progress({ run }: { run: Run }) {
  const text = t(run.state === "waiting" ? "whatif.waiting" : "whatif.running", { share: percent(run.progress, 0) });
  return (
    <Panel testid="what-if-progress">
      <div class="stack" role="status">
        <span>{text}</span>
        <progress class="progress" max={1} value={run.progress} aria-label={text} />
      </div>
    </Panel>
  );
}
