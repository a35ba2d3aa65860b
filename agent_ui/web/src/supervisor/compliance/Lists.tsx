// The do-not-contact lists: whom nobody may contact, who said so, and what is overdue or cannot be read.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../shared/api";
import { count } from "../../shared/format/number";
import { t } from "../../shared/i18n";
import { toast } from "../../shared/notices";
import { Badge, Button, Empty, Panel } from "../../shared/ui";
import { useAsked } from "./asked";
import { ListCheck } from "./ListCheck";
import { ListImport } from "./ListImport";
import { ListMake } from "./ListMake";
import type { ListAnswer, NumberList } from "./lists";
import { Loading, TroubleBox, Utc } from "./pieces";
import { ReasonDialog } from "./ReasonDialog";

export function Lists() {
  const asked = useAsked<ListAnswer>();
  const doing = useSignal<{ what: "make" } | { what: "import" | "end"; list: NumberList } | null>(null);
  const look = () => void asked.ask(() => api<ListAnswer>("GET", "/api/lists"));
  useEffect(look, []);
  const close = () => {
    doing.value = null;
  };
  const done = (text: string) => {
    toast("good", text);
    close();
    look();
  };
  const now = doing.value;
  const make = (
    <Button
      icon="plus"
      onClick={() => {
        doing.value = { what: "make" };
      }}
      testid="list-make"
    >
      {t("list.make")}
    </Button>
  );
  const lists = asked.found.value?.lists;
  return (
    <>
      <TroubleBox asked={asked} onAgain={look} />
      <Loading asked={asked} />
      {lists && lists.length > 0 && <ListCheck lists={lists} onChanged={look} />}
      {lists && lists.length === 0 && (
        <Empty icon="ban" title={t("list.empty")}>
          <p>{t("list.empty_text")}</p>
          {make}
        </Empty>
      )}
      {lists && lists.length > 0 && (
        <Panel title={t("compliance.lists")} aside={make} flush testid="lists">
          <div class="table-wrap">
            <table class="table ledger-table">
              <thead>
                <tr>
                  <th scope="col">{t("list.name")}</th>
                  <th scope="col">{t("list.scope")}</th>
                  <th scope="col" class="end">
                    {t("list.entries")}
                  </th>
                  <th scope="col">{t("list.source")}</th>
                  <th scope="col">{t("list.refresh_by")}</th>
                  <th scope="col">{t("list.state")}</th>
                  <th scope="col">
                    <span class="sr-only">{t("list.do")}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {lists.map((one) => (
                  <ListLine
                    key={one.id}
                    one={one}
                    onDo={(what) => {
                      doing.value = { what, list: one };
                    }}
                  />
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      )}
      {now?.what === "make" && <ListMake onDone={(name) => done(t("list.made", { list: name }))} onClose={close} />}
      {now?.what === "import" && (
        <ListImport
          list={now.list}
          limitBytes={asked.found.value?.upload_limit_bytes ?? 0}
          onChanged={look}
          onClose={close}
        />
      )}
      {now?.what === "end" && (
        <ReasonDialog
          title={t("list.end_whole_title", { list: now.list.name })}
          doIt={t("list.end_whole")}
          danger
          field="reason"
          onSend={(reason) => api("POST", `/api/lists/${now.list.id}/end`, { reason })}
          onDone={() => done(t("list.ended_whole", { list: now.list.name }))}
          onClose={close}
        >
          <p>{t("list.end_whole_text", { n: now.list.entries })}</p>
        </ReasonDialog>
      )}
    </>
  );
}

function ListLine({ one, onDo }: { one: NumberList; onDo: (what: "import" | "end") => void }) {
  return (
    <tr data-testid={`list-${one.id}`}>
      <th scope="row">
        <bdi>{one.name}</bdi>
        <br />
        <span class="muted">
          {t(`list.kind_${one.kind}`)}, {t("list.version", { n: one.version })}
        </span>
      </th>
      <td data-label={t("list.scope")}>
        {t(`list.scope_${one.scope}`)} {one.whose && <bdi>{one.whose}</bdi>}
      </td>
      <td class="end" data-label={t("list.entries")}>
        {count(one.entries)}
      </td>
      <td class="ledger-wide" data-label={t("list.source")}>
        <bdi>{one.source || "—"}</bdi>
        {one.evidence && (
          <>
            <br />
            <bdi class="muted">{one.evidence}</bdi>
          </>
        )}
      </td>
      <td data-label={t("list.refresh_by")}>{one.refresh_by ? <Utc at={one.refresh_by} /> : "—"}</td>
      <td>
        <span class="row">
          <State one={one} />
        </span>
      </td>
      <td>
        {one.ended_at === null && (
          <span class="row row-together">
            <Button small onClick={() => onDo("import")} testid={`list-${one.id}-import`}>
              {t("list.import")}
            </Button>
            <Button small variant="ghost" onClick={() => onDo("end")} testid={`list-${one.id}-end`}>
              {t("list.end_whole")}
            </Button>
          </span>
        )}
      </td>
    </tr>
  );
}

function State({ one }: { one: NumberList }) {
  if (one.ended_at) {
    return (
      <span>
        <Badge>{t("list.ended")}</Badge> <Utc at={one.ended_at} /> <bdi>{one.end_reason}</bdi>
      </span>
    );
  }
  if (one.unread) {
    return (
      <>
        <Badge tone="bad" icon="warning">
          {t("list.unread")}
        </Badge>
        <span>{t("list.unread_text")}</span>
      </>
    );
  }
  if (one.overdue) {
    return (
      <>
        <Badge tone={one.overdue_denies ? "bad" : "warn"} icon="warning">
          {t("list.overdue")}
        </Badge>
        <span>{t(one.overdue_denies ? "list.overdue_denies" : "list.overdue_text")}</span>
      </>
    );
  }
  return <Badge tone="good">{t("list.in_force")}</Badge>;
}
