// What the agent's page holds beside the server's state: drafts, open panels, and how commands are sent and fail.
import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { AgentConsole, CommandReply } from "../protocol";
import { failureText } from "../shared/failure";
import { t, word } from "../shared/i18n";
import type { LiveConnection } from "../shared/live/connection";
import { announce, toast } from "../shared/notices";
import { PhoneModel } from "./phone/phone";
import { type Allowed, allowed, fileMayShow } from "./rules";
import { type Stage, StageTeller } from "./stages";

export type PanelName = "promise" | "callback" | "note" | "wish" | "opt_out";
const NONE = Object.fromEntries(
  "ready pause logout hangup hold unhold dtmf identify preview promise callback note wish opt_out dispose"
    .split(" ")
    .map((name) => [name, false]),
) as unknown as Allowed;

export class AgentModel {
  readonly live: ReadonlySignal<boolean>;
  readonly can: ReadonlySignal<Allowed>;
  readonly chosen: Signal<string | null> = signal(null); // the disposition picked, not yet sent
  readonly panel: Signal<PanelName> = signal("note");
  readonly ticked: Signal<ReadonlySet<string>> = signal(new Set());
  readonly note: Signal<string> = signal("");
  readonly keysOpen = signal(false);
  readonly pauseOpen = signal(false);
  readonly skipOpen = signal(false);
  readonly dialpadOpen = signal(false);
  readonly ending = signal(false);
  private readonly stages = new StageTeller((args) => this.connection.tell("stage", args));
  readonly planOpen = signal(false);

  constructor(
    readonly connection: LiveConnection<AgentConsole>,
    readonly phone: PhoneModel = new PhoneModel(),
  ) {
    this.live = connection.works;
    this.can = computed(() => {
      const view = connection.state.value;
      return view && this.live.value ? allowed(view) : NONE;
    });
    this.phone.talking = () => this.connection.state.peek()?.call?.phase === "talking";
    this.followCall();
  }

  private followCall(): void {
    const attempt = computed(() => this.connection.state.value?.call?.attempt_id ?? null);
    const phase = computed(() => this.connection.state.value?.call?.phase ?? null);
    const known = computed(() => {
      const view = this.connection.state.value;
      return view !== null && fileMayShow(view);
    });
    effect(() => {
      attempt.value;
      this.chosen.value = null;
      this.ticked.value = new Set();
      this.note.value = "";
      this.dialpadOpen.value = false;
      this.panel.value = "note";
    });
    effect(() => {
      if (attempt.value !== null) untracked(() => this.phone.callBegins());
    });
    effect(() => {
      if (known.value) this.panel.value = "promise";
    });
    effect(() => {
      const call = this.connection.state.peek()?.call;
      if (phase.value === "talking" && call)
        announce(t("call.announce", { name: call.ask_for, campaign: call.campaign }));
      if (phase.value === "ended") announce(t("call.announce_ended"));
    });
  }

  busy(name: string): boolean {
    return this.connection.pending.value.has(name);
  }

  /** Sends a command. An error that belongs to a field is left to the caller's form; any other is shown here. */
  async run(name: string, args: Record<string, unknown> = {}, fields: readonly string[] = []): Promise<CommandReply> {
    const reply = await this.connection.send(name, args);
    if (!reply.ok && !fields.includes(reply.error.field ?? "")) toast("error", failureText(reply.error));
    return reply;
  }

  async identify(result: "right_party" | "wrong_person" | "refused"): Promise<void> {
    const reply = await this.run("identify", { result, checks: [...this.ticked.value] });
    if (reply.ok && result === "wrong_person") this.chosen.value ??= "wrong_person";
  }

  /** The call has come so far: for the dialer's forecast. */
  shows(stage: Stage): void {
    const call = this.connection.state.peek()?.call;
    if (call && this.can.peek().dispose) this.stages.show(call.attempt_id, stage);
  }

  /** The agent has picked the outcome, or saved what decides it. */
  pick(code: string): void {
    this.chosen.value = code;
    this.shows("outcome");
  }

  tick(key: string): void {
    const next = new Set(this.ticked.value);
    if (!next.delete(key)) next.add(key);
    this.ticked.value = next;
  }

  openPanel(name: PanelName): void {
    this.panel.value = name;
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-panel="${name}"] [data-first]`)?.focus());
  }

  /** What would be saved now: the pick, or once the call is over what was saved during it. */
  outcome(): string | null {
    const call = this.connection.state.value?.call;
    return this.chosen.value ?? (call?.phase === "ended" ? call.disposition : null);
  }

  async dispose(): Promise<void> {
    const code = this.outcome();
    if (code === null) return;
    const text = this.note.value.trim();
    if (text !== "" && !(await this.saveNote())) return;
    const reply = await this.run("dispose", { code });
    if (reply.ok) toast("good", t("outcome.saved", { outcome: this.dispositionLabel(code) }));
  }

  async saveNote(): Promise<boolean> {
    const reply = await this.run("note", { text: this.note.value.trim() });
    if (reply.ok) this.note.value = "";
    return reply.ok;
  }

  dispositionLabel(code: string): string {
    const found = this.connection.state.value?.dispositions.find((one) => one.code === code);
    return word("disposition", code, found?.label);
  }
}

export const ModelContext = createContext<AgentModel | null>(null);

export function useModel(): AgentModel {
  const model = useContext(ModelContext);
  if (!model) throw new Error("a part of the agent's console was rendered outside of it");
  return model;
}

export function useView(): AgentConsole {
  const view = useModel().connection.state.value;
  if (!view) throw new Error("a part of the agent's console was rendered before its state came");
  return view;
}
