// A callback agreed with the debtor, on the debtor's own clock.
import { useSignal } from "@preact/signals";
import type { FileView } from "../protocol";
import { serverNow } from "../shared/clock";
import { failureText } from "../shared/failure";
import { dateTime, wallClock } from "../shared/format/time";
import { t } from "../shared/i18n";
import { toast } from "../shared/notices";
import { Button, Field } from "../shared/ui";
import { callbackPicks, checkCallback } from "./callback";
import { useModel } from "./model";

export function CallbackForm({ file }: { file: FileView }) {
  const model = useModel();
  const local = useSignal("");
  const own = useSignal(false);
  const tried = useSignal(false);
  const refused = useSignal<string | null>(null);
  const zone = file.timezone;
  const check = checkCallback(local.value, zone, serverNow());
  const error = refused.value ?? (!check.ok && (tried.value || local.value !== "") ? t(check.error) : null);
  const save = async (event: Event) => {
    event.preventDefault();
    tried.value = true;
    if (!check.ok || !model.can.value.callback) return;
    const reply = await model.run("callback", { due_at: check.dueAt, own: own.value }, ["due_at"]);
    if (reply.ok) {
      toast("good", t("callback.saved", { time: dateTime(check.dueAt, zone) }));
      model.pick(model.chosen.value ?? "callback");
      local.value = "";
      tried.value = false;
    } else if (reply.error.field === "due_at") refused.value = failureText(reply.error);
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)} noValidate data-testid="callback-form">
      <Field
        label={t("callback.when", { zone: zone.replaceAll("_", " ") })}
        error={error}
        hint={check.ok ? t("callback.your_time", { time: dateTime(check.dueAt) }) : undefined}
      >
        {(control) => (
          <input
            {...control}
            class="input num"
            type="datetime-local"
            data-first
            min={wallClock(zone, serverNow())}
            value={local.value}
            onInput={(event) => {
              local.value = event.currentTarget.value;
              refused.value = null;
            }}
            data-testid="callback-time"
          />
        )}
      </Field>
      <div class="picks">
        {callbackPicks(zone, serverNow()).map((pick) => (
          <button
            type="button"
            key={pick.key}
            class="pick"
            onClick={() => {
              local.value = pick.local;
              refused.value = null;
            }}
            data-testid={pick.key.replace(".", "-")}
          >
            {t(pick.key)}
          </button>
        ))}
      </div>
      <fieldset class="choices">
        <legend class="field-label">{t("callback.who")}</legend>
        {[false, true].map((mine) => (
          <label key={String(mine)} class="choice">
            <input
              type="radio"
              name="callback-own"
              checked={own.value === mine}
              onChange={() => {
                own.value = mine;
              }}
              data-testid={mine ? "callback-own" : "callback-anyone"}
            />
            {t(mine ? "callback.own" : "callback.anyone")}
          </label>
        ))}
      </fieldset>
      <Button
        type="submit"
        variant="primary"
        icon="calendar"
        busy={model.busy("callback")}
        disabled={!model.can.value.callback}
        testid="callback-save"
      >
        {t("callback.save")}
      </Button>
    </form>
  );
}
