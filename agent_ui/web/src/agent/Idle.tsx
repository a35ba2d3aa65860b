// No call in hand: says what happens next and what the agent can do about it.
import type { AgentConsole } from "../protocol";
import { type MessageKey, t } from "../shared/i18n";
import { Badge, Empty, type IconName, Panel } from "../shared/ui";
import { useView } from "./model";

interface Advice {
  icon: IconName;
  title: MessageKey;
  text: MessageKey;
}

export function adviceFor(view: AgentConsole): Advice {
  const { state, phone } = view.agent;
  const running = view.campaigns.some((campaign) => campaign.state === "running");
  const linesDown =
    Object.values(view.nodes).length > 0 && Object.values(view.nodes).every((node) => node.health === "down");
  if (state === "offline") return { icon: "play", title: "idle.offline", text: "idle.offline_text" };
  if (!phone.online) return { icon: "warning", title: "idle.no_phone", text: "idle.no_phone_text" };
  if (linesDown) return { icon: "warning", title: "idle.no_lines", text: "idle.no_lines_text" };
  if (state === "paused") return { icon: "pause", title: "idle.paused", text: "idle.paused_text" };
  if (state === "wrap_up") return { icon: "clock", title: "idle.wrap_up", text: "idle.wrap_up_text" };
  if (view.campaigns.length === 0) return { icon: "inbox", title: "idle.no_campaign", text: "idle.no_campaign_text" };
  if (!running) return { icon: "inbox", title: "idle.none_running", text: "idle.none_running_text" };
  return { icon: "phone", title: "idle.ready", text: "idle.ready_text" };
}

export function Idle() {
  const view = useView();
  const advice = adviceFor(view);
  return (
    <div class="centre" data-testid="idle">
      <Panel kind="idle">
        <Empty icon={advice.icon} title={t(advice.title)}>
          <p>{t(advice.text)}</p>
          {view.campaigns.length > 0 && (
            <ul class="idle-campaigns">
              {view.campaigns.map((campaign) => (
                <li key={campaign.id}>
                  <Badge tone={campaign.state === "running" ? "good" : "neutral"}>
                    {t(`campaign_state.${campaign.state}` as MessageKey)}
                  </Badge>
                  <bdi>{campaign.name}</bdi>
                  <span class="muted">{t(`mode.${campaign.mode}` as MessageKey)}</span>
                </li>
              ))}
            </ul>
          )}
        </Empty>
      </Panel>
    </div>
  );
}
