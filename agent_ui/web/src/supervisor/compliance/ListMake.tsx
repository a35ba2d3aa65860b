// Makes an empty do-not-contact list: for whom it holds, who keeps it, and when a newer version is due.
import { useSignal } from "@preact/signals";
import { api } from "../../shared/api";
import { t } from "../../shared/i18n";
import { Check, Choice, errorAt, FormDialog, TextInput } from "../forms";
import { useAsked } from "./asked";
import { useCampaigns } from "./campaigns";
import type { NumberList } from "./lists";

const FIELDS = ["name", "kind", "scope", "whose", "source", "evidence", "refresh_by"] as const;
const EMPTY = { name: "", kind: "entries", scope: "global", whose: "", source: "", evidence: "", refresh_by: "" };

export function ListMake({ onDone, onClose }: { onDone: (name: string) => void; onClose: () => void }) {
  const draft = useSignal(EMPTY);
  const denies = useSignal(false);
  const campaigns = useCampaigns();
  const asked = useAsked<{ name: string }>();
  const bind = (name: (typeof FIELDS)[number]) => ({
    value: draft.value[name],
    error: errorAt(asked, name),
    testid: `make-${name}`,
    onInput: (value: string) => {
      draft.value = { ...draft.value, [name]: value };
    },
  });
  const { scope } = draft.value;
  const names = campaigns.value.map((one) => (scope === "creditor" ? one.creditor : one.name));
  const send = async () => {
    const { name, kind, whose, source, evidence, refresh_by } = draft.value;
    if (name.trim() === "") asked.refuse("name", t("list.need_name"));
    else if (scope !== "global" && whose.trim() === "") asked.refuse("whose", t("list.need_whose"));
    else {
      const body = {
        name: name.trim(),
        kind,
        scope,
        whose: scope === "global" ? null : whose.trim(),
        source: source.trim(),
        evidence: evidence.trim(),
        refresh_by: refresh_by || null,
        overdue_denies: denies.value,
      };
      const works = await asked.ask(() => api("POST", "/api/lists", body));
      if (works && asked.found.value) onDone(asked.found.value.name);
    }
  };
  return (
    <FormDialog
      title={t("list.make")}
      name="make"
      testid="list-make-dialog"
      doIt={t("list.make_do")}
      asked={asked}
      fields={FIELDS}
      onSubmit={() => void send()}
      onClose={onClose}
    >
      <TextInput {...bind("name")} label={t("list.name")} maxLength={100} hint={t("list.name_hint")} />
      <Choice
        {...bind("kind")}
        label={t("list.kind")}
        options={(["entries", "hashed"] as const satisfies NumberList["kind"][]).map((one) => [
          one,
          t(`list.kind_${one}_long`),
        ])}
        tight
      />
      <Choice
        {...bind("scope")}
        label={t("list.scope")}
        options={(["global", "creditor", "campaign"] as const).map((one) => [one, t(`list.scope_${one}_long`)])}
        tight
      />
      {scope !== "global" && (
        <TextInput
          {...bind("whose")}
          label={t(scope === "creditor" ? "list.creditor" : "list.campaign")}
          maxLength={200}
          suggestions={[...new Set(names)]}
        />
      )}
      <TextInput {...bind("source")} label={t("list.keeper")} maxLength={200} hint={t("list.keeper_hint")} />
      <TextInput {...bind("evidence")} label={t("list.evidence")} maxLength={400} hint={t("list.evidence_hint")} />
      <TextInput {...bind("refresh_by")} label={t("list.refresh_by")} type="date" hint={t("list.refresh_hint")} />
      <Check
        label={t("list.denies")}
        on={denies.value}
        onChange={(on) => {
          denies.value = on;
        }}
        testid="make-denies"
      />
    </FormDialog>
  );
}
