// Broadcasting: which recording, what it says, who hears it. The server says whose rulebook stands against it.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { CampaignView } from "../protocol";
import { ApiError, api } from "../shared/api";
import { t } from "../shared/i18n";
import { toast } from "../shared/notices";
import { type Announcement, announcementOf, announcementProblem } from "./announcement";
import { useAsked } from "./compliance/asked";
import { Loading, TroubleBox } from "./compliance/pieces";
import { useBoardModel } from "./context";
import { Check, errorAt, FormDialog, TextBlock, TextInput } from "./forms";

const FIELDS = ["announcement", "announcement_words"] as const;

export function CampaignAnnouncement({ campaign, onClose }: { campaign: CampaignView; onClose: () => void }) {
  const model = useBoardModel();
  const read = useAsked<{ settings: Announcement }>();
  const asked = useAsked<unknown>();
  const draft = useSignal<Announcement | null>(null);
  const look = async () => {
    const works = await read.ask(() => api("GET", `/api/campaigns/${campaign.id}`));
    if (works && read.found.value) draft.value = announcementOf(read.found.value.settings);
  };
  useEffect(() => void look(), []);
  const set = (change: Partial<Announcement>) => {
    if (draft.value) draft.value = { ...draft.value, ...change };
  };
  const send = async () => {
    if (!draft.value) return;
    const lack = announcementProblem(draft.value);
    if (lack) {
      asked.refuse(lack.field, t(lack.key));
      return;
    }
    const args = { campaign_id: campaign.id, mode: "broadcast", ...announcementOf(draft.value) };
    const works = await asked.ask(async () => {
      const reply = await model.connection.send("campaign_mode", args);
      if (!reply.ok) throw new ApiError(422, reply.error.code, reply.error.message, reply.error.field ?? null);
    });
    if (!works) return;
    toast("good", t("announce.done", { name: campaign.name }));
    onClose();
    await model.loadCampaigns();
  };
  const shown = draft.value;
  return (
    <FormDialog
      title={t("announce.title", { name: campaign.name })}
      name="announce"
      doIt={t("announce.do")}
      asked={asked}
      fields={FIELDS}
      onSubmit={() => void send()}
      onClose={onClose}
    >
      <p class="muted">{t("announce.text")}</p>
      <TroubleBox asked={read} onAgain={() => void look()} />
      <Loading asked={read} />
      {shown && (
        <>
          <TextInput
            label={t("announce.recording")}
            hint={t("announce.recording_hint")}
            error={errorAt(asked, "announcement")}
            dir="ltr"
            value={shown.announcement}
            onInput={(announcement) => set({ announcement })}
            testid="announce-recording"
          />
          <TextBlock
            label={t("announce.words")}
            hint={t("announce.words_hint")}
            error={errorAt(asked, "announcement_words")}
            maxLength={4000}
            value={shown.announcement_words}
            onInput={(announcement_words) => set({ announcement_words })}
            testid="announce-words"
          />
          <Check label={t("announce.amd")} on={shown.amd} onChange={(amd) => set({ amd })} testid="announce-amd" />
          {shown.amd && (
            <Check
              label={t("announce.machines")}
              on={shown.announcement_to_machines}
              onChange={(announcement_to_machines) => set({ announcement_to_machines })}
              testid="announce-machines"
            />
          )}
        </>
      )}
    </FormDialog>
  );
}
