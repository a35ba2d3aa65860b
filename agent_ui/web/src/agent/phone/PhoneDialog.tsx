// The browser phone's settings: does the microphone work, which devices are used, how good is the line.
import { type MessageKey, t } from "../../shared/i18n";
import { Badge, Dialog, Field, type Tone } from "../../shared/ui";
import { useModel } from "../model";
import type { Device } from "./microphone";
import { LevelBar } from "./PhoneStatus";
import { TROUBLES } from "./phone";
import type { Quality } from "./quality";

const TONE: Record<Quality, Tone> = { good: "good", fair: "warn", poor: "bad", silent: "bad" };

export function PhoneDialog() {
  const { phone } = useModel();
  const state = phone.state.value;
  const quality = phone.quality.value;
  const { microphones, speakers } = phone.devices.value;
  const close = () => {
    phone.panelOpen.value = false;
  };
  return (
    <Dialog title={t("phone.settings")} onClose={close} testid="phone-dialog">
      <div class="phone-panel">
        <p class="row">
          <Badge tone={TROUBLES.has(state) ? "bad" : "good"}>{t(`phone.state.${state}` as MessageKey)}</Badge>
          {quality !== null && <Badge tone={TONE[quality]}>{t(`phone.quality.${quality}`)}</Badge>}
        </p>
        {TROUBLES.has(state) && <p>{t(`phone.mend.${state}` as MessageKey)}</p>}
        <div class="row">
          <LevelBar />
          <span data-testid="microphone-sign" data-heard={phone.heard.value}>
            {t(phone.muted.value ? "phone.muted" : phone.heard.value ? "phone.heard" : "phone.say")}
          </span>
        </div>
        <Pick
          label={t("phone.microphone")}
          devices={microphones}
          chosen={phone.microphoneId.value}
          onPick={(id) => void phone.chooseMicrophone(id)}
          testid="phone-microphone"
        />
        {speakers.length > 0 && (
          <Pick
            label={t("phone.speaker")}
            devices={speakers}
            chosen={phone.speakerId.value}
            onPick={(id) => void phone.chooseSpeaker(id)}
            testid="phone-speaker"
          />
        )}
      </div>
    </Dialog>
  );
}

function Pick(props: {
  label: string;
  devices: Device[];
  chosen: string | null;
  onPick: (id: string) => void;
  testid: string;
}) {
  return (
    <Field label={props.label} tight>
      {(control) => (
        <select
          {...control}
          class="input"
          value={props.chosen ?? "default"}
          disabled={props.devices.length === 0}
          onChange={(event) => props.onPick(event.currentTarget.value)}
          data-testid={props.testid}
        >
          {props.devices.map((device) => (
            <option key={device.id} value={device.id}>
              {device.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
