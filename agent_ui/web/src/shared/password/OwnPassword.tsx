// One's own password: the old one, a new one twice. Every other session ends, and this page goes on.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ApiError, api } from "../api";
import { tick } from "../clock";
import { failureText } from "../failure";
import { duration } from "../format/time";
import { t } from "../i18n";
import { toast } from "../notices";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { PasswordInput } from "./PasswordInput";

const NAMES = ["old", "new", "again"] as const;
type Name = (typeof NAMES)[number];

interface Problem {
  field: Name | null;
  text: string;
  until: number | null; // local ms at which another try makes sense
}

function problemOf(error: ApiError): Problem {
  if (error.status === 429) {
    return { field: null, text: t("login.too_many"), until: Date.now() + (error.retryAfterS ?? 60) * 1_000 };
  }
  if (error.field === "old") return { field: "old", text: t("password.wrong_old"), until: null };
  return { field: error.field === "new" ? "new" : null, text: failureText(error), until: null };
}

export function OwnPassword({ onClose }: { onClose: () => void }) {
  const typed = useSignal<Record<Name, string>>({ old: "", new: "", again: "" });
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const focus = (name: Name) => form.current?.querySelector<HTMLInputElement>(`[name=${name}]`)?.focus();
  useEffect(() => focus("old"), []);
  const refuse = (field: Name, text: string) => {
    problem.value = { field, text, until: null };
    focus(field);
  };
  const waitMs = problem.value?.until ? problem.value.until - Math.max(tick.value, Date.now()) : 0;
  const send = async (event: Event) => {
    event.preventDefault();
    const { old, new: wanted, again } = typed.value;
    if (busy.value || waitMs > 0) return;
    if (old === "") return refuse("old", t("password.need_old"));
    if (wanted === "") return refuse("new", t("password.need_new"));
    if (again !== wanted) return refuse("again", t("password.differ"));
    busy.value = true;
    problem.value = null;
    try {
      await api("PUT", "/api/me/password", { old, new: wanted });
      toast("good", t("password.done"));
      onClose();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = problemOf(error);
      if (problem.value.field) focus(problem.value.field);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={t("password.title")} onClose={onClose} testid="own-password">
      <form class="stack" ref={form} onSubmit={(event) => void send(event)} noValidate>
        {NAMES.map((name) => (
          <PasswordInput
            key={name}
            name={name}
            label={t(`password.${name}`)}
            hint={name === "new" ? t("password.rules") : undefined}
            error={problem.value?.field === name ? problem.value.text : null}
            autocomplete={name === "old" ? "current-password" : "new-password"}
            value={typed.value[name]}
            onInput={(value) => {
              typed.value = { ...typed.value, [name]: value };
            }}
            testid={`password-${name}`}
          />
        ))}
        {problem.value && !problem.value.field && (
          <p class="alert alert-bad" role="alert" data-testid="password-trouble">
            <Icon name="warning" />
            <span>
              {problem.value.text}
              {waitMs > 0 && <span class="num"> {t("login.try_in", { time: duration(waitMs + 999) })}</span>}
            </span>
          </p>
        )}
        <div class="dialog-actions">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" variant="primary" busy={busy.value} disabled={waitMs > 0} testid="password-send">
            {t("password.do")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
