// Light, dark, or as the system says; remembered in this browser.
import { effect, signal } from "@preact/signals";
import { readPref, writePref } from "./prefs";

export type Theme = "system" | "light" | "dark";

function stored(): Theme {
  const value = readPref("theme");
  return value === "light" || value === "dark" ? value : "system";
}

export const theme = signal<Theme>(stored());
const systemDark = signal(false);

export function isDark(): boolean {
  return theme.value === "dark" || (theme.value === "system" && systemDark.value);
}

export function toggleTheme(): void {
  theme.value = isDark() ? "light" : "dark";
  writePref("theme", theme.value);
}

export function startTheme(): void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  systemDark.value = query.matches;
  query.addEventListener("change", (event) => {
    systemDark.value = event.matches;
  });
  effect(() => {
    if (theme.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  });
}
