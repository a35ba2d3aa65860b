// One agent: the skills that they have, and their planned breaks and end of shift.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { PlanView } from "../protocol";
import { api } from "../shared/api";
import { t } from "../shared/i18n";
import { toast } from "../shared/notices";
import { Plans } from "../shared/plans/Plans";
import { Button, Dialog } from "../shared/ui";
import { useAsked } from "./compliance/asked";
import { TroubleBox } from "./compliance/pieces";
import { useBoard, useBoardModel } from "./context";
import { errorAt, Refusal, submitting, TextInput } from "./forms";
import { MOST_SKILLS, oddSkill, skillsOf, skillsText } from "./skills";

/** As `/api/agents` tells; an agent on the floor is on the board as well. */
export interface AgentRecord {
  id: number;
  name: string;
  skills: string[];
  planned: PlanView[];
}

export function AgentDialog({ agent, onClose }: { agent: AgentRecord; onClose: () => void }) {
  return (
    <Dialog title={t("agents.edit", { name: agent.name })} onClose={onClose} testid="agent-dialog">
      <SkillsForm agent={agent} />
      <h3 class="agent-part">{t("plan.title")}</h3>
      <AgentPlans agent={agent} />
    </Dialog>
  );
}

function SkillsForm({ agent }: { agent: AgentRecord }) {
  const asked = useAsked<AgentRecord>();
  const text = useSignal(skillsText(agent.skills));
  const save = async () => {
    const skills = skillsOf(text.value);
    const odd = oddSkill(skills);
    if (odd !== null) asked.refuse("skills", t("skills.odd", { skill: odd }));
    else if (skills.length > MOST_SKILLS) asked.refuse("skills", t("skills.too_many", { most: MOST_SKILLS }));
    else if (await asked.ask(() => api("PATCH", `/api/agents/${agent.id}`, { skills }))) {
      text.value = skillsText(skills);
      toast("good", t("skills.saved", { name: agent.name }));
    }
  };
  return (
    <form class="stack" onSubmit={submitting(() => void save())} noValidate>
      <TextInput
        label={t("skills.label")}
        hint={t("skills.hint")}
        error={errorAt(asked, "skills")}
        dir="ltr"
        value={text.value}
        onInput={(value) => {
          text.value = value;
        }}
        testid="agent-skills"
      />
      <Refusal asked={asked} fields={["skills"]} testid="agent-trouble" />
      <div class="dialog-actions">
        <Button type="submit" variant="primary" busy={asked.busy.value} testid="agent-skills-save">
          {t("skills.save")}
        </Button>
      </div>
    </form>
  );
}

/** The board's plans where the agent is on the floor, else as they were read, with what was changed here since. */
function AgentPlans({ agent }: { agent: AgentRecord }) {
  const model = useBoardModel();
  const onFloor = useBoard().agents[agent.id];
  const read = useAsked<{ agents: AgentRecord[] }>();
  const look = () => read.ask(() => api("GET", "/api/agents"));
  useEffect(() => {
    if (!onFloor) void look();
  }, []);
  const known = read.found.value?.agents.find((one) => one.id === agent.id);
  const after = async (works: boolean) => {
    if (works && !onFloor) await look();
  };
  return (
    <>
      <TroubleBox asked={read} onAgain={() => void look()} />
      <Plans
        plans={onFloor?.planned ?? known?.planned ?? agent.planned}
        live={model.live}
        busy={model.busy("agent_plan", agent.id)}
        onPlan={async (args) => {
          const reply = await model.connection.send("agent_plan", { user_id: agent.id, ...args });
          await after(reply.ok);
          return reply;
        }}
        onCancel={(plan_id) => void model.run("agent_plan_cancel", plan_id, { user_id: agent.id, plan_id }).then(after)}
      />
    </>
  );
}
