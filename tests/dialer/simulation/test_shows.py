"""Calls whose class shows itself: when, to whom, and that without it nothing is other than it was."""

from typing import Any

import numpy as np
import pytest

from dialer.pacing.interface import STAGES
from dialer.simulation.checker import ScenarioProblem
from dialer.simulation.floor import Law, SimulatedFloor
from dialer.simulation.layout import LAW_RATIO
from dialer.simulation.reading import read
from dialer.simulation.results import result_of
from tests.dialer.simulation.replayed import Replayed
from tests.dialer.simulation.small import a_scenario

pytestmark = pytest.mark.timeout(400)  # the first run on a machine compiles the kernel
IDENTIFIED, PROMISE, OUTCOME = (STAGES.index(stage) for stage in ("identified", "promise", "outcome"))


def one_agent(shows: list[dict[str, Any]], **more: Any) -> SimulatedFloor:
    """Dialed at once, answered after 10 s, talks for 100 s and wraps up for 20."""
    talk = [{"weight": 1, "talk": 100, "wrap": 20, "shows": shows}]
    listed = {"rows": [{"t": 0, "human": 1}]}
    value = a_scenario(
        horizon_s=300, agents={"groups": [{"count": 1}]}, calls__profile=listed, calls__pdd=0, calls__ring_human=10,
        calls__talk=talk, **more,
    )  # fmt: skip
    return SimulatedFloor(read(value), 1, logging=True)


def seen(floor: SimulatedFloor, until: float = 131.0) -> tuple[dict[float, tuple[int, float]], list[tuple[Any, ...]]]:
    """The agent's stage at each look, and the events told, of the first call."""
    looks, events = {}, []
    going = floor.advance()
    while going:
        view = floor.view()
        if view.now_s <= until:
            looks[view.now_s] = (int(view.seat_stage[0]), round(float(view.seat_stage_for_s[0]), 6))
            told = (view.event_kind, view.event_duration_s, view.event_stage, view.event_stage_for_s, view.event_shows)
            events += [tuple(round(float(part), 6) for part in one) for one in zip(*told, strict=True)]
        going = floor.advance(int(view.seat_state[0] == 0 and not len(view.call_age_s)))
    return looks, events


def test_each_stage_shows_at_its_second_stays_in_the_wrap_up_and_goes_with_the_call() -> None:
    shows = [
        {"stage": "identified", "after_s": 25.25},
        {"stage": "promise", "before_end_s": 40},
        {"stage": "outcome", "before_wrap_end_s": 3},
    ]
    looks, events = seen(one_agent(shows))
    assert (looks[35.0], looks[35.5]) == ((0, 0.0), (IDENTIFIED, 0.25))
    assert (looks[69.5], looks[71.0]) == ((IDENTIFIED, 34.25), (PROMISE, 1.0))
    assert (looks[115.0], looks[128.0]) == ((PROMISE, 45.0), (OUTCOME, 1.0))
    assert looks[130.5] == (0, 0.0)
    assert events == [
        (2, 25.25, 0, 0.0, IDENTIFIED),
        (2, 60.0, IDENTIFIED, 34.75, PROMISE),
        (0, 100.0, PROMISE, 40.0, 0),
        (3, 17.0, PROMISE, 57.0, OUTCOME),
        (1, 20.0, OUTCOME, 3.0, 0),
    ]


def test_a_stage_waits_for_the_one_before_it_and_shows_not_after_the_talk_that_it_is_told_from() -> None:
    shows = [
        {"stage": "identified", "after_s": 90},
        {"stage": "promise", "before_end_s": 500},
        {"stage": "outcome", "after_s": 100},
    ]
    _, events = seen(one_agent(shows))
    assert events[:3] == [
        (2, 90.0, 0, 0.0, IDENTIFIED),
        (2, 90.0, IDENTIFIED, 0.0, PROMISE),
        (0, 100.0, PROMISE, 10.0, 0),
    ]


