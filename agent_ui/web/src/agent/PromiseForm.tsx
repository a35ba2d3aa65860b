// A promise to pay: which debt, how much, by when. Checked here as typed, and by the server when saved.
import { useSignal } from "@preact/signals";
import type { DebtView, FileView } from "../protocol";
import { serverNow } from "../shared/clock";
import { failureText } from "../shared/failure";
import { amountForField, money } from "../shared/format/money";
import { addDays, calendarDate, dateIn, daysBetween } from "../shared/format/time";
import { formatLocale, t } from "../shared/i18n";
import { toast } from "../shared/notices";
import { Button, Field } from "../shared/ui";
import { useModel } from "./model";
import { checkPromise, dayPicks, type PromiseDraft, type PromiseErrors } from "./promise";

type FieldName = keyof PromiseErrors;
const FIELDS = ["debt_id", "amount_minor", "due_date"] as const;

function first(file: FileView): DebtView | null {
  return file.debts.find((debt) => debt.status === "open") ?? file.debts[0] ?? null;
}

export function PromiseForm({ file }: { file: FileView }) {
  const model = useModel();
  const draft = useSignal<PromiseDraft>({ debtId: first(file)?.id ?? null, amount: "", dueDate: "" });
  const tried = useSignal(false);
  const refused = useSignal<Partial<Record<FieldName, string>>>({});
  const today = dateIn(file.timezone, serverNow());
  const debt = file.debts.find((one) => one.id === draft.value.debtId) ?? null;
  const check = checkPromise(draft.value, file, today, formatLocale.value);

  const set = (change: Partial<PromiseDraft>) => {
    draft.value = { ...draft.value, ...change };
    refused.value = {};
    model.shows("promise"); // the form is open with the file: only what is filled in says something
  };
  const errorOf = (name: FieldName): string | null => {
    const filled = name === "amount_minor" ? draft.value.amount !== "" : draft.value.dueDate !== "";
    const complaint = !check.ok && (tried.value || filled) ? check.errors[name] : undefined;
    return refused.value[name] ?? (complaint ? t(complaint.key, complaint.params) : null);
  };
  const save = async (event: Event) => {
    event.preventDefault();
    tried.value = true;
    if (!check.ok || !model.can.value.promise) return;
    const reply = await model.run("promise", check.args, FIELDS);
    if (reply.ok) {
      const amount = money({ minor: check.args.amount_minor, currency: check.args.currency });
      toast("good", t("promise.saved", { amount, date: calendarDate(check.args.due_date) }));
      model.pick("promise");
      draft.value = { ...draft.value, amount: "", dueDate: "" };
      tried.value = false;
    } else if (reply.error.field) {
      refused.value = { [reply.error.field]: failureText(reply.error) };
    }
  };
  const days = draft.value.dueDate ? daysBetween(today, draft.value.dueDate) : 0;
  return (
    <form class="form" onSubmit={(event) => void save(event)} noValidate data-testid="promise-form">
      {file.debts.length > 1 && (
        <Field tight label={t("promise.debt")} error={errorOf("debt_id")}>
          {(control) => (
            <select
              {...control}
              class="input"
              value={String(draft.value.debtId ?? "")}
              onChange={(event) => set({ debtId: Number(event.currentTarget.value) })}
              data-testid="promise-debt"
            >
              {file.debts.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.creditor} · {one.reference} · {money(one.balance)}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <div class="form-pair">
        <Field
          label={debt ? t("promise.amount", { currency: debt.balance.currency }) : t("promise.amount_bare")}
          error={errorOf("amount_minor")}
          hint={debt && t("promise.of", { most: money(debt.balance) })}
        >
          {(control) => (
            <input
              {...control}
              class="input num"
              inputMode="decimal"
              autocomplete="off"
              dir="ltr"
              data-first
              value={draft.value.amount}
              onInput={(event) => set({ amount: event.currentTarget.value })}
              data-testid="promise-amount"
            />
          )}
        </Field>
        <Field
          label={t("promise.date")}
          error={errorOf("due_date")}
          hint={
            draft.value.dueDate
              ? `${calendarDate(draft.value.dueDate, formatLocale.value, true)} · ${t("promise.in_days", { n: days })}`
              : t("promise.within", { n: file.promise_limits.max_days })
          }
        >
          {(control) => (
            <input
              {...control}
              class="input num"
              type="date"
              min={today}
              max={addDays(today, file.promise_limits.max_days)}
              value={draft.value.dueDate}
              onInput={(event) => set({ dueDate: event.currentTarget.value })}
              data-testid="promise-date"
            />
          )}
        </Field>
      </div>
      {debt && <Picks debt={debt} today={today} maxDays={file.promise_limits.max_days} set={set} />}
      <Button
        type="submit"
        variant="primary"
        icon="coins"
        busy={model.busy("promise")}
        disabled={!model.can.value.promise}
        testid="promise-save"
      >
        {check.ok
          ? t("promise.save_of", { amount: money({ minor: check.args.amount_minor, currency: check.args.currency }) })
          : t("promise.save")}
      </Button>
    </form>
  );
}

function Picks(props: {
  debt: DebtView;
  today: string;
  maxDays: number;
  set: (change: Partial<PromiseDraft>) => void;
}) {
  const { balance } = props.debt;
  const amounts = [
    { key: "promise.full", minor: balance.minor },
    { key: "promise.half", minor: Math.ceil(balance.minor / 2) },
    { key: "promise.third", minor: Math.ceil(balance.minor / 3) },
  ] as const;
  return (
    <div class="picks">
      {amounts.map(({ key, minor }) => (
        <button
          type="button"
          key={key}
          class="pick"
          title={money({ minor, currency: balance.currency })}
          onClick={() => props.set({ amount: amountForField(minor, balance.currency) })}
          data-testid={key.replace(".", "-")}
        >
          {t(key)}
        </button>
      ))}
      <span class="picks-gap" />
      {dayPicks(props.today, props.maxDays).map(({ key, date }) => (
        <button
          type="button"
          key={key}
          class="pick"
          title={calendarDate(date)}
          onClick={() => props.set({ dueDate: date })}
          data-testid={key.replace(".", "-")}
        >
          {t(key)}
        </button>
      ))}
    </div>
  );
}
