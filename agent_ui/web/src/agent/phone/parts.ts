// What the phone asks of the browser and the server. Tests give twins in its place.
import { fetchAccess, type PhoneAccess } from "./access";
import type { OpenLine } from "./line";
import { type Devices, listDevices, type Microphone, measure, openMicrophone, permission } from "./microphone";

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
