"""What a call does, in the sentences of the rule and of the design."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from dialer import call_events as ce
from dialer.call import TRANSITIONS, Call, CallRules, CallState, step
from dialer.lives import UnexpectedEvent
from telephony.exchange import AmdVerdict, Answered, Destroyed, Dtmf, EnteredBridge, LeftBridge, PlaybackEnded, Ringing
from tests.dialer.samples import BRIDGE, CALL_SAMPLES, LINE, RULES, T0, a_call, at

S = CallState


def live(call: Call, *events: ce.CallEvent) -> tuple[Call, list[ce.CallEffect]]:
    effects: list[ce.CallEffect] = []
    for event in events:
        call, more = step(call, event)
        effects += more
    return call, effects


def answered(seconds: float = 8) -> tuple[ce.CallEvent, ...]:
    return (ce.Launch(T0), Ringing(LINE, at(2)), Answered(LINE, at(seconds)))


def test_an_answer_is_connected_with_one_request() -> None:
    call, _ = live(Call("a", RULES), *answered())
    call, effects = step(call, ce.AgentFound(7, BRIDGE, at(8.01)))
    assert effects[0] == ce.ConnectAgent(7, BRIDGE)
    call, effects = step(call, EnteredBridge(LINE, BRIDGE, at(8.02)))
    assert call.state is S.TALKING
    assert ce.AgentConnected(7) in effects and ce.CancelTimer(ce.Timer.WAIT) in effects


def test_a_talk_ends_as_a_conversation_and_frees_the_agent() -> None:
    call, effects = live(a_call(S.TALKING), Destroyed(LINE, 16, None, at(60)))
    assert (call.outcome, call.abandoned) == ("conversation", False)
    assert ce.FreeAgent(7, talked=True) in effects and ce.Ended() in effects


def test_a_person_who_waits_longer_than_the_limit_is_abandoned_and_hears_the_message() -> None:
    call, effects = live(Call("a", RULES), *answered(), ce.WaitOver(at(10)))
    assert call.abandoned and ce.PlayAbandon() in effects
    call, effects = live(call, PlaybackEnded("p", LINE, False, at(15)))
    assert effects[-2:] == [ce.Hangup(), ce.SetTimer(ce.Timer.END, at(20))]
    call, _ = live(call, Destroyed(LINE, 16, None, at(15.1)))
    assert call.outcome == "abandoned"


def test_the_wait_is_measured_from_the_answer_to_the_limit_of_the_campaign() -> None:
    _, effects = live(Call("a", CallRules(answer_wait_ms=1500)), *answered())
    assert ce.SetTimer(ce.Timer.WAIT, at(9.5)) in effects


def test_who_hangs_up_before_the_limit_is_not_abandoned() -> None:
    call, _ = live(Call("a", RULES), *answered(), Destroyed(LINE, 16, None, at(9.9)))
    assert (call.outcome, call.abandoned) == ("answered_dropped", False)


def test_who_hangs_up_after_the_limit_is_abandoned_even_when_the_timer_is_late() -> None:
    call, _ = live(Call("a", RULES), *answered(), Destroyed(LINE, 16, None, at(10.2)))
    assert (call.outcome, call.abandoned) == ("abandoned", True)


def test_who_is_connected_after_the_limit_had_a_talk_and_was_abandoned_all_the_same() -> None:
    call, _ = live(Call("a", RULES), *answered(), ce.AgentFound(7, BRIDGE, at(9.9)))
    call, _ = live(call, EnteredBridge(LINE, BRIDGE, at(10.1)), Destroyed(LINE, 16, None, at(60)))
    assert (call.outcome, call.abandoned) == ("conversation", True)


def test_an_agent_who_cannot_be_connected_is_not_asked_twice_and_the_wait_goes_on() -> None:
    call, effects = live(Call("a", RULES), *answered(), ce.AgentFound(7, BRIDGE, at(8.1)), ce.ConnectFailed(7, at(8.2)))
    assert call.state is S.WAITING and call.refused_by == {7} and call.waiting_since == at(8)
    assert effects[-2:] == [ce.FreeAgent(7, talked=False), ce.WantAgent()]


def test_a_connection_that_is_not_confirmed_before_the_limit_is_an_abandonment() -> None:
    call, effects = live(Call("a", RULES), *answered(), ce.AgentFound(7, BRIDGE, at(9)), ce.WaitOver(at(10)))
    assert call.abandoned
    order = [type(effect) for effect in effects]
    assert order.index(ce.LeaveBridge) < order.index(ce.PlayAbandon)
    assert ce.FreeAgent(7, talked=False) in effects


def test_a_debtor_whose_agent_is_lost_waits_for_another_and_is_never_counted_as_abandoned() -> None:
    call, effects = live(a_call(S.TALKING), ce.AgentLost(7, at(30)))
    assert call.state is S.WAITING
    assert effects[-2:] == [ce.SetTimer(ce.Timer.WAIT, at(32)), ce.WantAgent()]
    call, effects = live(call, ce.WaitOver(at(32)), Destroyed(LINE, 16, None, at(33)))
    assert ce.PlayAbandon() in effects
    assert (call.outcome, call.abandoned) == ("conversation", False)


def test_a_late_entry_into_the_lost_agents_bridge_is_no_connection_with_the_next() -> None:
    call, _ = live(Call("a", RULES), *answered(), ce.AgentFound(7, BRIDGE, at(8.1)), ce.AgentLost(7, at(8.2)))
    call, _ = live(call, ce.AgentFound(9, "pl-b-9", at(8.3)), EnteredBridge(LINE, BRIDGE, at(8.4)))
    assert call.state is S.BRIDGING
    call, _ = live(call, EnteredBridge(LINE, "pl-b-9", at(8.5)))
    assert (call.state, call.agent_id) == (S.TALKING, 9)


def test_a_debtor_alone_for_a_second_gets_another_agent() -> None:
    call, effects = live(a_call(S.TALKING), LeftBridge(LINE, BRIDGE, at(30)))
    assert effects == [ce.SetTimer(ce.Timer.ALONE, at(31))]
    call, effects = live(call, ce.AloneOver(at(31)))
    assert call.state is S.WAITING and ce.FreeAgent(7, talked=True) in effects and ce.WantAgent() in effects


def test_a_debtor_who_comes_back_within_the_second_stays() -> None:
    call, effects = live(a_call(S.TALKING), LeftBridge(LINE, BRIDGE, at(30)), EnteredBridge(LINE, BRIDGE, at(30.5)))
    assert call.state is S.TALKING and effects[-1] == ce.CancelTimer(ce.Timer.ALONE)


def test_without_detection_an_answer_of_unknown_kind_goes_to_an_agent() -> None:
    call, effects = live(Call("a", RULES), *answered())
    assert call.answered_by == "unknown" and ce.WantAgent() in effects and ce.StartAmd() not in effects


@pytest.mark.parametrize("result", ["person", "unknown"])
def test_a_person_or_an_unknown_goes_to_an_agent_after_detection(result: str) -> None:
    call, effects = live(Call("a", CallRules(amd=True)), *answered(), AmdVerdict(LINE, result, "", at(9.6)))
    assert ce.StartAmd() in effects
    assert (call.state, call.answered_by) == (S.WAITING, result)
    assert ce.SetTimer(ce.Timer.WAIT, at(11.6)) in effects


def test_the_wait_begins_at_the_end_of_the_greeting_where_detection_heard_it() -> None:
    verdict = AmdVerdict(LINE, "person", "HUMAN-800-800", at(10.4), 800)
    call, effects = live(Call("a", CallRules(amd=True)), *answered(), verdict)
    assert (call.greeting_at, call.waiting_since) == (at(9.6), at(9.6))
    assert ce.SetTimer(ce.Timer.WAIT, at(11.6)) in effects and ce.Record({"greeting_at": at(9.6)}) in effects


def test_a_greeting_does_not_end_before_the_answer() -> None:
    call, _ = live(
        Call("a", CallRules(amd=True)), *answered(), AmdVerdict(LINE, "person", "HUMAN-9000-800", at(9), 9000)
    )
    assert call.greeting_at == call.answered_at


def test_a_machine_is_hung_up_on() -> None:
    call, effects = live(Call("a", CallRules(amd=True)), *answered(), AmdVerdict(LINE, "machine", "", at(10)))
    assert call.state is S.MACHINE_ENDED and ce.Hangup() in effects and ce.WantAgent() not in effects
    call, _ = live(call, Destroyed(LINE, 16, None, at(10.1)))
    assert (call.outcome, call.abandoned) == ("amd_machine", False)


def test_a_detection_that_never_comes_back_counts_as_a_person() -> None:
    call, effects = live(Call("a", CallRules(amd=True)), *answered(), ce.VerdictOver(at(16)))
    assert call.state is S.WAITING and ce.WantAgent() in effects


def test_a_dial_whose_reply_was_lost_is_never_repeated() -> None:
    call, effects = live(Call("a", RULES), ce.Launch(T0), ce.DialLost(at(5)))
    assert call.state is S.DIALING and effects.count(ce.Dial()) == 1


def test_our_own_id_in_use_means_that_it_was_dialed() -> None:
    call, _ = live(Call("a", RULES), ce.Launch(T0), ce.DialRefused(409, at(0.1)))
    assert call.state is S.DIALING


def test_a_refused_dial_failed_and_an_unreachable_exchange_dialed_nothing() -> None:
    assert live(Call("a", RULES), ce.Launch(T0), ce.DialRefused(400, at(0.1)))[0].outcome == "failed"
    assert live(Call("a", RULES), ce.Launch(T0), ce.DialUnavailable(at(0.1)))[0].outcome == "cancelled"


@pytest.mark.parametrize(
    ("cause", "rang_s", "ringing", "outcome"),
    [
        (17, 3, True, "busy"),
        (1, 1, False, "invalid_number"),
        (22, 1, False, "invalid_number"),
        (28, 1, False, "invalid_number"),
        (19, 22, True, "no_answer"),
        (19, 22, False, "failed"),
        (19, 4, False, "no_answer"),
        (18, 5, True, "no_answer"),
        (0, 22, True, "no_answer"),
        (16, 3, False, "failed"),
        (21, 3, True, "failed"),
        (38, 0.2, False, "failed"),
        (127, 1, True, "failed"),
    ],
)
def test_an_unanswered_call_ends_by_its_cause(cause: int, rang_s: float, ringing: bool, outcome: str) -> None:
    call, _ = live(Call("a", RULES), ce.Launch(T0))
    if ringing:
        call, _ = live(call, Ringing(LINE, at(0.1)))
    call, effects = live(call, Destroyed(LINE, cause, None, at(rang_s)))
    assert call.outcome == outcome and effects[-1] == ce.Ended()


def test_a_ring_without_end_is_hung_up_on_and_asked_again_until_the_end_is_seen() -> None:
    call, effects = live(Call("a", RULES), ce.Launch(T0), Ringing(LINE, at(1)), ce.RingOver(at(27)))
    assert ce.Hangup() in effects
    call, effects = live(call, ce.EndOver(at(32)))
    assert effects == [ce.Hangup(), ce.SetTimer(ce.Timer.END, at(37))]
    assert live(call, Destroyed(LINE, 0, None, at(33)))[0].outcome == "no_answer"


def test_who_answers_while_our_hang_up_is_on_its_way_was_abandoned() -> None:
    call, _ = live(Call("a", RULES), ce.Launch(T0), ce.HangupAsked("system", at(5)))
    call, _ = live(call, Answered(LINE, at(5.01)), Destroyed(LINE, 16, None, at(5.1)))
    assert (call.outcome, call.abandoned) == ("abandoned", True)


def test_a_call_that_ended_unheard_is_unknown_which_counts_as_a_call_placed() -> None:
    assert live(a_call(S.RINGING), ce.NotFound(at(20)))[0].outcome == "unknown"
    assert live(a_call(S.TALKING), ce.NotFound(at(20)))[0].outcome == "conversation"


def test_a_call_found_in_an_agents_bridge_is_adopted_as_talking() -> None:
    call, effects = live(a_call(S.RINGING), ce.FoundLive("Up", 7, BRIDGE, at(10)))
    assert (call.state, call.agent_id, call.bridged_at) == (S.TALKING, 7, at(10))
    assert ce.AgentConnected(7) in effects


def test_a_call_found_waiting_after_a_restart_keeps_its_first_limit() -> None:
    call = replace(a_call(S.WAITING), waiting_since=None)
    call, effects = live(call, ce.FoundLive("Up", None, None, at(9)))
    assert effects == [ce.SetTimer(ce.Timer.WAIT, at(10)), ce.WantAgent()]


def test_the_agent_who_chose_an_unanswered_call_is_freed_when_it_ends() -> None:
    _call, effects = live(Call("a", RULES, for_agent=7), ce.Launch(T0), Destroyed(LINE, 17, 486, at(3)))
    assert ce.FreeAgent(7, talked=False) in effects


def test_an_agent_found_too_late_is_given_back() -> None:
    _, effects = live(a_call(S.ENDED), ce.AgentFound(9, "pl-b-9", at(20)))
    assert effects == [ce.FreeAgent(9, talked=False)]


def moved(event: ce.CallEvent, seconds: float) -> ce.CallEvent:
    return replace(event, at=at(seconds))


@given(st.booleans(), st.lists(st.tuples(st.sampled_from(CALL_SAMPLES), st.floats(0, 5)), max_size=40))
def test_any_sequence_keeps_the_promises_of_a_call(amd: bool, moves: list[tuple[ce.CallEvent, float]]) -> None:
    call, clock, dials, ends = Call("a", CallRules(amd=amd)), 0.0, 0, 0
    for event, pause in moves:
        clock += pause
        before = call
        try:
            call, effects = step(call, moved(event, clock))
        except UnexpectedEvent:
            assert TRANSITIONS[before.state][type(event)].kind == "impossible"
            continue
        dials += effects.count(ce.Dial())
        ends += effects.count(ce.Ended())
        assert call.state in {before.state, *TRANSITIONS[before.state][type(event)].targets}
        assert (call.agent_id is not None) == (call.state in (S.BRIDGING, S.TALKING, S.HELD))
        if call.abandoned:
            assert call.answered_at is not None and call.answered_by != "machine"
        assert (call.state is S.ENDED) == (call.outcome is not None)
    assert dials <= 1 and ends == (call.state is S.ENDED)


@given(st.sampled_from([state for state in CallState if state not in (S.COMMITTED, S.ENDED)]))
def test_every_call_ends_with_its_channel(state: CallState) -> None:
    call, effects = live(a_call(state), Destroyed(LINE, 16, None, at(30)))
    assert call.state is S.ENDED and effects.count(ce.Ended()) == 1


@given(st.sampled_from(list(CallState)))
def test_every_state_that_waits_for_news_has_a_timer_or_a_reconciliation(state: CallState) -> None:
    if state not in (S.COMMITTED, S.ENDED):
        assert TRANSITIONS[state][ce.NotFound].kind == "handled"


ANNOUNCES = replace(RULES, announces=True)


def test_who_answers_an_announcement_hears_it_and_waits_for_nobody() -> None:
    call, effects = live(Call("a", ANNOUNCES), *answered())
    assert call.state is S.ANNOUNCING and ce.PlayAnnouncement() in effects and ce.WantAgent() not in effects
    call, _ = live(call, PlaybackEnded("p", LINE, False, at(30)), Destroyed(LINE, 16, None, at(30.1)))
    assert (call.outcome, call.abandoned) == ("announced", False)


@pytest.mark.parametrize(
    "ending",
    [
        (Destroyed(LINE, 16, None, at(40)),),
        (ce.HangupAsked("system", at(20)), Destroyed(LINE, 16, None, at(20.1))),
        (PlaybackEnded("p", LINE, True, at(9)), Destroyed(LINE, 16, None, at(9.1))),
        (ce.MessageOver(at(188)), Destroyed(LINE, 16, None, at(189))),
    ],
)
def test_an_announcement_that_was_not_heard_to_its_end_is_no_announcement_and_nobody_was_abandoned(
    ending: tuple[ce.CallEvent, ...],
) -> None:
    call, _ = live(Call("a", ANNOUNCES), *answered(), *ending)
    assert (call.state, call.outcome, call.abandoned) == (S.ENDED, "answered_dropped", False)


def test_the_key_ends_the_announcement_and_calls_to_this_number() -> None:
    call, _ = live(Call("a", ANNOUNCES), *answered())
    assert live(call, Dtmf(LINE, "1", at(10))) == (call, [])
    call, effects = live(call, Dtmf(LINE, "9", at(12)))
    assert ce.OptOut() in effects and ce.Hangup() in effects and call.state is S.ENDING


@pytest.mark.parametrize(("to_machines", "state"), [(False, S.MACHINE_ENDED), (True, S.ANNOUNCING)])
def test_a_machine_hears_an_announcement_only_where_the_campaign_says_so(to_machines: bool, state: S) -> None:
    rules = replace(ANNOUNCES, amd=True, announces_to_machines=to_machines)
    call, _ = live(Call("a", rules), *answered(), AmdVerdict(LINE, "machine", "MACHINE", at(11)))
    assert call.state is state and call.answered_by == "machine"


def test_detection_brings_no_agent_to_an_announcement() -> None:
    rules = replace(ANNOUNCES, amd=True)
    for event in (AmdVerdict(LINE, "person", "HUMAN", at(9)), ce.VerdictOver(at(16))):
        call, effects = live(Call("a", rules), *answered(), event)
        assert call.state is S.ANNOUNCING and ce.WantAgent() not in effects
    call, _ = live(Call("a", rules), *answered(), ce.HangupAsked("system", at(9)))
    assert (call.state, call.abandoned) == (S.ENDING, False)


def test_an_answer_that_crosses_our_hang_up_of_an_announcement_is_no_abandonment() -> None:
    events = (ce.Launch(T0), Ringing(LINE, at(2)), ce.HangupAsked("system", at(20)), Answered(LINE, at(20.1)))
    call, _ = live(Call("a", ANNOUNCES), *events, Destroyed(LINE, 16, None, at(20.2)))
    assert (call.outcome, call.abandoned) == ("answered_dropped", False)
