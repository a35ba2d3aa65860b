// Asks for the reason of a change that somebody may have to defend later, and does it.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { t } from "../../shared/i18n";
import { errorAt, FormDialog, TextBlock } from "../forms";
import { useAsked } from "./asked";

export function ReasonDialog(props: {
  title: string;
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
  const send = async () => {
    const given = reason.value.trim();
    if (given === "") asked.refuse(props.field, t("ledger.need_reason"));
    else if (await asked.ask(() => props.onSend(given))) props.onDone();
  };
  return (
    <FormDialog
      title={props.title}
      name="reason"
      doIt={props.doIt}
      danger={props.danger ?? false}
      asked={asked}
      fields={[props.field]}
      onSubmit={() => void send()}
      onClose={props.onClose}
    >
      {props.children}
      <TextBlock
        label={t("ledger.reason")}
        error={errorAt(asked, props.field)}
        value={reason.value}
        onInput={(value) => {
          reason.value = value;
        }}
        testid="reason"
      />
    </FormDialog>
  );
}
