// Replies that are perhaps a stop: each holds every contact with the person until somebody says what was meant.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../shared/api";
import { serverNow, tick } from "../../shared/clock";
import { languageName } from "../../shared/format/language";
import { count } from "../../shared/format/number";
import { span } from "../../shared/format/time";
import { t, word } from "../../shared/i18n";
import { toast } from "../../shared/notices";
import { Badge, Button, Empty, Icon, Panel, type Tone } from "../../shared/ui";
import { Choice } from "../forms";
import { useAsked } from "./asked";
import { Loading, Said, TroubleBox, Utc } from "./pieces";
import { type Decided, type Decision, SCOPES, type UnclearReplies, type UnclearReply, waiting } from "./reviews";
import { WhenAgain } from "./WhenAgain";

const HOUR_S = 3_600;

export function Reviews() {
  const asked = useAsked<UnclearReplies>();
  const person = useSignal<number | null>(null);
  const look = async () => {
    const works = await asked.ask(() => api<UnclearReplies>("GET", "/api/reviews"));
    if (works && asked.found.value) waiting.value = asked.found.value.waiting;
  };
  useEffect(() => void look(), []);
  const found = asked.found.value;
  return (
    <>
      <TroubleBox asked={asked} onAgain={() => void look()} />
      <Loading asked={asked} />
      {found && (
        <Panel title={t("review.title")} aside={<span>{t("review.held")}</span>} testid="unclear-replies">
          {found.reviews.length === 0 ? (
            <Empty icon="check" title={t("review.none")}>
              <p>{t("review.none_text")}</p>
            </Empty>
          ) : (
            <div class="records">
              {found.reviews.map((one) => (
                <Reply
                  key={one.id}
                  reply={one}
                  onDecided={() => void look()}
                  onPerson={() => {
                    person.value = one.debtor_id;
                  }}
                />
              ))}
            </div>
          )}
          {found.waiting > found.reviews.length && (
            <p class="muted">{t("review.more", { n: found.waiting - found.reviews.length })}</p>
          )}
        </Panel>
      )}
      {person.value !== null && (
        <WhenAgain
          debtor={person.value}
          onClose={() => {
            person.value = null;
          }}
        />
      )}
    </>
  );
}

function Reply({ reply, onDecided, onPerson }: { reply: UnclearReply; onDecided: () => void; onPerson: () => void }) {
  return (
    <article class="record record-body" data-testid={`reply-${reply.id}`}>
      <p class="record-line">
        <Waits since={reply.at} />
        <span>{word("channel", reply.channel)}</span>
        <bdi dir="ltr" class="num">
          {reply.address_masked}
        </bdi>
        <span class="muted">{reply.language ? languageName(reply.language) : t("review.nobody")}</span>
        {reply.debtor_id !== null && (
          <span>
            {t("verdict.person")} <bdi>{reply.debtor_id}</bdi>
          </span>
        )}
        <span class="muted">
          <Utc at={reply.at} />
        </span>
      </p>
      <blockquote class="reply-text" dir="auto" lang={reply.language ?? undefined}>
        {reply.text}
      </blockquote>
      <p class="reply-why muted">
        <Icon name="info" />
        <span>
          {t(`review.why_${reply.why.code}`, {
            meaning: word("meaning", reply.meaning),
            now: word("meaning", reply.why.read_as),
          })}
          {reply.why.matched && (
            <Said>
              {" "}
              “{reply.why.matched}” ({reply.why.language})
            </Said>
          )}
        </span>
      </p>
      <Decide reply={reply} onDecided={onDecided} onPerson={onPerson} />
    </article>
  );
}

function Waits({ since }: { since: string }) {
  tick.value; // counts on while the page is open
  const seconds = Math.max(0, (serverNow() - Date.parse(since)) / 1_000);
  const tone: Tone = seconds > 24 * HOUR_S ? "bad" : seconds > HOUR_S ? "warn" : "busy";
  return (
    <Badge tone={tone} icon="clock">
      {t("review.waits", { time: span(seconds) })}
    </Badge>
  );
}

function Decide({ reply, onDecided, onPerson }: { reply: UnclearReply; onDecided: () => void; onPerson: () => void }) {
  const scope = useSignal<string>(SCOPES[0]);
  const asked = useAsked<Decided>();
  const pressed = useSignal<Decision | null>(null);
  const decide = async (decision: Decision) => {
    pressed.value = decision;
    const body = decision === "stop" ? { decision, scope: scope.value } : { decision };
    const works = await asked.ask(() => api<Decided>("POST", `/api/reviews/${reply.id}/decide`, body));
    pressed.value = null;
    const done = asked.found.value;
    if (!works || !done) return;
    const { closed, reopened, freed } = done;
    toast("good", t(`review.done_${decision}`, { closed: count(closed), reopened: count(reopened), n: freed }));
    onDecided();
  };
  const button = (decision: Decision) => (
    <Button
      variant={decision === "stop" ? "danger" : "plain"}
      busy={pressed.value === decision}
      disabled={pressed.value !== null && pressed.value !== decision}
      onClick={() => void decide(decision)}
      testid={`decide-${decision}`}
    >
      {t(`review.${decision}`)}
    </Button>
  );
  return (
    <>
      <div class="reply-decide">
        <Choice
          label={t("review.scope")}
          options={SCOPES.map((one) => [one, t(`scope.${one}`)])}
          value={scope.value}
          onInput={(value) => {
            scope.value = value;
          }}
          testid="review-scope"
          tight
        />
        {button("stop")}
        {button("start")}
        {button("other")}
        {reply.debtor_id !== null && (
          <Button variant="ghost" icon="clock" onClick={onPerson}>
            {t("verdict.when_again")}
          </Button>
        )}
      </div>
      <TroubleBox asked={asked} />
    </>
  );
}
