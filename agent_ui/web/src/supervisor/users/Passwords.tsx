// A password that somebody else gives: made by chance and shown once, or chosen by hand.
import { type Signal, useSignal } from "@preact/signals";
import { api } from "../../shared/api";
import { t } from "../../shared/i18n";
import { PasswordInput } from "../../shared/password/PasswordInput";
import { Button, Dialog } from "../../shared/ui";
import { type Asked, useAsked } from "../compliance/asked";
import { Choice, errorAt, FormDialog } from "../forms";
import type { UserRecord } from "./users";

/** `null`: by chance. */
export function PasswordChoice({ chosen, asked }: { chosen: Signal<string | null>; asked: Asked<unknown> }) {
  return (
    <>
      <Choice
        label={t("users.password")}
        value={chosen.value === null ? "chance" : "hand"}
        onInput={(kind) => {
          chosen.value = kind === "chance" ? null : "";
        }}
        options={[
          ["chance", t("users.password_chance")],
          ["hand", t("users.password_hand")],
        ]}
        testid="password-kind"
      />
      {chosen.value !== null && (
        <PasswordInput
          label={t("password.new")}
          hint={t("password.rules")}
          error={errorAt(asked, "password")}
          autocomplete="new-password"
          value={chosen.value}
          onInput={(value) => {
            chosen.value = value;
          }}
          testid="password-hand"
        />
      )}
    </>
  );
}

export function NewPassword(props: {
  user: UserRecord;
  onDone: (password: string | undefined) => void;
  onClose: () => void;
}) {
  const { user } = props;
  const asked = useAsked<{ password?: string }>();
  const chosen = useSignal<string | null>(null);
  const send = async () => {
    if (chosen.value === "") return asked.refuse("password", t("password.need_new"));
    const works = await asked.ask(() => api("PUT", `/api/users/${user.id}/password`, { password: chosen.value }));
    if (works) props.onDone(asked.found.value?.password);
  };
  return (
    <FormDialog
      title={t("users.new_password_of", { name: user.name })}
      name="user-password"
      doIt={t("users.new_password_do")}
      asked={asked}
      fields={["password"]}
      onSubmit={() => void send()}
      onClose={props.onClose}
    >
      <p class="muted">{t("users.new_password_text")}</p>
      <PasswordChoice chosen={chosen} asked={asked} />
    </FormDialog>
  );
}

export function ShownPassword(props: { name: string; password: string; onClose: () => void }) {
  return (
    <Dialog title={t("users.shown", { name: props.name })} onClose={props.onClose} testid="shown-password">
      <div class="stack">
        <p>
          <output class="one-time" dir="ltr" data-testid="one-time-password">
            {props.password}
          </output>
        </p>
        <p>{t("users.shown_text")}</p>
        <div class="dialog-actions">
          <Button variant="primary" onClick={props.onClose} testid="shown-password-close">
            {t("users.shown_close")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
