// The agent's phone as this page knows it: which kind, and for a browser phone its whole life.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { readPref, writePref } from "../../shared/prefs";
import { type BrowserAccess, fetchAccess, type PhoneAccess } from "./access";
import type { Line, LineEvents, OpenLine } from "./line";
import {
  type Devices,
  listDevices,
  type Microphone,
  MicrophoneError,
  measure,
  openMicrophone,
  permission,
} from "./microphone";
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

/** What the model asks of the browser; tests give twins. */
export interface Parts {
  fetchAccess(): Promise<PhoneAccess>;
  supported(): boolean;
  permission(onChange: () => void): Promise<PermissionState>;
  openMicrophone(deviceId: string | null): Promise<Microphone>;
  listDevices(): Promise<Devices>;
  onDevices(changed: () => void): () => void;
  measure(stream: MediaStream, onLevel: (level: number) => void): () => void;
  loadLine(): Promise<OpenLine>;
  alone(granted: () => void, waiting: () => void): () => void;
  player(): HTMLAudioElement;
}

export const browserParts: Parts = {
  fetchAccess,
  supported: () =>
    window.isSecureContext && "RTCPeerConnection" in window && navigator.mediaDevices?.getUserMedia !== undefined,
  permission,
  openMicrophone,
  listDevices,
  onDevices(changed) {
    navigator.mediaDevices.addEventListener("devicechange", changed);
    return () => navigator.mediaDevices.removeEventListener("devicechange", changed);
  },
  measure,
  loadLine: async () => (await import("./line")).openLine,
  alone: holdAlone,
  player: () => new Audio(),
};

/** One tab at a time is the phone: two would take the registration from each other. */
function holdAlone(granted: () => void, waiting: () => void): () => void {
  if (!navigator.locks) {
    granted();
    return () => {};
  }
  const giveUp = new AbortController();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let got = false;
  const hold = () => {
    got = true;
    granted();
    return held;
  };
  navigator.locks.request("promiseline.phone", { signal: giveUp.signal }, hold).catch(() => undefined);
  setTimeout(() => {
    if (!got && !giveUp.signal.aborted) waiting();
  }, 300);
  return () => {
    giveUp.abort();
    release();
  };
}

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
      this.hangUp(error instanceof MicrophoneError ? error.fault : "denied");
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
    return {
      registered: () => {
        this.tries = 0;
        if (this.state.value !== "open") this.state.value = "registered";
      },
      lost: () => {
        if (this.line) this.state.value = "lost";
      },
      refused: (status) => {
        this.state.value = status === 0 ? "lost" : "refused";
        this.later("register", () => this.line?.register());
      },
      leg: (connection) => {
        if (connection) this.watch(connection);
        else this.unwatch();
      },
      sound: (stream) => {
        this.player ??= this.parts.player();
        this.player.srcObject = stream;
        if (this.speakerId.value) void this.speakTo(this.speakerId.value);
        void this.playSound();
      },
    };
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
