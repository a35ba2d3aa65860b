// Messages in the agent's language. English is always loaded and fills what a translation lacks.
import { computed, signal } from "@preact/signals";
import { readPref, writePref } from "../prefs";
import en from "./en.json";

export const LOCALES = { en: "English", es: "Español", fa: "فارسی" } as const;
export type Locale = keyof typeof LOCALES;
export type MessageKey = keyof typeof en;
type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
type Messages = Partial<Record<MessageKey, string | Plural>>;
export type Params = Record<string, string | number>;

const RTL = new Set<Locale>(["fa"]);
const LOADERS: Record<Exclude<Locale, "en">, () => Promise<{ default: unknown }>> = {
  es: () => import("./es.json"),
  fa: () => import("./fa.json"),
};

export const locale = signal<Locale>("en");
const messages = signal<Messages>(en as Messages);
const pluralRules = new Map<string, Intl.PluralRules>();

/** The region's habits of dates and numbers, from the browser, when it speaks the chosen language. */
export const formatLocale = computed(
  () => navigator.languages?.find((name) => name.split("-")[0] === locale.value) ?? locale.value,
);

export function isLocale(value: string | null | undefined): value is Locale {
  return value !== null && value !== undefined && value in LOCALES;
}

export function direction(of: Locale = locale.value): "ltr" | "rtl" {
  return RTL.has(of) ? "rtl" : "ltr";
}

function category(n: number): Intl.LDMLPluralRule {
  const name = locale.value;
  let rules = pluralRules.get(name);
  if (!rules) {
    rules = new Intl.PluralRules(name);
    pluralRules.set(name, rules);
  }
  return rules.select(n);
}

export function template(key: MessageKey, params: Params = {}): string {
  const message = messages.value[key] ?? (en as Messages)[key] ?? key;
  if (typeof message === "string") return message;
  return message[category(Number(params.n ?? 0))] ?? message.other;
}

export function t(key: MessageKey, params: Params = {}): string {
  return template(key, params).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(formatLocale.value).format(value) : value;
  });
}

/** The translation of a word that the server sent as a code; its own label, or the code made readable, when there is none. */
export function word(group: string, code: string, label?: string): string {
  const key = `${group}.${code}` as MessageKey;
  if (key in en && (locale.value !== "en" || label === undefined)) return t(key);
  if (label !== undefined) return label;
  const text = code.replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export async function setLocale(next: Locale, remember = false): Promise<void> {
  messages.value = next === "en" ? (en as Messages) : ((await LOADERS[next]()).default as Messages);
  locale.value = next;
  document.documentElement.lang = next;
  document.documentElement.dir = direction(next);
  if (remember) writePref("language", next);
}

/** The language chosen in this browser, else the user's own, else the browser's. */
export async function startLocale(userLanguage?: string): Promise<void> {
  const asked = [readPref("language"), userLanguage?.slice(0, 2), navigator.language.slice(0, 2)];
  await setLocale(asked.find(isLocale) ?? "en");
}
