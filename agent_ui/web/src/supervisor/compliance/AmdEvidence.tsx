// Sample tests of machine detection: the evidence for its false positives, until when each counts, and a new one.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../shared/api";
import { count, percent } from "../../shared/format/number";
import { calendarDate } from "../../shared/format/time";
import { t } from "../../shared/i18n";
import { toast } from "../../shared/notices";
import { Badge, Button, Empty, Panel } from "../../shared/ui";
import { Choice, errorAt, type Option, Refusal, submitting, TextInput } from "../forms";
import { useAsked } from "./asked";
import { useCampaigns } from "./campaigns";
import { Loading, TroubleBox, Utc } from "./pieces";

export interface SampleTest {
  id: number;
  campaign_id: number | null;
  campaign_name: string;
  tested_on: string;
  sample: number;
  false_positives: number;
  tested_by: string;
  note: string;
  recorded_by: string;
  recorded_at: string;
  last_day: string;
  valid: boolean;
}

export interface SampleTests {
  days: number;
  tests: SampleTest[];
}

const FIELDS = ["date", "sample", "false_positives", "by", "campaign", "note"] as const;
const EMPTY = { date: "", sample: "", false_positives: "", by: "", campaign: "", note: "" };

export function AmdEvidence() {
  const asked = useAsked<SampleTests>();
  const look = () => void asked.ask(() => api<SampleTests>("GET", "/api/compliance/amd-evidence"));
  useEffect(look, []);
  const found = asked.found.value;
  return (
    <>
      <Record days={found?.days ?? null} onRecorded={look} />
      <TroubleBox asked={asked} onAgain={look} />
      <Loading asked={asked} />
      {found && (
        <Panel title={t("amd.recorded")} flush={found.tests.length > 0} testid="amd-tests">
          {found.tests.length === 0 ? (
            <Empty icon="shield" title={t("amd.none")}>
              <p>{t("amd.none_text")}</p>
            </Empty>
          ) : (
            <Table tests={found.tests} />
          )}
        </Panel>
      )}
    </>
  );
}

function Record({ days, onRecorded }: { days: number | null; onRecorded: () => void }) {
  const draft = useSignal(EMPTY);
  const campaigns = useCampaigns();
  const asked = useAsked<{ evidence_id: number }>();
  const bind = (name: (typeof FIELDS)[number]) => ({
    label: t(`amd.${name}`),
    value: draft.value[name],
    error: errorAt(asked, name),
    testid: `amd-${name}`,
    onInput: (value: string) => {
      draft.value = { ...draft.value, [name]: value };
    },
  });
  const send = async () => {
    const { date, sample, false_positives, by, campaign, note } = draft.value;
    const lacking = (["date", "sample", "false_positives", "by"] as const).find(
      (one) => draft.value[one].trim() === "",
    );
    if (lacking) {
      asked.refuse(lacking, t("amd.need"));
      return;
    }
    const body = {
      date,
      sample: Number(sample),
      false_positives: Number(false_positives),
      by: by.trim(),
      campaign: campaign ? Number(campaign) : null,
      note: note.trim(),
    };
    if (!(await asked.ask(() => api("POST", "/api/compliance/amd-evidence", body)))) return;
    toast("good", t("amd.done", { found: false_positives, sample }));
    draft.value = EMPTY;
    onRecorded();
  };
  return (
    <Panel title={t("amd.record")} testid="amd-record">
      <p class="muted">{t("amd.text", { days: days ?? 90 })}</p>
      <form class="ledger-form" onSubmit={submitting(() => void send())} noValidate>
        <TextInput {...bind("date")} type="date" />
        <TextInput {...bind("sample")} type="number" hint={t("amd.sample_hint")} />
        <TextInput {...bind("false_positives")} type="number" hint={t("amd.false_positives_hint")} />
        <TextInput {...bind("by")} maxLength={200} />
        <Choice
          {...bind("campaign")}
          options={[["", t("amd.house")], ...campaigns.value.map((one): Option => [one.id, one.name])]}
        />
        <TextInput {...bind("note")} maxLength={400} hint={t("amd.note_hint")} />
        <div class="ledger-send">
          <Button type="submit" variant="primary" busy={asked.busy.value} testid="amd-send">
            {t("amd.do")}
          </Button>
        </div>
      </form>
      <Refusal asked={asked} fields={FIELDS} testid="amd-trouble" />
    </Panel>
  );
}

function Table({ tests }: { tests: SampleTest[] }) {
  return (
    <div class="table-wrap">
      <table class="table ledger-table">
        <thead>
          <tr>
            <th scope="col">{t("amd.date")}</th>
            <th scope="col">{t("amd.counts_until")}</th>
            <th scope="col">{t("amd.campaign")}</th>
            <th scope="col" class="end">
              {t("amd.found")}
            </th>
            <th scope="col">{t("amd.by")}</th>
          </tr>
        </thead>
        <tbody>
          {tests.map((one) => (
            <tr key={one.id} data-testid={`amd-test-${one.id}`}>
              <th scope="row">{calendarDate(one.tested_on)}</th>
              <td data-label={t("amd.counts_until")}>
                <Badge tone={one.valid ? "good" : "neutral"}>{t(one.valid ? "amd.valid" : "amd.over")}</Badge>{" "}
                {calendarDate(one.last_day)}
              </td>
              <td data-label={t("amd.campaign")}>
                {one.campaign_id === null ? t("amd.house") : <bdi>{one.campaign_name}</bdi>}
              </td>
              <td class="end" data-label={t("amd.found")}>
                {t("amd.of", { found: count(one.false_positives), sample: count(one.sample) })} (
                {percent(one.false_positives / one.sample, 1)})
              </td>
              <td class="ledger-wide" data-label={t("amd.by")}>
                <bdi>{one.tested_by}</bdi>
                {one.note && (
                  <>
                    <br />
                    <bdi class="muted">{one.note}</bdi>
                  </>
                )}
                <br />
                <span class="muted">
                  <bdi>{one.recorded_by}</bdi> <Utc at={one.recorded_at} />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
