// How hard a running campaign may dial, changed while it runs: what is sent holds from the next look at the floor.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { CampaignView } from "../protocol";
import { ApiError, api } from "../shared/api";
import { t } from "../shared/i18n";
import { toast } from "../shared/notices";
import { useAsked } from "./compliance/asked";
import { Loading, TroubleBox } from "./compliance/pieces";
import { useBoardModel } from "./context";
import { Check, Choice, errorAt, FormDialog, TextInput } from "./forms";
import {
  changed,
  DIALING,
  type Dialing,
  draftOf,
  type LimitsDraft,
  NUMBERS,
  type NumberName,
  numberProblem,
  skillsProblem,
} from "./limits";

export function CampaignLimits({ campaign, onClose }: { campaign: CampaignView; onClose: () => void }) {
  const model = useBoardModel();
  const read = useAsked<{ settings: Dialing }>();
  const asked = useAsked<unknown>();
  const draft = useSignal<LimitsDraft | null>(null);
  const look = async () => {
    const works = await read.ask(() => api("GET", `/api/campaigns/${campaign.id}`));
    if (works && read.found.value) draft.value = draftOf(read.found.value.settings);
  };
  useEffect(() => void look(), []);
  const set = (change: Partial<LimitsDraft>) => {
    if (draft.value) draft.value = { ...draft.value, ...change };
  };
  const send = async () => {
    const { settings } = read.found.value ?? {};
    if (!draft.value || !settings) return;
    const wrong = NUMBERS.find((name) => draft.value && numberProblem(name, draft.value[name]));
    if (wrong) {
      const [least, most] = DIALING[wrong];
      asked.refuse(wrong, t("campaign.out_of_range", { least, most }));
      return;
    }
    const odd = skillsProblem(draft.value);
    if (odd !== null) {
      asked.refuse("skills", t("skills.odd", { skill: odd }));
      return;
    }
    const changes = changed(settings, draft.value);
    if (Object.keys(changes).length === 0) {
      onClose();
      return;
    }
    const works = await asked.ask(async () => {
      const reply = await model.connection.send("campaign_set", { campaign_id: campaign.id, settings: changes });
      if (!reply.ok) throw new ApiError(422, reply.error.code, reply.error.message, reply.error.field ?? null);
    });
    if (!works) return;
    toast("good", t("limits.done", { name: campaign.name }));
    onClose();
  };
  const shown = draft.value;
  return (
    <FormDialog
      title={t("limits.title", { name: campaign.name })}
      name="limits"
      doIt={t("limits.do")}
      asked={asked}
      fields={[...NUMBERS, "skills"]}
      onSubmit={() => void send()}
      onClose={onClose}
    >
      <p class="muted">{t("limits.text")}</p>
      <TroubleBox asked={read} onAgain={() => void look()} />
      <Loading asked={read} />
      {shown && (
        <>
          <div class="ledger-form">
            {NUMBERS.map((name) => (
              <Figure key={name} name={name} draft={shown} error={errorAt(asked, name)} onSet={set} />
            ))}
            <Choice
              label={t("limits.preview_end")}
              options={[
                ["skip", t("limits.preview_end_skip")],
                ["dial", t("limits.preview_end_dial")],
              ]}
              value={shown.preview_end}
              onInput={(preview_end) => set({ preview_end })}
              testid="limits-preview_end"
              tight
            />
          </div>
          <Staffing draft={shown} error={errorAt(asked, "skills")} onSet={set} />
          <Check
            label={t("limits.wrap_up_cut_for_waiting")}
            on={shown.wrap_up_cut_for_waiting}
            onChange={(wrap_up_cut_for_waiting) => set({ wrap_up_cut_for_waiting })}
            testid="limits-wrap_up_cut_for_waiting"
          />
          <Check
            label={t("limits.cancel_ringing")}
            on={shown.cancel_ringing}
            onChange={(cancel_ringing) => set({ cancel_ringing })}
            testid="limits-cancel_ringing"
          />
        </>
      )}
    </FormDialog>
  );
}

function Staffing(props: { draft: LimitsDraft; error: string | null; onSet: (change: Partial<LimitsDraft>) => void }) {
  return (
    <div class="ledger-form">
      <TextInput
        label={t("limits.skills")}
        hint={t("skills.hint")}
        error={props.error}
        dir="ltr"
        value={props.draft.skills}
        onInput={(skills) => props.onSet({ skills })}
        testid="limits-skills"
      />
      <Choice
        label={t("limits.staffing")}
        options={[
          ["assigned", t("limits.staffing_assigned")],
          ["skilled", t("limits.staffing_skilled")],
        ]}
        value={props.draft.staffing}
        onInput={(staffing) => props.onSet({ staffing })}
        testid="limits-staffing"
      />
    </div>
  );
}

function Figure(props: {
  name: NumberName;
  draft: LimitsDraft;
  error: string | null;
  onSet: (change: Partial<LimitsDraft>) => void;
}) {
  const [least, most] = DIALING[props.name];
  return (
    <TextInput
      label={t(`limits.${props.name}`)}
      hint={t("campaign.range", { least, most })}
      error={props.error}
      dir="ltr"
      value={props.draft[props.name]}
      onInput={(value) => props.onSet({ [props.name]: value })}
      testid={`limits-${props.name}`}
    />
  );
}
