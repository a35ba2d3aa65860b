// Asks for the reason of a change that somebody may have to defend later, and does it.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { t } from "../../shared/i18n";
import { Button, Dialog, Field, Icon } from "../../shared/ui";
import { useAsked } from "./asked";

export function ReasonDialog(props: {
  title: string;
  label: string;
  doIt: string;
  danger?: boolean;
  field: string; // the reason's name in the request
  onSend: (reason: string) => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
  children?: ComponentChildren;
}) {
  const reason = useSignal("");
  const asked = useAsked<unknown>();
  const trouble = asked.trouble.value;
  const send = async (event: Event) => {
    event.preventDefault();
    const given = reason.value.trim();
    if (given === "") {
      asked.trouble.value = { text: t("ledger.need_reason"), field: props.field };
      return;
    }
    if (await asked.ask(() => props.onSend(given))) props.onDone();
  };
  return (
    <Dialog title={props.title} onClose={props.onClose} testid="reason-dialog">
      <form class="stack" onSubmit={(event) => void send(event)} noValidate>
        {props.children}
        <Field label={props.label} error={trouble?.field === props.field ? trouble.text : null}>
          {(control) => (
            <textarea
              {...control}
              class="input"
              rows={3}
              dir="auto"
              maxLength={400}
              value={reason.value}
              onInput={(event) => {
                reason.value = event.currentTarget.value;
              }}
              data-testid="reason"
            />
          )}
        </Field>
        {trouble && trouble.field !== props.field && (
          <p class="alert alert-bad" role="alert" data-testid="reason-trouble">
            <Icon name="warning" />
            <span>{trouble.text}</span>
          </p>
        )}
        <div class="dialog-actions">
          <Button onClick={props.onClose}>{t("common.cancel")}</Button>
          <Button
            type="submit"
            variant={props.danger ? "danger" : "primary"}
            busy={asked.busy.value}
            testid="reason-send"
          >
            {props.doIt}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
