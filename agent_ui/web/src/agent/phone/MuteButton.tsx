// Takes the agent's voice off a call. A telephone has such a button of its own.
import { t } from "../../shared/i18n";
import { Button } from "../../shared/ui";
import { useModel } from "../model";

export function MuteButton() {
  const { phone } = useModel();
  const muted = phone.muted.value;
  if (!phone.isBrowser.value) return null;
  return (
    <Button
      variant={muted ? "danger" : "plain"}
      icon={muted ? "mic_off" : "mic"}
      hint="m"
      pressed={muted}
      disabled={phone.state.value !== "open" && phone.state.value !== "registered"}
      onClick={() => phone.mute(!muted)}
      testid="mute"
    >
      {t(muted ? "phone.unmute" : "phone.mute")}
    </Button>
  );
}
