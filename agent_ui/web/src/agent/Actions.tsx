// One form at a time: promise, callback, note, wish, opt-out.
import type { FileView } from "../protocol";
import { t } from "../shared/i18n";
import { Button, type IconName } from "../shared/ui";
import { CallbackForm } from "./CallbackForm";
import { type PanelName, useModel } from "./model";
import { NoteForm } from "./NoteForm";
import { OptOutForm } from "./OptOutForm";
import { PromiseForm } from "./PromiseForm";
import { WishForm } from "./WishForm";

const TABS: { name: PanelName; icon: IconName; hint: string }[] = [
  { name: "promise", icon: "coins", hint: "alt+p" },
  { name: "callback", icon: "calendar", hint: "alt+c" },
  { name: "note", icon: "note", hint: "n" },
  { name: "wish", icon: "warning", hint: "alt+w" },
  { name: "opt_out", icon: "ban", hint: "alt+o" },
];

export function Actions({ file }: { file: FileView | null }) {
  const model = useModel();
  const needsFile = model.panel.value === "promise" || model.panel.value === "callback";
  const current = needsFile && !file ? "note" : model.panel.value;
  return (
    <section class="panel actions" aria-label={t("actions.title")}>
      <div class="actions-tabs">
        {TABS.filter(({ name }) => file || (name !== "promise" && name !== "callback")).map(({ name, icon, hint }) => (
          <Button
            key={name}
            small
            variant="ghost"
            icon={icon}
            pressed={current === name}
            title={`${t(`actions.${name}`)} (${hint})`}
            onClick={() => model.openPanel(name)}
            testid={`tab-${name}`}
          >
            {t(`actions.${name}`)}
          </Button>
        ))}
      </div>
      <div class="panel-body" data-panel={current}>
        {current === "promise" && file && <PromiseForm key={file.debtor_id} file={file} />}
        {current === "callback" && file && <CallbackForm file={file} />}
        {current === "note" && <NoteForm />}
        {current === "wish" && <WishForm />}
        {current === "opt_out" && <OptOutForm />}
      </div>
    </section>
  );
}
