"""The forecast's arithmetic against exact sums, simulation by dice and limits that are known."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dialer.pacing.chance import at_most, count_of
from dialer.pacing.forecast import look_ahead, most_calls, risk_of
from dialer.pacing.interface import Line, PacingSnapshot, Seat
from dialer.pacing.memory import fresh, rules_of
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.start import PacerStart
from dialer.pacing.view import view_of

chances = st.lists(st.floats(0, 1), min_size=1, max_size=9)


@given(chances)
@settings(deadline=None)
def test_a_count_of_events_has_the_distribution_of_all_their_combinations(events: list[float]) -> None:
    due = np.zeros(len(events) + 1)
    for happened in itertools.product([0, 1], repeat=len(events)):
        mass = np.prod([p if yes else 1 - p for p, yes in zip(events, happened, strict=True)])
        due[sum(happened)] += mass
    assert count_of(np.array(events)) == pytest.approx(due, abs=1e-12)


@given(st.lists(st.floats(0.02, 0.98), min_size=40, max_size=120))
@settings(deadline=None)
def test_the_skewed_normal_is_within_a_percent_of_the_exact_sum(events: list[float]) -> None:
    p = np.array(events)
    exact = np.cumsum(count_of(p))
    mean, variance, third = p.sum(), (p * (1 - p)).sum(), (p * (1 - p) * (1 - 2 * p)).sum()
    if variance < 4:
        return
    near = [at_most(mean, variance, third, count) for count in range(len(exact))]
    assert np.abs(near - exact).max() < 0.01


def floor(idle: int, talking: int = 0, ringing: tuple[float, ...] = ()) -> PacingSnapshot:
    seats = tuple(Seat("idle", 5.0) for _ in range(idle)) + tuple(Seat("talk", 30.0) for _ in range(talking))
    return PacingSnapshot(100.0, seats, tuple(Line("ringing", age) for age in ringing))


def outlook(snapshot: PacingSnapshot, **start: object):  # type: ignore[no-untyped-def]
    rules = rules_of(replace(PacerStart(n_agents=20), **start))  # type: ignore[arg-type]
    pacer, _ = PredictivePacer.begin(replace(PacerStart(n_agents=20), **start)).decide(snapshot)  # type: ignore[arg-type]
    return look_ahead(pacer.memory, rules, view_of(snapshot))


def test_the_first_call_for_a_free_agent_has_no_risk() -> None:
    assert risk_of(outlook(floor(3)), 3) == pytest.approx(0.0, abs=1e-9)


def test_without_agents_every_answer_is_abandoned() -> None:
    assert risk_of(outlook(floor(0)), 1) == pytest.approx(1.0)


@given(st.integers(0, 30), st.integers(0, 30), st.lists(st.floats(0, 30), max_size=60))
@settings(deadline=None, max_examples=50)
def test_risk_grows_with_every_call_and_the_most_calls_are_the_last_within_the_limit(
    idle: int, talking: int, ringing: list[float]
) -> None:
    ahead = outlook(floor(idle, talking, tuple(ringing)))
    risks = [risk_of(ahead, more) for more in range(1, 40)]
    # the exact sum gives way to the normal one somewhere, with a small step
    assert all(later >= sooner - 0.01 for sooner, later in itertools.pairwise(risks))
    most = most_calls(ahead, 0.03, 39)
    assert most == 0 or risk_of(ahead, most) <= 0.03
    if most < 39:
        assert risk_of(ahead, most + 1) > 0.03


def test_exact_and_normal_sums_agree_where_one_gives_way_to_the_other() -> None:
    ahead = outlook(floor(6, 20, tuple(np.linspace(0, 20, 30))))
    assert ahead.exact
    for more in (1, 5, 10):
        assert risk_of(ahead._replace(exact=False), more) == pytest.approx(risk_of(ahead, more), abs=0.02)


def test_an_agent_who_will_pause_after_the_call_is_not_counted_on() -> None:
    going = PacingSnapshot(
        100.0, (Seat("talk", 30.0, "pause"), Seat("wrap", 3.0, "logout"), Seat("idle", 1.0, "pause"))
    )
    ahead = outlook(going)
    assert ahead.free == 0 and ahead.finished.sum() == 0


def test_a_waiting_call_has_the_first_claim_on_a_free_agent() -> None:
    rules = rules_of(PacerStart())
    snapshot = PacingSnapshot(100.0, (Seat("idle", 5.0),), (Line("waiting", 12.0),))
    assert look_ahead(fresh(rules), rules, view_of(snapshot)).free == 0
