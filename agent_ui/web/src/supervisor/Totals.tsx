import { count, percent } from "../shared/format/number";
import { t } from "../shared/i18n";
import { Amounts, Stat } from "../shared/ui";
import { AbandonRate } from "./AbandonRate";
import { useBoard } from "./context";

/** The floor's day in one line. Every figure keeps its place while it changes. */
export function Totals() {
  const { totals, agents } = useBoard();
  const people = Object.values(agents);
  const on = people.filter((agent) => agent.state !== "offline").length;
  const ready = people.filter((agent) => agent.state === "ready").length;
  const answered = totals.dialed > 0 ? totals.answered / totals.dialed : 0;
  return (
    <dl class="totals panel" data-testid="totals">
      <Stat label={t("board.in_flight")} testid="total-in-flight">
        {count(totals.in_flight)}
      </Stat>
      <Stat label={t("board.agents_on")} note={t("board.agents_ready", { n: ready })} testid="total-agents">
        {count(on)}
      </Stat>
      <Stat label={t("board.occupancy")} testid="total-occupancy">
        {percent(totals.occupancy)}
      </Stat>
      <Stat label={t("board.dialed")} testid="total-dialed">
        {count(totals.dialed)}
      </Stat>
      <Stat label={t("board.answered")} note={percent(answered)} testid="total-answered">
        {count(totals.answered)}
      </Stat>
      <Stat label={t("board.bridged")} testid="total-bridged">
        {count(totals.bridged)}
      </Stat>
      <Stat
        label={t("board.abandon_rate")}
        note={t("board.abandoned_count", { n: totals.abandoned })}
        testid="total-abandon-rate"
      >
        <AbandonRate rate={totals.abandon_rate} />
      </Stat>
      <Stat label={t("board.promises")} note={<Amounts values={totals.promised} />} testid="total-promises">
        {count(totals.promises)}
      </Stat>
    </dl>
  );
}
