// What the rulebooks ask to be said first, or left on a voicemail. It comes with the call and speaks of no debt.
import { useSignal } from "@preact/signals";
import type { CallView } from "../protocol";
import { t } from "../shared/i18n";
import { Button } from "../shared/ui";
import { useModel } from "./model";

export function OpeningWords({ call }: { call: CallView }) {
  const model = useModel();
  const asked = useSignal<boolean | null>(null); // null: the agent has not said whether a machine answered
  if (call.phase === "preview" || call.phase === "ended") return null;
  const machine = asked.value ?? model.chosen.value === "machine";
  // once the right party is known the file says what comes next
  if (call.identity !== "unchecked" && !machine) return null;
  const words = call.words.filter((one) => one.when === (machine ? "voicemail" : "opening"));
  return (
    <aside
      class="words"
      aria-label={t("words.title")}
      data-testid="opening-words"
      data-when={machine ? "voicemail" : "opening"}
    >
      <div class="words-said">
        <span class="callbar-label">{t(machine ? "words.voicemail" : "words.opening")}</span>
        {words.map((one) => (
          <p key={one.text} class="words-text" dir="auto" lang={call.language} title={one.source}>
            {one.text}
          </p>
        ))}
        {words.length === 0 && <p class="muted">{t(machine ? "words.no_voicemail" : "words.no_opening")}</p>}
      </div>
      <Button
        small
        pressed={machine}
        onClick={() => {
          asked.value = !machine;
        }}
        testid="machine-answered"
      >
        {t("words.machine")}
      </Button>
    </aside>
  );
}
