// A modal dialog on the browser's own <dialog>: it traps focus, closes on Escape and gives focus back.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../i18n";
import { IconButton } from "./Button";

export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  wide?: boolean;
  testid?: string;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={props.wide ? "dialog dialog-wide" : "dialog"}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      data-testid={props.testid}
    >
      <header class="dialog-head">
        <h2 id={titleId}>{props.title}</h2>
        <IconButton icon="cross" label={t("common.close")} onClick={props.onClose} testid="dialog-close" />
      </header>
      <div class="dialog-body">{props.children}</div>
    </dialog>
  );
}
