// Puts a number, an address or a beginning of numbers on a list, with what proves that it belongs there.
import { useSignal } from "@preact/signals";
import { api } from "../../shared/api";
import { t } from "../../shared/i18n";
import { Choice, errorAt, FormDialog, TextInput } from "../forms";
import { useAsked } from "./asked";
import type { NumberList } from "./lists";

export function ListAdd(props: {
  lists: NumberList[];
  address: string;
  onDone: (text: string) => void;
  onClose: () => void;
}) {
  const draft = useSignal({
    list: String(props.lists[0]?.id ?? ""),
    kind: "exact",
    address: props.address,
    evidence: "",
  });
  const asked = useAsked<{ list: string; added: boolean }>();
  const bind = (name: "list" | "kind" | "address" | "evidence") => ({
    value: draft.value[name],
    error: errorAt(asked, name),
    testid: `add-${name}`,
    onInput: (value: string) => {
      draft.value = { ...draft.value, [name]: value };
    },
  });
  const send = async () => {
    const { list, kind, address, evidence } = draft.value;
    if (address.trim() === "") asked.refuse("address", t("list.need_address"));
    else if (evidence.trim() === "") asked.refuse("evidence", t("list.need_evidence"));
    else {
      const body = { address: address.trim(), kind, evidence: evidence.trim() };
      const works = await asked.ask(() => api("POST", `/api/lists/${list}/entries`, body));
      const done = asked.found.value;
      if (works && done) props.onDone(t(done.added ? "list.added" : "list.was_there", { list: done.list }));
    }
  };
  return (
    <FormDialog
      title={t("list.add")}
      name="add"
      testid="list-add-dialog"
      doIt={t("list.add_do")}
      asked={asked}
      fields={["address", "evidence"]}
      onSubmit={() => void send()}
      onClose={props.onClose}
    >
      <Choice {...bind("list")} label={t("list.name")} options={props.lists.map((one) => [one.id, one.name])} tight />
      <Choice
        {...bind("kind")}
        label={t("list.what")}
        options={[
          ["exact", t("list.exact")],
          ["prefix", t("list.prefix")],
        ]}
        tight
      />
      <TextInput
        {...bind("address")}
        label={t("list.address")}
        hint={t(draft.value.kind === "prefix" ? "list.prefix_hint" : "list.address_hint")}
        dir="ltr"
        maxLength={254}
      />
      <TextInput {...bind("evidence")} label={t("list.evidence")} hint={t("list.evidence_hint")} maxLength={400} />
    </FormDialog>
  );
}
