import { t, word } from "../shared/i18n";
import { Badge, Empty, Panel, Phone, Timer, type Tone } from "../shared/ui";
import { useBoard } from "./context";

const TONE: Record<string, Tone> = {
  ringing: "busy",
  detecting: "busy",
  waiting: "warn",
  bridging: "good",
  talking: "good",
  held: "warn",
  abandon_message: "bad",
};
const SHOWN = 40;

/** The calls on the lines now, the oldest first; a long list is cut and says so. */
export function CallsTable() {
  const { calls, agents, campaigns } = useBoard();
  const sorted = Object.values(calls).sort(
    (a, b) => a.since.localeCompare(b.since) || (a.attempt_id < b.attempt_id ? -1 : 1),
  );
  return (
    <Panel title={t("board.calls")} aside={t("board.calls_count", { n: sorted.length })} flush testid="calls">
      {sorted.length === 0 ? (
        <Empty icon="phone" title={t("board.no_calls")} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard
        <ul class="lines calls" tabIndex={0} aria-label={t("board.calls")}>
          {sorted.slice(0, SHOWN).map((call) => {
            const agent = call.agent_id === null ? null : agents[String(call.agent_id)];
            return (
              <li key={call.attempt_id} class="line" data-testid="live-call">
                <span class="grow">
                  <Phone number={call.phone_masked} />
                  <span class="cell-note">
                    <bdi>{agent?.name ?? campaigns[String(call.campaign_id)]?.name ?? ""}</bdi>
                  </span>
                </span>
                <Badge tone={TONE[call.state] ?? "neutral"}>{word("call_state", call.state)}</Badge>
                <Timer since={call.since} />
              </li>
            );
          })}
          {sorted.length > SHOWN && <li class="line muted">{t("board.calls_more", { n: sorted.length - SHOWN })}</li>}
        </ul>
      )}
    </Panel>
  );
}
