// The call in hand: whom to ask for, which campaign, how long, and the line's controls. No debt data belongs here.
import type { CallView } from "../protocol";
import { languageName } from "../shared/format/language";
import { t } from "../shared/i18n";
import { Badge, Button, Phone, Timer, type Tone } from "../shared/ui";
import { Dialpad } from "./Dialpad";
import { useModel } from "./model";
import { OpeningWords } from "./OpeningWords";
import { MuteButton } from "./phone/MuteButton";

const PHASE_TONE: Record<CallView["phase"], Tone> = {
  preview: "busy",
  dialing: "busy",
  talking: "good",
  hold: "warn",
  ended: "violet",
};

export function CallBar({ call }: { call: CallView }) {
  const model = useModel();
  const can = model.can.value;
  const talkedSince = call.bridged_at ?? call.answered_at ?? call.since;
  return (
    <section class="callbar" aria-label={t("call.title")} data-testid="call-bar" data-phase={call.phase}>
      <div class="callbar-who">
        <span class="callbar-label">{t(call.phase === "ended" ? "call.was_with" : "call.ask_for")}</span>
        <bdi class="callbar-name" data-testid="ask-for">
          {call.ask_for}
        </bdi>
      </div>
      <div class="callbar-facts">
        <Badge tone={PHASE_TONE[call.phase]} testid="call-phase">
          {t(`phase.${call.phase}`)}
        </Badge>
        {call.phase !== "ended" && <Timer since={talkedSince} testid="call-timer" />}
        {call.phase === "ended" && call.ended_because && <bdi>{call.ended_because}</bdi>}
        <Phone number={call.phone_masked} />
        <bdi class="callbar-campaign">{call.campaign}</bdi>
        <span class="muted">{languageName(call.language)}</span>
      </div>
      <div class="callbar-buttons">
        <Button
          icon={call.phase === "hold" ? "play" : "pause"}
          hint="o"
          pressed={call.phase === "hold"}
          disabled={!can.hold && !can.unhold}
          busy={model.busy("hold") || model.busy("unhold")}
          onClick={() => void model.run(call.phase === "hold" ? "unhold" : "hold")}
          testid="hold"
        >
          {t(call.phase === "hold" ? "call.resume" : "call.hold")}
        </Button>
        {call.phase !== "ended" && <MuteButton />}
        <Dialpad />
        <Button
          variant="danger"
          icon="hangup"
          hint="h"
          disabled={!can.hangup}
          busy={model.busy("hangup")}
          onClick={() => void model.run("hangup")}
          testid="hangup"
        >
          {t("call.hang_up")}
        </Button>
      </div>
      <OpeningWords key={call.attempt_id} call={call} />
    </section>
  );
}
