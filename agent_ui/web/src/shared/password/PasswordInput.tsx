// A field for a password: never shown, left to right in every language, and as long as the server takes.
import { Field } from "../ui/Field";

export function PasswordInput(props: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  autocomplete: "current-password" | "new-password";
  testid: string;
  name?: string;
  hint?: string | undefined;
  error?: string | null | undefined;
}) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error}>
      {(control) => (
        <input
          {...control}
          class="input"
          name={props.name}
          type="password"
          dir="ltr"
          maxLength={200}
          autocomplete={props.autocomplete}
          value={props.value}
          onInput={(event) => props.onInput(event.currentTarget.value)}
          data-testid={props.testid}
        />
      )}
    </Field>
  );
}
