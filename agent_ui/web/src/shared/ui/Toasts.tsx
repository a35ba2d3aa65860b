import { t } from "../i18n";
import { announcement, dismissToast, toasts } from "../notices";
import { IconButton } from "./Button";
import { Icon } from "./Icon";

const ICON = { info: "info", good: "check", error: "warning" } as const;

export function Toasts() {
  return (
    <>
      <div class="toasts" role="log" aria-live="polite" data-testid="toasts">
        {toasts.value.map((toast) => (
          <div key={toast.id} class={`toast toast-${toast.level}`} data-testid={`toast-${toast.level}`}>
            <Icon name={ICON[toast.level]} />
            <span>{toast.text}</span>
            <IconButton icon="cross" label={t("common.dismiss")} onClick={() => dismissToast(toast.id)} />
          </div>
        ))}
      </div>
      <div class="sr-only" aria-live="assertive">
        {announcement.value}
      </div>
    </>
  );
}
