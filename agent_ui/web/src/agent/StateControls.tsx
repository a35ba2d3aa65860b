// The agent's state, how long it lasts already, and the ways to change it.
import type { AgentView } from "../protocol";
import { clockTime } from "../shared/format/time";
import { t, word } from "../shared/i18n";
import { planText } from "../shared/plans/plan";
import { Badge, Button, Icon, IconButton, Menu, Timer } from "../shared/ui";
import { STATE_TONE } from "../shared/ui/state";
import { useModel, useView } from "./model";
import { PhoneStatus } from "./phone/PhoneStatus";

export function StateControls() {
  const model = useModel();
  const { agent, pause_reasons } = useView();
  const can = model.can.value;
  return (
    <>
      <div class="agent-state" data-testid="agent-state" data-state={agent.state}>
        <Badge tone={STATE_TONE[agent.state]}>{t(`state.${agent.state}`)}</Badge>
        {agent.reason && <span class="agent-reason">{word("pause", agent.reason)}</span>}
        <Timer since={agent.since} testid="time-in-state" />
      </div>
      <div class="row agent-buttons">
        <Button
          variant={agent.state === "paused" || agent.state === "offline" ? "good" : "plain"}
          icon="play"
          hint="r"
          disabled={!can.ready}
          busy={model.busy("ready")}
          onClick={() => void model.run("ready")}
          testid="ready"
        >
          {t(agent.state === "offline" ? "state.begin_shift" : "state.go_ready")}
        </Button>
        <Menu
          icon="pause"
          hint="p"
          label={t("state.pause_why")}
          disabled={!can.pause}
          busy={model.busy("pause")}
          open={model.pauseOpen}
          items={pause_reasons.map((reason, index) => ({
            value: reason,
            testid: `pause-${reason}`,
            label: (
              <>
                {word("pause", reason)}
                {index < 9 && <kbd class="kbd">{index + 1}</kbd>}
              </>
            ),
          }))}
          onPick={(reason) => void model.run("pause", { reason })}
          testid="pause"
        >
          {t("state.pause")}
        </Menu>
        <Button
          variant="ghost"
          icon="exit"
          hint="e"
          disabled={!can.logout}
          busy={model.busy("logout")}
          onClick={() => {
            model.ending.value = true;
          }}
          testid="end-shift"
        >
          {t("state.end_shift")}
        </Button>
        <IconButton
          icon="calendar"
          label={t("plan.title")}
          disabled={!model.live.value}
          onClick={() => {
            model.planOpen.value = true;
          }}
          testid="open-plans"
        />
      </div>
      <Wish agent={agent} />
      <Planned agent={agent} />
      <PhoneStatus server={agent.phone} />
    </>
  );
}

function Planned({ agent }: { agent: AgentView }) {
  const next = agent.planned[0];
  return (
    <>
      {agent.back_at && (
        <span class="agent-wish" data-testid="back-at">
          <Icon name="clock" />
          {t("plan.back_at", { time: clockTime(agent.back_at) })}
        </span>
      )}
      {next && (
        <span class="agent-planned" data-testid="planned">
          <Icon name="clock" />
          {planText(next)}
        </span>
      )}
    </>
  );
}

function Wish({ agent }: { agent: AgentView }) {
  if (!agent.wish) return null;
  const reason = agent.wish_reason ? word("pause", agent.wish_reason) : t("state.paused");
  return (
    <span class="agent-wish" data-testid="wish">
      <Icon name="clock" />
      {agent.wish === "pause" ? t("state.wish_pause", { reason }) : t("state.wish_logout")}
    </span>
  );
}
