// Why no call can reach this browser phone, and how to mend it; stays until it is mended.
import { type MessageKey, t } from "../../shared/i18n";
import { Button, Icon } from "../../shared/ui";
import { useModel } from "../model";
import { TROUBLES } from "./phone";

export function PhoneTrouble() {
  const { phone } = useModel();
  const state = phone.state.value;
  if (phone.soundBlocked.value) {
    return (
      <Trouble state="sound" title={t("phone.quality.silent")} text={t("phone.mend.sound")}>
        <Button variant="primary" onClick={() => void phone.playSound()} testid="phone-play">
          {t("phone.play")}
        </Button>
      </Trouble>
    );
  }
  if (!TROUBLES.has(state)) return null;
  const button = state === "ask" ? "phone.allow" : "phone.again";
  return (
    <Trouble
      state={state}
      title={t(`phone.state.${state}` as MessageKey)}
      text={t(`phone.mend.${state}` as MessageKey)}
    >
      {["ask", "denied", "no_microphone", "mic_busy"].includes(state) && (
        <Button
          variant="primary"
          icon="mic"
          busy={phone.asking.value}
          onClick={() => void phone.allow()}
          testid="phone-allow"
        >
          {t(button)}
        </Button>
      )}
    </Trouble>
  );
}

function Trouble(props: { state: string; title: string; text: string; children: preact.ComponentChildren }) {
  const asks = props.state === "ask";
  return (
    <div
      class={asks ? "alert phone-trouble" : "alert alert-bad phone-trouble"}
      role={asks ? "status" : "alert"}
      data-testid="phone-trouble"
      data-state={props.state}
    >
      <Icon name={asks ? "mic" : "warning"} />
      <span class="grow">
        <strong>{props.title}</strong> {props.text}
      </span>
      {props.children}
    </div>
  );
}
