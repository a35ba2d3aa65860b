// The rulebooks in force, how sure they are, and the switches of channels that carriers or platforms may bar.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../shared/api";
import { t, word } from "../../shared/i18n";
import { toast } from "../../shared/notices";
import { Badge, Button, Empty, Panel } from "../../shared/ui";
import { useAsked } from "./asked";
import { Loading, Said, TroubleBox } from "./pieces";
import { ReasonDialog } from "./ReasonDialog";
import { Rulebook } from "./Rulebook";
import { type BookList, type BookRow, SURE, type Switch, together } from "./rulebooks";

export function Rulebooks() {
  const asked = useAsked<BookList>();
  const shown = useSignal<string | null>(null);
  const look = () => void asked.ask(() => api<BookList>("GET", "/api/rulebooks"));
  useEffect(look, []);
  const found = asked.found.value;
  return (
    <>
      <TroubleBox asked={asked} onAgain={look} />
      <Loading asked={asked} />
      {found && found.rulebooks.length === 0 && (
        <Empty icon="shield" title={t("rulebook.empty")}>
          <p>{t("rulebook.empty_text")}</p>
        </Empty>
      )}
      {found && found.rulebooks.length > 0 && (
        <Panel title={t("compliance.rulebooks")} flush testid="rulebooks">
          <div class="table-wrap">
            <table class="table ledger-table">
              <thead>
                <tr>
                  <th scope="col">{t("rulebook.name")}</th>
                  <th scope="col">{t("rulebook.version")}</th>
                  <th scope="col">{t("rulebook.confidence")}</th>
                  <th scope="col">{t("rulebook.sources")}</th>
                  <th scope="col">
                    <span class="sr-only">{t("person.find")}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {found.rulebooks.map((book) => (
                  <BookLine
                    key={book.id}
                    book={book}
                    shown={shown.value === book.id}
                    onShow={() => {
                      shown.value = shown.value === book.id ? null : book.id;
                    }}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      )}
      {shown.value && <Rulebook key={shown.value} id={shown.value} />}
      {found && found.switches.length > 0 && <Switches switches={found.switches} onChanged={look} />}
    </>
  );
}

function BookLine({ book, shown, onShow }: { book: BookRow; shown: boolean; onShow: () => void }) {
  return (
    <tr data-testid={`rulebook-${book.id}`}>
      <th scope="row">
        <code dir="ltr">{book.id}</code>
        <br />
        <Said>{book.title}</Said>
      </th>
      <td data-label={t("rulebook.version")}>
        {book.version ? <bdi dir="ltr">{book.version}</bdi> : t("rulebook.none_today")}
      </td>
      <td>
        <span class="row">
          {book.confidence && <Badge tone={SURE[book.confidence]}>{t(`confidence.${book.confidence}`)}</Badge>}
          {book.mark && (
            <Badge tone="warn" icon="warning">
              {t("rulebook.draft")}
            </Badge>
          )}
        </span>
      </td>
      <td class="ledger-wide">
        <details>
          <summary>{t("rulebook.source_count", { n: book.sources.length })}</summary>
          <ul>
            {book.sources.map((source) => (
              <li key={source}>
                <Said>{source}</Said>
              </li>
            ))}
          </ul>
        </details>
      </td>
      <td class="end">
        <Button small pressed={shown} onClick={onShow} testid={`show-${book.id}`}>
          {t("rulebook.show")}
        </Button>
      </td>
    </tr>
  );
}

function Switches({ switches, onChanged }: { switches: Switch[]; onChanged: () => void }) {
  const turning = useSignal<Switch | null>(null);
  const close = () => {
    turning.value = null;
  };
  const one = turning.value;
  return (
    <Panel title={t("rulebook.switches")} testid="switches">
      <div class="stack">
        {switches.map((one) => (
          <section key={one.switch} data-testid={`switch-${one.switch}`}>
            <p class="record-line">
              <Badge tone={one.on ? "good" : "neutral"}>{t(one.on ? "rulebook.on" : "rulebook.off")}</Badge>
              <code dir="ltr">{one.switch}</code>
            </p>
            <ul class="reasons">
              {together(one.closes).map((closed) => (
                <li key={`${closed.channel}${closed.because}${closed.source}`}>
                  {word("channel", closed.channel)} (<bdi dir="ltr">{closed.rulebooks.join(", ")}</bdi>):{" "}
                  <Said>{closed.because}</Said>{" "}
                  <span class="muted">
                    <Said>{closed.source}</Said>
                  </span>
                </li>
              ))}
            </ul>
            <div class="row">
              <Button
                small
                onClick={() => {
                  turning.value = one;
                }}
                testid={`turn-${one.switch}`}
              >
                {t(one.on ? "rulebook.turn_off" : "rulebook.turn_on")}
              </Button>
            </div>
          </section>
        ))}
      </div>
      {one && (
        <ReasonDialog
          title={t(one.on ? "rulebook.turn_off" : "rulebook.turn_on")}
          doIt={t(one.on ? "rulebook.turn_off" : "rulebook.turn_on")}
          danger={!one.on}
          field="because"
          onSend={(because) => api("PUT", `/api/switches/${one.switch}`, { on: !one.on, because })}
          onDone={() => {
            toast("good", t(one.on ? "rulebook.turned_off" : "rulebook.turned_on", { name: one.switch }));
            close();
            onChanged();
          }}
          onClose={close}
        >
          <p>
            <code dir="ltr">{one.switch}</code>. {t(one.on ? "rulebook.off_text" : "rulebook.on_text")}
          </p>
        </ReasonDialog>
      )}
    </Panel>
  );
}
