import { t } from "../shared/i18n";
import type { KeyCommand } from "../shared/keys";
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
              {byLabel(keys.filter((key) => key.group === group)).map(([label, same]) => (
                <li key={label} class="keys-line">
                  <span class="grow">{label}</span>
                  <Shortcut keys={same.map((command) => command.key)} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function byLabel(commands: KeyCommand[]): [string, KeyCommand[]][] {
  const found = new Map<string, KeyCommand[]>();
  for (const command of commands) found.set(command.label, [...(found.get(command.label) ?? []), command]);
  return [...found];
}

/** A run of keys, such as the numbers of the outcomes, is shown by its ends. */
function Shortcut({ keys }: { keys: string[] }) {
  const [first = "", last = ""] = [keys[0], keys.at(-1)];
  if (keys.length === 1) return <Kbd of={first} />;
  return (
    <>
      <Kbd of={first} />–<Kbd of={last} />
    </>
  );
}
