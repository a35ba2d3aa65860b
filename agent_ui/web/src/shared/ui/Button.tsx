import type { ComponentChildren } from "preact";
import { keyLabel } from "../keys";
import { Icon, type IconName } from "./Icon";

export interface ButtonProps {
  children: ComponentChildren;
  onClick?: () => void;
  variant?: "plain" | "primary" | "danger" | "ghost" | "good";
  type?: "button" | "submit";
  icon?: IconName;
  hint?: string; // the key that does the same
  busy?: boolean;
  disabled?: boolean;
  pressed?: boolean;
  title?: string;
  small?: boolean;
  wide?: boolean;
  testid?: string;
}

export function Button(props: ButtonProps) {
  const { variant = "plain", type = "button", icon, hint, busy = false, disabled = false, pressed } = props;
  const classes = ["button", `button-${variant}`];
  if (props.small) classes.push("button-small");
  if (props.wide) classes.push("button-wide");
  return (
    <button
      type={type}
      class={classes.join(" ")}
      onClick={() => {
        if (!busy) props.onClick?.();
      }}
      disabled={disabled}
      aria-busy={busy}
      aria-pressed={pressed}
      aria-keyshortcuts={hint}
      title={props.title}
      data-testid={props.testid}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      <span class="button-text">{props.children}</span>
      {hint && <Kbd of={hint} />}
    </button>
  );
}

export function Kbd({ of }: { of: string }) {
  return (
    <span class="kbd" aria-hidden="true" dir="ltr">
      {keyLabel(of)}
    </span>
  );
}

export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick: () => void;
  disabled?: boolean;
  busy?: boolean;
  expanded?: boolean;
  testid?: string;
}) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={props.label}
      title={props.label}
      onClick={props.onClick}
      disabled={props.disabled || props.busy}
      aria-busy={props.busy}
      aria-expanded={props.expanded}
      data-testid={props.testid}
    >
      {props.busy ? <span class="spinner" aria-hidden="true" /> : <Icon name={props.icon} />}
    </button>
  );
}
