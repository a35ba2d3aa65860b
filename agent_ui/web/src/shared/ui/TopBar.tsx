// The bar on top of each console: the product, the sandbox mark, the page's own controls, language, theme, the person.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { LOCALES, type Locale, locale, setLocale, t } from "../i18n";
import { OwnPassword } from "../password/OwnPassword";
import { me, signOut } from "../session";
import { isDark, toggleTheme } from "../theme";
import { Brand } from "./Brand";
import { IconButton } from "./Button";
import type { Lines } from "./LinkBanner";
import { Menu } from "./Menu";

export function TopBar(props: { connection?: Lines; children?: ComponentChildren; onHelp?: () => void }) {
  const user = me.value?.user;
  const password = useSignal(false);
  return (
    <header class="topbar">
      {password.value && (
        <OwnPassword
          onClose={() => {
            password.value = false;
          }}
        />
      )}
      <div class="topbar-brand">
        <Brand />
        {me.value?.sandbox && (
          <span class="sandbox-mark" title={t("common.sandbox_text")} data-testid="sandbox-mark">
            {t("common.sandbox")}
          </span>
        )}
      </div>
      <div class="topbar-main">{props.children}</div>
      <div class="topbar-tools">
        {props.connection && <LinkDot connection={props.connection} />}
        {props.onHelp && (
          <IconButton icon="keyboard" label={t("keys.title")} onClick={props.onHelp} testid="open-keys" />
        )}
        <LanguageMenu />
        <ThemeButton />
        {user && (
          <Menu
            items={[
              { value: "password", label: t("password.title"), testid: "change-password" },
              { value: "out", label: t("common.sign_out"), testid: "sign-out" },
            ]}
            onPick={(value) => {
              if (value === "out") void signOut();
              else password.value = true;
            }}
            label={t("common.account")}
            variant="ghost"
            small
            icon="user"
            end
            testid="account"
          >
            <bdi class="topbar-name">{user.name}</bdi>
          </Menu>
        )}
      </div>
    </header>
  );
}

const DOTS = {
  connecting: "link.dot_connecting",
  live: "link.dot_live",
  lost: "link.dot_lost",
  ended: "link.dot_lost",
  no_dialer: "link.dot_no_dialer",
} as const;

function LinkDot({ connection: { link, floor } }: { connection: Lines }) {
  const { phase: line } = link.value;
  const phase = line === "live" && !floor.value.up ? "no_dialer" : line;
  const key = DOTS[phase];
  return (
    <span class={`link-dot link-${phase}`} title={t(key)} data-testid="link-state" data-phase={phase}>
      <span class="link-dot-mark" aria-hidden="true" />
      <span class="link-dot-text">{t(key)}</span>
    </span>
  );
}

export function LanguageMenu() {
  return (
    <Menu
      items={Object.entries(LOCALES).map(([value, label]) => ({
        value,
        label,
        lang: value,
        current: value === locale.value,
        testid: `language-${value}`,
      }))}
      onPick={(value) => void setLocale(value as Locale, true)}
      label={t("common.language")}
      variant="ghost"
      small
      icon="globe"
      end
      title={t("common.language")}
      testid="language"
    >
      <span class="upper">{locale.value}</span>
    </Menu>
  );
}

export function ThemeButton() {
  const dark = isDark();
  return (
    <IconButton
      icon={dark ? "sun" : "moon"}
      label={t(dark ? "common.theme_light" : "common.theme_dark")}
      onClick={toggleTheme}
      testid="theme"
    />
  );
}
