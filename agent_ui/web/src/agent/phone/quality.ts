// How good the line is, from what the browser counts. Pure.
export type Quality = "good" | "fair" | "poor" | "silent";

export interface Counts {
  atMs: number;
  received: number; // packets
  lost: number;
  jitterS: number;
  roundTripS: number | null; // null: the other side has not reported yet
  sentLoss: number; // 0..1, as the other side reports it
}

interface Report {
  type: string;
  kind?: string;
  packetsReceived?: number;
  packetsLost?: number;
  jitter?: number;
  roundTripTime?: number;
  fractionLost?: number;
}

export function countsOf(reports: Iterable<Report>, atMs: number): Counts {
  const counts: Counts = { atMs, received: 0, lost: 0, jitterS: 0, roundTripS: null, sentLoss: 0 };
  for (const report of reports) {
    if (report.type === "inbound-rtp" && report.kind === "audio") {
      counts.received = report.packetsReceived ?? 0;
      counts.lost = Math.max(0, report.packetsLost ?? 0);
      counts.jitterS = report.jitter ?? 0;
    } else if (report.type === "remote-inbound-rtp" && report.kind === "audio") {
      counts.roundTripS = report.roundTripTime ?? null;
      counts.sentLoss = report.fractionLost ?? 0;
    }
  }
  return counts;
}

/** null: nothing can be said. Between calls the exchange sends no sound, so only a call can be silent. */
export function qualityOf(before: Counts, now: Counts, talking: boolean): Quality | null {
  const received = now.received - before.received;
  const lost = Math.max(0, now.lost - before.lost);
  if (talking && received === 0 && now.atMs - before.atMs >= 1_500) return "silent";
  if (received === 0 && now.roundTripS === null) return null;
  const loss = Math.max(received + lost > 0 ? lost / (received + lost) : 0, now.sentLoss);
  const jitter = received > 0 ? now.jitterS : 0;
  const roundTrip = now.roundTripS ?? 0;
  if (loss > 0.08 || roundTrip > 0.6 || jitter > 0.08) return "poor";
  if (loss > 0.02 || roundTrip > 0.3 || jitter > 0.04) return "fair";
  return "good";
}
