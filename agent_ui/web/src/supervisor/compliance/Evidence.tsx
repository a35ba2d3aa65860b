// What allowed one contact, rule by rule, and the document that a stranger can check.
import { api } from "../../shared/api";
import { t } from "../../shared/i18n";
import { Button } from "../../shared/ui";
import { Refusal } from "../forms";
import { useAsked } from "./asked";
import { Download, Said } from "./pieces";

export interface Rule {
  rule: string;
  rulebook: string;
  version: string;
  source: string;
  text: string;
  draft: boolean;
}

/** What of the document the page shows; the whole of it is in the file. */
export interface EvidenceDocument {
  rules: Rule[];
  rules_say: string;
  notes: string[];
  proof: { segments: { checkpoint: { number: number; at: string } | null }[] };
}

export function Evidence({ attempt }: { attempt: string }) {
  const asked = useAsked<EvidenceDocument>();
  const take = () => void asked.ask(() => api<EvidenceDocument>("POST", `/api/contacts/${attempt}/evidence`, {}));
  return (
    <>
      <Refusal asked={asked} fields={[]} testid="evidence-trouble" />
      {asked.found.value ? (
        <Shown found={asked.found.value} name={`evidence-${attempt}.json`} />
      ) : (
        <div class="row">
          <Button small onClick={take} busy={asked.busy.value} testid="evidence">
            {t("verdict.evidence")}
          </Button>
        </div>
      )}
    </>
  );
}

function Shown({ found, name }: { found: EvidenceDocument; name: string }) {
  const point = found.proof.segments[0]?.checkpoint;
  return (
    <div class="stack" data-testid="evidence-shown">
      <p class="muted">
        <Said>{found.rules_say}</Said>
      </p>
      <ul class="reasons" aria-label={t("verdict.evidence")}>
        {found.rules.map((one) => (
          <li key={`${one.rule}${one.text}`}>
            <Said>{one.text}</Said>{" "}
            <span class="muted">
              <code dir="ltr">
                {one.rule} @ {one.version}
              </code>{" "}
              <Said>{one.source}</Said> {one.draft && t("rulebook.draft")}
            </span>
          </li>
        ))}
      </ul>
      {found.notes.map((note) => (
        <p key={note} class="alert alert-warn">
          <Said>{note}</Said>
        </p>
      ))}
      <p>{point ? t("verdict.evidence_signed", { n: point.number }) : t("verdict.evidence_unsigned")}</p>
      <Download
        text={JSON.stringify(found, null, 2)}
        type="application/json"
        name={name}
        label={t("verdict.evidence_download")}
        testid="evidence-download"
      />
    </div>
  );
}
