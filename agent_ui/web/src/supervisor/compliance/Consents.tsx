// One person's consent ledger: what was agreed to, how, when, by whose word; and taking it back with a reason.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../shared/api";
import { t, word } from "../../shared/i18n";
import { toast } from "../../shared/notices";
import { Badge, Button, Empty, Panel, type Tone } from "../../shared/ui";
import { Choice } from "../forms";
import { useAsked } from "./asked";
import { Loading, PersonForm, TroubleBox, Utc } from "./pieces";
import { ReasonDialog } from "./ReasonDialog";

type Standing = "given" | "revoked" | "expired" | "none";

export interface ConsentEntry {
  channel: string;
  event: "given" | "renewed" | "revoked" | "expired";
  at: string;
  how: string | null;
  expires_at: string | null;
  evidence: string;
  recorded_by: string;
  text_shown: string;
  text_version: string;
  text_language: string;
}

export interface ConsentPoint {
  contact_point: number;
  kind: string;
  address: string; // masked
  now: Record<string, Standing>;
  entries: ConsentEntry[];
  opt_outs: { channel: string; at: string; lifted_at: string | null; source: string; evidence: string }[];
}

export interface ConsentLedger {
  debtor: number;
  reference: string;
  points: ConsentPoint[];
}

const STANDING: Record<Standing, Tone> = { given: "good", revoked: "bad", expired: "warn", none: "neutral" };

export function Consents() {
  const person = useSignal<number | null>(null);
  return (
    <>
      <Panel title={t("consent.title")} testid="consent-search">
        <PersonForm
          onFound={(id) => {
            person.value = id;
          }}
        />
      </Panel>
      {person.value === null ? (
        <Empty icon="shield" title={t("consent.choose")}>
          <p>{t("consent.choose_text")}</p>
        </Empty>
      ) : (
        <Ledger key={person.value} debtor={person.value} />
      )}
    </>
  );
}

function Ledger({ debtor }: { debtor: number }) {
  const asked = useAsked<ConsentLedger>();
  const look = () => void asked.ask(() => api<ConsentLedger>("GET", `/api/debtors/${debtor}/consents`));
  useEffect(look, [debtor]);
  const found = asked.found.value;
  return (
    <>
      <TroubleBox asked={asked} onAgain={look} />
      <Loading asked={asked} />
      {found?.points.length === 0 && (
        <Empty icon="inbox" title={t("consent.no_points")}>
          <p>{t("consent.no_points_text")}</p>
        </Empty>
      )}
      {found?.points.map((point) => (
        <Point key={point.contact_point} point={point} reference={found.reference} onChanged={look} />
      ))}
    </>
  );
}

function Point({ point, reference, onChanged }: { point: ConsentPoint; reference: string; onChanged: () => void }) {
  const revoking = useSignal(false);
  const channels = Object.keys(point.now);
  const channel = useSignal(channels.find((one) => point.now[one] === "given") ?? channels[0] ?? "all");
  const close = () => {
    revoking.value = false;
  };
  return (
    <Panel
      title={
        <>
          <bdi>{reference}</bdi>: {word("point", point.kind)} <bdi dir="ltr">{point.address}</bdi>
        </>
      }
      aside={
        <Button
          small
          onClick={() => {
            revoking.value = true;
          }}
          testid={`revoke-${point.contact_point}`}
        >
          {t("consent.revoke")}
        </Button>
      }
      testid={`point-${point.contact_point}`}
    >
      <div class="stack">
        <p class="record-line">
          {channels.map((one) => {
            const standing = point.now[one] ?? "none";
            return (
              <Badge key={one} tone={STANDING[standing]}>
                {word("channel", one)}: {t(`consent.now_${standing}`)}
              </Badge>
            );
          })}
        </p>
        {point.entries.length === 0 && point.opt_outs.length === 0 && <p class="muted">{t("consent.empty")}</p>}
        {point.entries.map((entry, index) => (
          <Entry key={`${entry.at}-${index}`} entry={entry} />
        ))}
        {point.opt_outs.map((out, index) => (
          <article key={`${out.at}-${index}`} class="record record-body">
            <p class="record-line">
              <Badge tone={out.lifted_at ? "neutral" : "bad"} icon="ban">
                {t("consent.opt_out")}
              </Badge>
              <span>{word("channel", out.channel)}</span>
              <Utc at={out.at} />
              <bdi class="muted">{out.source}</bdi>
              {out.evidence && <bdi class="muted">{out.evidence}</bdi>}
              {out.lifted_at && (
                <span>
                  {t("consent.lifted")} <Utc at={out.lifted_at} />
                </span>
              )}
            </p>
          </article>
        ))}
      </div>
      {revoking.value && (
        <ReasonDialog
          title={t("consent.revoke")}
          doIt={t("consent.revoke")}
          danger
          field="reason"
          onSend={(reason) =>
            api("POST", "/api/consents/revoke", { contact_point: point.contact_point, channel: channel.value, reason })
          }
          onDone={() => {
            toast("good", t("consent.revoked"));
            close();
            onChanged();
          }}
          onClose={close}
        >
          <p>
            <bdi dir="ltr">{point.address}</bdi>. {t("consent.revoke_text")}
          </p>
          <Choice
            label={t("verdict.channel")}
            options={[...channels, "all"].map((one) => [one, word("channel", one)])}
            value={channel.value}
            onInput={(value) => {
              channel.value = value;
            }}
            testid="revoke-channel"
            tight
          />
        </ReasonDialog>
      )}
    </Panel>
  );
}

function Entry({ entry }: { entry: ConsentEntry }) {
  const good = entry.event === "given" || entry.event === "renewed";
  return (
    <article class="record record-body">
      <p class="record-line">
        <Badge tone={good ? "good" : "warn"}>{t(`consent.${entry.event}`)}</Badge>
        <span>{word("channel", entry.channel)}</span>
        <Utc at={entry.at} />
        {entry.how && <span>{word("consent_how", entry.how)}</span>}
        {entry.expires_at && (
          <span>
            {t("consent.until")} <Utc at={entry.expires_at} />
          </span>
        )}
      </p>
      <p class="record-line muted">
        <bdi>{entry.recorded_by}</bdi>
        {entry.evidence && <bdi>{entry.evidence}</bdi>}
        {(entry.text_version || entry.text_shown) && (
          <span>
            {t("consent.text")} <bdi>{entry.text_version}</bdi> <bdi lang={entry.text_language}>{entry.text_shown}</bdi>
          </span>
        )}
      </p>
    </article>
  );
}
