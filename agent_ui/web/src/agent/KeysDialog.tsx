import { t } from "../shared/i18n";
import { Dialog, Kbd } from "../shared/ui";
import { agentKeys } from "./keymap";
import { useModel } from "./model";

export function KeysDialog() {
  const model = useModel();
  const keys = agentKeys(model);
  const groups = [...new Set(keys.map((command) => command.group))];
  return (
    <Dialog
      title={t("keys.title")}
      wide
      onClose={() => {
        model.keysOpen.value = false;
      }}
      testid="keys-dialog"
    >
      <p class="muted">{t("keys.text")}</p>
      <div class="keys-groups">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <ul>
              {Object.entries(
                Object.groupBy(
                  keys.filter((key) => key.group === group),
                  (key) => key.label,
                ),
              ).map(([label, same = []]) => (
                <li key={label} class="keys-line">
                  <span class="grow">{label}</span>
                  {same.length > 2 ? (
                    <>
                      <Kbd of={same[0]?.key ?? ""} />–<Kbd of={same.at(-1)?.key ?? ""} />
                    </>
                  ) : (
                    same.map((command) => <Kbd key={command.key} of={command.key} />)
                  )}
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
