// The agent's phone as this page knows it: which kind, and for a browser phone its whole life.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { readPref, writePref } from "../../shared/prefs";
import type { BrowserAccess, PhoneAccess } from "./access";
import type { Line, LineEvents, OpenLine } from "./line";
import { type Devices, type Microphone, MicrophoneError } from "./microphone";
import { browserParts, type Parts } from "./parts";
import { type Counts, countsOf, type Quality, qualityOf } from "./quality";

export type PhoneState =
  | "loading"
  | "unknown" // the server cannot be asked; what its stream says is shown
  | "none"
  | "telephone"
  | "simulated"
  | "unsupported"
  | "elsewhere" // another tab of this browser is the phone
  | "ask" // the microphone must be allowed first
  | "denied"
  | "no_microphone"
  | "mic_busy"
  | "connecting"
  | "lost"
  | "refused"
  | "registered"
  | "open"; // the leg is up

/** The states in which no debtor can reach the agent by this page, and the agent can do something about it. */
export const TROUBLES: ReadonlySet<PhoneState> = new Set([
  "unsupported",
  "elsewhere",
  "ask",
  "denied",
  "no_microphone",
  "mic_busy",
  "lost",
  "refused",
]);

const RETRY_MS = [2_000, 5_000, 10_000, 30_000];
const STATS_MS = 2_000;
const HEARD_LEVEL = 0.25;

export class PhoneModel {
  readonly state: Signal<PhoneState> = signal("loading");
  readonly panelOpen = signal(false);
  readonly muted = signal(false);
  readonly level = signal(0);
  readonly heard = signal(false); // the microphone has picked something up
  readonly quality: Signal<Quality | null> = signal(null);
  readonly devices: Signal<Devices> = signal({ microphones: [], speakers: [] });
  readonly microphoneId: Signal<string | null> = signal(readPref("microphone"));
  readonly speakerId: Signal<string | null> = signal(readPref("speaker"));
  readonly soundBlocked = signal(false); // the browser wants a click before it plays anything
  readonly asking = signal(false); // the browser's own question is open
  readonly isBrowser: ReadonlySignal<boolean>;
  talking: () => boolean = () => false;

  private access: BrowserAccess | null = null;
  private microphone: Microphone | null = null;
  private line: Line | null = null;
  private player: HTMLAudioElement | null = null;
  private tries = 0;
  private lines = 0;
  private stopped = false;
  private readonly stops = new Map<string, () => void>();

  constructor(private readonly parts: Parts = browserParts) {
    this.isBrowser = computed(() => !PASSIVE.has(this.state.value));
  }

  async start(): Promise<void> {
    this.stopped = false;
    let access: PhoneAccess;
    try {
      access = await this.parts.fetchAccess();
    } catch {
      if (this.stopped) return;
      this.state.value = "unknown";
      this.later("access", () => void this.start());
      return;
    }
    if (this.stopped) return;
    this.tries = 0;
    if (access.kind !== "browser") {
      this.state.value = access.kind;
      return;
    }
    this.access = access;
    if (!this.parts.supported()) {
      this.state.value = "unsupported";
      return;
    }
    const waiting = () => {
      this.state.value = "elsewhere";
    };
    this.keep(
      "alone",
      this.parts.alone(() => void this.begin(), waiting),
    );
  }

  stop(): void {
    this.stopped = true;
    for (const stop of this.stops.values()) stop();
    this.stops.clear();
    this.line?.stop();
    this.line = null;
    this.microphone?.close();
    this.microphone = null;
  }

  /** Ask for the microphone: after the agent's click, or at once where it is allowed already. */
  async allow(): Promise<void> {
    if (this.asking.value || this.stopped) return;
    this.asking.value = true;
    try {
      await this.take(await this.parts.openMicrophone(this.microphoneId.value));
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      this.hangUp(error.fault);
    } finally {
      this.asking.value = false;
    }
  }

  async chooseMicrophone(id: string): Promise<void> {
    this.microphoneId.value = id;
    writePref("microphone", id);
    await this.allow();
  }

  async chooseSpeaker(id: string): Promise<void> {
    this.speakerId.value = id;
    writePref("speaker", id);
    await this.speakTo(id);
  }

  mute(on: boolean): void {
    this.muted.value = on;
    for (const track of this.microphone?.stream.getAudioTracks() ?? []) track.enabled = !on;
  }

  /** A new call: whoever muted the last one must not greet this one in silence. */
  callBegins(): void {
    if (this.muted.value) this.mute(false);
  }

  async playSound(): Promise<void> {
    try {
      await this.player?.play();
      this.soundBlocked.value = false;
    } catch {
      this.soundBlocked.value = true;
    }
  }

  private async begin(): Promise<void> {
    if (this.stopped) return;
    this.state.value = "loading";
    this.keep(
      "devices",
      this.parts.onDevices(() => void this.look()),
    );
    const allowed = await this.parts.permission(() => void this.permissionChanged());
    if (allowed === "granted") await this.allow();
    else this.state.value = allowed === "denied" ? "denied" : "ask";
  }

