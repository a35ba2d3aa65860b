// The line under a live connection. `socketWire` is the real one; src/mock has its twin.
import { io } from "socket.io-client";
import type { Delta, FloorLink } from "../../protocol";
import { csrfToken } from "../api";

export class WireError extends Error {}

export interface WireHandlers {
  up(): void;
  down(): void;
  refused(code: string): void; // the server said no to the session: trying again alone is no use
  delta(delta: Delta): void;
  floor(link: FloorLink): void;
  bye(because: string): void;
}

export interface Wire {
  open(handlers: WireHandlers): void;
  reopen(): void;
  close(): void;
  /** Rejects with `WireError` when the line is down or no answer came in time. */
  request(event: "resume" | "command", payload: unknown, timeoutMs: number): Promise<unknown>;
}

export function socketWire(namespace: "/agent" | "/supervisor"): Wire {
  const socket = io(namespace, {
    path: "/live/",
    transports: ["websocket"],
    auth: (give) => give({ csrf: csrfToken() }), // asked at each connect: the token may have changed
    autoConnect: false,
    reconnectionDelay: 400,
    reconnectionDelayMax: 5_000,
    randomizationFactor: 0.5,
    timeout: 5_000,
  });
  let again: ReturnType<typeof setTimeout> | undefined;
  const retryLater = () => {
    clearTimeout(again);
    again = setTimeout(() => socket.connect(), 1_000 + Math.random() * 2_000);
  };
  return {
    open(handlers) {
      socket.on("connect", handlers.up);
      socket.on("disconnect", (reason) => {
        handlers.down();
        if (reason === "io server disconnect") retryLater(); // the one case that the library leaves to us
      });
      socket.on("connect_error", (error) => {
        handlers.down();
        if (socket.active) return; // the library tries again
        const data = (error as Error & { data?: { code?: string } }).data;
        handlers.refused(data?.code ?? error.message);
        retryLater();
      });
      socket.on("delta", handlers.delta);
      socket.on("floor", handlers.floor);
      socket.on("bye", (message: { because?: string } | string) => {
        handlers.bye(typeof message === "string" ? message : (message.because ?? ""));
      });
      socket.connect();
    },
    reopen() {
      socket.disconnect();
      socket.connect();
    },
    close() {
      clearTimeout(again);
      socket.off();
      socket.disconnect();
    },
    async request(event, payload, timeoutMs) {
      if (!socket.connected) throw new WireError("down");
      try {
        return await socket.timeout(timeoutMs).emitWithAck(event, payload);
      } catch {
        throw new WireError("no answer");
      }
    },
  };
}
