import { t } from "../shared/i18n";
import { toast } from "../shared/notices";
import { Button, Field } from "../shared/ui";
import { useModel } from "./model";

export function NoteForm() {
  const model = useModel();
  const text = model.note;
  const save = async (event: Event) => {
    event.preventDefault();
    if (text.value.trim() === "" || !model.can.value.note) return;
    if (await model.saveNote()) toast("good", t("note.saved"));
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)} data-testid="note-form">
      <Field label={t("note.label")} hint={t("note.hint")}>
        {(control) => (
          <textarea
            {...control}
            class="input"
            rows={4}
            maxLength={4000}
            dir="auto"
            data-first
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save(event);
            }}
            data-testid="note-text"
          />
        )}
      </Field>
      <Button
        type="submit"
        icon="note"
        busy={model.busy("note")}
        disabled={text.value.trim() === "" || !model.can.value.note}
        testid="note-save"
      >
        {t("note.save")}
      </Button>
    </form>
  );
}
