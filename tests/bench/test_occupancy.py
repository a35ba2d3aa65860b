"""The two sides of `python -m tests.bench occupancy` reckon alike: the log's occupancy, the scenario's people."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from dialer.simulation.reading import load
from dialer.simulation.scenario import Noise
from telephony.sandbox.debtors import Fate
from tests.bench.bench_occupancy import SCENARIO, settings_of
from tests.bench.bench_pacing_shocks import After, longest_excess, shocks, sums, usual, worst_half_hour
from tests.bench.occupancy_real import Span, occupancy, seconds_by_state
from tests.bench.scenario_people import NotPlayable, ScenarioDebtors, playable

BEGIN = datetime(2026, 11, 18, 17, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def test_a_logged_day_is_cut_to_the_measured_time() -> None:
    states = [("ready", 0), ("talking", 40), ("hold", 100), ("wrap_up", 130), ("paused", 170), ("ready", 400)]
    spans = [Span(1, state, at(since), at(until)) for (state, since), (_, until) in pairwise([*states, ("", 500)])]
    seconds = seconds_by_state(spans, at(30), at(430))
    assert seconds == {"ready": 40.0, "talking": 60.0, "hold": 30.0, "wrap_up": 40.0, "paused": 230.0}
    assert occupancy(seconds) == pytest.approx(130 / 170)
    assert occupancy({"paused": 10.0}) == 0.0


def test_debtors_answer_as_often_and_as_long_as_the_scenario_says() -> None:
    scenario = load(str(SCENARIO))
    debtors = ScenarioDebtors(scenario, 1)
    met = [debtors.encounter(f"1212555{number:04d}", 1) for number in range(8000)]
    fates = [one.script.fate for one in met]
    row = scenario.calls.profile.rows[0]
    assert fates.count(Fate.PERSON) / len(met) == pytest.approx(row.human, abs=0.02)
    assert fates.count(Fate.FAILED) / len(met) == pytest.approx(row.busy + row.failed, abs=0.02)
    handled = [one.talk_s + one.wrap_s for one in met if one.script.fate is Fate.PERSON]
    assert sum(handled) / len(handled) == pytest.approx(122, rel=0.06)  # as the scenario's description has it
    assert debtors.script("12125550001", 1) == ScenarioDebtors(scenario, 1).script("12125550001", 1)
    assert debtors.script("12125550001", 1) != debtors.script("12125550001", 2)


def test_a_scenario_with_something_that_only_a_simulation_has_is_refused_by_name() -> None:
    scenario = load(str(SCENARIO))
    assert playable(scenario) is scenario
    with pytest.raises(NotPlayable, match=r"calls\.noise and calls\.blocks"):
        playable(replace(scenario, calls=replace(scenario.calls, noise=Noise(0.5, 60.0))))


def test_the_campaign_lets_a_call_ring_as_long_as_the_scenario() -> None:
    settings = settings_of(load(str(SCENARIO)))
    assert (settings.mode, settings.ring_timeout_s, settings.answer_wait_ms) == ("predictive", 24, 2000)


def test_excess_is_the_longest_time_above_what_the_controls_launch() -> None:
    calm = np.ones(600, np.int64)
    limit = usual([After(calm, None, 0, 0)] * 4)
    assert limit[100] == 10 and longest_excess(calm, limit, 60) == 0
    shocked = calm.copy()
    shocked[100:103] = 5
    assert list(sums(shocked)[99:104]) == [10, 14, 18, 22, 22]
    # the calm that follows launches too: the sum is down twelve seconds after it has first passed the limit
    assert longest_excess(shocked, limit, 600) == longest_excess(shocked, limit, 600, tail=True) == 12
    # it begins when the sum first passes the limit, a hundred seconds after the shock
    assert [longest_excess(shocked, limit, begins_s) for begins_s in (60, 100, 101)] == [0, 0, 12]
    shocked[103:140] = 0
    assert longest_excess(shocked, limit, 600) == 3, "nothing is launched too much after the last launch"
    assert longest_excess(shocked, limit, 600, tail=True) == 10


def test_a_step_and_an_outage_come_with_controls_that_nothing_surprises() -> None:
    step, outage = shocks(10)
    assert [row.human for row in step.shocked.calls.profile.rows] == [0.1, 0.3]
    assert [row.human for row in step.control.calls.profile.rows] == [0.3]
    assert [row.human for row in outage.shocked.calls.profile.rows] == [0.25, 0.0, 0.25]
    before, later = outage.control.agents.groups[0].shifts
    assert (before.login_s, before.logout_s, later.login_s) == (0, outage.begins_s, outage.ends_s)


def test_a_half_hour_counts_that_ends_after_the_shock_and_has_a_hundred_answers() -> None:
    at = np.arange(0.0, 3600.0, 10.0)  # 180 in each half hour
    abandoned = np.zeros(len(at), np.int64)
    abandoned[:18] = 1
    assert worst_half_hour(at, abandoned, 0.0) == pytest.approx(18 / 100)
    assert worst_half_hour(at, abandoned, 1900.0) == pytest.approx(8 / 180, abs=0.01)
    assert worst_half_hour(at, abandoned, 3000.0) == 0.0
    assert worst_half_hour(at[::3], abandoned[::3], 0.0) is None
