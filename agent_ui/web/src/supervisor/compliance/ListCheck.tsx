// On which lists a number or address is; from there it is put on a list, or taken off with a reason.
import { useSignal } from "@preact/signals";
import { api } from "../../shared/api";
import { t } from "../../shared/i18n";
import { toast } from "../../shared/notices";
import { Badge, Button, Icon, Panel } from "../../shared/ui";
import { LineForm } from "../forms";
import { useAsked } from "./asked";
import { ListAdd } from "./ListAdd";
import { type Check, type Listed, type NumberList, open } from "./lists";
import { Said, Utc } from "./pieces";
import { ReasonDialog } from "./ReasonDialog";

export function ListCheck({ lists, onChanged }: { lists: NumberList[]; onChanged: () => void }) {
  const address = useSignal("");
  const asked = useAsked<Check & { asked: string }>();
  const ending = useSignal<Listed | null>(null);
  const adding = useSignal(false);
  const found = asked.found.value;
  const check = async () => {
    const wanted = address.value.trim();
    if (wanted === "") {
      asked.refuse("address", t("list.need_address"));
      return;
    }
    await asked.ask(async () => ({
      ...(await api<Check>("POST", "/api/lists/check", { address: wanted })),
      asked: wanted,
    }));
  };
  const changed = (text: string) => {
    toast("good", text);
    ending.value = null;
    adding.value = false;
    onChanged();
    if (address.value.trim() !== "") void check();
  };
  const listOf = (entry: Listed) => open(lists).find((one) => one.name === entry.list);
  return (
    <Panel title={t("list.check_title")} testid="list-check">
      <LineForm
        label={t("list.address")}
        error={asked.trouble.value?.text}
        hint={t("list.address_hint")}
        dir="ltr"
        maxLength={254}
        value={address.value}
        onInput={(value) => {
          address.value = value;
        }}
        testid="list-address"
        doIt={t("list.check")}
        busy={asked.busy.value}
        sendId="list-check-send"
        onSubmit={() => void check()}
      >
        {open(lists).length > 0 && (
          <Button
            icon="plus"
            onClick={() => {
              adding.value = true;
            }}
            testid="list-add"
          >
            {t("list.add")}
          </Button>
        )}
      </LineForm>
      {found && (
        <div class="stack" role="status" data-testid="list-found">
          <p class={`alert ${found.listed ? "alert-bad" : found.unread.length > 0 ? "alert-warn" : "alert-good"}`}>
            <Icon name={found.listed ? "ban" : found.unread.length > 0 ? "warning" : "check"} />
            <span>
              <bdi dir="ltr">{found.address}</bdi>: {t("list.on", { n: found.lists.length })}
              {found.unread.length > 0 && ` ${t("list.not_asked", { lists: found.unread.join(", ") })}`}
            </span>
          </p>
          {[...found.lists, ...found.ended].map((entry) => (
            <Row
              key={`${entry.list}${entry.kind}${entry.prefix}${entry.at}`}
              entry={entry}
              onEnd={
                entry.ended_at === undefined && listOf(entry)
                  ? () => {
                      ending.value = entry;
                    }
                  : null
              }
            />
          ))}
        </div>
      )}
      {ending.value && found && (
        <ReasonDialog
          title={t("list.end_title", { list: ending.value.list })}
          doIt={t("list.end")}
          danger
          field="reason"
          onSend={(reason) => {
            const entry = ending.value as Listed;
            const kind = entry.kind === "prefix" ? "prefix" : "exact";
            return api("POST", `/api/lists/${listOf(entry)?.id}/entries/end`, {
              address: kind === "prefix" ? entry.prefix : found.asked,
              kind,
              reason,
            });
          }}
          onDone={() => changed(t("list.end_done"))}
          onClose={() => {
            ending.value = null;
          }}
        >
          <p>
            <bdi dir="ltr">{ending.value.prefix || found.address}</bdi>. {t("list.end_text")}
          </p>
        </ReasonDialog>
      )}
      {adding.value && (
        <ListAdd
          lists={open(lists)}
          address={address.value.trim()}
          onDone={changed}
          onClose={() => {
            adding.value = false;
          }}
        />
      )}
    </Panel>
  );
}

function Row({ entry, onEnd }: { entry: Listed; onEnd: (() => void) | null }) {
  return (
    <article class="record record-body">
      <p class="record-line">
        <Badge tone={entry.ended_at ? "neutral" : "bad"}>{t(entry.ended_at ? "list.ended" : "list.in_force")}</Badge>
        <strong>
          <bdi>{entry.list}</bdi>
        </strong>
        <Said>{entry.scope}</Said>
        <Said>{entry.why}</Said>
      </p>
      <p class="record-line muted">
        <Utc at={entry.at} />
        <bdi>{entry.how}</bdi>
        <bdi>{entry.by}</bdi>
        {entry.evidence && <bdi>{entry.evidence}</bdi>}
      </p>
      {entry.ended_at && (
        <p class="record-line">
          <Utc at={entry.ended_at} />
          <bdi>{entry.ended_by}</bdi>
          <bdi>{entry.end_reason}</bdi>
        </p>
      )}
      {onEnd && (
        <div class="row">
          <Button small onClick={onEnd} testid="list-end">
            {t("list.end")}
          </Button>
        </div>
      )}
    </article>
  );
}
