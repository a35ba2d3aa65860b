"""The last half hour: what is remembered of it, and how it bounds the next launch."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, strategies as st

from dialer.pacing.interface import Line, OutcomeKind, OutcomeSeen, PacingSnapshot
from dialer.pacing.learning import learn
from dialer.pacing.level import fast_failing
from dialer.pacing.memory import ANSWERED, CAME, HALF_HOUR_STEPS, LEFT, SUDDEN, fresh, rules_of
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.spending import HALF_HOUR_FREE, NEAR_HALF_HOUR_ANSWERS, half_hour_room
from dialer.pacing.start import PacerStart
from dialer.pacing.storing import restore, store
from dialer.pacing.view import view_of

START = PacerStart(n_agents=10)
RULES = rules_of(START)


def room(answered: float, dropped: float, target: float = 0.03) -> float:
    steps = np.zeros((HALF_HOUR_STEPS, 2))
    steps[7, CAME], steps[9, CAME], steps[9, LEFT] = answered / 2, answered / 2, dropped
    return half_hour_room(steps, RULES._replace(half_hour_target=target))


def at(now_s: float, *kinds: OutcomeKind) -> PacingSnapshot:
    return PacingSnapshot(now_s, outcomes=tuple(OutcomeSeen(now_s, kind, 8.0, 2.0) for kind in kinds))


@given(st.integers(0, 3000), st.integers(0, 200), st.sampled_from([0.01, 0.02, 0.03, 0.05]))
def test_where_a_launch_may_carry_risk_one_more_abandoned_call_keeps_the_half_hour(
    answered: int, dropped: int, target: float
) -> None:
    if answered >= NEAR_HALF_HOUR_ANSWERS and dropped > HALF_HOUR_FREE and room(answered, dropped, target) > 0:
        assert (dropped + 1) / max(answered, 100) <= 2 * target


@given(st.integers(0, 1000), st.integers(0, 60))
def test_more_abandoned_calls_never_leave_more_room(answered: int, dropped: int) -> None:
    assert 0 <= room(answered, dropped + 1) <= room(answered, dropped) <= 1


def test_a_usual_half_hour_of_ten_agents_is_not_held_and_a_bad_one_is() -> None:
    assert [room(115, dropped) for dropped in (1, 2, 3, 4)] == pytest.approx([1.0, 0.742, 0.542, 0.342])
    assert room(115, 6) == 0 and room(600, 18) == 1


def test_a_half_hour_of_few_answers_has_no_share_that_could_be_kept() -> None:
    assert room(60, 9) == 1


def test_a_half_hour_is_judged_by_the_limit_and_not_by_what_a_gauge_leaves_of_it_now() -> None:
    """An aim of 2.4 % held half hours of 3 %: the real floor fell behind its simulation."""
    aims = rules_of(replace(START, aim=0.024))
    steps = np.zeros((HALF_HOUR_STEPS, 2))
    steps[9, CAME], steps[9, LEFT] = 277.0, 8.0
    assert aims.target == 0.024 and half_hour_room(steps, aims) == half_hour_room(steps, RULES) == 1.0


def test_a_stricter_limit_of_the_campaign_is_stricter_for_its_half_hours_too() -> None:
    assert room(400, 5, target=0.03) == 1.0 and room(400, 5, target=0.01) < 0.5 and room(400, 3, target=0.002) == 0


def test_what_is_older_than_half_an_hour_is_forgotten() -> None:
    memory = fresh(RULES)
    for minute in range(60):
        learn(memory, RULES, view_of(at(60.0 * minute, "answered", "answered", "dropped")))
        seen = min(minute + 1, 31)
        assert memory.half_hour.sum(axis=0).tolist() == [2.0 * seen, 1.0 * seen]


def test_a_clock_that_goes_back_or_far_ahead_leaves_a_memory_of_half_an_hour() -> None:
    memory = fresh(RULES)
    for now_s in (1000.0, 400.0, 1e9, 1e9 + 30, 0.0):
        learn(memory, RULES, view_of(at(now_s, "answered")))
    assert memory.half_hour.sum(axis=0).tolist() == [3.0, 0.0]


def test_calls_that_ring_are_not_taken_for_failing_because_the_failed_end_first() -> None:
    """40 calls of one instant, of which four fail after three seconds and the others ring on."""
    memory = fresh(RULES)
    for tick in range(20):
        now_s = tick / 2
        flying = 40 if now_s < 3 else 36
        ended = [OutcomeSeen(3.0, "failed", 3.0)] * 4 if now_s == 3 else []
        floor = PacingSnapshot(now_s, calls=(Line("ringing", now_s),) * flying, outcomes=tuple(ended))
        learn(memory, RULES, view_of(floor))
    assert fast_failing(memory.marks) < 0.15


def test_a_pacer_stored_before_half_hours_were_remembered_is_read() -> None:
    stored = msgspec.msgpack.decode(store(PredictivePacer.begin(START)))
    del stored["memory"]["half_hour"]
    assert not restore(msgspec.msgpack.encode(stored)).memory.half_hour.any()


def test_a_pacer_stored_before_steps_were_suspected_is_read() -> None:
    pacer = PredictivePacer.begin(START)
    pacer.memory.marks[ANSWERED] = 70.0
    stored = msgspec.msgpack.decode(store(pacer))
    stored["memory"]["marks"] = stored["memory"]["marks"][: 8 * SUDDEN]
    assert restore(msgspec.msgpack.encode(stored)).memory.marks.tolist() == pacer.memory.marks.tolist()
