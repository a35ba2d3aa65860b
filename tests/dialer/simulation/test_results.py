"""Figures of a day and of several: rolling windows, confidence, pooling."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from dialer.simulation.confidence import estimate, t_quantile, within
from dialer.simulation.floor import Law, SimulatedFloor
from dialer.simulation.layout import LAW_RATIO
from dialer.simulation.modes import mode_of
from dialer.simulation.reading import read
from dialer.simulation.results import pooled, result_of, rolling_max
from dialer.simulation.runs import Day, run_days, summary
from tests.dialer.simulation.small import a_scenario

pytestmark = pytest.mark.timeout(400)


@given(
    gaps=st.lists(st.sampled_from([0.0, 0.5, 1.0, 7.0, 60.0]), min_size=1, max_size=40),
    lost=st.lists(st.integers(0, 1), min_size=40, max_size=40),
    window=st.sampled_from([1.0, 8.0, 60.0, 1000.0]),
    least=st.integers(0, 6),
)
def test_the_worst_window_is_the_worst_of_all_that_end_at_an_answer(
    gaps: list[float], lost: list[int], window: float, least: int
) -> None:
    at = np.cumsum(gaps)
    abandoned = np.array(lost[: len(at)])
    inside = [(at > end - window) & (at <= end) for end in at]
    shares = [abandoned[chosen].sum() / chosen.sum() for chosen in inside if chosen.sum() >= max(1, least)]
    assert rolling_max(at, abandoned, window, least) == (max(shares) if shares else None)


def test_no_answer_has_no_worst_window() -> None:
    assert rolling_max(np.zeros(0), np.zeros(0, np.int64), 60.0, 0) is None


@pytest.mark.parametrize(
    ("confidence", "freedom", "t"),
    [
        (0.95, 1, 12.7062),
        (0.95, 4, 2.7764),
        (0.95, 19, 2.0930),
        (0.99, 9, 3.2498),
        (0.99, 2, 9.9248),
        (0.95, 1000, 1.9623),
    ],
)
def test_students_t_is_the_tables(confidence: float, freedom: int, t: float) -> None:
    assert t_quantile(confidence, freedom) == pytest.approx(t, abs=5e-5)
    assert within(t, freedom) == pytest.approx(confidence, abs=1e-5)


def test_an_estimate_is_mean_and_half_width() -> None:
    found = estimate([1.0, 2.0, 3.0, 4.0])
    assert found.mean == 2.5 and found.half_width == pytest.approx(3.1824 * 1.290994 / 2, abs=1e-3)
    assert estimate([7.0]).half_width is None


def test_pooled_is_sum_over_sum_and_nothing_of_nothing() -> None:
    runs = [{"abandoned": 1, "live_answers": 10}, {"abandoned": 0, "live_answers": 90}]
    assert pooled(runs) == 0.01 and pooled([{"abandoned": 0, "live_answers": 0}]) is None


def test_every_figure_of_a_known_day_is_right() -> None:
    """One agent, each call answered after 10 s, 30 s of talk, 10 s of wrap-up: 50 s a round."""
    scenario = read(
        a_scenario(
            horizon_s=1000,
            agents={"groups": [{"count": 1}], "connect_s": 0.0},
            calls__profile={"rows": [{"t": 0, "human": 1}]},
            calls__pdd=1,
            calls__ring_human=9,
            calls__talk=[{"weight": 1, "talk": 30, "wrap": 10}],
        )
    )
    floor = SimulatedFloor(scenario, 1, law=Law(LAW_RATIO, 1.0))
    floor.run_law()
    found = result_of(scenario, 1, floor.memory)
    # the first call at 0 s, the next ones every 50 s: 10 s of ringing and 40 s of handling
    assert (found["calls"], found["live_answers"], found["connects_live"]) == (20, 20, 20)
    assert found["occupancy"] == pytest.approx(0.8) and found["talk_min_per_hour"] == pytest.approx(36.0)
    assert (found["wait_mean_s"], found["wait_p95_s"], found["delay_p99_s"]) == (10.0, 10.0, 0.0)
    assert found["agent_hours"] == pytest.approx(1000 / 3600) and found["calls_per_hour"] == pytest.approx(72.0)
    assert found["mean_lines"] == pytest.approx(0.8) and found["peak_lines"] == 1
    assert found["connects_per_agent_hour"] == pytest.approx(72.0) and found["calls_per_connect"] == 1.0
    assert found["abandon_rate"] == 0.0 and found["rolling_max"] == {"1800": None, "3600": None, "86400": None}


def test_surplus_answers_wait_then_drop_and_are_charged() -> None:
    """Four calls at once for one agent: one talks, three are dropped at greeting + hold - connect."""
    scenario = read(
        a_scenario(
            horizon_s=60,
            agents={"groups": [{"count": 1}], "connect_s": 0.2},
            calls__profile={"rows": [{"t": 0, "human": 1}]},
            calls__pdd=1,
            calls__ring_human=9,
            calls__talk=[{"weight": 1, "talk": 300, "wrap": 10}],
            metrics={"windows_s": [30], "window_min_answers": 1},
        )
    )
    floor = SimulatedFloor(scenario, 1)
    floor.advance()
    dropped = []
    going = floor.advance(4)
    while going:
        view = floor.view()
        for kind, at, extra in zip(view.outcome_kind, view.outcome_at_s, view.outcome_extra_s, strict=True):
            if kind == 6:
                dropped.append((round(at, 6), round(extra, 6)))
        if view.now_s in (13.0, 19.5):
            assert view.lines_in_use == (4 if view.now_s == 13.0 else 1)  # the message keeps the line for 6 s
        going = floor.advance()
    found = result_of(scenario, 1, floor.memory)
    assert dropped == [(12.8, 2.8)] * 3
    assert (found["dropped"], found["abandon_rate"], found["rolling_max"]) == (3, 0.75, {"30": 0.75})


def test_the_same_days_come_out_of_one_process_and_of_two() -> None:
    scenario = read(a_scenario())
    days = [Day(scenario, mode_of("ratio", ratio=2), seed) for seed in (1, 2, 3)]
    told: list[int] = []
    alone, together = run_days(days), run_days(days, 2, lambda: told.append(1))
    assert [ran.result for ran in alone] == [ran.result for ran in together] and len(told) == 3
    found = summary(days[0].mode, [ran.result for ran in alone])
    assert found["seeds"] == [1, 2, 3] and found["figures"]["occupancy"]["half_width"] > 0
    assert found["pooled_abandon_rate"] == pooled([ran.result for ran in alone])