def test_of_a_stage_with_two_chances_the_first_counts() -> None:
    shows = [{"stage": "outcome", "before_end_s": 5}, {"stage": "outcome", "before_wrap_end_s": 3}]
    _, events = seen(one_agent(shows))
    assert [(kind, at) for kind, at, *_ in events] == [(2, 95.0), (0, 100.0), (1, 20.0)]


def test_it_shows_in_its_share_of_the_calls_and_never_of_a_machine() -> None:
    kinds = [
        {"weight": 3, "talk": {"dist": "exp", "mean": 20}, "wrap": 2, "shows": [{"stage": "not_party", "after_s": 0}]},
        {"weight": 1, "talk": 50, "wrap": 2, "shows": [{"stage": "identified", "after_s": 9, "share": 0.5}]},
    ]
    scenario = read(a_scenario(horizon_s=30_000, calls__talk=kinds))
    floor = SimulatedFloor(scenario, 3, law=Law(LAW_RATIO, 2.0), logging=True)
    floor.run_law()
    log = Replayed(floor)
    talked = log.count("connected", human=True)
    stages = [stage for call in log.stages.values() for stage, _ in call]
    assert talked > 800 and log.count("connected", human=False) > 100
    assert stages.count(1) / talked == pytest.approx(0.75, abs=0.05)
    assert stages.count(IDENTIFIED) / talked == pytest.approx(0.125, abs=0.04)
    assert all(log.calls[call].kind == 0 for call in log.stages)


def test_what_shows_changes_no_talk_and_nothing_of_the_day_of_a_pacer_that_does_not_look() -> None:
    """The same draws are made for what a share of 0 hides."""

    def day(share: float) -> dict[str, Any]:
        kind = {"weight": 1, "talk": {"dist": "exp", "mean": 60}, "wrap": 9}
        kind["shows"] = [{"stage": "promise", "before_end_s": {"dist": "exp", "mean": 30}, "share": share}]
        scenario = read(a_scenario(calls__talk=[kind]))
        floor = SimulatedFloor(scenario, 5, law=Law(LAW_RATIO, 2.0))
        floor.run_law()
        return result_of(scenario, 5, floor.memory)

    assert day(0.0) == day(1.0)


def test_without_stages_the_view_has_none() -> None:
    floor = SimulatedFloor(read(a_scenario()), 2)
    going = floor.advance()
    while going:
        view = floor.view()
        assert not view.seat_stage.any() and not view.seat_stage_for_s.any() and not view.event_shows.any()
        assert np.all(view.event_kind <= 1)
        going = floor.advance(int((view.seat_state == 0).sum()) - len(view.call_age_s))


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({"stage": "asleep", "after_s": 3}, 'shows[0].stage: "asleep" is not known; it must be one of not_party'),
        ({"after_s": 3}, "shows[0].stage: is missing"),
        ({"stage": "promise"}, "shows[0]: says 0 times when it shows; give one of after_s, before_end_s"),
        ({"stage": "promise", "after_s": 3, "before_end_s": 3}, "shows[0]: says 2 times when it shows"),
        ({"stage": "promise", "after_s": -3}, "shows[0].after_s: -3 is not a time of 0 s or more"),
        ({"stage": "promise", "after_s": 3, "share": 2}, "shows[0].share: 2 is not a probability"),
        (3, "shows[0]: 3 is not an object"),
    ],
)
def test_what_cannot_show_is_refused_by_its_place(shown: Any, told: str) -> None:
    kind = {"weight": 1, "talk": 5, "wrap": 1, "shows": [shown]}
    with pytest.raises(ScenarioProblem) as refused:
        read(a_scenario(calls__talk=[kind]))
    assert any(f"calls.talk[0].{told}" in problem for problem in refused.value.problems)


def test_a_class_shows_five_stages_at_most() -> None:
    kind = {"weight": 1, "talk": 5, "wrap": 1, "shows": [{"stage": "promise", "after_s": 1}] * 6}
    with pytest.raises(ScenarioProblem, match=r"calls.talk\[0\].shows: 6 stages; there may be 5 at most"):
        read(a_scenario(calls__talk=[kind]))
