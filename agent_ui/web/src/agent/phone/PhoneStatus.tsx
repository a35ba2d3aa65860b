// The phone in the top bar: its state in words, and for a browser phone the way to its settings.
import type { AgentView } from "../../protocol";
import { type MessageKey, t } from "../../shared/i18n";
import { Icon } from "../../shared/ui";
import { useModel } from "../model";
import { TROUBLES } from "./phone";

export function PhoneStatus({ server }: { server: AgentView["phone"] }) {
  const { phone } = useModel();
  if (phone.isBrowser.value) return <BrowserPhone />;
  if (phone.state.value === "simulated") {
    return <Chip kind="simulated" server={server} label={t("phone.simulated")} title={t("phone.simulated_text")} />;
  }
  if (phone.state.value === "none")
    return <Chip kind="none" server={{ ...server, online: false }} label={t("phone.none")} />;
  const key = !server.online ? "phone.offline" : server.connected ? "phone.connected" : "phone.online";
  return <Chip kind={phone.state.value} server={server} label={t(key)} title={server.endpoint} />;
}

function Chip(props: { kind: string; server: AgentView["phone"]; label: string; title?: string }) {
  const { online } = props.server;
  return (
    <span
      class={online ? "phone-status" : "phone-status phone-status-bad"}
      title={props.title}
      data-testid="phone-status"
      data-online={online}
      data-state={props.kind}
    >
      <Icon name={online ? "phone" : "warning"} />
      {props.label}
    </span>
  );
}

function BrowserPhone() {
  const { phone } = useModel();
  const state = phone.state.value;
  const quality = phone.quality.value;
  const bad = TROUBLES.has(state) || quality === "poor" || quality === "silent";
  const online = state === "registered" || state === "open";
  return (
    <button
      type="button"
      class={bad ? "phone-status phone-chip phone-status-bad" : "phone-status phone-chip"}
      title={t("phone.settings")}
      aria-haspopup="dialog"
      onClick={() => {
        phone.panelOpen.value = true;
      }}
      data-testid="phone-status"
      data-online={online}
      data-state={state}
      data-quality={quality ?? "unknown"}
    >
      <Icon name={bad ? "warning" : "phone"} />
      <span>
        {t(`phone.state.${state}` as MessageKey)}
        {quality !== null && quality !== "good" && ` · ${t(`phone.quality.${quality}`)}`}
      </span>
      <LevelBar />
    </button>
  );
}

/** Moves with the agent's voice. Decoration: the words in the phone's settings say the same. */
export function LevelBar() {
  const { phone } = useModel();
  const steps = phone.muted.value ? 0 : Math.round(phone.level.value * 8);
  return (
    <span class="level" aria-hidden="true" data-testid="level" data-level={steps}>
      {[1, 2, 3, 4, 5, 6, 7, 8].map((step) => (
        <i key={step} class={step <= steps ? "level-on" : ""} />
      ))}
    </span>
  );
}
