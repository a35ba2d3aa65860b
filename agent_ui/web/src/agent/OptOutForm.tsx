// "Do not call me again": recorded at once, for one channel or for all.
import { useSignal } from "@preact/signals";
import { t, word } from "../shared/i18n";
import { toast } from "../shared/notices";
import { Button } from "../shared/ui";
import { useModel } from "./model";

const CHANNELS = ["voice", "sms", "whatsapp", "email", "all"];

export function OptOutForm() {
  const model = useModel();
  const channel = useSignal("voice");
  const save = async (event: Event) => {
    event.preventDefault();
    if (!model.can.value.opt_out) return;
    const reply = await model.run("opt_out", { channel: channel.value });
    if (!reply.ok) return;
    toast("good", t("opt_out.saved", { channel: word("channel", channel.value) }));
    if (channel.value === "voice" || channel.value === "all") model.chosen.value ??= "no_more_calls";
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)} data-testid="opt-out-form">
      <fieldset class="choices">
        <legend class="field-label">{t("opt_out.label")}</legend>
        {CHANNELS.map((code, index) => (
          <label key={code} class="choice">
            <input
              type="radio"
              name="opt-out"
              checked={channel.value === code}
              data-first={index === 0 ? true : undefined}
              onChange={() => {
                channel.value = code;
              }}
              data-testid={`opt-out-${code}`}
            />
            {word("channel", code)}
          </label>
        ))}
      </fieldset>
      <p class="muted">{t("opt_out.text")}</p>
      <Button
        type="submit"
        variant="danger"
        icon="ban"
        busy={model.busy("opt_out")}
        disabled={!model.can.value.opt_out}
        testid="opt-out-save"
      >
        {t("opt_out.save")}
      </Button>
    </form>
  );
}
