// Small pieces: badges, amounts, names, phones, panels, empty states.
import type { ComponentChildren } from "preact";
import type { Money } from "../../protocol";
import { money } from "../format/money";
import { Icon, type IconName } from "./Icon";

export type Tone = "neutral" | "good" | "busy" | "warn" | "bad" | "violet";

export function Badge(props: { tone?: Tone; icon?: IconName; children: ComponentChildren; testid?: string }) {
  return (
    <span class={`badge badge-${props.tone ?? "neutral"}`} data-testid={props.testid}>
      {props.icon ? <Icon name={props.icon} /> : <span class="badge-dot" aria-hidden="true" />}
      {props.children}
    </span>
  );
}

export function Amount({ value }: { value: Money }) {
  return <bdi class="num">{money(value)}</bdi>;
}

/** Sums in several currencies; they are never added together. */
export function Amounts({ values, none = "—" }: { values: readonly Money[]; none?: string }) {
  if (values.length === 0) return <span class="num muted">{none}</span>;
  return (
    <span class="amounts">
      {values.map((value) => (
        <Amount key={value.currency} value={value} />
      ))}
    </span>
  );
}

export function Phone({ number }: { number: string }) {
  return (
    <bdi dir="ltr" class="num phone">
      {number}
    </bdi>
  );
}

export function Panel(props: {
  title?: ComponentChildren;
  aside?: ComponentChildren;
  children: ComponentChildren;
  kind?: string;
  flush?: boolean;
  testid?: string;
}) {
  return (
    <section class={`panel ${props.kind ?? ""}`} data-testid={props.testid}>
      {props.title && (
        <header class="panel-head">
          <h2>{props.title}</h2>
          {props.aside && <div class="panel-aside">{props.aside}</div>}
        </header>
      )}
      <div class={props.flush ? "panel-body panel-flush" : "panel-body"}>{props.children}</div>
    </section>
  );
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} />
      </span>
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
    </div>
  );
}

export function Stat(props: {
  label: string;
  children: ComponentChildren;
  note?: ComponentChildren;
  tone?: Tone;
  testid?: string;
}) {
  return (
    <div class={`stat ${props.tone ? `stat-${props.tone}` : ""}`} data-testid={props.testid}>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
      {props.note && <dd class="stat-note">{props.note}</dd>}
    </div>
  );
}
