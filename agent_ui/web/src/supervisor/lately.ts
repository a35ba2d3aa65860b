// How many answered lately, from the day's counts as this page saw them: the stream tells totals alone. Pure.
const WITHIN_MS = 5 * 60_000;

interface Seen {
  at: number; // ms
  answered: number;
}

export class Lately {
  private readonly seen = new Map<number, Seen[]>();

  add(campaign: number, answered: number, at: number): void {
    const before = this.seen.get(campaign) ?? [];
    const last = before.at(-1);
    if (last && answered < last.answered) before.length = 0; // a new day begins at nothing
    // the last one before the span is kept: it says how many there were when the span began
    while (before.length > 1 && at - (before[1]?.at ?? at) >= WITHIN_MS) before.shift();
    if (last?.answered !== answered || before.length === 0) before.push({ at, answered });
    this.seen.set(campaign, before);
  }

  /** Answers and the minutes in which they came: at most five, fewer while the page is young; null: never seen. */
  of(campaign: number, at: number): { answers: number; minutes: number } | null {
    const seen = this.seen.get(campaign) ?? [];
    const [first] = seen;
    const last = seen.at(-1);
    if (!first || !last) return null;
    const begin = seen.filter((one) => at - one.at >= WITHIN_MS).at(-1) ?? first;
    const minutes = Math.min(WITHIN_MS, at - begin.at) / 60_000;
    return { answers: last.answered - begin.answered, minutes: Math.max(1, Math.round(minutes)) };
  }
}
