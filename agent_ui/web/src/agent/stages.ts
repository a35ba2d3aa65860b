// Tells the dialer how far the call is, so that it can foresee when this agent becomes free: each stage once, only forward.
// It says nothing about the person, and one that is lost costs a little of the forecast and nothing else.

export const STAGES = ["promise", "outcome"] as const; // who is on the line the server knows by itself
export type Stage = (typeof STAGES)[number];

export class StageTeller {
  private attempt: string | null = null;
  private told = -1;

  constructor(private readonly tell: (args: { attempt_id: string; stage: Stage }) => void) {}

  show(attempt: string, stage: Stage): void {
    if (attempt !== this.attempt) {
      this.attempt = attempt;
      this.told = -1;
    }
    const place = STAGES.indexOf(stage);
    if (attempt === "" || place <= this.told) return;
    this.told = place;
    this.tell({ attempt_id: attempt, stage });
  }
}
