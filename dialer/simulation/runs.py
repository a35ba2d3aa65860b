"""Runs days of many seeds and modes, on several processes where asked; the same days come out whatever the number."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numba.core import event as numba_events
from numpy.typing import NDArray

from dialer.pacing.predictive import PredictivePacer
from dialer.simulation.confidence import estimate
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.modes import Mode
from dialer.simulation.results import pooled, result_of
from dialer.simulation.scenario import ZERO, Agents, Calls, Group, Profile, Row, Scenario, Shift, TalkClass
from dialer.simulation.segments import Learning
from dialer.simulation.tables import Tables, tables_of

Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Day:
    """What to run: one scenario, one mode, one seed. `tick_s` None: the scenario's."""

    scenario: Scenario
    mode: Mode
    seed: int
    tick_s: float | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """A day that is over. `result`: see `results.result_of`; `slices`: layout.SLICE each 300 s; `took_s`: wall time."""

    result: Result
    slices: NDArray[np.void]
    took_s: float


@lru_cache(maxsize=4)
def _tables(scenario: Scenario) -> Tables:
    return tables_of(scenario)


def run_day(day: Day) -> Ran:
    began = time.perf_counter()
    tables, segments = _tables(day.scenario), day.scenario.calls.segments
    knows = Learning(day.scenario, segments) if segments and day.mode.law is None else None
    floor = SimulatedFloor(day.scenario, day.seed, law=day.mode.law, tick_s=day.tick_s, tables=tables, knows=knows)
    if day.mode.law is None:
        floor.run_pacer(PredictivePacer.begin(floor.start()))
    else:
        floor.run_law()
    result = result_of(day.scenario, day.seed, floor.memory)
    return Ran(result, floor.memory.slices, time.perf_counter() - began)


def run_days(days: Sequence[Day], jobs: int = 1, done: Callable[[], None] = lambda: None) -> list[Ran]:
    """All days, in their order; `done` is called after each. With several jobs each process loads the kernel once."""
    if jobs <= 1 or len(days) <= 1:
        found = []
        for day in days:
            found.append(run_day(day))
            done()
        return found
    warm_up()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(days)), mp_context=context) as pool:
        futures = [pool.submit(run_day, day) for day in days]
        try:
            for future in as_completed(futures):
                future.result()
                done()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        return [future.result() for future in futures]


TINY = Scenario(
    name="warm-up",
    description="",
    horizon_s=1.0,
    dial_window_s=(0.0, 1.0),
    agents=Agents((Group(1, (Shift(),)),)),
    calls=Calls(Profile((Row(0.0, 1.0),)), ZERO, ZERO, (TalkClass("", 1.0, ZERO, ZERO),)),
)


def warm_up() -> None:
    """Compile the kernel, or load it from disk."""
    SimulatedFloor(TINY, 0).advance()


@contextmanager
def told_of_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """`tell` is called once if numba has to compile within; it does not when it finds its cache on disk."""

    class Listener(numba_events.Listener):
        told = False

        def on_start(self, event: object) -> None:
            if not self.told:
                self.told = True
                tell()

        def on_end(self, event: object) -> None:
            pass

    with numba_events.install_listener("numba:compile", Listener()):
        yield


def summary(mode: Mode, runs: Sequence[Result]) -> dict[str, Any]:
    """One mode over its seeds: mean and 95 % half-width of each figure, pooled abandonment, worst windows."""
    figures: dict[str, Any] = {}
    for name, value in runs[0].items():
        values = [run[name] for run in runs if run[name] is not None]
        if name in ("seed", "rolling_max") or not values or isinstance(value, dict):
            continue
        found = estimate([float(one) for one in values])
        figures[name] = {"mean": found.mean, "half_width": found.half_width}
    worst = {
        window: max(
            (run["rolling_max"][window] for run in runs if run["rolling_max"][window] is not None), default=None
        )
        for window in runs[0]["rolling_max"]
    }
    return {
        "mode": mode.title,
        "seeds": [run["seed"] for run in runs],
        "pooled_abandon_rate": pooled(runs),
        "worst_rolling_max": worst,
        "figures": figures,
    }
