// Puts a number, an address or a beginning of numbers on a list, with what proves that it belongs there.
import { useSignal } from "@preact/signals";
import { api } from "../../shared/api";
import { t } from "../../shared/i18n";
import { Button, Dialog, Field, Icon } from "../../shared/ui";
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
  const set = (change: Partial<typeof draft.value>) => {
    draft.value = { ...draft.value, ...change };
  };
  const { trouble } = asked;
  const errorOf = (name: string) => (trouble.value?.field === name ? trouble.value.text : null);
  const send = async (event: Event) => {
    event.preventDefault();
    const { list, kind, address, evidence } = draft.value;
    if (address.trim() === "") trouble.value = { text: t("list.need_address"), field: "address" };
    else if (evidence.trim() === "") trouble.value = { text: t("list.need_evidence"), field: "evidence" };
    else {
      const body = { address: address.trim(), kind, evidence: evidence.trim() };
      const works = await asked.ask(() => api("POST", `/api/lists/${list}/entries`, body));
      const done = asked.found.value;
      if (works && done) props.onDone(t(done.added ? "list.added" : "list.was_there", { list: done.list }));
    }
  };
  const text = (name: "address" | "evidence") => (
    <Field
      label={t(`list.${name}`)}
      error={errorOf(name)}
      hint={t(
        name === "evidence"
          ? "list.evidence_hint"
          : draft.value.kind === "prefix"
            ? "list.prefix_hint"
            : "list.address_hint",
      )}
    >
      {(control) => (
        <input
          {...control}
          class="input"
          dir={name === "address" ? "ltr" : "auto"}
          autocomplete="off"
          maxLength={name === "address" ? 254 : 400}
          value={draft.value[name]}
          onInput={(event) => set({ [name]: event.currentTarget.value })}
          data-testid={`add-${name}`}
        />
      )}
    </Field>
  );
  return (
    <Dialog title={t("list.add")} onClose={props.onClose} testid="list-add-dialog">
      <form class="stack" onSubmit={(event) => void send(event)} noValidate>
        <Field label={t("list.name")} tight>
          {(control) => (
            <select
              {...control}
              class="input"
              value={draft.value.list}
              onChange={(event) => set({ list: event.currentTarget.value })}
              data-testid="add-list"
            >
              {props.lists.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={t("list.what")} tight>
          {(control) => (
            <select
              {...control}
              class="input"
              value={draft.value.kind}
              onChange={(event) => set({ kind: event.currentTarget.value })}
              data-testid="add-kind"
            >
              <option value="exact">{t("list.exact")}</option>
              <option value="prefix">{t("list.prefix")}</option>
            </select>
          )}
        </Field>
        {text("address")}
        {text("evidence")}
        {trouble.value && !["address", "evidence"].includes(trouble.value.field ?? "") && (
          <p class="alert alert-bad" role="alert">
            <Icon name="warning" />
            <span>{trouble.value.text}</span>
          </p>
        )}
        <div class="dialog-actions">
          <Button onClick={props.onClose}>{t("common.cancel")}</Button>
          <Button type="submit" variant="primary" busy={asked.busy.value} testid="add-send">
            {t("list.add_do")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
