// Adds a user, and changes one: name, role, language, phone, let in or locked out.
import { useSignal } from "@preact/signals";
import { api } from "../../shared/api";
import { LOCALES, locale, t } from "../../shared/i18n";
import { me } from "../../shared/session";
import { useAsked } from "../compliance/asked";
import { Check, Choice, errorAt, FormDialog, type Option, TextInput } from "../forms";
import { PasswordChoice } from "./Passwords";
import { rolesFor, type UserRecord, type WithPassword } from "./users";

const FIELDS = ["login", "name", "role", "language", "phone_endpoint"] as const;
type Draft = Record<(typeof FIELDS)[number], string>;

const languages = (): Option[] => Object.entries(LOCALES).map(([code, name]) => [code, name]);
const roles = (): Option[] => rolesFor(me.value?.user.role).map((role) => [role, t(`users.role_${role}`)]);

function useDraft(begin: Draft) {
  const draft = useSignal(begin);
  const asked = useAsked<WithPassword>();
  const bind = (name: keyof Draft) => ({
    value: draft.value[name],
    error: errorAt(asked, name),
    testid: `user-form-${name}`,
    onInput: (value: string) => {
      draft.value = { ...draft.value, [name]: value };
    },
  });
  return { draft, asked, bind };
}

type Bind = ReturnType<typeof useDraft>["bind"];

function Fields({ bind, agent }: { bind: Bind; agent: boolean }) {
  return (
    <>
      <TextInput {...bind("name")} label={t("users.name")} maxLength={200} />
      <Choice {...bind("role")} label={t("users.role")} options={roles()} />
      <Choice {...bind("language")} label={t("users.language")} options={languages()} />
      {agent && (
        <TextInput
          {...bind("phone_endpoint")}
          label={t("users.phone")}
          hint={t("users.phone_hint")}
          dir="ltr"
          maxLength={90}
        />
      )}
    </>
  );
}

export function UserAdd({ onDone, onClose }: { onDone: (user: WithPassword) => void; onClose: () => void }) {
  const { draft, asked, bind } = useDraft({
    login: "",
    name: "",
    role: "agent",
    language: locale.value,
    phone_endpoint: "",
  });
  const chosen = useSignal<string | null>(null);
  const send = async () => {
    const { login, name, role, language, phone_endpoint: phone } = draft.value;
    if (login.trim() === "") return asked.refuse("login", t("login.need_login"));
    if (name.trim() === "") return asked.refuse("name", t("users.need_name"));
    if (chosen.value === "") return asked.refuse("password", t("password.need_new"));
    const whole = { login: login.trim(), name: name.trim(), role, language, password: chosen.value };
    const body = role === "agent" && phone.trim() ? { ...whole, phone_endpoint: phone.trim() } : whole;
    const works = await asked.ask(() => api("POST", "/api/users", body));
    if (works && asked.found.value) onDone(asked.found.value);
  };
  return (
    <FormDialog
      title={t("users.add")}
      name="user-form"
      doIt={t("users.add_do")}
      asked={asked}
      fields={[...FIELDS, "password"]}
      onSubmit={() => void send()}
      onClose={onClose}
    >
      <TextInput {...bind("login")} label={t("users.login")} hint={t("users.login_hint")} dir="ltr" maxLength={64} />
      <Fields bind={bind} agent={draft.value.role === "agent"} />
      <PasswordChoice chosen={chosen} asked={asked} />
    </FormDialog>
  );
}

export function UserEdit(props: { user: UserRecord; onDone: (user: UserRecord) => void; onClose: () => void }) {
  const { user } = props;
  const before: Draft = { ...user, phone_endpoint: user.phone_endpoint ?? "" };
  const { draft, asked, bind } = useDraft(before);
  const active = useSignal(user.active);
  const send = async () => {
    if (draft.value.name.trim() === "") return asked.refuse("name", t("users.need_name"));
    const changes: Record<string, unknown> = {};
    for (const name of FIELDS) {
      if (draft.value[name].trim() !== before[name]) changes[name] = draft.value[name].trim();
    }
    if (active.value !== user.active) changes.active = active.value;
    if (Object.keys(changes).length === 0) return props.onClose();
    const works = await asked.ask(() => api("PATCH", `/api/users/${user.id}`, changes));
    if (works && asked.found.value) props.onDone(asked.found.value);
  };
  return (
    <FormDialog
      title={t("users.change_of", { name: user.name })}
      name="user-form"
      doIt={t("users.save")}
      asked={asked}
      fields={FIELDS}
      onSubmit={() => void send()}
      onClose={props.onClose}
    >
      <Fields bind={bind} agent={draft.value.role === "agent"} />
      <Check
        label={t("users.may_log_in")}
        on={active.value}
        onChange={(on) => {
          active.value = on;
        }}
        testid="user-form-active"
      />
      {!active.value && user.active && <p class="alert">{t("users.lock_text")}</p>}
    </FormDialog>
  );
}
