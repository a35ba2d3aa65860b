"""A list that has suddenly become a better one is suspected before the level knows how much better."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, strategies as st

from dialer.pacing.forecast import levels_of, look_ahead, most_calls, shares_of
from dialer.pacing.interface import Line, PacingSnapshot, Seat
from dialer.pacing.learning import LONG_AWAY_S, learn
from dialer.pacing.level import MOST_LEVEL, MOST_SUSPECTED, level_now, suddenly, suspect, suspicion
from dialer.pacing.memory import SUDDEN, Memory, fresh, rules_of
from dialer.pacing.spending import AIM, aim_for
from dialer.pacing.start import MachineDetection, PacerStart
from dialer.pacing.view import view_of
from tests.dialer.pacing.test_learning import calls_of

START = PacerStart(n_agents=10)
RULES = rules_of(START)


def suspicions(floors: Iterator[PacingSnapshot]) -> list[float]:
    memory, found = fresh(RULES), []
    for floor in floors:
        learn(memory, RULES, view_of(floor))
        found.append(suspicion(memory.marks, RULES))
    return found


@cache
def quarter_of_an_hour() -> Memory:
    memory = fresh(RULES)
    for floor in calls_of(5, 900, 1.0, [0.1] * 900):
        learn(memory, RULES, view_of(floor))
    memory.marks[SUDDEN] = 0.0
    return memory


def steady() -> Memory:
    return quarter_of_an_hour().copy()


def test_a_step_is_suspected_before_the_level_has_moved_and_forgotten_once_it_is_known() -> None:
    """Three times the answers, of one call a second."""
    memory, levels, found = fresh(RULES), [], []
    for floor in calls_of(4, 2400, 1.0, [0.1] * 1200 + [0.3] * 1200):
        learn(memory, RULES, view_of(floor))
        levels.append(level_now(memory.level)[0])
        found.append(suspicion(memory.marks, RULES))
    minute_later = 2 * 1260
    assert max(found[2400:minute_later]) > 10 * found[2399] and levels[minute_later] < 0.15
    assert levels[-1] == pytest.approx(0.3, rel=0.25) and np.mean(found[-600:]) < 0.05


def test_a_steady_list_is_seldom_suspected() -> None:
    found = suspicions(calls_of(6, 3000, 2.0, [0.25] * 3000))[600:]
    assert np.mean(found) < 0.08 and np.median(found) < 0.03


@pytest.mark.parametrize("sudden", [2.0, 5.0])
def test_a_suspicion_launches_fewer(sudden: float) -> None:
    floor = view_of(PacingSnapshot(900.0, seats=(Seat("idle", 3.0),) * 6, calls=(Line("ringing", 5.0),) * 4))
    memory = steady()
    before = most_calls(look_ahead(memory, RULES, floor), 0.02, 50)
    memory.marks[SUDDEN] = sudden
    assert most_calls(look_ahead(memory, RULES, floor), 0.02, 50) < before


def test_under_the_aim_of_a_gauge_the_suspicion_counts_as_much_less_as_the_aim_is_under_the_limit() -> None:
    """At its full weight it took three points of occupancy from a campaign's first quarter of an hour."""
    memory = steady()
    whole = suspicion(memory.marks, RULES)
    aims = rules_of(replace(START, aim=START.abandon_target / 10))
    assert suspicion(memory.marks, aims) == pytest.approx(whole / 10, rel=0.02)
    stricter = rules_of(replace(START, abandon_target=START.abandon_target / 10))
    assert suspicion(memory.marks, stricter) == whole, "a stricter limit has stricter half hours"
    assert suspicion(memory.marks, rules_of(replace(START, abandon_target=0.0))) == 0.0


@given(st.integers(1, 2000), st.lists(st.tuples(st.floats(0, 5), st.integers(0, 6)), max_size=60))
def test_the_evidence_stays_bounded_and_the_chances_are_chances(seats: int, came: list[tuple[float, int]]) -> None:
    memory, rules = steady(), rules_of(PacerStart(n_agents=seats))
    for trials, answers in came:
        suspect(memory.marks, memory.level, rules, trials, float(answers))
        assert 0 <= memory.marks[SUDDEN] <= MOST_SUSPECTED
        shares = shares_of(memory, rules)
        assert (shares >= 0).all() and shares.sum() == pytest.approx(1.0)
        assert (levels_of(memory, rules) <= MOST_LEVEL).all()


def test_the_smallest_floors_suspect_nothing() -> None:
    memory = fresh(RULES)
    memory.marks[SUDDEN] = MOST_SUSPECTED
    assert suspicion(memory.marks, rules_of(PacerStart(n_agents=3))) == 0
    assert suspicion(memory.marks, rules_of(PacerStart(n_agents=4))) > 0.9


@pytest.mark.parametrize(
    ("seats", "times", "before"), [(4, 2.5, 0.025), (30, 2.5, 1 / 300), (40, 2.75, 1 / 320), (300, 3.0, 0.0005)]
)
def test_a_large_floor_looks_for_a_larger_step(seats: int, times: float, before: float) -> None:
    rules = rules_of(PacerStart(n_agents=seats))
    assert suddenly(0.1, rules) == pytest.approx(0.1 * times) and suddenly(0.5, rules) == MOST_LEVEL
    assert suspicion(fresh(rules).marks, rules) == pytest.approx(before, rel=0.03)


def test_a_long_time_away_ends_the_suspicion() -> None:
    memory = steady()
    memory.marks[SUDDEN] = 5.0
    learn(memory, RULES, view_of(PacingSnapshot(900.0 + LONG_AWAY_S + 60)))
    assert memory.marks[SUDDEN] == 0


def test_middling_floors_aim_lower_so_that_no_half_hour_is_lost_to_chance() -> None:
    aims = {seats: aim_for(rules_of(PacerStart(n_agents=seats))) for seats in (1, 5, 10, 20, 25, 300)}
    assert aims[1] == aims[5] == aims[25] == aims[300] == AIM
    assert aims[10] == pytest.approx(0.85) and aims[10] < aims[20] < AIM
    assert aim_for(rules_of(PacerStart(n_agents=10, amd=MachineDetection(0.01, 0.1)))) == AIM
