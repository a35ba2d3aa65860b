// A phone whose server, microphone and line the test holds.
import type { PhoneAccess } from "../../../src/agent/phone/access";
import type { LineEvents } from "../../../src/agent/phone/line";
import { type Microphone, MicrophoneError, type MicrophoneFault } from "../../../src/agent/phone/microphone";
import { PhoneModel } from "../../../src/agent/phone/phone";

export const BROWSER: PhoneAccess = {
  kind: "browser",
  ws_url: "ws://pbx/ws",
  sip_uri: "sip:agent-web-1@pbx",
  username: "agent-web-1",
  password: "secret",
  ice_servers: [],
};

export function phoneTwin(access: PhoneAccess | Error = BROWSER) {
  const track = Object.assign(new EventTarget(), { enabled: true, stop() {} });
  const stream = { getAudioTracks: () => [track], getTracks: () => [track] } as unknown as MediaStream;
  const twin = {
    access,
    permission: "granted" as PermissionState,
    fault: null as MicrophoneFault | null,
    supported: true,
    alone: true,
    opened: 0,
    asked: [] as (string | null)[],
    started: 0,
    stopped: 0,
    registers: 0,
    spoken: 0,
    playable: true,
    track,
    changed: () => {},
    devicesChanged: () => {},
    level: (_: number) => {},
    events: null as LineEvents | null,
    take: () => {},
    microphones: [{ id: "head", label: "Headset" }],
  };
  const microphone: Microphone = { stream, deviceId: "head", close() {} };
  const model = new PhoneModel({
    async fetchAccess() {
      if (twin.access instanceof Error) throw twin.access;
      return twin.access;
    },
    supported: () => twin.supported,
    async permission(onChange) {
      twin.changed = onChange;
      return twin.permission;
    },
    async openMicrophone(id) {
      twin.asked.push(id);
      if (twin.fault) throw new MicrophoneError(twin.fault);
      return microphone;
    },
    listDevices: async () => ({ microphones: twin.microphones, speakers: [] }),
    onDevices(changed) {
      twin.devicesChanged = changed;
      return () => {};
    },
    measure(_, onLevel) {
      twin.level = onLevel;
      return () => {};
    },
    loadLine: async () => (_access, _stream, events) => {
      twin.opened += 1;
      twin.events = events;
      return {
        start: () => (twin.started += 1),
        stop: () => (twin.stopped += 1),
        register: () => (twin.registers += 1),
        speakFrom: async () => {
          twin.spoken += 1;
        },
      };
    },
    alone(granted, waiting) {
      twin.take = granted;
      if (twin.alone) granted();
      else waiting();
      return () => {};
    },
    player: () =>
      ({
        srcObject: null,
        play: async () => {
          if (!twin.playable) throw new DOMException("", "NotAllowedError");
        },
      }) as unknown as HTMLAudioElement,
  });
  return { twin, model };
}

export const leg = () => ({ getStats: async () => new Map() }) as unknown as RTCPeerConnection;
