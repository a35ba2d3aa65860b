// What the person asked for: times, places, a lawyer, hardship and the rest. Recorded at once, for every campaign.
import { useSignal } from "@preact/signals";
import { failureText } from "../shared/failure";
import { t, word } from "../shared/i18n";
import { toast } from "../shared/notices";
import { Button, Field } from "../shared/ui";
import { useModel } from "./model";
import { checkWish, EMPTY, FORMS, WEEKDAYS, WISHES, WITH_FORM, type WishDraft, type WishKind } from "./wish";

export function WishForm() {
  const model = useModel();
  const draft = useSignal<WishDraft>(EMPTY);
  const tried = useSignal(false);
  const refused = useSignal<string | null>(null);
  const set = (change: Partial<WishDraft>) => {
    draft.value = { ...draft.value, ...change };
    refused.value = null;
  };
  const check = checkWish(draft.value);
  const error = refused.value ?? (!check.ok && tried.value ? t(check.error) : null);
  const save = async (event: Event) => {
    event.preventDefault();
    tried.value = true;
    if (!check.ok || !model.can.value.wish) return;
    const reply = await model.run("wish", check.args, ["deny", "place", "form", "review_on", "kind"]);
    if (reply.ok) {
      toast("good", t("wish.saved", { wish: word("wish", draft.value.kind) }));
      draft.value = EMPTY;
      tried.value = false;
    } else refused.value = failureText(reply.error);
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)} noValidate data-testid="wish-form">
      <Field label={t("wish.label")} error={error}>
        {(control) => (
          <select
            {...control}
            class="input"
            data-first
            value={draft.value.kind}
            onChange={(event) => {
              tried.value = false;
              set({ kind: event.currentTarget.value as WishKind });
            }}
            data-testid="wish-kind"
          >
            {WISHES.map((kind) => (
              <option key={kind} value={kind}>
                {word("wish", kind)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Details draft={draft.value} set={set} />
      <p class="muted">{t(draft.value.kind === "hardship" ? "wish.hardship_text" : "wish.text")}</p>
      <Button type="submit" icon="check" busy={model.busy("wish")} disabled={!model.can.value.wish} testid="wish-save">
        {t("wish.save")}
      </Button>
    </form>
  );
}

function Details({ draft, set }: { draft: WishDraft; set: (change: Partial<WishDraft>) => void }) {
  if (draft.kind === "inconvenient_time") return <Times draft={draft} set={set} />;
  if (draft.kind === "inconvenient_place")
    return (
      <Radios
        name="wish-place"
        legend={t("wish.place")}
        codes={["home", "work"]}
        chosen={draft.place}
        pick={(code) => set({ place: code as "home" | "work" })}
        words="wish_place"
      />
    );
  if (WITH_FORM.has(draft.kind))
    return (
      <Radios
        name="wish-form"
        legend={t("wish.form")}
        codes={FORMS}
        chosen={draft.form}
        pick={(code) => set({ form: code as WishDraft["form"] })}
        words="wish_form"
      />
    );
  if (draft.kind === "attorney")
    return <Text label={t("wish.attorney_name")} value={draft.name} put={(name) => set({ name })} testid="wish-name" />;
  if (draft.kind === "hardship")
    return (
      <Text
        label={t("wish.review_on")}
        type="date"
        value={draft.reviewOn}
        put={(reviewOn) => set({ reviewOn })}
        testid="wish-review"
      />
    );
  return null;
}

function Times({ draft, set }: { draft: WishDraft; set: (change: Partial<WishDraft>) => void }) {
  return (
    <>
      <fieldset class="choices">
        <legend class="field-label">{t("wish.days")}</legend>
        {WEEKDAYS.map((day) => (
          <label key={day} class="choice">
            <input
              type="checkbox"
              checked={draft.weekdays.has(day)}
              onChange={() => {
                const weekdays = new Set(draft.weekdays);
                if (!weekdays.delete(day)) weekdays.add(day);
                set({ weekdays });
              }}
              data-testid={`wish-${day}`}
            />
            {word("weekday", day)}
          </label>
        ))}
      </fieldset>
      <Text label={t("wish.from")} type="time" value={draft.from} put={(from) => set({ from })} testid="wish-from" />
      <Text label={t("wish.to")} type="time" value={draft.to} put={(to) => set({ to })} testid="wish-to" />
      <Text
        label={t("wish.until")}
        type="date"
        value={draft.until}
        put={(until) => set({ until })}
        testid="wish-until"
      />
    </>
  );
}

interface RadiosProps {
  name: string;
  legend: string;
  codes: readonly string[];
  chosen: string | null;
  pick: (code: string) => void;
  words: "wish_place" | "wish_form";
}

function Radios({ name, legend, codes, chosen, pick, words }: RadiosProps) {
  return (
    <fieldset class="choices">
      <legend class="field-label">{legend}</legend>
      {codes.map((code) => (
        <label key={code} class="choice">
          <input
            type="radio"
            name={name}
            checked={chosen === code}
            onChange={() => pick(code)}
            data-testid={`${name}-${code}`}
          />
          {word(words, code)}
        </label>
      ))}
    </fieldset>
  );
}

interface TextProps {
  label: string;
  value: string;
  put: (value: string) => void;
  testid: string;
  type?: "text" | "time" | "date";
}

function Text({ label, value, put, testid, type = "text" }: TextProps) {
  return (
    <Field label={label}>
      {(control) => {
        const common = {
          ...control,
          class: "input",
          value,
          onInput: (event: { currentTarget: HTMLInputElement }) => put(event.currentTarget.value),
          "data-testid": testid,
        };
        return type === "text" ? <input {...common} type="text" /> : <input {...common} type={type} />;
      }}
    </Field>
  );
}
