// Holds and wishes: those whose review date has come, kept or ended with a reason; and all of one person.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../shared/api";
import { addDays, calendarDate } from "../../shared/format/time";
import { t, word } from "../../shared/i18n";
import { toast } from "../../shared/notices";
import { Badge, Button, Empty, Panel } from "../../shared/ui";
import { TextInput } from "../forms";
import { useAsked } from "./asked";
import { Loading, PersonForm, TroubleBox, Utc } from "./pieces";
import { ReasonDialog } from "./ReasonDialog";
import { WhenAgain } from "./WhenAgain";

export interface Review {
  id: number;
  debtor_id: number;
  kind: string;
  at: string;
  review_on: string;
  days_over: number;
  recorded_by: string;
}

export interface Wish {
  id: number;
  kind: string;
  at: string;
  ends_at: string | null;
  review_on: string | null;
  ended_at: string | null;
  recorded_by: string;
  ended_by: string | null;
  ended_because: string;
}

const NEXT_REVIEW_DAYS = 90;

export function Wishes() {
  const asked = useAsked<{ reviews: Review[] }>();
  const person = useSignal<number | null>(null);
  const changes = useSignal(0);
  const look = () => void asked.ask(() => api<{ reviews: Review[] }>("GET", "/api/wishes/reviews"));
  useEffect(look, []);
  const changed = () => {
    changes.value += 1;
    look();
  };
  const reviews = asked.found.value?.reviews;
  return (
    <>
      <TroubleBox asked={asked} onAgain={look} />
      <Loading asked={asked} />
      {reviews && (
        <Panel title={t("hold.due")} testid="reviews">
          {reviews.length === 0 ? (
            <Empty icon="check" title={t("hold.none_due")}>
              <p>{t("hold.none_due_text")}</p>
            </Empty>
          ) : (
            <div class="records">
              {reviews.map((one) => (
                <article key={one.id} class="record record-body" data-testid={`review-${one.id}`}>
                  <p class="record-line">
                    <strong>{word("wish", one.kind)}</strong>
                    <span>
                      {t("verdict.person")} <bdi>{one.debtor_id}</bdi>
                    </span>
                    <Badge tone={one.days_over > 7 ? "bad" : "warn"} icon="calendar">
                      {t("hold.review_on", { date: calendarDate(one.review_on) })}
                    </Badge>
                    {one.days_over > 0 && <span class="muted">{t("hold.days_over", { n: one.days_over })}</span>}
                  </p>
                  <p class="record-line muted">
                    <Utc at={one.at} />
                    <bdi>{one.recorded_by}</bdi>
                  </p>
                  <Decide
                    id={one.id}
                    onChanged={changed}
                    onPerson={() => {
                      person.value = one.debtor_id;
                    }}
                  />
                </article>
              ))}
            </div>
          )}
        </Panel>
      )}
      <Panel title={t("hold.of_person")} testid="wishes-of-person">
        <PersonForm
          onFound={(id) => {
            person.value = id;
          }}
        />
        {person.value !== null && (
          <OfPerson key={`${person.value}-${changes.value}`} debtor={person.value} onChanged={changed} />
        )}
      </Panel>
    </>
  );
}

function OfPerson({ debtor, onChanged }: { debtor: number; onChanged: () => void }) {
  const asked = useAsked<{ wishes: Wish[] }>();
  const why = useSignal(false);
  const look = () => void asked.ask(() => api<{ wishes: Wish[] }>("GET", `/api/debtors/${debtor}/wishes`));
  useEffect(look, [debtor]);
  const wishes = asked.found.value?.wishes;
  return (
    <div class="stack" data-testid="wishes">
      <p class="record-line">
        <strong>
          {t("verdict.person")} <bdi>{debtor}</bdi>
        </strong>
        <Button
          small
          icon="clock"
          onClick={() => {
            why.value = true;
          }}
        >
          {t("verdict.when_again")}
        </Button>
      </p>
      <TroubleBox asked={asked} onAgain={look} />
      <Loading asked={asked} />
      {wishes?.length === 0 && <p class="muted">{t("hold.no_wishes")}</p>}
      {wishes?.map((wish) => (
        <article key={wish.id} class="record record-body" data-testid={`wish-${wish.id}`}>
          <p class="record-line">
            <Badge tone={wish.ended_at ? "neutral" : "busy"}>{t(wish.ended_at ? "list.ended" : "list.in_force")}</Badge>
            <strong>{word("wish", wish.kind)}</strong>
            <Utc at={wish.at} />
            <bdi class="muted">{wish.recorded_by}</bdi>
            {wish.review_on && !wish.ended_at && (
              <span>{t("hold.review_on", { date: calendarDate(wish.review_on) })}</span>
            )}
            {wish.ends_at && !wish.ended_at && (
              <span>
                {t("hold.ends")} <Utc at={wish.ends_at} />
              </span>
            )}
          </p>
          {wish.ended_at && (
            <p class="record-line muted">
              <Utc at={wish.ended_at} />
              <bdi>{wish.ended_by}</bdi>
              <bdi>{wish.ended_because}</bdi>
            </p>
          )}
          {!wish.ended_at && <Decide id={wish.id} onChanged={onChanged} />}
        </article>
      ))}
      {why.value && (
        <WhenAgain
          debtor={debtor}
          onClose={() => {
            why.value = false;
          }}
        />
      )}
    </div>
  );
}

/** End it, or keep it and look again on another date. */
function Decide({ id, onChanged, onPerson }: { id: number; onChanged: () => void; onPerson?: () => void }) {
  const deciding = useSignal<"end" | "review" | null>(null);
  const date = useSignal(addDays(new Date().toISOString().slice(0, 10), NEXT_REVIEW_DAYS));
  const close = () => {
    deciding.value = null;
  };
  const done = (text: string) => {
    toast("good", text);
    close();
    onChanged();
  };
  return (
    <div class="row">
      <Button
        small
        onClick={() => {
          deciding.value = "review";
        }}
        testid="wish-keep"
      >
        {t("hold.keep")}
      </Button>
      <Button
        small
        onClick={() => {
          deciding.value = "end";
        }}
        testid="wish-end"
      >
        {t("hold.end")}
      </Button>
      {onPerson && (
        <Button small variant="ghost" icon="user" onClick={onPerson} testid="wish-person">
          {t("hold.show_person")}
        </Button>
      )}
      {deciding.value === "end" && (
        <ReasonDialog
          title={t("hold.end")}
          doIt={t("hold.end")}
          danger
          field="because"
          onSend={(because) => api("POST", `/api/wishes/${id}/end`, { because })}
          onDone={() => done(t("hold.ended"))}
          onClose={close}
        >
          <p>{t("hold.end_text")}</p>
        </ReasonDialog>
      )}
      {deciding.value === "review" && (
        <ReasonDialog
          title={t("hold.keep")}
          doIt={t("hold.keep_do")}
          field="because"
          onSend={(because) => api("POST", `/api/wishes/${id}/review`, { because, review_on: date.value })}
          onDone={() => done(t("hold.kept", { date: calendarDate(date.value) }))}
          onClose={close}
        >
          <TextInput
            label={t("hold.next")}
            type="date"
            value={date.value}
            onInput={(value) => {
              date.value = value;
            }}
            testid="review-date"
            tight
          />
        </ReasonDialog>
      )}
    </div>
  );
}
