// The agent's own plans: "I leave at 17:30", "break at 15:00 for 15 minutes".

import { t } from "../shared/i18n";
import { Plans } from "../shared/plans/Plans";
import { Dialog } from "../shared/ui";
import { useModel, useView } from "./model";

export function PlanDialog() {
  const model = useModel();
  const { agent } = useView();
  return (
    <Dialog
      title={t("plan.title")}
      onClose={() => {
        model.planOpen.value = false;
      }}
      testid="plan-dialog"
    >
      <Plans
        plans={agent.planned}
        live={model.live.value}
        busy={model.busy("plan")}
        onPlan={(args) => model.connection.send("plan", args)}
        onCancel={(plan_id) => void model.run("plan_cancel", { plan_id })}
      />
    </Dialog>
  );
}
