// Tones for the other side's menus, by click or by the number keys while it is open.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../shared/i18n";
import { Button } from "../shared/ui";
import { useModel } from "./model";

const TONES = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

export function Dialpad() {
  const model = useModel();
  const open = model.dialpadOpen;
  const can = model.can.value.dtmf;
  const sent = useSignal("");
  const pad = useRef<HTMLFieldSetElement>(null);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open.value) return;
    sent.value = "";
    pad.current?.querySelector<HTMLElement>("button")?.focus();
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open.value]);

  const press = (digit: string) => {
    if (!can) return;
    sent.value = (sent.value + digit).slice(-16);
    void model.run("dtmf", { digits: digit });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") open.value = false;
    else if (TONES.includes(event.key)) press(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu" ref={root}>
      <Button
        icon="dialpad"
        hint="k"
        pressed={open.value}
        disabled={!can}
        onClick={() => {
          open.value = !open.value;
        }}
        testid="dialpad"
      >
        {t("call.dialpad")}
      </Button>
      {open.value && can && (
        <fieldset class="menu-list dialpad" ref={pad} onKeyDown={onKeyDown} aria-label={t("call.dialpad")}>
          <output class="dialpad-sent num" dir="ltr">
            {sent.value || "\u00a0"}
          </output>
          {TONES.map((digit) => (
            <button
              type="button"
              key={digit}
              class="dialpad-key"
              onClick={() => press(digit)}
              data-testid={`dtmf-${digit}`}
            >
              {digit}
            </button>
          ))}
        </fieldset>
      )}
    </div>
  );
}
