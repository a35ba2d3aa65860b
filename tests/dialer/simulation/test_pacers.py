"""Any pacer is asked through the production seam, and sees what the floor is."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from dialer.pacing import PacingLimits, ProgressivePacer, RatioPacer
from dialer.pacing.interface import Pacer, PacingDecision
from dialer.pacing.start import MachineDetection
from dialer.pacing.view import FloorView, view_of
from dialer.simulation.asking import Asked, snapshot_of
from dialer.simulation.floor import Law, SimulatedFloor
from dialer.simulation.layout import LAW_RATIO
from dialer.simulation.reading import load, read
from tests.dialer.simulation.small import a_scenario

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize(("pacer", "ratio"), [(ProgressivePacer(), 1.0), (RatioPacer(2.5), 2.5)])
@pytest.mark.parametrize("name", ["p01_tiny2", "p03_survey20"])
def test_the_production_pacers_dial_as_the_kernels_law_does(pacer: Pacer, ratio: float, name: str) -> None:
    scenario = load(name)
    inside = SimulatedFloor(scenario, 5, law=Law(LAW_RATIO, ratio), logging=True)
    inside.run_law()
    asked = SimulatedFloor(scenario, 5, logging=True)
    asked.run_pacer(Asked(pacer, PacingLimits(scenario.max_lines, scenario.max_cps)))
    one, other = (floor.memory.log[: floor.memory.world[0]["n_log"]] for floor in (inside, asked))
    assert len(one) > 3000 and np.array_equal(one, other)


@dataclass(frozen=True, slots=True)
class Witness:
    """Dials 2 for each idle agent and adds up what it was told."""

    answered: int = 0
    gone: int = 0
    connected: int = 0
    wraps: int = 0
    last: float = -1.0

    def look(self, view: FloorView) -> tuple[Self, PacingDecision]:
        kinds = view.outcome_kind
        idle = int((view.seat_state == 0).sum())
        assert view.now_s > self.last or view.now_s == 0.0
        assert np.all(view.outcome_at_s > self.last) and np.all(view.outcome_at_s <= view.now_s)
        assert np.all(view.call_age_s >= 0) and np.all(np.diff(view.call_age_s) <= 0)
        assert len(view.seat_state) == len(view.seat_for_s) == len(view.seat_then)
        assert np.all(view.event_duration_s >= 0) and np.all(view.seat_for_s >= 0)
        told = type(self)(
            self.answered + int((kinds == 3).sum()),
            self.gone + int(np.isin(kinds, (0, 1, 2, 4, 6)).sum()),
            self.connected + int((kinds == 5).sum()),
            self.wraps + int((view.event_kind == 1).sum()),
            view.now_s,
        )
        totals = view.totals
        assert (told.answered, told.connected) == (totals.answered, totals.connected)
        assert totals.launched == told.gone + told.connected + len(view.call_age_s)
        talking = int((view.seat_state == 1).sum())
        assert view.lines_in_use >= talking + len(view.call_age_s)
        return told, PacingDecision(max(0, 2 * idle - len(view.call_age_s)), "2:1")


def test_a_pacer_is_told_of_every_outcome_once() -> None:
    floor = SimulatedFloor(load("p04_collect50"), 2, tick_s=1.0)
    pacer = floor.run_pacer(Witness())
    assert isinstance(pacer, Witness) and pacer.answered > 1000 and pacer.wraps > 500
    assert floor.memory.world[0]["ticks"] == 28800


def arrays(view: FloorView) -> list[NDArray[Any]]:
    return [part for part in view if isinstance(part, np.ndarray)]


def test_a_view_stays_as_it_was_and_goes_through_the_snapshot_unchanged() -> None:
    floor = SimulatedFloor(load("p03_survey20"), 2)
    for _ in range(2000):
        floor.advance(3)
        view = floor.view()
        copy = [part.copy() for part in arrays(view)]
    back = view_of(snapshot_of(view, PacingLimits()))
    assert all(np.array_equal(one, other) for one, other in zip(arrays(view), arrays(back), strict=True))
    assert (view.now_s, view.totals, view.lines_in_use) == (back.now_s, back.totals, back.lines_in_use)
    floor.advance(3)
    floor.view()
    assert all(np.array_equal(part, kept) for part, kept in zip(arrays(view), copy, strict=True))


def test_a_pacer_is_told_the_campaigns_figures_at_its_start() -> None:
    start = SimulatedFloor(load("p04_collect50"), 9).start()
    assert (start.seed, start.n_agents, start.max_lines, start.max_cps) == (9, 50, 600, 30.0)
    assert (start.hold_s, start.connect_s, start.ring_timeout_s, start.abandon_target) == (2.0, 0.2, 22.0, 0.03)
    assert start.amd == MachineDetection(0.01, 0.08) and start.dial_window_s == (0.0, 28740.0)


def test_a_pacer_may_be_asked_after_every_event() -> None:
    floor = SimulatedFloor(read(a_scenario(horizon_s=120)), 1, on_event=True)
    asked = []
    going = floor.advance()
    while going:
        view = floor.view()
        asked.append(view.now_s)
        going = floor.advance(int((view.seat_state == 0).sum()) - len(view.call_age_s))
    ticks = [at for at in asked if at % 0.5 == 0.0]
    assert len(set(ticks)) == 240 and len(asked) > len(ticks) + 10 and asked == sorted(asked)
