// A labelled control with its hint and its error; the error is tied to the control for screen readers.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./Icon";

export interface ControlProps {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string;
}

export function Field(props: {
  label: ComponentChildren;
  error?: string | null | undefined;
  hint?: ComponentChildren;
  tight?: boolean; // no room is kept for a note: for controls that can hardly be wrong
  children: (control: ControlProps) => ComponentChildren;
}) {
  const id = useId();
  const error = props.error ?? null;
  return (
    <div class={error ? "field field-bad" : "field"}>
      <label class="field-label" for={id}>
        {props.label}
      </label>
      {props.children({ id, "aria-invalid": error !== null, "aria-describedby": `${id}-note` })}
      <div class={props.tight ? "field-note field-note-tight" : "field-note"} id={`${id}-note`} aria-live="polite">
        {error ? (
          <span class="field-error" data-testid="field-error">
            <Icon name="warning" />
            {error}
          </span>
        ) : (
          props.hint && <span class="field-hint">{props.hint}</span>
        )}
      </div>
    </div>
  );
}
