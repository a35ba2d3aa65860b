// The microphone: asking for it, how loud it is, which devices there are.
export type MicrophoneFault = "denied" | "no_microphone" | "mic_busy";

export interface Microphone {
  stream: MediaStream;
  deviceId: string | null;
  close(): void;
}

export interface Devices {
  microphones: Device[];
  speakers: Device[];
}

export interface Device {
  id: string;
  label: string;
}

export class MicrophoneError extends Error {
  constructor(readonly fault: MicrophoneFault) {
    super(fault);
  }
}

export function faultOf(error: unknown): MicrophoneFault {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "no_microphone";
  if (name === "NotReadableError" || name === "AbortError") return "mic_busy";
  return "denied";
}

const WANTED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** A chosen microphone that is not plugged in is replaced by the standard one. Throws MicrophoneError. */
export async function openMicrophone(deviceId: string | null): Promise<Microphone> {
  try {
    return microphone(await capture(deviceId));
  } catch (error) {
    const fault = faultOf(error);
    if (fault !== "no_microphone" || deviceId === null) throw new MicrophoneError(fault);
  }
  return openMicrophone(null);
}

function capture(deviceId: string | null): Promise<MediaStream> {
  const audio = deviceId === null ? WANTED : { ...WANTED, deviceId: { exact: deviceId } };
  return navigator.mediaDevices.getUserMedia({ audio });
}

function microphone(stream: MediaStream): Microphone {
  return {
    stream,
    deviceId: stream.getAudioTracks()[0]?.getSettings().deviceId ?? null,
    close() {
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

/** Whether asking would open the browser's own question. Browsers that cannot say are asked as if they would. */
export async function permission(onChange: () => void): Promise<PermissionState> {
  try {
    const status = await navigator.permissions.query({ name: "microphone" as PermissionName });
    status.onchange = onChange;
    return status.state;
  } catch {
    return "prompt";
  }
}

export async function listDevices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = (kind: MediaDeviceKind) =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map((device) => ({ id: device.deviceId, label: device.label || device.deviceId.slice(0, 8) }));
  return { microphones: of("audioinput"), speakers: of("audiooutput") };
}

/** Loudness 0..1 of what a microphone hears, ten times a second: -60 dB is 0, full scale is 1. Returns how to stop. */
export function measure(stream: MediaStream, onLevel: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    onLevel(loudness(samples));
  }, 100);
  // browsers let no sound machinery run before the first gesture on the page
  const wake = () => void context.resume();
  for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, wake, { once: true });
  return () => {
    clearInterval(timer);
    for (const gesture of ["pointerdown", "keydown"]) document.removeEventListener(gesture, wake);
    void context.close();
  };
}

export function loudness(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < samples.length; at += 1) sum += (samples[at] ?? 0) ** 2;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  return rms > 0 ? Math.min(1, Math.max(0, 1 + (20 * Math.log10(rms)) / 60)) : 0;
}
