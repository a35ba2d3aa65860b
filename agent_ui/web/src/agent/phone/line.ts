// The SIP side of the browser phone, by JsSIP: register, and answer the one leg that the exchange rings.
// Loaded only when the agent's phone is a browser phone.
import { UA, WebSocketInterface } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";
import type { RTCSessionEvent } from "jssip/lib/UA";
import type { BrowserAccess } from "./access";

export interface LineEvents {
  registered(): void;
  lost(): void; // the socket is gone; it is opened again by itself
  refused(status: number): void; // 0: no answer
  leg(connection: RTCPeerConnection | null): void; // null: the leg is over
  sound(stream: MediaStream): void; // what the agent is to hear
}

export interface Line {
  start(): void;
  stop(): void;
  register(): void;
  speakFrom(stream: MediaStream): Promise<void>; // another microphone, in a leg that is up too
}

export type OpenLine = (access: BrowserAccess, stream: MediaStream, events: LineEvents) => Line;

const GATHER_MS = 500; // a STUN server that does not answer must not delay the answer for seconds

export const openLine: OpenLine = (access, given, events) => {
  let stream = given;
  let leg: RTCSession | null = null;
  const ua = new UA({
    sockets: [new WebSocketInterface(access.ws_url)],
    uri: access.sip_uri,
    authorization_user: access.username,
    password: access.password,
    register_expires: 60,
    session_timers: false,
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 15,
    user_agent: "Promiseline",
  });

  const end = (session: RTCSession) => {
    try {
      session.terminate();
    } catch {
      // it was over already
    }
  };
  const over = (session: RTCSession) => {
    if (leg !== session) return;
    leg = null;
    events.leg(null);
  };
  const answer = (session: RTCSession) => {
    const older = leg;
    leg = session; // the exchange rings again only when it has given up the older leg
    if (older) end(older);
    session.on("peerconnection", ({ peerconnection }) => {
      peerconnection.addEventListener("track", ({ track, streams }) => {
        if (leg === session) events.sound(streams[0] ?? new MediaStream([track]));
      });
    });
    let gathered: ReturnType<typeof setTimeout> | undefined;
    session.on("icecandidate", ({ ready }) => {
      gathered ??= setTimeout(ready, GATHER_MS);
    });
    session.on("confirmed", () => {
      clearTimeout(gathered);
      if (leg === session) events.leg(session.connection);
    });
    session.on("ended", () => over(session));
    session.on("failed", () => over(session));
    session.answer({
      mediaStream: stream,
      pcConfig: { iceServers: access.ice_servers.map((urls) => ({ urls })) },
    });
  };

  ua.on("newRTCSession", ({ originator, session }: RTCSessionEvent) => {
    if (originator === "remote") queueMicrotask(() => answer(session));
  });
  ua.on("registered", () => events.registered());
  ua.on("unregistered", () => events.lost());
  ua.on("registrationFailed", ({ response }) => events.refused(response?.status_code ?? 0));
  ua.on("disconnected", () => {
    // the exchange has forgotten this phone with its socket, and ends the leg: so do we
    const lost = leg;
    if (lost) {
      end(lost);
      over(lost);
    }
    events.lost();
  });
  return {
    start: () => ua.start(),
    stop: () => ua.stop(),
    register: () => ua.register(),
    async speakFrom(next) {
      stream = next;
      const track = next.getAudioTracks()[0] ?? null;
      const senders = leg?.connection?.getSenders() ?? [];
      await Promise.all(senders.filter((one) => one.track?.kind === "audio").map((one) => one.replaceTrack(track)));
    },
  };
};
