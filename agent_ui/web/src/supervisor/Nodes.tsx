import type { NodeView } from "../protocol";
import { t } from "../shared/i18n";
import { Badge, Empty, Panel, type Tone } from "../shared/ui";
import { useBoard } from "./context";

const TONE: Record<NodeView["health"], Tone> = { up: "good", slow: "warn", down: "bad" };

export function Nodes() {
  const nodes = Object.values(useBoard().nodes).sort((a, b) => a.node.localeCompare(b.node));
  return (
    <Panel title={t("board.nodes")} flush testid="nodes">
      {nodes.length === 0 ? (
        <Empty icon="server" title={t("board.no_nodes")}>
          <p>{t("board.no_nodes_text")}</p>
        </Empty>
      ) : (
        <ul class="lines">
          {nodes.map((node) => (
            <li key={node.node} class="line" data-testid={`node-${node.node}`} data-health={node.health}>
              <span class="grow">
                <bdi class="strong">{node.node}</bdi>
                {node.why && (
                  <span class="cell-note">
                    <bdi>{node.why}</bdi>
                  </span>
                )}
              </span>
              <Badge tone={TONE[node.health]}>{t(`health.${node.health}`)}</Badge>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
