// What the compliance tabs share: trouble with a way on, instants in UTC, the server's English words, files to keep, the search for a person.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { api } from "../../shared/api";
import { type MessageKey, t } from "../../shared/i18n";
import { Button, Empty, Icon } from "../../shared/ui";
import { LineForm } from "../forms";
import { type Asked, useAsked } from "./asked";

export function TroubleBox({ asked, onAgain }: { asked: Asked<unknown>; onAgain?: () => void }) {
  if (!asked.trouble.value) return null;
  return (
    <div class="alert alert-bad" role="alert" data-testid="trouble">
      <Icon name="warning" />
      <span class="grow">{asked.trouble.value.text}</span>
      {onAgain && (
        <Button small onClick={onAgain} testid="again">
          {t("start.again")}
        </Button>
      )}
    </div>
  );
}

export function Loading({ asked }: { asked: Asked<unknown> }) {
  if (asked.found.value !== null || asked.trouble.value || !asked.busy.value) return null;
  return <Empty icon="clock" title={t("ledger.loading")} />;
}

/** An instant with its year, without doubt about the zone: what a person writes into a letter to a regulator. */
export function Utc({ at }: { at: string }) {
  const utc = new Date(at).toISOString();
  return (
    <time class="num" dir="ltr" dateTime={utc}>
      {utc.slice(0, 10)} {utc.slice(11, 16)} UTC
    </time>
  );
}

/** A file that the page itself has made. */
export function Download(props: { text: string; type: string; name: string; label: string; testid: string }) {
  const { text, type } = props;
  const address = useSignal("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([text], { type }));
    address.value = made;
    return () => URL.revokeObjectURL(made);
  }, [text, type]);
  return (
    <p>
      <a class="button button-plain" href={address.value} download={props.name} data-testid={props.testid}>
        {props.label}
      </a>
    </p>
  );
}

/** The server's own words: English on every page. */
export function Said({ children }: { children: ComponentChildren }) {
  return (
    <bdi lang="en" dir="auto">
      {children}
    </bdi>
  );
}

export function Facts({ rows }: { rows: readonly (readonly [MessageKey, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(([label, value]) => (
        <div key={label}>
          <dt>{t(label)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Finds a person by the creditor's reference or our number; `onFound` gets our number. */
export function PersonForm({ onFound }: { onFound: (id: number) => void }) {
  const typed = useSignal("");
  const asked = useAsked<{ id: number }>();
  const find = async () => {
    const debtor = typed.value.trim();
    if (debtor === "") {
      asked.refuse("debtor", t("person.need"));
      return;
    }
    const works = await asked.ask(() => api<{ id: number }>("POST", "/api/debtors/find", { debtor }));
    if (works && asked.found.value) onFound(asked.found.value.id);
  };
  return (
    <LineForm
      label={t("person.label")}
      error={asked.trouble.value?.text}
      hint={t("person.hint")}
      maxLength={100}
      value={typed.value}
      onInput={(value) => {
        typed.value = value;
      }}
      testid="person"
      doIt={t("person.find")}
      busy={asked.busy.value}
      sendId="person-find"
      onSubmit={() => void find()}
    />
  );
}
