// Puts a file into a list: checked first or at once, with progress, and with every line that was not taken.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ApiError } from "../../shared/api";
import { count } from "../../shared/format/number";
import { t } from "../../shared/i18n";
import { Button, Dialog, Field, Icon } from "../../shared/ui";
import { type Upload, upload } from "../../shared/upload";
import { Check, Choice, errorAt, Refusal, submitting, TextInput } from "../forms";
import { type Asked, useAsked } from "./asked";
import { ImportAnswer, type ImportReport, type Phase } from "./importAnswer";
import type { NumberList } from "./lists";
import { Download, Said } from "./pieces";

const FIELDS = ["file", "mode", "column", "country", "evidence", "refresh_by"] as const;

interface Result {
  report: ImportReport;
  rejects: string | null; // CSV
}

interface How {
  mode: string;
  column: string;
  country: string;
  evidence: string;
  refresh_by: string;
  partial: boolean;
}

type Stage = { name: "sending"; share: number } | ({ name: "working" } & Partial<Phase>);

export function ListImport(props: {
  list: NumberList;
  limitBytes: number;
  onChanged: () => void;
  onClose: () => void;
}) {
  const { list, limitBytes, onChanged } = props;
  const how = useSignal<How>({ mode: "add", column: "", country: "", evidence: "", refresh_by: "", partial: false });
  const file = useSignal<File | null>(null);
  const stage = useSignal<Stage | null>(null);
  const asked = useAsked<Result>();
  const going = useRef<Upload | null>(null);
  useEffect(() => () => going.current?.stop(), []);
  const send = async (dryRun: boolean) => {
    if (!file.value) asked.refuse("file", t("list.need_file"));
    else if (limitBytes > 0 && file.value.size > limitBytes) {
      asked.refuse("file", t("list.too_large", { mb: Math.floor(limitBytes / 2 ** 20) }));
    } else {
      asked.found.value = null;
      const form = formOf(how.value, dryRun, file.value);
      await asked.ask(async () => {
        const result = await sendFile(`/api/lists/${list.id}/import`, form, stage, going);
        if (result.report.state === "done") onChanged();
        return result;
      });
      stage.value = null;
    }
  };
  return (
    <Dialog
      title={t("list.import_title", { list: list.name })}
      onClose={props.onClose}
      wide
      testid="list-import-dialog"
    >
      <form class="stack" onSubmit={submitting(() => void send(false))} noValidate>
        <HowFields how={how} file={file} asked={asked} />
        <Refusal asked={asked} fields={FIELDS} testid="import-trouble" />
        {stage.value && <Progress stage={stage.value} />}
        {asked.found.value && !stage.value && <Outcome result={asked.found.value} />}
        <div class="dialog-actions">
          <Button onClick={props.onClose}>
            {t(stage.value?.name === "sending" ? "list.import_stop" : "common.close")}
          </Button>
          <Button onClick={() => void send(true)} disabled={stage.value !== null} testid="import-check">
            {t("list.import_check")}
          </Button>
          <Button type="submit" variant="primary" busy={stage.value !== null} testid="import-send">
            {t("list.import_do")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function formOf(how: How, dryRun: boolean, file: File): FormData {
  const form = new FormData();
  const options = {
    mode: how.mode,
    column: how.column.trim() || null,
    country: how.country.trim(),
    evidence: how.evidence.trim(),
    refresh_by: how.refresh_by || null,
    partial: how.partial,
    dry_run: dryRun,
  };
  form.append("options", JSON.stringify(options));
  form.append("file", file, file.name);
  return form;
}

async function sendFile(
  path: string,
  form: FormData,
  stage: Signal<Stage | null>,
  going: { current: Upload | null },
): Promise<Result> {
  const answer = new ImportAnswer();
  stage.value = { name: "sending", share: 0 };
  going.current = upload(path, form, {
    sent: (share) => {
      stage.value = share < 1 ? { name: "sending", share } : { name: "working" };
    },
    text: (soFar) => {
      answer.feed(soFar);
      stage.value = { name: "working", ...answer.phase };
    },
  });
  const text = await going.current.done;
  answer.feed(text);
  const { error, report } = answer;
  if (error) throw new ApiError(422, error.code, error.message, error.field ?? null);
  if (!report) throw new ApiError(0, "unreachable", "");
  return { report, rejects: answer.rejects(text) };
}

function HowFields({ how, file, asked }: { how: Signal<How>; file: Signal<File | null>; asked: Asked<unknown> }) {
  const bind = (name: Exclude<keyof How, "partial">) => ({
    value: how.value[name],
    error: errorAt(asked, name),
    testid: `import-${name}`,
    onInput: (value: string) => {
      how.value = { ...how.value, [name]: value };
    },
  });
  return (
    <>
      <Field label={t("list.file")} error={errorAt(asked, "file")} hint={t("list.file_hint")}>
        {(control) => (
          <input
            {...control}
            class="input"
            type="file"
            accept=".csv,.txt,text/csv,text/plain"
            onChange={(event) => {
              file.value = event.currentTarget.files?.[0] ?? null;
              asked.trouble.value = null;
            }}
            data-testid="import-file"
          />
        )}
      </Field>
      <Choice
        {...bind("mode")}
        label={t("list.mode")}
        options={[
          ["add", t("list.mode_add")],
          ["replace", t("list.mode_replace")],
        ]}
        tight
      />
      <div class="ledger-form">
        <TextInput {...bind("column")} label={t("list.column")} hint={t("list.column_hint")} maxLength={100} />
        <TextInput
          {...bind("country")}
          label={t("list.country")}
          hint={t("list.country_hint")}
          dir="ltr"
          maxLength={2}
        />
        <TextInput {...bind("evidence")} label={t("list.evidence")} hint={t("list.evidence_hint")} maxLength={400} />
        <TextInput {...bind("refresh_by")} label={t("list.refresh_by")} type="date" hint={t("list.refresh_hint")} />
      </div>
      <Check
        label={t("list.partial")}
        on={how.value.partial}
        onChange={(partial) => {
          how.value = { ...how.value, partial };
        }}
        testid="import-partial"
      />
    </>
  );
}

function Progress({ stage }: { stage: Stage }) {
  const share = stage.name === "sending" ? stage.share : stage.total ? (stage.done ?? 0) / stage.total : null;
  const text = t(stage.name === "sending" ? "list.phase_sending" : `list.phase_${stage.phase ?? "reading"}`);
  return (
    <div class="stack" role="status" data-testid="import-progress">
      <span>{text}</span>
      <progress class="progress" max={1} value={share ?? undefined} aria-label={text} />
    </div>
  );
}

function Outcome({ result }: { result: Result }) {
  const { report, rejects } = result;
  const tone = report.state === "refused" ? "alert-bad" : report.rejected > 0 ? "alert-warn" : "alert-good";
  const params = { entries: count(report.entries), lines: count(report.lines), rejected: count(report.rejected) };
  return (
    <div class="stack" data-testid="import-outcome" data-state={report.state}>
      <p class={`alert ${tone}`} role="status">
        <Icon name={report.state === "refused" ? "warning" : "check"} />
        <span>{t(`list.import_${report.state}`, { ...params, version: report.version })}</span>
      </p>
      {report.first_rejects.length > 0 && (
        <ul class="reasons rejects" data-testid="import-rejects">
          {report.first_rejects.map((one) => (
            <li key={one.line}>
              {t("list.reject_line", { line: one.line })} <code dir="ltr">{one.written}</code> <Said>{one.reason}</Said>
            </li>
          ))}
        </ul>
      )}
      {rejects !== null && (
        <Download
          text={rejects}
          type="text/csv"
          name={`${report.file}.rejects.csv`}
          label={t("list.download", { n: report.rejected })}
          testid="import-download"
        />
      )}
    </div>
  );
}
