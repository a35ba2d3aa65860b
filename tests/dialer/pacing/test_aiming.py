"""A pacer that forecasts aims at what the gauges' bound will allow, and keeps no other account than theirs."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, strategies as st

from compliance.abandonment_ledger import Gauge, Policy, Subject, Window, judge
from compliance.abandonment_tally import Tally
from compliance.binomial import may_exceed
from dialer.abandonment_guard import aim
from dialer.pacing.aiming import CREDIT, LEAST, SPARE, Aim, aim_of, aimed
from dialer.pacing.memory import ANSWERED, DROPPED
from dialer.pacing.modes import ProgressivePacer
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.spending import balance_of
from dialer.pacing.start import MachineDetection, PacerStart

DAY = Window("house-24h", "house", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
POLICY = Policy()


def gauge_after(answers: int, lost: int) -> Gauge:
    return judge(Subject(1, ""), DAY, Tally(persons=answers, abandoned=lost, missed=lost), POLICY)


def aim_after(answers: int, lost: int) -> Aim | None:
    return aim([gauge_after(answers, lost)])


@given(st.integers(0, 20_000), st.floats(0, 0.03))
def test_who_keeps_the_aim_stays_within_the_bound_with_calls_to_spare(answers: int, share: float) -> None:
    gauge = gauge_after(answers, int(answers * share))
    found = aim([gauge])
    if found is None or found.target == LEAST:
        return
    among = max(answers + max(POLICY.next_answers, gauge.headroom), POLICY.min_answers)
    assert LEAST < found.target <= float(POLICY.limit)
    assert not may_exceed(int(found.target * among) + SPARE, among, float(POLICY.limit), POLICY.confidence)


def test_the_aim_is_low_in_the_first_hour_and_near_the_limit_after_a_busy_day() -> None:
    targets = [found.target for n in (0, 300, 1_000, 4_000, 20_000) if (found := aim_after(n, 0)) is not None]
    assert targets == sorted(targets) and targets[0] == LEAST
    assert 0.015 < targets[2] < 0.02 and 0.022 < targets[3] < 0.026 < targets[4] < 0.03


def test_a_gauge_without_room_leaves_the_aim_as_it_was() -> None:
    assert aim_after(300, 20) is None and aim([]) is None


def test_the_account_is_the_gauges_and_what_is_learnt_stays() -> None:
    start = PacerStart(n_agents=20)
    pacer = PredictivePacer.begin(start)
    pacer.memory.marks[ANSWERED], pacer.memory.marks[DROPPED] = 9_000.0, 250.0
    pacer.memory.ends[0, 3] = 7.0
    made, now = aimed(pacer, 1.0, start, Aim(0.01, 400, 3))
    assert isinstance(made, PredictivePacer)
    assert now.spends == made.rules.target == made.start.spends == 0.01
    assert made.rules.half_hour_target == now.abandon_target == 0.03, "a half hour is judged by the limit"
    assert (made.memory.marks[ANSWERED], made.memory.marks[DROPPED]) == (400.0, 3.0)
    assert np.array_equal(made.memory.ends, pacer.memory.ends)
    assert pacer.memory.marks[ANSWERED] == 9_000.0, "the pacer before is a value"


def test_the_same_aim_and_a_mode_that_forecasts_nothing_change_nothing() -> None:
    start = PacerStart(abandon_target=0.01)
    pacer = PredictivePacer.begin(start)
    assert aimed(pacer, 1.0, start, Aim(0.01, 400, 3)) == (pacer, start)
    start = replace(start, abandon_target=0.03, aim=0.01)
    pacer = PredictivePacer.begin(start)
    assert aimed(pacer, 1.0, start, Aim(0.01, 400, 3)) == (pacer, start)
    plain = ProgressivePacer()
    assert aimed(plain, 1.0, start, Aim(0.02, 400, 3)) == (plain, start)


def test_with_detection_the_pacers_own_aim_and_account_stand() -> None:
    start = PacerStart(amd=MachineDetection(0.01, 0.1))
    pacer = PredictivePacer.begin(start)
    assert aimed(pacer, 1.0, start, Aim(0.02, 400, 3)) == (pacer, start)


def test_the_aim_moves_by_steps_and_stays_under_the_limit() -> None:
    assert aim_of(24, 1_000, 900, 0, 0.03).target == 0.021
    assert aim_of(500, 1_000, 900, 0, 0.03).target == 0.03
    assert aim_of(0, 200, 0, 0, 0.03).target == LEAST


def test_what_a_good_day_left_unspent_is_not_spent_in_the_minutes_after_it() -> None:
    start = PacerStart(n_agents=20)
    made, _ = aimed(PredictivePacer.begin(start), 1.0, start, Aim(0.024, 4_000, 60))
    assert isinstance(made, PredictivePacer)
    assert balance_of(made.memory.marks, made.rules).saved == pytest.approx(CREDIT)
    made, _ = aimed(PredictivePacer.begin(start), 1.0, start, Aim(0.024, 4_000, 110))
    assert isinstance(made, PredictivePacer)
    assert balance_of(made.memory.marks, made.rules).saved < -CREDIT
