// The planned breaks and the end of the shift of one agent: listed, taken back, and a form for a new one.
import { useSignal } from "@preact/signals";
import type { CommandReply, PlanView } from "../../protocol";
import { serverNow } from "../clock";
import { failureText } from "../failure";
import { dateTime } from "../format/time";
import { t, word } from "../i18n";
import { Button, Field, Icon, IconButton } from "../ui";
import { checkPlan, EMPTY_PLAN, ownZone, PAUSE_REASONS, type PlanArgs, type PlanDraft, planText } from "./plan";

export interface PlanActions {
  plans: readonly PlanView[];
  live: boolean;
  busy: boolean;
  onPlan: (args: PlanArgs) => Promise<CommandReply>;
  onCancel: (planId: number) => void;
}

export function Plans(props: PlanActions) {
  return (
    <div class="stack plans" data-testid="plans">
      {props.plans.length === 0 ? (
        <p class="muted">{t("plan.none")}</p>
      ) : (
        <ul class="plan-list">
          {props.plans.map((plan) => (
            <li key={plan.id} class="plan-line" data-testid={`plan-${plan.id}`}>
              <Icon name={plan.kind === "logout" ? "exit" : "pause"} />
              <span class="grow">{planText(plan)}</span>
              <IconButton
                icon="cross"
                label={t("plan.cancel", { what: planText(plan) })}
                disabled={!props.live}
                onClick={() => props.onCancel(plan.id)}
                testid={`plan-${plan.id}-cancel`}
              />
            </li>
          ))}
        </ul>
      )}
      <PlanForm {...props} />
    </div>
  );
}

type Refused = { field: string | null; text: string };

function PlanForm(props: PlanActions) {
  const draft = useSignal<PlanDraft>(EMPTY_PLAN);
  const tried = useSignal(false);
  const refused = useSignal<Refused | null>(null);
  const check = checkPlan(draft.value, ownZone(), serverNow());
  const set = (change: Partial<PlanDraft>) => {
    draft.value = { ...draft.value, ...change };
    refused.value = null;
  };
  const errorOf = (field: string) => {
    if (refused.value?.field === field) return refused.value.text;
    return !check.ok && tried.value && check.field === field ? t(check.error.key, check.error.params) : null;
  };
  const send = async (event: Event) => {
    event.preventDefault();
    tried.value = true;
    if (!check.ok || props.busy || !props.live) return;
    const reply = await props.onPlan(check.args);
    if (reply.ok) {
      draft.value = { ...draft.value, time: "" };
      tried.value = false;
    } else refused.value = { field: reply.error.field ?? null, text: failureText(reply.error) };
  };
  const general = refused.value && !["at", "minutes", "reason"].includes(refused.value.field ?? "");
  return (
    <form class="plan-form" onSubmit={(event) => void send(event)} noValidate>
      <Inputs draft={draft.value} set={set} errorOf={errorOf} at={check.ok ? check.args.at : null} />
      {general && (
        <p class="alert alert-bad" role="alert" data-testid="plan-trouble">
          <Icon name="warning" />
          <span>{refused.value?.text}</span>
        </p>
      )}
      <p class="muted">{t("plan.after_call")}</p>
      <Button type="submit" icon="clock" disabled={!props.live} busy={props.busy} testid="plan-add">
        {t("plan.add")}
      </Button>
    </form>
  );
}

function Inputs(props: {
  draft: PlanDraft;
  set: (change: Partial<PlanDraft>) => void;
  errorOf: (field: string) => string | null;
  at: string | null;
}) {
  const { draft, set, errorOf } = props;
  return (
    <div class="plan-inputs">
      <Field label={t("plan.what")} error={errorOf("reason")}>
        {(control) => (
          <select
            {...control}
            class="input"
            value={draft.kind === "logout" ? "logout" : draft.reason}
            onChange={({ currentTarget: { value } }) =>
              set(value === "logout" ? { kind: "logout" } : { kind: "pause", reason: value })
            }
            data-testid="plan-what"
          >
            {PAUSE_REASONS.map((reason) => (
              <option key={reason} value={reason}>
                {word("pause", reason)}
              </option>
            ))}
            <option value="logout">{t("plan.leave")}</option>
          </select>
        )}
      </Field>
      <Field label={t("plan.at")} error={errorOf("at")} hint={props.at ? dateTime(props.at) : undefined}>
        {(control) => (
          <input
            {...control}
            class="input num"
            type="time"
            value={draft.time}
            onInput={(event) => set({ time: event.currentTarget.value })}
            data-testid="plan-time"
          />
        )}
      </Field>
      {draft.kind === "pause" && (
        <Field label={t("plan.minutes")} error={errorOf("minutes")}>
          {(control) => (
            <input
              {...control}
              class="input num"
              inputMode="numeric"
              dir="ltr"
              autocomplete="off"
              value={draft.minutes}
              onInput={(event) => set({ minutes: event.currentTarget.value })}
              data-testid="plan-minutes"
            />
          )}
        </Field>
      )}
    </div>
  );
}
