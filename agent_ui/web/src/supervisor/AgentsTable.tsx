// The people on the floor: state, how long, what they did today; pause or sign one out.
import { type Signal, useSignal } from "@preact/signals";
import type { FloorAgent } from "../protocol";
import { count, percent } from "../shared/format/number";
import { clockTime, span } from "../shared/format/time";
import { t, word } from "../shared/i18n";
import { planText } from "../shared/plans/plan";
import { Badge, Button, Dialog, Empty, Icon, IconButton, Panel, Timer } from "../shared/ui";
import { STATE_TONE } from "../shared/ui/state";
import { AgentDialog, type AgentRecord } from "./AgentDialog";
import { AllAgents } from "./AllAgents";
import { useBoard, useBoardModel } from "./context";
import { skillsText } from "./skills";
import { nextSort, type Sort, type SortKey, sortAgents } from "./sorting";

const COLUMNS: { by: SortKey; look: string }[] = [
  { by: "name", look: "" },
  { by: "state", look: "" },
  { by: "calls", look: "end" },
  { by: "promises", look: "end" },
  { by: "talk_s", look: "end wide-only" },
  { by: "occupancy", look: "end wide-only" },
];

export function AgentsTable() {
  const { agents } = useBoard();
  const sort = useSignal<Sort>({ by: "name", descending: false });
  const leaving = useSignal<FloorAgent | null>(null);
  const editing = useSignal<AgentRecord | null>(null);
  const everyone = useSignal(false);
  const all = sortAgents(Object.values(agents), sort.value);
  const on = all.filter((agent) => agent.state !== "offline").length;
  return (
    <Panel title={t("board.agents")} aside={<Aside on={on} everyone={everyone} />} flush testid="agents">
      {all.length === 0 ? (
        <Empty icon="user" title={t("board.no_agents")}>
          <p>{t("board.no_agents_text")}</p>
        </Empty>
      ) : (
        <div class="table-wrap">
          <table class="table agents-table">
            <Head sort={sort} />
            <tbody>
              {all.map((agent) => (
                <AgentRow key={agent.id} agent={agent} leaving={leaving} editing={editing} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {leaving.value && <Leave leaving={leaving} agent={leaving.value} />}
      {everyone.value && !editing.value && (
        <AllAgents
          onPick={(agent) => {
            editing.value = agent;
          }}
          onClose={() => {
            everyone.value = false;
          }}
        />
      )}
      {editing.value && (
        <AgentDialog
          agent={editing.value}
          onClose={() => {
            editing.value = null;
          }}
        />
      )}
    </Panel>
  );
}

function Aside({ on, everyone }: { on: number; everyone: Signal<boolean> }) {
  return (
    <span class="agents-aside">
      {t("board.on_shift", { n: on })}
      <Button
        small
        onClick={() => {
          everyone.value = true;
        }}
        testid="agents-everyone"
      >
        {t("agents.everyone")}
      </Button>
    </span>
  );
}

function Head({ sort }: { sort: Signal<Sort> }) {
  const { by, descending } = sort.value;
  return (
    <thead>
      <tr>
        {COLUMNS.map((column) => (
          <th
            key={column.by}
            scope="col"
            class={column.look}
            aria-sort={by === column.by ? (descending ? "descending" : "ascending") : undefined}
          >
            <button
              type="button"
              class={by === column.by ? "sort sort-on" : "sort"}
              onClick={() => {
                sort.value = nextSort(sort.value, column.by);
              }}
            >
              {t(`agents.${column.by}`)}
              <span class={descending ? "sort-mark" : "sort-mark sort-up"}>
                <Icon name="chevron" />
              </span>
            </button>
          </th>
        ))}
        <th scope="col" class="wide-only">
          {t("agents.campaign")}
        </th>
        <th scope="col">
          <span class="sr-only">{t("agents.actions")}</span>
        </th>
      </tr>
    </thead>
  );
}

interface Picks {
  agent: FloorAgent;
  leaving: Signal<FloorAgent | null>;
  editing: Signal<AgentRecord | null>;
}

function AgentRow({ agent, leaving, editing }: Picks) {
  return (
    <tr data-testid={`agent-${agent.id}`} data-state={agent.state}>
      <th scope="row">
        <bdi>{agent.name}</bdi>
        {agent.simulated && <span class="tag">{t("agents.simulated")}</span>}
        {!agent.phone_online && agent.state !== "offline" && (
          <span class="tag tag-bad">
            <Icon name="warning" />
            {t("agents.no_phone")}
          </span>
        )}
        <Notes agent={agent} />
      </th>
      <td>
        <span class="agent-cell">
          <Badge tone={STATE_TONE[agent.state]}>{t(`state.${agent.state}`)}</Badge>
          {agent.state !== "offline" && <Timer since={agent.since} />}
        </span>
        {agent.reason && <span class="cell-note">{word("pause", agent.reason)}</span>}
      </td>
      <td class="end">{count(agent.calls)}</td>
      <td class="end">{count(agent.promises)}</td>
      <td class="end wide-only">{span(agent.talk_s)}</td>
      <td class="end wide-only">{percent(agent.occupancy)}</td>
      <td class="agent-campaign muted wide-only">
        <bdi>{agent.campaign ?? "—"}</bdi>
      </td>
      <td class="end">
        <AgentActions agent={agent} leaving={leaving} editing={editing} />
      </td>
    </tr>
  );
}

/** Under the name: skills, what is missing for which campaign, and what comes next. */
function Notes({ agent }: { agent: FloorAgent }) {
  const next = agent.planned[0];
  if (agent.skills.length + agent.lacks.length === 0 && !next && !agent.back_at) return null;
  return (
    <div class="agent-notes">
      {agent.skills.length > 0 && (
        <bdi dir="ltr" data-testid={`agent-${agent.id}-skills`}>
          {skillsText(agent.skills)}
        </bdi>
      )}
      {agent.lacks.map((lack) => (
        <span key={lack.campaign} class="agent-lacks" data-testid={`agent-${agent.id}-lacks`}>
          {t("agents.lacks", { campaign: lack.campaign, skills: skillsText(lack.skills) })}
        </span>
      ))}
      {agent.back_at && <span>{t("plan.back_at", { time: clockTime(agent.back_at) })}</span>}
      {next && <span data-testid={`agent-${agent.id}-planned`}>{planText(next)}</span>}
    </div>
  );
}

function AgentActions({ agent, leaving, editing }: Picks) {
  const model = useBoardModel();
  const off = agent.state === "offline";
  return (
    <span class="agent-actions">
      <IconButton
        icon="calendar"
        label={t("agents.edit", { name: agent.name })}
        disabled={!model.live}
        onClick={() => {
          editing.value = agent;
        }}
        testid={`agent-${agent.id}-edit`}
      />
      <IconButton
        icon="pause"
        label={t("agents.pause", { name: agent.name })}
        disabled={!model.live || off || agent.state === "paused"}
        busy={model.busy("agent_pause", agent.id)}
        onClick={() => void model.run("agent_pause", agent.id, { user_id: agent.id })}
        testid={`agent-${agent.id}-pause`}
      />
      <IconButton
        icon="exit"
        label={t("agents.logout", { name: agent.name })}
        disabled={!model.live || off}
        busy={model.busy("agent_logout", agent.id)}
        onClick={() => {
          leaving.value = agent;
        }}
        testid={`agent-${agent.id}-logout`}
      />
    </span>
  );
}

function Leave({ leaving, agent }: { leaving: Signal<FloorAgent | null>; agent: FloorAgent }) {
  const model = useBoardModel();
  const close = () => {
    leaving.value = null;
  };
  return (
    <Dialog title={t("agents.logout", { name: agent.name })} onClose={close} testid="logout-dialog">
      <p>{t("agents.logout_text")}</p>
      <div class="dialog-actions">
        <Button onClick={close}>{t("common.cancel")}</Button>
        <Button
          variant="danger"
          disabled={!model.live}
          onClick={() => {
            close();
            void model.run("agent_logout", agent.id, { user_id: agent.id });
          }}
          testid="logout-confirm"
        >
          {t("state.end_shift")}
        </Button>
      </div>
    </Dialog>
  );
}
