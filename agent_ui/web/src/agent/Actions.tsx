// One form at a time: promise, callback, note, wish, opt-out.
import type { ComponentChildren } from "preact";
import type { FileView } from "../protocol";
import { t } from "../shared/i18n";
import { Button, type IconName } from "../shared/ui";
import { CallbackForm } from "./CallbackForm";
import { type PanelName, useModel, useView } from "./model";
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
  const attempt = useView().call?.attempt_id ?? "";
  const forms: Record<PanelName, ComponentChildren> = {
    promise: file && <PromiseForm key={file.debtor_id} file={file} />,
    callback: file && <CallbackForm key={file.debtor_id} file={file} />,
    note: <NoteForm />,
    wish: <WishForm />,
    opt_out: <OptOutForm />,
  };
  const tabs = TABS.filter(({ name }) => forms[name]);
  const current = forms[model.panel.value] ? model.panel.value : "note";
  return (
    <section class="panel actions" aria-label={t("actions.title")}>
      <div class="actions-tabs">
        {tabs.map(({ name, icon, hint }) => (
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
      {/* all of them stay, so that what was typed is still there after a look at another one */}
      {tabs.map(({ name }) => (
        <div key={`${name} ${attempt}`} class="panel-body" data-panel={name} hidden={name !== current}>
          {forms[name]}
        </div>
      ))}
    </section>
  );
}
