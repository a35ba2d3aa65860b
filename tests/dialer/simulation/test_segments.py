"""A simulated list in segments: dialed as the scenario says, and a pacer is told what its calls have taught."""

from dataclasses import replace

import numpy as np
import pytest

from dialer.pacing.interface import PacingDecision
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.view import FloorView
from dialer.simulation.floor import Law, SimulatedFloor
from dialer.simulation.layout import LAW_RATIO, LOG_LAUNCH, OUTCOME
from dialer.simulation.modes import mode_of
from dialer.simulation.reading import load, read
from dialer.simulation.results import result_of
from dialer.simulation.runs import Day, run_day
from dialer.simulation.scenario import Scenario, Segments
from dialer.simulation.segments import Learning, Truth
from tests.dialer.simulation.small import a_scenario

pytestmark = pytest.mark.timeout(600)  # the first run on a machine compiles kernel and pacer
TWO = {"size": 40, "factors": [2.0, 0.5]}
HUMAN = 0


def in_segments(name: str, size: int, *factors: float) -> Scenario:
    scenario = load(name)
    return replace(scenario, calls=replace(scenario.calls, segments=Segments(size, factors)))


def test_the_segments_answer_as_the_scenario_says_and_the_others_make_room() -> None:
    row = {"t": 0, "human": 0.3, "busy": 0.35, "failed": 0.0}
    scenario = read(a_scenario(horizon_s=40_000, calls__profile={"rows": [row]}, calls__segments=TWO))
    floor = SimulatedFloor(scenario, 1, law=Law(LAW_RATIO, 8.0), logging=True)
    floor.run_law()
    log = floor.memory.log[: floor.memory.world[0]["n_log"]]
    launched = log[log["what"] == LOG_LAUNCH]
    rich = launched["call"] // 40 % 2 == 0
    for segment, human in ((rich, 0.6), (~rich, 0.15)):
        kinds = launched["more"][segment]
        assert segment.sum() > 3000 and (kinds == HUMAN).mean() == pytest.approx(human, abs=0.03)
        assert (kinds == 2).mean() == pytest.approx(0.35 * (1 - human) / 0.7, abs=0.03)


def test_a_list_without_segments_is_dialed_as_before_and_tells_no_odds() -> None:
    one = SimulatedFloor(read(a_scenario()), 3, law=Law(LAW_RATIO, 3.0), logging=True)
    other = SimulatedFloor(
        read(a_scenario(calls__segments={"size": 3, "factors": [1, 1.0]})), 3, law=Law(LAW_RATIO, 3.0), logging=True
    )
    one.run_law()
    other.run_law()
    assert np.array_equal(one.memory.log, other.memory.log)


class Watching:
    """Dials two for each idle agent and keeps the last odds it was told."""

    view: FloorView

    def look(self, view: FloorView) -> "tuple[Watching, PacingDecision]":
        self.view = view
        return self, PacingDecision(max(0, 2 * int((view.seat_state == 0).sum()) - len(view.call_age_s)), "2:1")


def test_the_odds_told_come_near_the_truth() -> None:
    scenario = in_segments("p03_survey20", 400, 1.6, 0.4)
    assert scenario.calls.segments is not None
    book = Learning(scenario, scenario.calls.segments)
    floor, watching = SimulatedFloor(scenario, 2, knows=book), Watching()
    floor.run_pacer(watching)
    known = book.book.factors.known["list"]
    assert np.exp(known[1].mean - known[2].mean) == pytest.approx(4.0, rel=0.25)
    assert len(watching.view.call_odds) == len(watching.view.call_age_s)


def test_the_truth_is_told_by_the_number_of_the_call() -> None:
    told, coming = Truth(Segments(10, (3.0, 1.0))).look(0.0, 20, np.array([0, 9, 10, 19]), np.zeros(0, OUTCOME))
    assert (told.tolist(), coming) == ([1.5, 1.5, 0.5, 0.5], 1.5)


@pytest.mark.parametrize("seed", [1, 2])
def test_knowing_the_segments_of_a_list_in_blocks_keeps_the_agents_busier_within_the_target(seed: int) -> None:
    """Three hours of 20 agents whose list turns from rich to poor and back every 500 calls."""
    whole = in_segments("std_20", 500, 1.7, 0.3)
    scenario = replace(whole, horizon_s=10_800.0, dial_window_s=(0.0, 10_740.0))
    floor = SimulatedFloor(scenario, seed)
    floor.run_pacer(PredictivePacer.begin(floor.start()))
    blind = result_of(scenario, seed, floor.memory)
    knowing = run_day(Day(scenario, mode_of("predictive"), seed)).result
    assert knowing["abandon_rate"] < 0.035
    # who does not know the segments keeps the target too, with idle agents: eight seeds, 3.0 to 8.9 points
    assert knowing["occupancy"] > blind["occupancy"] + 0.02
