import type { FileView } from "../protocol";
import { decimal } from "../shared/format/number";
import { t, word } from "../shared/i18n";
import { Panel } from "../shared/ui";

/** Why this person was called: the score's parts, the greatest first, each with its reason. */
export function Score({ score }: { score: FileView["score"] }) {
  const parts = [...score.parts].sort((a, b) => b.points - a.points);
  const most = Math.max(1, ...parts.map((part) => Math.abs(part.points)));
  return (
    <Panel
      title={t("file.score")}
      aside={<span class="score-total num">{decimal(score.total)}</span>}
      flush
      testid="score"
    >
      <ul class="lines">
        {parts.map((part) => (
          <li key={part.name} class="line score-part">
            <span class="score-name">{word("score", part.name)}</span>
            <span class="num strong">{decimal(part.points)}</span>
            <span class="meter" aria-hidden="true">
              <span class="meter-fill" style={{ inlineSize: `${(Math.abs(part.points) / most) * 100}%` }} />
            </span>
            <bdi class="cell-note">{part.because}</bdi>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
