"""Odds in the forecast and in what is learnt; without any, every decision is what it was before there were odds."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dialer.pacing.forecast import look_ahead
from dialer.pacing.interface import Line, OutcomeSeen, PacingSnapshot, Seat
from dialer.pacing.learning import learn
from dialer.pacing.level import level_now
from dialer.pacing.memory import fresh, rules_of
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.start import PacerStart
from dialer.pacing.view import view_of
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.reading import load

RULES = rules_of(PacerStart(n_agents=50))
BUSY = (Seat("talk", 40.0),) * 12 + (Seat("idle", 2.0),) * 2


def outlook(*odds: float, next_odds: float = 1.0) -> Any:
    calls = tuple(Line("ringing", 6.0, one) for one in odds)
    floor = PacingSnapshot(100.0, BUSY, calls, next_odds=next_odds)
    return look_ahead(fresh(RULES), RULES, view_of(floor))


def test_a_call_of_twice_the_odds_is_forecast_as_two_calls_nearly() -> None:
    one, two, double = outlook(1.0), outlook(1.0, 1.0), outlook(2.0)
    assert double.answers[1, 1] == pytest.approx(two.answers[1, 1], rel=0.1)
    assert double.answers[1, 1] > 1.7 * one.answers[1, 1]
    assert outlook(0.0).answers.sum() == 0


def test_calls_launched_now_have_their_own_odds_and_a_level_stays_a_chance() -> None:
    usual, likely, sure = outlook(1.0), outlook(1.0, next_odds=1.5), outlook(1.0, next_odds=90.0)
    assert likely.each[:, 1] == pytest.approx(1.5 * usual.each[:, 1]) and likely.next_level == pytest.approx(
        1.5 * usual.level
    )
    assert sure.each.max() < 1.0 and outlook(90.0).answers.max() <= 1.0


@given(st.lists(st.floats(0, 100), max_size=30), st.floats(0, 100), st.floats(0.01, 100))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_the_likelier_the_next_calls_the_fewer_are_launched(flying: list[float], low: float, more: float) -> None:
    pacer = PredictivePacer.begin(PacerStart(n_agents=14))
    calls = tuple(Line("ringing", 5.0, odds) for odds in flying)
    floor = PacingSnapshot(100.0, BUSY, calls)
    few, many = (pacer.decide(replace(floor, next_odds=odds))[1].launch for odds in (min(low + more, 100.0), low))
    assert 0 <= few <= many <= 4096


def called(seed: int, seconds: int, level: float, odds: tuple[float, ...]) -> Iterator[PacingSnapshot]:
    """Two calls a second, each of one of these odds: it answers with level * odds after a lognormal ring."""
    dice = np.random.default_rng(seed)
    flying: list[tuple[float, float, bool, float]] = []
    for tick in range(2 * seconds):
        now = tick / 2
        own = float(dice.choice(odds))
        answered = bool(dice.random() < level * own)
        lasts = min(2.2 + 8.5 * float(np.exp(0.4 * dice.standard_normal())), 24.0) if answered else 24.2
        flying.append((now, lasts, answered, own))
        over = [call for call in flying if call[0] + call[1] <= now]
        flying = [call for call in flying if call[0] + call[1] > now]
        yield PacingSnapshot(
            now,
            calls=tuple(Line("ringing", now - began, one) for began, _, _, one in flying),
            outcomes=tuple(
                OutcomeSeen(began + lasts, "answered" if answered else "no_answer", lasts)
                for began, lasts, answered, _ in over
            ),
        )


@pytest.mark.parametrize("odds", [(1.0,), (2.5,), (0.4,), (0.4, 2.5), (0.25, 0.5, 2.0)])
def test_the_level_stays_that_of_a_call_of_odds_one_whatever_is_dialed(odds: tuple[float, ...]) -> None:
    memory, levels = fresh(RULES), []
    for floor in called(1, 2400, 0.25, odds):
        learn(memory, RULES, view_of(floor))
        levels.append(level_now(memory.level)[0])
    assert np.mean(levels[2400:]) == pytest.approx(0.25, rel=0.12)


@pytest.mark.parametrize(
    ("name", "seed", "until_s", "due"),
    [("p03_survey20", 3, 3600.0, "7c6fde5b757e5b34"), ("p04_collect50", 4, 1800.0, "f0220bbd499af000")],
)
def test_without_odds_the_decisions_are_those_of_the_pacer_that_knew_none(
    name: str, seed: int, until_s: float, due: str
) -> None:
    """`due`: of this pacer with `at_odds` and `weight_of` that know no odds (commit d7cbed9 had none at all)."""
    floor = SimulatedFloor(load(name), seed)
    pacer, digest, going = PredictivePacer.begin(floor.start()), hashlib.sha256(), floor.advance()
    while going:
        view = floor.view()
        if view.now_s >= until_s:
            break
        assert view.next_odds == 1.0 and (view.call_odds == 1.0).all()
        pacer, decision = pacer.look(view)
        digest.update(f"{decision.launch} ".encode())
        going = floor.advance(decision.launch)
    assert digest.hexdigest()[:16] == due
