// What came of the call: one disposition, picked by click or number, saved on purpose. In wrap-up the clock is shown here.
import type { AgentView, CallView } from "../protocol";
import { t } from "../shared/i18n";
import { Button, Kbd, Panel, shareLeft, Timer } from "../shared/ui";
import { useModel, useView } from "./model";

export function Outcome({ call }: { call: CallView }) {
  const model = useModel();
  const { agent, dispositions } = useView();
  const can = model.can.value.dispose;
  const shown = model.chosen.value ?? call.disposition;
  const saved = call.disposition !== null && shown === call.disposition;
  return (
    <Panel title={t("outcome.title")} aside={<WrapUpClock agent={agent} />} testid="outcome">
      {agent.state === "wrap_up" && agent.deadline && <WrapUpBar agent={agent} call={call} />}
      <fieldset class="outcomes" disabled={!can}>
        <legend class="sr-only">{t("outcome.title")}</legend>
        {dispositions.map(({ code }, index) => (
          <label key={code} class={shown === code ? "outcome outcome-on" : "outcome"}>
            <input
              type="radio"
              name="disposition"
              checked={shown === code}
              onChange={() => {
                model.pick(code);
              }}
              onKeyDown={(event) => {
                if (event.key === "Enter") void model.dispose();
              }}
              data-testid={`disposition-${code}`}
            />
            <span class="grow">{model.dispositionLabel(code)}</span>
            {index < 9 && <Kbd of={String(index + 1)} />}
          </label>
        ))}
      </fieldset>
      <div class="outcome-save">
        <Button
          variant="primary"
          icon="check"
          hint="Enter"
          wide
          disabled={!can || model.outcome() === null}
          busy={model.busy("dispose")}
          onClick={() => void model.dispose()}
          testid="dispose"
        >
          {t(call.phase === "ended" ? "outcome.finish" : "outcome.save")}
        </Button>
        <p class="muted" data-testid="outcome-note">
          {saved && call.disposition
            ? t("outcome.is", { outcome: model.dispositionLabel(call.disposition) })
            : t(shown === null ? "outcome.pick" : "outcome.unsaved")}
        </p>
      </div>
    </Panel>
  );
}

function WrapUpClock({ agent }: { agent: AgentView }) {
  if (agent.state !== "wrap_up" || !agent.deadline) return null;
  return (
    <span class="strong">
      {t("outcome.left")} <Timer until={agent.deadline} testid="wrap-up-timer" />
    </span>
  );
}

function WrapUpBar({ agent, call }: { agent: AgentView; call: CallView }) {
  const model = useModel();
  const deadline = agent.deadline ?? agent.since;
  const total = Date.parse(deadline) - Date.parse(agent.since);
  const fallback = call.disposition ?? call.default_disposition ?? null;
  const outcome = fallback ? model.dispositionLabel(fallback) : t("outcome.campaign_default");
  const left = shareLeft(deadline, total);
  return (
    <div class="wrapup" data-testid="wrap-up">
      <span class="meter" aria-hidden="true">
        <span
          class={left < 0.25 ? "meter-fill meter-fill-warn" : "meter-fill"}
          style={{ inlineSize: `${left * 100}%` }}
        />
      </span>
      <p class="muted" data-testid="default-outcome">
        {t("outcome.default", { outcome })}
      </p>
    </div>
  );
}
