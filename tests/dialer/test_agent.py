"""What an agent's day does: leg, wishes, wrap-up, preview."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from dialer import agent_events as e
from dialer.agent import TRANSITIONS, Agent, AgentState, Leg, step
from dialer.lives import UnexpectedEvent
from tests.dialer.samples import AGENT_SAMPLES, an_agent, at

S = AgentState


def live(agent: Agent, *events: e.AgentEvent) -> tuple[Agent, list[e.AgentEffect]]:
    effects: list[e.AgentEffect] = []
    for event in events:
        agent, more = step(agent, event)
        effects += more
    return agent, effects


def test_login_opens_the_leg_and_calls_are_offered_only_when_it_is_up() -> None:
    agent, effects = live(Agent(7), e.ReadyAsked(at(0)))
    assert e.OpenLeg() in effects and agent.state is S.READY and not agent.offerable
    agent, _ = live(agent, e.LegUp(at(1)))
    assert agent.offerable


def test_a_second_ready_does_not_open_a_second_leg() -> None:
    _, effects = live(Agent(7), e.ReadyAsked(at(0)), e.ReadyAsked(at(0.1)))
    assert effects.count(e.OpenLeg()) == 1


def test_a_lost_leg_is_offered_nothing_and_is_opened_again() -> None:
    agent, effects = live(an_agent(S.READY), e.LegDown(at(1)))
    assert not agent.offerable and e.StartTimer(e.AgentTimer.LEG_RETRY, at(4)) in effects
    agent, effects = live(agent, e.LegRetry(at(4)))
    assert e.OpenLeg() in effects


def test_an_offline_phone_closes_the_leg_and_coming_back_opens_it() -> None:
    agent, effects = live(an_agent(S.READY), e.PhoneOffline(at(1)))
    assert not agent.offerable and e.CloseLeg() in effects
    agent, effects = live(agent, e.LegDown(at(1.1)), e.LegRetry(at(4.1)))
    assert e.OpenLeg() not in effects
    agent, effects = live(agent, e.PhoneOnline(at(9)))
    assert e.OpenLeg() in effects


@pytest.mark.parametrize("event", [e.LegDown(at(5)), e.PhoneOffline(at(5))])
def test_a_leg_lost_in_talk_gives_the_debtor_away_and_starts_the_wrap_up(event: e.AgentEvent) -> None:
    agent, effects = live(an_agent(S.TALKING), event)
    assert effects[0] == e.LoseCall("a") and agent.state is S.WRAP_UP


def test_a_leg_lost_while_reserved_gives_the_debtor_away() -> None:
    agent, effects = live(an_agent(S.RESERVED), e.LegDown(at(5)))
    assert e.LoseCall("a") in effects and agent.state is S.READY and not agent.offerable


def test_a_pause_asked_for_in_a_call_is_honoured_after_its_wrap_up() -> None:
    agent, _ = live(an_agent(S.TALKING), e.PauseAsked("lunch", at(1)))
    assert (agent.state, agent.wish, agent.wish_reason) == (S.TALKING, "pause", "lunch")
    agent, _ = live(agent, e.CallOver("a", at(2)), e.Disposed("promise", at(9)))
    assert (agent.state, agent.reason, agent.wish) == (S.PAUSED, "lunch", None)


def test_a_logout_asked_for_in_a_call_is_honoured_after_its_wrap_up() -> None:
    agent, effects = live(an_agent(S.TALKING), e.LogoutAsked(at(1)), e.CallOver("a", at(2)), e.WrapUpOver(at(22)))
    assert agent.state is S.OFFLINE and e.CloseLeg() in effects


BREAK = e.PlanDue("pause", "lunch", at(1))
LEAVE = e.PlanDue("logout", None, at(1))


def test_a_planned_break_or_end_takes_a_ready_agent_at_once() -> None:
    agent, _ = live(an_agent(S.READY), BREAK)
    assert (agent.state, agent.reason) == (S.PAUSED, "lunch")
    agent, effects = live(an_agent(S.READY), LEAVE)
    assert agent.state is S.OFFLINE and e.CloseLeg() in effects


@pytest.mark.parametrize("state", [S.RESERVED, S.TALKING, S.HOLD, S.WRAP_UP])
def test_a_planned_end_never_cuts_a_call_or_its_wrap_up(state: AgentState) -> None:
    before = replace(an_agent(state), disposition="promise")
    for plan, wish, reason in ((BREAK, "pause", "lunch"), (LEAVE, "logout", None)):
        assert step(before, plan) == (replace(before, wish=wish, wish_reason=reason), ())


def test_a_planned_break_is_taken_when_the_wrap_up_is_over() -> None:
    agent, _ = live(an_agent(S.TALKING), BREAK, e.CallOver("a", at(2)), e.WrapUpOver(at(22)))
    assert (agent.state, agent.reason, agent.wish) == (S.PAUSED, "lunch", None)


def test_a_planned_break_does_not_keep_who_wanted_to_leave_and_a_planned_end_goes_before_a_break() -> None:
    leaving, _ = live(an_agent(S.TALKING), e.LogoutAsked(at(0)), BREAK)
    assert leaving.wish == "logout"
    agent, _ = live(an_agent(S.TALKING), e.PauseAsked("break", at(0)), LEAVE)
    assert (agent.wish, agent.wish_reason) == ("logout", None)
    agent, _ = live(an_agent(S.TALKING), e.PauseAsked("break", at(0)), BREAK)
    assert (agent.wish, agent.wish_reason) == ("pause", "break")


def test_a_planned_end_releases_the_debtor_who_is_only_shown() -> None:
    shown, _ = live(an_agent(S.READY), e.PreviewOffered(at(30), at(0)))
    agent, effects = live(shown, BREAK)
    assert agent.state is S.PAUSED and e.ReleasePreview("pause") in effects
    agent, effects = live(shown, LEAVE)
    assert agent.state is S.OFFLINE and e.ReleasePreview("logout") in effects


def test_a_planned_end_logs_out_of_a_pause_and_a_planned_break_leaves_it_as_it_is() -> None:
    paused = replace(an_agent(S.PAUSED), reason="training")
    assert step(paused, BREAK) == (paused, ())
    assert live(paused, LEAVE)[0].state is S.OFFLINE


def test_the_agent_may_take_a_planned_end_back() -> None:
    assert live(an_agent(S.TALKING), LEAVE, e.ReadyAsked(at(2)))[0].wish is None


def test_ready_takes_a_wish_back() -> None:
    agent, _ = live(an_agent(S.TALKING), e.PauseAsked("lunch", at(1)), e.ReadyAsked(at(2)))
    assert agent.wish is None


def test_wrap_up_ends_by_its_timer_with_the_default_disposition() -> None:
    agent, effects = live(an_agent(S.TALKING), e.CallOver("a", at(2)))
    assert (agent.state, agent.deadline) == (S.WRAP_UP, at(22))
    agent, effects = live(agent, e.WrapUpOver(at(22)))
    assert e.Dispose("a", None) in effects and agent.offerable


def test_a_disposition_chosen_in_the_talk_waits_for_the_wrap_up() -> None:
    agent, effects = live(an_agent(S.TALKING), e.Disposed("refuses", at(1)), e.CallOver("a", at(2)))
    assert agent.state is S.WRAP_UP and not [x for x in effects if isinstance(x, e.Dispose)]
    _, effects = live(agent, e.ReadyAsked(at(3)))
    assert e.Dispose("a", "refuses") in effects


def test_without_wrap_up_time_the_next_call_comes_at_once() -> None:
    agent, effects = live(replace(an_agent(S.TALKING), wrap_up_s=0), e.CallOver("a", at(2)))
    assert agent.offerable and e.Dispose("a", None) in effects


def test_the_end_of_another_call_changes_nothing() -> None:
    agent = an_agent(S.TALKING)
    assert live(agent, e.CallOver("b", at(2))) == (agent, [])


def test_hold_and_back() -> None:
    agent, _ = live(an_agent(S.TALKING), e.CallHeld(at(1)))
    assert agent.state is S.HOLD
    assert live(agent, e.CallResumed(at(2)))[0].state is S.TALKING


def test_a_preview_is_dialed_skipped_or_timed_out() -> None:
    shown, effects = live(an_agent(S.READY), e.PreviewOffered(at(30), at(0)))
    assert (shown.state, shown.deadline) == (S.PREVIEW, at(30))
    assert live(shown, e.PreviewSkipAsked("not_now", at(3)))[1] == [
        e.StopTimer(e.AgentTimer.PREVIEW),
        e.ReleasePreview("not_now"),
    ]
    assert e.ReleasePreview("timer") in live(shown, e.PreviewOver(at(30)))[1]
    dialed, effects = live(shown, e.PreviewDialAsked(at(4)))
    assert dialed.state is S.RESERVED and e.DialPreview() in effects
    assert live(dialed, e.PreviewRefused(at(5)))[0].state is S.READY
    assert live(dialed, e.PreviewAdmitted("a", at(5)), e.Connected("a", at(9)))[0].state is S.TALKING


def test_a_preview_is_not_dialed_without_a_phone() -> None:
    shown, _ = live(an_agent(S.READY), e.PreviewOffered(at(30), at(0)), e.LegDown(at(1)))
    agent, effects = live(shown, e.PreviewDialAsked(at(4)))
    assert agent.state is S.PREVIEW and isinstance(effects[0], e.Refuse)


def test_a_console_that_stays_away_pauses_the_agent() -> None:
    agent, effects = live(an_agent(S.READY), e.ConsoleGone(at(0)))
    assert effects == [e.StartTimer(e.AgentTimer.AWAY, at(30))]
    assert live(agent, e.AwayOver(at(30)))[0].reason == "away"
    assert live(agent, e.ConsoleBack(at(5)))[1] == [e.StopTimer(e.AgentTimer.AWAY)]


def test_an_agent_without_a_permanent_leg_is_rung_for_each_call() -> None:
    agent, effects = live(Agent(7, per_call=True), e.ReadyAsked(at(0)))
    assert e.OpenLeg() not in effects and agent.offerable
    agent, _ = live(agent, e.Reserve("a", at(1)), e.LegUp(at(2)), e.Connected("a", at(2)), e.CallOver("a", at(9)))
    assert agent.state is S.WRAP_UP


def test_a_restart_finds_the_agent_in_talk() -> None:
    assert live(an_agent(S.PAUSED), e.Connected("a", at(1)))[0].attempt_id == "a"


@given(st.lists(st.tuples(st.sampled_from(AGENT_SAMPLES), st.floats(0, 5)), max_size=60), st.booleans())
def test_any_sequence_keeps_the_promises_of_an_agent(moves: list[tuple[e.AgentEvent, float]], per_call: bool) -> None:
    agent, clock = Agent(7, per_call=per_call), 0.0
    for event, pause in moves:
        clock += pause
        before = agent
        try:
            agent, _ = step(agent, replace(event, at=at(clock)))
        except UnexpectedEvent:
            assert TRANSITIONS[before.state][type(event)].kind == "impossible"
            continue
        assert agent.state in {before.state, *TRANSITIONS[before.state][type(event)].targets}
        assert not (agent.offerable and (not agent.online or (agent.leg is not Leg.UP and not per_call)))
        if agent.state is S.OFFLINE:
            assert agent.leg is Leg.NONE and agent.wish is None
        if isinstance(event, e.LegDown | e.PhoneOffline):
            assert not agent.offerable or per_call
        if before.state in (S.TALKING, S.HOLD) and agent.state not in (S.TALKING, S.HOLD, S.WRAP_UP):
            assert agent.wrap_up_s == 0
        assert (agent.deadline is not None) == (agent.state in (S.WRAP_UP, S.PREVIEW))


def test_a_wrap_up_that_is_cut_ends_with_what_the_agent_chose_so_far() -> None:
    agent, effects = live(an_agent(S.WRAP_UP), e.WrapUpCut(at(3)))
    assert agent.state is S.READY and e.Dispose("a", None) in effects


def test_nobody_but_an_agent_in_wrap_up_hears_of_the_cut() -> None:
    for state in set(S) - {S.WRAP_UP}:
        before = an_agent(state)
        assert step(before, e.WrapUpCut(at(3))) == (before, ())


def test_the_end_of_a_preview_dials_where_the_campaign_says_so_and_a_phone_is_there() -> None:
    shown, _ = live(an_agent(S.READY), e.PreviewOffered(at(30), at(0), dials=True))
    agent, effects = live(shown, e.PreviewOver(at(30)))
    assert agent.state is S.RESERVED and e.DialPreview() in effects
    agent, effects = live(shown, e.LegDown(at(9)), e.PreviewOver(at(30)))
    assert agent.state is S.READY and e.ReleasePreview("timer") in effects
