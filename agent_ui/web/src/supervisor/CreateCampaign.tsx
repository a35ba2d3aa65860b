// A new campaign: the few settings that have no good default in sight, the rest folded away.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, api } from "../shared/api";
import { failureText } from "../shared/failure";
import { t } from "../shared/i18n";
import { toast } from "../shared/notices";
import { Button, Dialog, Field, Icon } from "../shared/ui";
import { AgentPicks } from "./AgentPicks";
import { MODES } from "./CampaignMode";
import { type CampaignDraft, checkCampaign, EMPTY_DRAFT, LIMITS, type NumberField } from "./campaignForm";
import { useBoardModel } from "./context";
import { Choice } from "./forms";

const MORE: NumberField[] = [
  "ring_timeout_s",
  "answer_wait_ms",
  "wrap_up_s",
  "preview_s",
  "max_lines",
  "promise_max_days",
];

export function CreateCampaign({ onClose }: { onClose: () => void }) {
  const model = useBoardModel();
  const creditors = model.creditors.value;
  const only = creditors?.length === 1 ? (creditors[0] ?? "") : "";
  const draft = useSignal<CampaignDraft>(EMPTY_DRAFT);
  const agents = useSignal<number[]>([]);
  const tried = useSignal(false);
  const busy = useSignal(false);
  const refused = useSignal<{ field: string | null; text: string } | null>(null);
  const creditor = draft.value.creditor || only;
  const check = checkCampaign({ ...draft.value, creditor });
  useEffect(() => void model.loadCampaigns(), [model]); // a creditor may have come by an import since
  const set = (change: Partial<CampaignDraft>) => {
    draft.value = { ...draft.value, ...change };
    refused.value = null;
  };
  const errorOf = (name: keyof CampaignDraft): string | null => {
    if (refused.value?.field === name) return refused.value.text;
    const complaint = !check.ok && tried.value ? check.errors[name] : undefined;
    return complaint ? t(complaint.key, complaint.params) : null;
  };
  const input = (name: Exclude<keyof CampaignDraft, "mode">, numeric: boolean) => (
    <Field label={t(`campaign.field_${name}`)} error={errorOf(name)} hint={numeric && range(name as NumberField)}>
      {(control) => (
        <input
          {...control}
          class="input"
          inputMode={numeric ? "decimal" : name === "caller_id" ? "tel" : "text"}
          dir={name === "name" || name === "creditor" ? "auto" : "ltr"}
          autocomplete="off"
          value={draft.value[name]}
          onInput={(event) => set({ [name]: event.currentTarget.value })}
          data-testid={`new-campaign-${name}`}
        />
      )}
    </Field>
  );
  const save = async (event: Event) => {
    event.preventDefault();
    tried.value = true;
    if (!check.ok || busy.value) return;
    busy.value = true;
    try {
      await api("POST", "/api/campaigns", { ...check.body, agents: agents.value });
      toast("good", t("campaign.created", { name: check.body.name }));
      onClose();
      await model.loadCampaigns();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused.value = { field: error.field?.split(".").at(-1) ?? null, text: failureText(error) };
    } finally {
      busy.value = false;
    }
  };
  const general =
    refused.value && !(refused.value.field && refused.value.field in EMPTY_DRAFT) ? refused.value.text : null;
  return (
    <Dialog title={t("campaign.new")} onClose={onClose} wide testid="campaign-dialog">
      <form class="campaign-form" onSubmit={(event) => void save(event)} noValidate>
        {creditors?.length === 0 && (
          <p class="alert alert-warn" data-testid="no-creditors">
            <Icon name="warning" />
            <span>{t("campaign.no_creditors")}</span>
          </p>
        )}
        {input("name", false)}
        {creditors && creditors.length > 0 ? (
          <Choice
            label={t("campaign.field_creditor")}
            options={["", ...creditors].map((one) => [one, one])}
            value={creditor}
            error={errorOf("creditor")}
            onInput={(chosen) => set({ creditor: chosen })}
            testid="new-campaign-creditor"
          />
        ) : (
          input("creditor", false)
        )}
        <Field label={t("campaign.mode")} hint={t(`campaign.mode_${draft.value.mode}`)}>
          {(control) => (
            <select
              {...control}
              class="input"
              value={draft.value.mode}
              onChange={(event) => set({ mode: event.currentTarget.value as CampaignDraft["mode"] })}
              data-testid="new-campaign-mode"
            >
              {MODES.map((mode) => (
                <option key={mode} value={mode}>
                  {t(`mode.${mode}`)}
                </option>
              ))}
            </select>
          )}
        </Field>
        {draft.value.mode === "power" && input("lines_per_agent", true)}
        {input("caller_id", false)}
        <AgentPicks
          chosen={agents.value}
          onChange={(chosen) => {
            agents.value = chosen;
          }}
        />
        <details class="campaign-more" open={tried.value && !check.ok && MORE.some((name) => check.errors[name])}>
          <summary>{t("campaign.more")}</summary>
          <div class="campaign-form">{MORE.map((name) => input(name, true))}</div>
        </details>
        {general && (
          <p class="alert alert-bad" role="alert" data-testid="campaign-error">
            <Icon name="warning" />
            <span>{general}</span>
          </p>
        )}
        <div class="dialog-actions">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" variant="primary" busy={busy.value} testid="campaign-save">
            {t("campaign.create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function range(name: NumberField): string {
  const [least, most] = LIMITS[name];
  return t("campaign.range", { least, most });
}
