"""Measures the floor simulator: simulated calls a second of wall time, and what asking a pacer of Python costs.

Run: `.venv/bin/python -m tests.bench simulator`. Figure to reach: 100,000 calls a second on two processes with the
fixed-ratio pacer, loading of the processes included.
"""

import time
from dataclasses import dataclass
from typing import Self

from dialer.pacing.interface import PacingDecision
from dialer.pacing.view import FloorView
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.modes import mode_of
from dialer.simulation.reading import load
from dialer.simulation.runs import Day, run_days, warm_up
from tests.bench.figures import Figure, Result, at_least, below

GOAL_CALLS_PER_S, GOAL_TICK_US, JOBS = 100_000, 60.0, 2


@dataclass(frozen=True, slots=True)
class Nothing:
    """Looks and launches as often as the ratio would, with no thought: what is left is the seam's cost."""

    def look(self, view: FloorView) -> tuple[Self, PacingDecision]:
        idle = len(view.seat_state) - int(view.seat_state.astype(bool).sum())
        return self, PacingDecision(max(0, 2 * idle - len(view.call_age_s)), "")


def bench(smoke: bool) -> Result:
    """Days of 300 agents at two lines for each idle agent."""
    warm_up()
    names = ("std_20",) if smoke else ("p06_xl300", "std_300", "std_50")
    seeds = range(1, 3 if smoke else 21)
    days = [Day(load(name), mode_of("ratio", ratio=2), seed) for name in names for seed in seeds]
    began = time.perf_counter()
    calls = sum(ran.result["calls"] for ran in run_days(days, JOBS))
    took = time.perf_counter() - began
    tick_us = _tick_us("std_20" if smoke else "std_300")
    figures = [
        at_least("simulated calls, 2 processes", round(calls / took), "/s", GOAL_CALLS_PER_S),
        below("CPU of one look of a pacer of Python, simulation included", tick_us, "µs", GOAL_TICK_US),
        Figure("calls simulated", calls),
    ]
    return Result("simulator", figures, {"scenarios": names, "seeds": len(seeds), "seconds": round(took, 2)})


def _tick_us(name: str) -> float:
    """Microseconds of processor time of one tick, the floor's own work and a pacer that does not think included."""
    floor = SimulatedFloor(load(name), 1)
    began = time.process_time()
    floor.run_pacer(Nothing())
    return round((time.process_time() - began) / int(floor.memory.world[0]["ticks"]) * 1e6, 1)
