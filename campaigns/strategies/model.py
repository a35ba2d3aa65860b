"""Decides what comes next for a debtor after a call: call again, send a message, wait, hold back, or end. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

from campaigns.model import CallStep, CampaignSettings, Channel, MessageStep, Outcome, Step, WaitStep
from campaigns.queue.model import CLAIMS_PAID, DISPUTE, PROMISE_PENDING, ClaimedRow, Settlement

AFTER_CONVERSATION = timedelta(days=7)  # also the longest cool-off of any rulebook, so the gate is not asked in vain
AFTER_THIRD_PARTY = timedelta(hours=24)
AFTER_FAILURE = timedelta(minutes=15)  # the trunk's fault: soon again, but not forever
AFTER_CANCELLED = timedelta(minutes=1)


class Rule(Enum):
    """What an ending means for the strategy."""

    TRY_AGAIN = "counts as a try; again after the step's pause"
    TRY_SOON = "counts as a try; again soon"
    TRY_DAY_LATER = "counts as a try; again after a day"
    TRY_WEEK_LATER = "counts as a try; again after a week"
    NOT_TRIED = "was no try; again at once"
    NEXT_NUMBER = "this number is of no use; the next one at once"
    CALLBACK = "called back at the agreed time, and by the strategy a day after it"
    HOLD = "held back until somebody decides"
    END = "ended"


OUTCOMES: dict[Outcome, Rule] = {
    "no_answer": Rule.TRY_AGAIN,
    "busy": Rule.TRY_AGAIN,
    "invalid_number": Rule.NEXT_NUMBER,
    "failed": Rule.TRY_SOON,
    "answered_dropped": Rule.TRY_AGAIN,
    "voicemail_no_message": Rule.TRY_AGAIN,
    "amd_machine": Rule.TRY_AGAIN,
    "abandoned": Rule.TRY_AGAIN,
    "conversation": Rule.TRY_WEEK_LATER,  # only where no disposition says more
    "announced": Rule.TRY_WEEK_LATER,
    "cancelled": Rule.NOT_TRIED,
    "unknown": Rule.TRY_AGAIN,
}

# of conversations; the word is why a row is held
CONVERSATIONS: dict[str, tuple[Rule, str]] = {
    "promise": (Rule.HOLD, PROMISE_PENDING),
    "contact_no_result": (Rule.TRY_WEEK_LATER, ""),
    "callback": (Rule.CALLBACK, ""),
    "refuses": (Rule.HOLD, "refuses"),
    "dispute": (Rule.HOLD, DISPUTE),
    "already_paid": (Rule.HOLD, CLAIMS_PAID),
    "wrong_person": (Rule.NEXT_NUMBER, ""),
    "third_party": (Rule.TRY_DAY_LATER, ""),
    "hardship": (Rule.TRY_WEEK_LATER, ""),  # the hardship rulebook says when and how
    "no_more_calls": (Rule.HOLD, "no_more_calls"),
    "machine": (Rule.TRY_AGAIN, ""),
    "silence": (Rule.TRY_AGAIN, ""),
    "hung_up": (Rule.TRY_AGAIN, ""),
    "language": (Rule.HOLD, "language"),
    "deceased": (Rule.END, ""),
}
# what a conversation was in truth, for the message steps' `on`
REALLY: dict[str, Outcome] = {"machine": "amd_machine", "silence": "answered_dropped"}


@dataclass(frozen=True, slots=True)
class MessageDue:
    """One message that the strategy wants sent; the gate and the messenger decide whether and when."""

    step: int
    channel: Channel
    template: str
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of the queue row, and the messages to queue beside it. `because` is for people."""

    state: Literal["waiting", "suspended", "done"]
    callable_from: datetime
    step: int
    tries: int
    because: str
    messages: tuple[MessageDue, ...] = ()
    held_because: str | None = None

    def settlement(self, row: ClaimedRow) -> Settlement:
        return Settlement(
            row.debtor_id, row.fence, self.state, self.callable_from, self.step, self.tries, self.held_because
        )  # fmt: skip


