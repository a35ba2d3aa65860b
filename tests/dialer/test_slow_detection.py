"""Persons who get an agent too late because detection took its time are abandoned, in the law's sense and the house's.

The law's seconds run from the end of the greeting, which detection tells with its verdict; where nobody heard it end,
from the answer (16 CFR 310.4(b)(1)(iv)).
"""

from datetime import datetime

import pytest

from compliance.abandonment_tally import EndedCall, Tally, counted
from dialer import call_events as ce
from dialer.call import Call, CallRules, step
from telephony.exchange import AmdVerdict, Answered, Destroyed, EnteredBridge, Ringing
from tests.dialer.samples import BRIDGE, LINE, T0, at

ANSWERED_S = 8.0
RULES = CallRules(answer_wait_ms=2000, amd=True)


def tally(verdict: ce.CallEvent, connected_s: float | None, *, ended_s: float = 60.0) -> Tally:
    """What one call adds to the ledger: `connected_s`, `ended_s` after the answer; None: nobody is free for it."""
    agent: tuple[ce.CallEvent, ...] = ()
    if connected_s is not None:
        there = after_the_answer(connected_s)
        agent = (ce.AgentFound(7, BRIDGE, there), EnteredBridge(LINE, BRIDGE, there))
    call = Call("a", RULES)
    story = (ce.Launch(T0), Ringing(LINE, at(2)), Answered(LINE, at(ANSWERED_S)), verdict, *agent)
    for event in (*story, Destroyed(LINE, 16, None, after_the_answer(ended_s))):
        call, _ = step(call, event)
    assert call.answered_at is not None and call.answered_by != "machine"
    return counted(
        EndedCall(call.answered_at, "unknown", call.greeting_at, call.bridged_at, call.ended_at, call.abandoned)
    )


def after_the_answer(seconds: float) -> datetime:
    return at(ANSWERED_S + seconds)


def person(verdict_s: float, silence_s: float) -> AmdVerdict:
    silence_ms = round(silence_s * 1000)
    return AmdVerdict(LINE, "person", f"HUMAN-{silence_ms}-{silence_ms}", after_the_answer(verdict_s), silence_ms)


@pytest.mark.parametrize(
    ("verdict_s", "silence_s", "connected_s", "late"),
    [
        (1.8, 0.8, 2.9, 0),  # the greeting ended after 1.0 s, the agent came 1.9 s later
        (1.8, 0.8, 3.1, 1),
        (4.4, 0.8, 5.5, 0),  # a long greeting is the person's own time
        (4.4, 0.8, 5.7, 1),
        (3.6, 2.6, 3.7, 1),  # detection waited 2.6 s after the greeting: late with an agent at once
        (3.6, 1.9, 3.7, 0),
    ],
)
def test_where_the_greetings_end_is_known_the_time_of_detection_is_part_of_the_wait(
    verdict_s: float, silence_s: float, connected_s: float, late: int
) -> None:
    assert tally(person(verdict_s, silence_s), connected_s) == Tally(persons=1, abandoned=late, missed=late)


@pytest.mark.parametrize(("connected_s", "late"), [(1.9, 0), (5.1, 1)])
def test_where_nobody_heard_it_the_laws_seconds_run_from_the_answer(connected_s: float, late: int) -> None:
    """Detection that is not sure says nothing of the greeting: the house's own wait begins with its verdict."""
    unsure = AmdVerdict(LINE, "unknown", "TOOLONG-5000", after_the_answer(connected_s - 0.1))
    assert tally(unsure, connected_s) == Tally(persons=1, abandoned=late, missed=0)


def test_a_verdict_that_never_comes_makes_a_late_call_too() -> None:
    over = ce.VerdictOver(after_the_answer(8.0))
    assert tally(over, 8.2) == Tally(persons=1, abandoned=1, missed=0)


def test_who_is_never_connected_is_missed_as_well() -> None:
    assert tally(person(3.6, 2.6), None, ended_s=9.0) == Tally(persons=1, abandoned=1, missed=1)
    assert tally(person(1.8, 0.8), None, ended_s=2.5) == Tally(persons=1), "who hung up in time was not abandoned"
