"""Every way that a call can end has a decided next step."""

from datetime import timedelta
from typing import get_args

import pytest

from campaigns.model import DISPOSITIONS, CallStep, CampaignSettings, MessageStep, Outcome, WaitStep
from campaigns.queue.model import ClaimedRow
from campaigns.strategies.model import CONVERSATIONS, OUTCOMES, Next, after_outcome, arrives_at_call, walk
from tests.builders import NOW

HOUR, DAY, WEEK, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(minutes=1)
STEPS = (
    CallStep(tries=2, retry_after_s=4 * 3600),
    MessageStep(template="missed_call"),
    WaitStep(seconds=24 * 3600),
    MessageStep(template="letter", channel="email", on=("no_answer",)),
    CallStep(tries=1),
)
SETTINGS = CampaignSettings(caller_id="+12125550100", steps=STEPS)


def test_every_outcome_and_every_disposition_is_decided() -> None:
    assert set(OUTCOMES) == set(get_args(Outcome))
    assert set(CONVERSATIONS) == set(DISPOSITIONS)


FIRST_TRY = [
    ("no_answer", None, "waiting", 4 * HOUR, 1, None),
    ("busy", None, "waiting", 4 * HOUR, 1, None),
    ("invalid_number", None, "waiting", 0 * HOUR, 0, None),
    ("failed", None, "waiting", 15 * MINUTE, 1, None),
    ("answered_dropped", None, "waiting", 4 * HOUR, 1, None),
    ("voicemail_no_message", None, "waiting", 4 * HOUR, 1, None),
    ("amd_machine", None, "waiting", 4 * HOUR, 1, None),
    ("abandoned", None, "waiting", 4 * HOUR, 1, None),
    ("cancelled", None, "waiting", MINUTE, 0, None),
    ("unknown", None, "waiting", 4 * HOUR, 1, None),
    ("announced", None, "waiting", WEEK, 1, None),
    ("conversation", None, "waiting", WEEK, 1, None),
    ("conversation", "promise", "suspended", 0 * HOUR, 0, "promise_pending"),
    ("conversation", "contact_no_result", "waiting", WEEK, 1, None),
    ("conversation", "callback", "waiting", WEEK + DAY, 0, None),
    ("conversation", "refuses", "suspended", 0 * HOUR, 0, "refuses"),
    ("conversation", "dispute", "suspended", 0 * HOUR, 0, "dispute"),
    ("conversation", "already_paid", "suspended", 0 * HOUR, 0, "claims_paid"),
    ("conversation", "wrong_person", "waiting", 0 * HOUR, 0, None),
    ("conversation", "third_party", "waiting", DAY, 1, None),
    ("conversation", "hardship", "waiting", 7 * 24 * HOUR, 1, None),
    ("conversation", "no_more_calls", "suspended", 0 * HOUR, 0, "no_more_calls"),
    ("conversation", "machine", "waiting", 4 * HOUR, 1, None),
    ("conversation", "silence", "waiting", 4 * HOUR, 1, None),
    ("conversation", "hung_up", "waiting", 4 * HOUR, 1, None),
    ("conversation", "language", "suspended", 0 * HOUR, 0, "language"),
    ("conversation", "deceased", "done", 0 * HOUR, 0, None),
    ("conversation", "a word of a later version", "waiting", WEEK, 1, None),
]


@pytest.mark.parametrize(("outcome", "disposition", "state", "wait", "tries", "held"), FIRST_TRY)
def test_after_the_first_try(
    outcome: Outcome, disposition: str | None, state: str, wait: timedelta, tries: int, held: str | None
) -> None:
    found = after_outcome(SETTINGS, 0, 0, outcome, NOW, disposition=disposition)
    assert (found.state, found.callable_from - NOW, found.step, found.tries) == (state, wait, 0, tries)
    assert found.held_because == held and found.messages == () and found.because


def test_the_table_above_leaves_nothing_out() -> None:
    assert {row[0] for row in FIRST_TRY} == set(get_args(Outcome))
    assert {row[1] for row in FIRST_TRY} >= set(DISPOSITIONS)


def test_the_last_unanswered_try_sends_the_messages_and_waits_for_the_next_call_step() -> None:
    found = after_outcome(SETTINGS, 0, 1, "no_answer", NOW)
    assert (found.state, found.callable_from, found.step, found.tries) == ("waiting", NOW + DAY, 4, 0)
    assert [(due.channel, due.template, due.not_before) for due in found.messages] == [
        ("sms", "missed_call", NOW),
        ("email", "letter", NOW + DAY),
    ]


def test_a_message_is_sent_only_after_the_endings_that_it_names() -> None:
    assert [due.template for due in after_outcome(SETTINGS, 0, 1, "busy", NOW).messages] == ["missed_call"]
    assert after_outcome(SETTINGS, 0, 1, "failed", NOW).messages == ()
    said_machine = after_outcome(SETTINGS, 0, 1, "conversation", NOW, disposition="machine")
    assert [due.template for due in said_machine.messages] == ["missed_call"]


def test_after_a_conversation_the_next_call_step_waits_for_the_cool_off_too() -> None:
    found = after_outcome(SETTINGS, 0, 1, "conversation", NOW, disposition="contact_no_result")
    assert (found.step, found.callable_from, found.messages) == (4, NOW + WEEK, ())


def test_after_the_last_step_the_row_is_done() -> None:
    assert after_outcome(SETTINGS, 4, 0, "no_answer", NOW).state == "done"


def test_a_useless_number_ends_the_row_when_it_was_the_last_one() -> None:
    assert after_outcome(SETTINGS, 0, 0, "invalid_number", NOW, numbers_left=False).state == "done"
    wrong = after_outcome(SETTINGS, 0, 0, "conversation", NOW, disposition="wrong_person", numbers_left=False)
    assert wrong.state == "done" and "no number is left" in wrong.because


def test_a_callback_leaves_the_strategy_alone_until_a_day_after_it() -> None:
    agreed = NOW + 3 * HOUR
    found = after_outcome(SETTINGS, 0, 0, "conversation", NOW, disposition="callback", callback_at=agreed)
    assert found.callable_from == agreed + DAY


def test_a_strategy_that_begins_with_a_message_sends_it_without_a_call_before() -> None:
    settings = SETTINGS.model_copy(update={"steps": STEPS[1:]})
    assert not arrives_at_call(settings, 0) and arrives_at_call(settings, 3)
    found = walk(settings, 0, None, NOW)
    assert [due.template for due in found.messages] == ["missed_call", "letter"] and found.step == 3


def test_a_strategy_that_was_shortened_meanwhile_ends_the_row() -> None:
    assert not arrives_at_call(SETTINGS, 9)
    assert after_outcome(SETTINGS, 9, 0, "no_answer", NOW).state == "done"


def test_the_decision_becomes_a_settlement_of_the_claimed_row() -> None:
    row = ClaimedRow(7, 50_000, 0, 0, 3, 1)
    made = Next("suspended", NOW, 0, 1, "because", held_because="dispute").settlement(row)
    assert (made.debtor_id, made.fence, made.state, made.held_because) == (7, 3, "suspended", "dispute")
