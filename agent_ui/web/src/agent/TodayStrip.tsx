// The agent's own day in numbers, always in the same place.
import { count } from "../shared/format/number";
import { span } from "../shared/format/time";
import { t } from "../shared/i18n";
import { Amounts } from "../shared/ui";
import { useView } from "./model";

export function TodayStrip() {
  const { today, nodes } = useView();
  const troubled = Object.values(nodes).filter((node) => node.health !== "up");
  const cells = [
    ["calls", count(today.calls)],
    ["contacts", count(today.contacts)],
    ["right_party", count(today.right_party)],
    ["promises", count(today.promises)],
    ["promised", <Amounts key="promised" values={today.promised} />],
    ["talk", span(today.talk_s)],
    ["ready", span(today.ready_s)],
    ["wrap_up", span(today.wrap_up_s)],
    ["pause", span(today.pause_s)],
  ] as const;
  return (
    <section class="today" aria-label={t("today.title")} data-testid="today">
      <dl>
        {cells.map(([name, value]) => (
          <div key={name} class={`today-cell today-${name}`}>
            <dt>{t(`today.${name}`)}</dt>
            <dd class="num" data-testid={`today-${name}`}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
      {troubled.map((node) => (
        <span key={node.node} class="today-node" title={node.why} data-testid={`node-${node.node}`}>
          {t("today.node", { node: node.node, health: t(`health.${node.health}`) })}
        </span>
      ))}
    </section>
  );
}
