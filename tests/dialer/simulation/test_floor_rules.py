"""Any small floor keeps the schema's rules, judged from the log of what happened."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dialer.simulation.floor import Law, SimulatedFloor
from dialer.simulation.layout import LAW_AVERAGE, LAW_HARD, LAW_RATIO, LAW_TAPERED, Floor
from dialer.simulation.reading import read
from dialer.simulation.results import result_of
from dialer.simulation.scenario import Scenario
from tests.dialer.simulation.replayed import Replayed
from tests.dialer.simulation.small import a_scenario, scenarios

pytestmark = pytest.mark.timeout(400)  # the first run on a machine compiles the kernel
LAWS = st.one_of(
    st.builds(lambda ratio: Law(LAW_RATIO, ratio), st.sampled_from([1.0, 1.5, 2.0, 5.0])),
    st.builds(
        lambda kind, level, only: Law(kind, 1.0, level, only),
        st.sampled_from([LAW_HARD, LAW_TAPERED, LAW_AVERAGE]),
        st.sampled_from([1.0, 3.0, 10.0]),
        st.booleans(),
    ),
)


def a_day(scenario: Scenario, seed: int, law: Law, *, on_event: bool = False) -> SimulatedFloor:
    floor = SimulatedFloor(scenario, seed, law=law, on_event=on_event, logging=True)
    floor.run_law()
    return floor


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(scenario=scenarios(), law=LAWS, seed=st.integers(0, 2**40))
def test_any_floor_keeps_the_rules_and_its_figures_come_out_of_its_log(scenario: Scenario, law: Law, seed: int) -> None:
    floor = a_day(scenario, seed, law)
    found, log = result_of(scenario, seed, floor.memory), Replayed(floor)

    assert all(len(life.ends) <= 1 for life in log.calls.values())
    assert found["calls"] == len(log.calls) and found["peak_lines"] == log.peak
    assert found["live_answers"] == sum(life.answered is not None and life.kind == 0 for life in log.calls.values())
    assert found["connects_live"] == log.count("connected", human=True)
    assert found["machine_to_agent"] == log.count("connected", human=False)
    assert found["dropped"] == log.count("dropped", human=True)
    assert found["machine_dropped"] == log.count("dropped", human=False)
    ended = ("busy", "failed", "no_answer", "amd_released", "amd_fp")
    assert sum(found[name] for name in ended) == log.count("ended")
    assert found["late"] == log.late
    flying = sum(not life.ends for life in log.calls.values())
    assert flying == floor.memory.world[0]["n_flying"] and floor.memory.world[0]["lines"] == log.lines
    if (occupancy := log.occupancy()) is None:
        assert found["occupancy"] is None
    else:
        assert math.isclose(found["occupancy"], occupancy, rel_tol=1e-9, abs_tol=1e-9)
    launches_keep_the_calls_a_second(scenario, log.launches)
    numbers = [value for value in found.values() if isinstance(value, float)]
    assert all(math.isfinite(value) and value >= 0 for value in numbers)


def launches_keep_the_calls_a_second(scenario: Scenario, launches: list[float]) -> None:
    """A token bucket lets max(1, rate) + rate * width through in any window."""
    if scenario.max_cps is None or not launches:
        return
    at, rate = np.array(launches), scenario.max_cps
    for first in range(len(at)):
        allowed = max(1.0, rate) + rate * (at[first:] - at[first])
        assert np.all(np.arange(1, len(at) - first + 1) <= allowed + 1e-6)


def test_the_same_seed_gives_the_same_day_and_another_another() -> None:
    scenario = read(a_scenario())
    one, again, other = (a_day(scenario, seed, Law(LAW_RATIO, 2.0)) for seed in (7, 7, 8))
    assert np.array_equal(one.memory.log, again.memory.log)
    assert not np.array_equal(one.memory.log[:200], other.memory.log[:200])


def test_lists_that_grow_change_nothing() -> None:
    scenario = read(
        a_scenario(agents__groups=[{"count": 1}], horizon_s=7200, calls__talk=[{"weight": 1, "talk": 1, "wrap": 0}])
    )
    law = Law(LAW_RATIO, 400.0)
    roomy = SimulatedFloor(scenario, 3, law=law, logging=True)
    roomy.memory = roomier(roomy)
    roomy.run_law()
    grown = a_day(scenario, 3, law)
    assert grown.memory.world[0]["calls"] > 5000 and len(grown.memory.calls) > 72
    used = grown.memory.world[0]["n_log"]
    assert np.array_equal(grown.memory.log[:used], roomy.memory.log[:used])


def roomier(floor: SimulatedFloor) -> Floor:
    """Lists as long as the whole day needs."""
    from dialer.simulation.floor import _free

    memory = floor.memory
    calls = np.concatenate([memory.calls, np.zeros(2000, memory.calls.dtype)])
    _free(calls, memory.world[0], len(memory.calls))
    wide: dict[str, Any] = {
        name: np.concatenate([getattr(memory, name), np.zeros(400_000, getattr(memory, name).dtype)])
        for name in ("heap", "answers", "waits", "delays", "outcomes", "events", "log")
    }
    return memory._replace(calls=calls, calls_seen=np.zeros((3, len(calls))), **wide)


def test_nobody_is_dialed_for_outside_the_window() -> None:
    scenario = read(a_scenario(dial_window_s=[600, 900]))
    floor = a_day(scenario, 1, Law(LAW_RATIO, 1.0))
    log = Replayed(floor)
    assert log.launches and 600 <= min(log.launches) and max(log.launches) < 900
    assert floor.memory.world[0]["refused_window"] > 100


def test_a_pause_in_a_call_begins_after_the_wrap_up_and_keeps_its_length() -> None:
    one = {"weight": 1, "talk": 100, "wrap": 20}
    scenario = read(
        a_scenario(
            horizon_s=400,
            agents={"groups": [{"count": 1, "breaks": [{"at_s": 50, "dur_s": 60}]}]},
            calls__profile={"rows": [{"t": 0, "human": 1}]},
            calls__pdd=0,
            calls__ring_human=10,
            calls__talk=[one],
        )
    )
    floor = SimulatedFloor(scenario, 1)
    states = []
    going = floor.advance()
    while going:
        view = floor.view()
        states.append((view.now_s, int(view.seat_state[0]), float(view.seat_for_s[0]), int(view.seat_then[0])))
        going = floor.advance(int(view.seat_state[0] == 0 and not len(view.call_age_s)))
    by_time = {now: rest for now, *rest in states}
    assert by_time[49.5] == [1, 39.5, 0] and by_time[50.5] == [1, 40.5, 1]
    assert by_time[120.0] == [2, 10.0, 1] and by_time[131.0] == [3, 1.0, 0]
    assert by_time[189.5] == [3, 59.5, 0] and by_time[190.5] == [0, 0.5, 0]


def test_an_unknown_end_of_ringing_is_no_answer_at_the_time_out() -> None:
    scenario = read(a_scenario(calls__profile={"rows": [{"t": 0, "human": 1}]}, calls__ring_human=30, calls__pdd=2))
    floor = SimulatedFloor(scenario, 1)
    floor.advance()
    floor.view()
    assert floor.advance(1)
    seen = []
    for _ in range(60):
        view = floor.view()
        seen += list(zip(view.outcome_kind, view.outcome_at_s, view.outcome_age_s, strict=True))
        floor.advance()
    assert seen == [(2, 24.0, 24.0)]