def after_outcome(
    settings: CampaignSettings,
    step: int,
    tries: int,
    outcome: Outcome,
    now: datetime,
    *,
    disposition: str | None = None,
    numbers_left: bool = True,
    callback_at: datetime | None = None,
) -> Next:
    """What follows the end of a call that was made at `step` after `tries` earlier tries of that step.

    `disposition` counts for conversations; `numbers_left`: the debtor has a good number besides the one just called;
    `callback_at`: when a callback was agreed, its time.
    """
    rule, held = OUTCOMES[outcome], ""
    if outcome == "conversation" and disposition is not None:
        rule, held = CONVERSATIONS.get(disposition, (rule, ""))
        outcome = REALLY.get(disposition, outcome)
    said = f"{outcome}, {disposition}" if disposition else outcome
    if rule is Rule.HOLD:
        return Next("suspended", now, step, tries, f"{said}: {rule.value}", held_because=held)
    if rule is Rule.END or (rule is Rule.NEXT_NUMBER and not numbers_left):
        return Next("done", now, step, tries, f"{said}: no number is left" if rule is not Rule.END else said)
    if rule is Rule.NEXT_NUMBER:
        return Next("waiting", now, step, tries, f"{said}: {rule.value}")
    if rule is Rule.NOT_TRIED:
        return Next("waiting", now + AFTER_CANCELLED, step, tries, f"{said}: {rule.value}")
    if rule is Rule.CALLBACK:
        at = (callback_at or now + AFTER_CONVERSATION) + timedelta(days=1)
        return Next("waiting", at, step, tries, f"{said}: {rule.value}")
    return _tried(settings, step, tries + 1, outcome, now, rule, said)


def _tried(
    settings: CampaignSettings, step: int, tries: int, outcome: Outcome, now: datetime, rule: Rule, said: str
) -> Next:
    current = _at(settings, step)
    if isinstance(current, CallStep) and tries < current.tries:
        pause = timedelta(seconds=current.retry_after_s)
        waits = {
            Rule.TRY_SOON: min(pause, AFTER_FAILURE),
            Rule.TRY_DAY_LATER: max(pause, AFTER_THIRD_PARTY),
            Rule.TRY_WEEK_LATER: max(pause, AFTER_CONVERSATION),
        }
        at = now + waits.get(rule, pause)
        return Next("waiting", at, step, tries, f"{said}: try {tries} of {current.tries}, {rule.value}")
    earliest = now + AFTER_CONVERSATION if rule is Rule.TRY_WEEK_LATER else now
    return walk(settings, step + 1, outcome, now, said=said, not_before=earliest)


def walk(
    settings: CampaignSettings,
    step: int,
    outcome: Outcome | None,
    now: datetime,
    *,
    said: str = "arrived",
    not_before: datetime | None = None,
) -> Next:
    """Go on from `step` to the next call, taking messages and waits on the way; `outcome` null: no call was made yet.

    A message behind a wait is due when that wait is over. A call is not due before `not_before`.
    """
    at, due = now, []
    for index in range(step, len(settings.steps)):
        current = settings.steps[index]
        if isinstance(current, WaitStep):
            at += timedelta(seconds=current.seconds)
        elif isinstance(current, MessageStep):
            if outcome is None or outcome in current.on:
                due.append(MessageDue(index, current.channel, current.template, at))
        else:
            ready = max(at, not_before or at)
            return Next("waiting", ready, index, 0, f"{said}: on to step {index + 1}", tuple(due))
    return Next("done", at, len(settings.steps), 0, f"{said}: the last step is done", tuple(due))


def arrives_at_call(settings: CampaignSettings, step: int) -> bool:
    """Whether a claimed row at `step` is to be called; if not, `walk` from there says what it needs."""
    return isinstance(_at(settings, step), CallStep)


def _at(settings: CampaignSettings, step: int) -> Step | None:
    """The step, or null where the strategy was shortened while the row waited."""
    return settings.steps[step] if 0 <= step < len(settings.steps) else None
