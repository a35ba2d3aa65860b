// The way in: login name, password, and a plain word about whatever went wrong.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Me } from "../protocol";
import { ApiError, api } from "../shared/api";
import { tick } from "../shared/clock";
import { duration } from "../shared/format/time";
import { t } from "../shared/i18n";
import { become, go, homeOf } from "../shared/session";
import { Brand } from "../shared/ui/Brand";
import { Button } from "../shared/ui/Button";
import { Field } from "../shared/ui/Field";
import { Icon } from "../shared/ui/Icon";
import { LanguageMenu, ThemeButton } from "../shared/ui/TopBar";

interface Problem {
  text: string;
  field: "login" | "password" | null;
  until: number | null; // local ms at which another try makes sense
}

export function problemOf(error: ApiError, now: number): Problem {
  if (error.status === 429) {
    return { text: t("login.too_many"), field: null, until: now + (error.retryAfterS ?? 60) * 1_000 };
  }
  if (error.status === 401 || error.status === 403) return { text: t("login.wrong"), field: "password", until: null };
  if (error.status === 0) return { text: t("login.unreachable"), field: null, until: null };
  const field = error.field === "login" || error.field === "password" ? error.field : null;
  return { text: error.message || t("login.failed"), field, until: null };
}

export function Login() {
  const login = useSignal("");
  const password = useSignal("");
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const loginInput = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);
  useEffect(() => loginInput.current?.focus(), []);

  const current = problem.value;
  const waitMs = current?.until ? current.until - Math.max(tick.value, Date.now()) : 0;
  const fieldError = (name: "login" | "password") => (current?.field === name ? current.text : null);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy.value || waitMs > 0) return;
    if (login.value.trim() === "") {
      problem.value = { text: t("login.need_login"), field: "login", until: null };
      loginInput.current?.focus();
      return;
    }
    if (password.value === "") {
      problem.value = { text: t("login.need_password"), field: "password", until: null };
      passwordInput.current?.focus();
      return;
    }
    busy.value = true;
    problem.value = null;
    try {
      const session = become(
        await api<Me>("POST", "/api/login", { login: login.value.trim(), password: password.value }),
      );
      go(homeOf(session.user.role));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.value = problemOf(error, Date.now());
      busy.value = false;
      passwordInput.current?.select();
    }
  };

  return (
    <div class="login">
      <div class="login-tools">
        <LanguageMenu />
        <ThemeButton />
      </div>
      <main class="login-card">
        <Brand />
        <h1>{t("login.title")}</h1>
        <form onSubmit={(event) => void submit(event)} noValidate data-testid="login-form">
          <Field label={t("login.login")} error={fieldError("login")}>
            {(control) => (
              <input
                {...control}
                ref={loginInput}
                class="input"
                name="username"
                autocomplete="username"
                autocapitalize="none"
                spellcheck={false}
                dir="ltr"
                value={login.value}
                onInput={(event) => {
                  login.value = event.currentTarget.value;
                }}
                data-testid="login-name"
              />
            )}
          </Field>
          <Field label={t("login.password")} error={fieldError("password")}>
            {(control) => (
              <input
                {...control}
                ref={passwordInput}
                class="input"
                name="password"
                type="password"
                autocomplete="current-password"
                dir="ltr"
                value={password.value}
                onInput={(event) => {
                  password.value = event.currentTarget.value;
                }}
                data-testid="login-password"
              />
            )}
          </Field>
          <div role="alert" class="login-alert">
            {current && !current.field && (
              <p class="alert alert-bad" data-testid="login-error">
                <Icon name="warning" />
                <span>
                  {current.text}
                  {waitMs > 0 && <span class="num"> {t("login.try_in", { time: duration(waitMs + 999) })}</span>}
                </span>
              </p>
            )}
          </div>
          <Button type="submit" variant="primary" wide busy={busy.value} disabled={waitMs > 0} testid="login-submit">
            {t("login.submit")}
          </Button>
        </form>
      </main>
      <footer class="login-foot">{t("login.foot")}</footer>
    </div>
  );
}
