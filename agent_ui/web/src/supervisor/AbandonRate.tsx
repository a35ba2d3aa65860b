// The share of answered people who met no agent, against the limit of 3 % (16 CFR 310.4(b)(4)(i)).
import { percent } from "../shared/format/number";
import { t } from "../shared/i18n";

export const ABANDON_LIMIT = 0.03;

export function abandonTone(rate: number): "good" | "warn" | "bad" {
  if (rate > ABANDON_LIMIT) return "bad";
  return rate > ABANDON_LIMIT * 0.8 ? "warn" : "good";
}

export function AbandonRate({ rate, testid }: { rate: number; testid?: string }) {
  const tone = abandonTone(rate);
  const share = Math.min(1, rate / (ABANDON_LIMIT * 1.5));
  return (
    <span class={`abandon abandon-${tone}`} data-testid={testid} data-tone={tone}>
      <span class="num">{percent(rate, 1)}</span>
      <span class="meter abandon-meter" aria-hidden="true">
        <span class={`meter-fill meter-fill-${tone}`} style={{ inlineSize: `${share * 100}%` }} />
        <span class="abandon-limit" />
      </span>
      <span class="abandon-note">
        {t(tone === "bad" ? "board.over_limit" : "board.of_limit", { limit: percent(ABANDON_LIMIT) })}
      </span>
    </span>
  );
}
