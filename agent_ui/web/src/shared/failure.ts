// What a refused command says to the person: our own words for codes we know, the server's for the rest.
import type { CommandReply } from "../protocol";
import { type MessageKey, t } from "./i18n";
import en from "./i18n/en.json";

export type Failure = Extract<CommandReply, { ok: false }>["error"];

export function failureText(error: Pick<Failure, "code" | "message">): string {
  const key = `error.${error.code}`;
  return key in en ? t(key as MessageKey) : error.message || t("error.unknown");
}
