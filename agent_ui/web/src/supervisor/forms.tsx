// What the forms of the supervisor's pages are made of: inputs and choices with their notes, a line, and a dialog.
import type { ComponentChildren } from "preact";
import { t } from "../shared/i18n";
import { Button, Dialog, Field, Icon } from "../shared/ui";
import type { Asked } from "./compliance/asked";

interface Labelled {
  label: string;
  value: string;
  onInput: (value: string) => void;
  testid: string;
  error?: string | null | undefined;
  hint?: ComponentChildren;
  tight?: boolean;
}

interface Typed extends Labelled {
  type?: "text" | "date" | "time" | "number";
  dir?: "ltr" | "auto";
  maxLength?: number;
  suggestions?: readonly string[];
}

export function TextInput(props: Typed) {
  const listId = props.suggestions ? `${props.testid}-suggestions` : undefined;
  return (
    <Field label={props.label} error={props.error} hint={props.hint} tight={props.tight ?? false}>
      {(control) => (
        <>
          <input
            {...control}
            class="input"
            type={props.type ?? "text"}
            dir={props.dir ?? "auto"}
            autocomplete="off"
            maxLength={props.maxLength}
            list={listId}
            value={props.value}
            onInput={(event) => props.onInput(event.currentTarget.value)}
            data-testid={props.testid}
          />
          {listId && (
            <datalist id={listId}>
              {props.suggestions?.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

export function TextBlock(props: Labelled & { maxLength?: number }) {
  return (
    <Field label={props.label} error={props.error} hint={props.hint} tight={props.tight ?? false}>
      {(control) => (
        <textarea
          {...control}
          class="input"
          rows={3}
          dir="auto"
          maxLength={props.maxLength ?? 400}
          value={props.value}
          onInput={(event) => props.onInput(event.currentTarget.value)}
          data-testid={props.testid}
        />
      )}
    </Field>
  );
}

export type Option = readonly [value: string | number, text: string];

export function Choice(props: Labelled & { options: readonly Option[] }) {
  return (
    <Field label={props.label} error={props.error} hint={props.hint} tight={props.tight ?? false}>
      {(control) => (
        <select
          {...control}
          class="input"
          value={props.value}
          onChange={(event) => props.onInput(event.currentTarget.value)}
          data-testid={props.testid}
        >
          {props.options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Check(props: { label: string; on: boolean; onChange: (on: boolean) => void; testid: string }) {
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={props.on}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
        data-testid={props.testid}
      />
      {props.label}
    </label>
  );
}

/** What the last question was refused for at this field. */
export function errorAt(asked: Asked<unknown>, field: string): string | null {
  return asked.trouble.value?.field === field ? asked.trouble.value.text : null;
}

/** Trouble that belongs to none of the form's fields. */
export function Refusal({
  asked,
  fields,
  testid,
}: {
  asked: Asked<unknown>;
  fields: readonly string[];
  testid: string;
}) {
  const trouble = asked.trouble.value;
  if (!trouble || fields.includes(trouble.field ?? "")) return null;
  return (
    <p class="alert alert-bad" role="alert" data-testid={testid}>
      <Icon name="warning" />
      <span>{trouble.text}</span>
    </p>
  );
}

/** One input and its button in a line; `children` are further buttons. */
export function LineForm(
  props: Typed & { doIt: string; busy: boolean; sendId: string; onSubmit: () => void; children?: ComponentChildren },
) {
  return (
    <form class="ledger-line" onSubmit={submitting(props.onSubmit)} noValidate>
      <TextInput {...props} />
      <Button type="submit" variant="primary" busy={props.busy} testid={props.sendId}>
        {props.doIt}
      </Button>
      {props.children}
    </form>
  );
}

/** A dialog that does one thing: its fields, its trouble, cancel and do. `name` begins its test ids. */
export function FormDialog(props: {
  title: string;
  name: string;
  testid?: string;
  doIt: string;
  danger?: boolean;
  asked: Asked<unknown>;
  fields: readonly string[];
  onSubmit: () => void;
  onClose: () => void;
  children: ComponentChildren;
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose} testid={props.testid ?? `${props.name}-dialog`}>
      <form class="stack" onSubmit={submitting(props.onSubmit)} noValidate>
        {props.children}
        <Refusal asked={props.asked} fields={props.fields} testid={`${props.name}-trouble`} />
        <div class="dialog-actions">
          <Button onClick={props.onClose}>{t("common.cancel")}</Button>
          <Button
            type="submit"
            variant={props.danger ? "danger" : "primary"}
            busy={props.asked.busy.value}
            testid={`${props.name}-send`}
          >
            {props.doIt}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function submitting(run: () => void): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    run();
  };
}