  private async permissionChanged(): Promise<void> {
    const waits = this.state.value === "denied" || this.state.value === "ask";
    const allowed = await this.parts.permission(() => void this.permissionChanged());
    if (allowed === "granted" && waits) await this.allow();
    if (allowed === "denied") this.hangUp("denied");
  }

  private async take(microphone: Microphone): Promise<void> {
    if (this.stopped) return microphone.close();
    this.microphone?.close();
    this.microphone = microphone;
    this.microphoneId.value = microphone.deviceId;
    this.mute(this.muted.value);
    microphone.stream.getAudioTracks()[0]?.addEventListener("ended", () => {
      if (this.microphone === microphone) void this.allow(); // unplugged: is there another one?
    });
    this.keep(
      "meter",
      this.parts.measure(microphone.stream, (level) => this.hear(level)),
    );
    void this.look();
    if (this.line) await this.line.speakFrom(microphone.stream);
    else await this.connect(microphone.stream);
  }

  private async connect(stream: MediaStream): Promise<void> {
    if (!this.access) return;
    this.state.value = "connecting";
    let open: OpenLine;
    try {
      open = await this.parts.loadLine();
    } catch {
      this.state.value = "lost";
      this.later("line", () => void this.connect(stream));
      return;
    }
    if (this.stopped || this.line) return;
    this.line = open(this.access, stream, this.events());
    this.line.start();
  }

  private events(): LineEvents {
    this.lines += 1;
    const mine = this.lines;
    // a line that was given up goes on talking for a while
    const current = () => this.line !== null && this.lines === mine;
    return {
      registered: () => {
        if (!current()) return;
        this.tries = 0;
        if (this.state.value !== "open") this.state.value = "registered";
      },
      lost: () => {
        if (current()) this.state.value = "lost";
      },
      refused: (status) => {
        if (!current()) return;
        this.state.value = status === 0 ? "lost" : "refused";
        this.later("register", () => void this.renew());
      },
      leg: (connection) => {
        if (!current()) return;
        if (connection) this.watch(connection);
        else this.unwatch();
      },
      sound: (stream) => {
        if (current()) this.hearFrom(stream);
      },
    };
  }

  private hearFrom(stream: MediaStream): void {
    this.player ??= this.parts.player();
    this.player.srcObject = stream;
    if (this.speakerId.value) void this.speakTo(this.speakerId.value);
    void this.playSound();
  }

  /** Refused: perhaps the phone or its password is another one now. */
  private async renew(): Promise<void> {
    const access = await this.parts.fetchAccess().catch(() => this.access);
    const stream = this.microphone?.stream;
    if (this.stopped || !this.line || !stream || !access) return;
    if (access.kind !== "browser") {
      this.hangUp(access.kind);
    } else if (access.password === this.access?.password && access.sip_uri === this.access.sip_uri) {
      this.line.register();
    } else {
      this.access = access;
      const old = this.line;
      this.line = null;
      old.stop();
      await this.connect(stream);
    }
  }

  private watch(connection: RTCPeerConnection): void {
    this.state.value = "open";
    let before: Counts | null = null;
    const look = async () => {
      const reports = [...(await connection.getStats()).values()];
      const now = countsOf(reports, performance.now());
      if (before) this.quality.value = qualityOf(before, now, this.talking());
      before = now;
    };
    const timer = setInterval(() => void look().catch(() => undefined), STATS_MS);
    this.keep("stats", () => clearInterval(timer));
  }

  private unwatch(): void {
    this.keep("stats", () => {});
    this.quality.value = null;
    if (this.player) this.player.srcObject = null;
    if (this.state.value === "open") this.state.value = "registered";
  }

  /** Without a microphone nobody may be put through to this page. */
  private hangUp(state: PhoneState): void {
    const line = this.line;
    this.line = null;
    line?.stop();
    this.unwatch();
    this.keep("meter", () => {});
    this.microphone?.close();
    this.microphone = null;
    this.level.value = 0;
    this.heard.value = false;
    this.state.value = state;
  }

  private hear(level: number): void {
    this.level.value = level;
    if (level > HEARD_LEVEL) this.heard.value = true;
  }

  private async look(): Promise<void> {
    this.devices.value = await this.parts.listDevices();
    // a headset that is plugged in ends the want of one
    if (this.state.value === "no_microphone" && this.devices.value.microphones.length > 0) await this.allow();
  }

  private async speakTo(id: string): Promise<void> {
    try {
      await this.player?.setSinkId?.(id);
    } catch {
      this.speakerId.value = null; // it is not plugged in any more: the standard one plays
    }
  }

  private later(name: string, run: () => void): void {
    const wait = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)] ?? 0;
    this.tries += 1;
    const timer = setTimeout(run, wait * (0.8 + Math.random() * 0.4));
    this.keep(name, () => clearTimeout(timer));
  }

  private keep(name: string, stop: () => void): void {
    this.stops.get(name)?.();
    this.stops.set(name, stop);
  }
}

const PASSIVE: ReadonlySet<PhoneState> = new Set(["loading", "unknown", "none", "telephone", "simulated"]);
