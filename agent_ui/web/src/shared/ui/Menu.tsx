// A button that opens a short list of choices: arrows move, Enter takes, Escape and a click elsewhere close.
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button, type ButtonProps } from "./Button";

export interface MenuItem {
  value: string;
  label: ComponentChildren;
  testid?: string;
  lang?: string;
  current?: boolean;
}

export function Menu(
  props: Omit<ButtonProps, "onClick" | "type"> & {
    items: MenuItem[];
    onPick: (value: string) => void;
    open?: Signal<boolean>; // given when something else, a key, opens it too
    label: string;
    end?: boolean;
  },
) {
  const { items, onPick, open: given, label, end, children, ...button } = props;
  const own = useSignal(false);
  const open = given ?? own;
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open.value) return;
    root.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open.value]);

  const close = () => {
    open.value = false;
    root.current?.querySelector("button")?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open.value) return;
    const entries = [...(root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const digit = /^[1-9]$/.test(event.key) ? entries[Number(event.key) - 1] : undefined;
    if (step) entries[(at + step + entries.length) % entries.length]?.focus();
    else if (digit) digit.click();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the menu items inside
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <Button
        {...button}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {children}
      </Button>
      {open.value && (
        <div class={end ? "menu-list menu-list-end" : "menu-list"} role="menu" aria-label={label}>
          {items.map((item) => (
            <button
              type="button"
              key={item.value}
              role="menuitem"
              class="menu-item"
              lang={item.lang}
              aria-current={item.current}
              data-testid={item.testid}
              onClick={() => {
                close();
                onPick(item.value);
              }}
            >
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
