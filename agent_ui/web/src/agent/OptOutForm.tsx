// "Do not call me again": recorded at once, for this number, for one kind of message, or for everything.
import { useSignal } from "@preact/signals";
import { t, word } from "../shared/i18n";
import { toast } from "../shared/notices";
import { Button } from "../shared/ui";
import { useModel } from "./model";

type Reach = "number" | "kind" | "everything";
const REACHES: readonly Reach[] = ["kind", "number", "everything"];
const CHANNELS: Record<Reach, readonly string[]> = {
  kind: ["voice", "sms", "whatsapp", "email"],
  number: ["all", "voice", "sms", "whatsapp"],
  everything: ["all"],
};

export function OptOutForm() {
  const model = useModel();
  const reach = useSignal<Reach>("kind");
  const channel = useSignal("voice");
  const save = async (event: Event) => {
    event.preventDefault();
    if (!model.can.value.opt_out) return;
    const args = { channel: channel.value, reach: reach.value === "number" ? "number" : "person" };
    const reply = await model.run("opt_out", args);
    if (!reply.ok) return;
    const saved = reach.value === "number" ? "opt_out.saved_number" : "opt_out.saved";
    toast("good", t(saved, { channel: word("channel", channel.value) }));
    if (channel.value === "voice" || channel.value === "all") model.chosen.value ??= "no_more_calls";
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)} data-testid="opt-out-form">
      <Radios
        name="opt-out-reach"
        legend={t("opt_out.label")}
        options={REACHES.map((one) => [one, t(`opt_out.reach_${one}`)])}
        value={reach.value}
        first
        onChange={(chosen) => {
          reach.value = chosen as Reach;
          if (!CHANNELS[reach.value].includes(channel.value)) channel.value = CHANNELS[reach.value][0] ?? "all";
        }}
      />
      {reach.value !== "everything" && (
        <Radios
          name="opt-out"
          legend={t(reach.value === "number" ? "opt_out.here" : "opt_out.which")}
          options={CHANNELS[reach.value].map((code) => [code, word("channel", code)])}
          value={channel.value}
          onChange={(chosen) => {
            channel.value = chosen;
          }}
        />
      )}
      <p class="muted">{t(`opt_out.text_${reach.value}`)}</p>
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

/** The test id of a choice is the group's name and the option's. */
function Radios(props: {
  name: string;
  legend: string;
  options: readonly (readonly [string, string])[];
  value: string;
  first?: boolean; // takes the focus when the form opens
  onChange: (value: string) => void;
}) {
  return (
    <fieldset class="choices">
      <legend class="field-label">{props.legend}</legend>
      {props.options.map(([code, text], index) => (
        <label key={code} class="choice">
          <input
            type="radio"
            name={props.name}
            checked={props.value === code}
            data-first={props.first && index === 0 ? true : undefined}
            onChange={() => props.onChange(code)}
            data-testid={`${props.name}-${code}`}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
