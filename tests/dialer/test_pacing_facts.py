"""What a pacer hears of calls: each outcome once, with the ages that the protocol asks for."""

from dataclasses import replace

import pytest

from dialer import call_events as ce
from dialer.call import Call, CallRules, step
from dialer.pacing.interface import OutcomeSeen
from dialer.pacing_facts import heard
from telephony.exchange import AmdVerdict, Answered, Destroyed, EnteredBridge, PlaybackEnded, Ringing
from tests.dialer.samples import BRIDGE, LINE, RULES, T0, at

RINGS = (ce.Launch(T0), Ringing(LINE, at(2)))
ANSWERED = (*RINGS, Answered(LINE, at(8)))


def story(*events: ce.CallEvent, rules: CallRules = RULES) -> list[OutcomeSeen]:
    call, told = Call("a", rules), []
    for event in events:
        before = call
        call, _ = step(call, event)
        seen = heard(before, call, event.at, 1000.0 + (event.at - T0).total_seconds())
        told += [seen] if seen is not None else []
    return told


def test_an_answer_tells_how_long_it_rang_and_a_connection_how_long_the_person_waited() -> None:
    assert story(*ANSWERED, ce.AgentFound(7, BRIDGE, at(8.5)), EnteredBridge(LINE, BRIDGE, at(8.6))) == [
        OutcomeSeen(1008.0, "answered", 8.0, 6.0),
        OutcomeSeen(1008.6, "connected", 8.6, 0.6),
    ]


def test_an_abandoned_person_is_dropped_once() -> None:
    told = story(
        *ANSWERED, ce.WaitOver(at(10)), PlaybackEnded("p", LINE, False, at(14)), Destroyed(LINE, 16, None, at(15))
    )
    assert [(one.kind, one.extra_s) for one in told] == [("answered", 6.0), ("dropped", 2.0)]


def test_who_hangs_up_while_waiting_is_dropped() -> None:
    told = story(*ANSWERED, Destroyed(LINE, 16, None, at(9)))
    assert [(one.kind, one.extra_s) for one in told] == [("answered", 6.0), ("dropped", 1.0)]


def test_a_machine_is_told_with_the_time_that_detection_took() -> None:
    told = story(
        *ANSWERED,
        AmdVerdict(LINE, "machine", "MACHINE", at(11)),
        Destroyed(LINE, 16, None, at(12)),
        rules=replace(RULES, amd=True),
    )
    assert [(one.kind, one.extra_s) for one in told] == [("answered", 6.0), ("amd_machine", 3.0)]


@pytest.mark.parametrize(("cause", "kind"), [(17, "busy"), (19, "no_answer"), (1, "failed"), (38, "failed")])
def test_how_an_unanswered_call_ended(cause: int, kind: str) -> None:
    assert [(one.kind, one.age_s) for one in story(*RINGS, Destroyed(LINE, cause, None, at(24)))] == [(kind, 24.0)]


def test_a_call_that_was_given_up_says_nothing_of_how_persons_answer() -> None:
    assert story(*RINGS, ce.HangupAsked("system", at(20)), Destroyed(LINE, 16, None, at(20.1))) == []


def test_a_call_that_our_own_ring_timer_ended_was_not_answered() -> None:
    told = story(*RINGS, ce.RingOver(at(27)), Destroyed(LINE, 16, None, at(27.1)))
    assert [one.kind for one in told] == ["no_answer"]


def test_a_person_who_is_lost_and_waits_again_is_not_connected_twice() -> None:
    again = (ce.AgentLost(7, at(30)), ce.AgentFound(9, "pl-b-9", at(30.5)), EnteredBridge(LINE, "pl-b-9", at(30.6)))
    told = story(*ANSWERED, ce.AgentFound(7, BRIDGE, at(8.5)), EnteredBridge(LINE, BRIDGE, at(8.6)), *again)
    assert [one.kind for one in told] == ["answered", "connected"]
