// The agent's keys. What is offered follows the state, so a key never does what its button would not.
import { type MessageKey, t } from "../shared/i18n";
import type { KeyCommand } from "../shared/keys";
import type { AgentModel, PanelName } from "./model";
import { checksNeeded } from "./rules";

type Row = [key: string, label: MessageKey, enabled: boolean, run: () => void];

function stateKeys(model: AgentModel): Row[] {
  const can = model.can.value;
  return [
    ["r", "keys.ready", can.ready, () => void model.run("ready")],
    ["p", "keys.pause", can.pause, () => open(model.pauseOpen)],
    ["e", "keys.end", can.logout, () => open(model.ending)],
  ];
}

function open(flag: { value: boolean }): void {
  flag.value = true;
}

function callKeys(model: AgentModel): Row[] {
  const can = model.can.value;
  const hold = () => void model.run(can.hold ? "hold" : "unhold");
  return [
    ["h", "keys.hangup", can.hangup, () => void model.run("hangup")],
    ["o", "keys.hold", can.hold || can.unhold, hold],
    [
      "m",
      "keys.mute",
      model.phone.isBrowser.value && (can.hold || can.unhold),
      () => model.phone.mute(!model.phone.muted.value),
    ],
    ["k", "keys.dialpad", can.dtmf, () => open(model.dialpadOpen)],
    ["d", "keys.dial", can.preview, () => void model.run("preview_dial")],
    ["s", "keys.skip", can.preview, () => open(model.skipOpen)],
  ];
}

function identityKeys(model: AgentModel): Row[] {
  const can = model.can.value.identify;
  const call = model.connection.state.value?.call ?? null;
  const enough = call !== null && model.ticked.value.size >= checksNeeded(call);
  const ticks = (call?.checks ?? []).map(
    (check, index): Row => [`alt+${index + 1}`, "keys.tick", can, () => model.tick(check.key)],
  );
  return [
    ...ticks,
    ["y", "keys.right_party", can && enough, () => void model.identify("right_party")],
    ["w", "keys.wrong_person", can, () => void model.identify("wrong_person")],
    ["x", "keys.refused", can, () => void model.identify("refused")],
  ];
}

function outcomeKeys(model: AgentModel): Row[] {
  const can = model.can.value;
  const panel = (key: string, label: MessageKey, name: PanelName): Row => [
    key,
    label,
    can[name],
    () => model.openPanel(name),
  ];
  const picks = (model.connection.state.value?.dispositions ?? []).slice(0, 9).map(
    (one, index): Row => [
      String(index + 1),
      "keys.disposition",
      can.dispose,
      () => {
        model.pick(one.code);
      },
    ],
  );
  return [
    panel("alt+p", "keys.promise", "promise"),
    panel("alt+c", "keys.callback", "callback"),
    panel("n", "keys.note", "note"),
    panel("alt+w", "keys.wish", "wish"),
    panel("alt+o", "keys.opt_out", "opt_out"),
    ...picks,
    ["Enter", "keys.dispose", can.dispose && model.outcome() !== null, () => void model.dispose()],
  ];
}

export function agentKeys(model: AgentModel): KeyCommand[] {
  const groups: [MessageKey, Row[]][] = [
    ["keys.group_state", stateKeys(model)],
    ["keys.group_call", callKeys(model)],
    ["keys.group_identity", identityKeys(model)],
    ["keys.group_outcome", outcomeKeys(model)],
    ["keys.group_page", [["?", "keys.title", true, () => open(model.keysOpen)]]],
  ];
  return groups.flatMap(([group, rows]) =>
    rows.map(([key, label, enabled, run]) => ({ key, label: t(label), group: t(group), enabled, run })),
  );
}
