"""Compares the simulator with the reference's published means: `python -m tests.bench.pacing_conformance [--seeds N]`.

The reference prints means of 5 seeds (10 for std_*) without their spread. It is the same process, so its own spread
between seeds is taken to be ours: two means of n and m seeds differ by chance with variance s²/n + s²/m. Ends with 1
when a fixed ratio lies outside.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from dialer.simulation.confidence import t_quantile
from dialer.simulation.modes import Mode, mode_of
from dialer.simulation.reading import load
from dialer.simulation.results import pooled
from dialer.simulation.runs import Day, Result, run_days

REFERENCE: dict[str, tuple[tuple[float, float], ...]] = {
    "p01_tiny2": ((0.629, 0.6), (0.769, 10.1), (0.825, 19.1), (0.624, 3.8), (0.749, 50.9), (0.797, 38.3)),
    "p02_small5": ((0.605, 0), (0.759, 5.3), (0.828, 13.8), (0.604, 3.4), (0.763, 41.3), (0.774, 34.1)),
    "p03_survey20": ((0.371, 0), (0.544, 0), (0.648, 0.1), (0.444, 2.9), (0.642, 6.6), (0.656, 5.6)),
    "p04_collect50": ((0.411, 1), (0.584, 1.1), (0.68, 1), (0.468, 3.4), (0.688, 11.2), (0.862, 3)),
    "p05_large100": ((0.544, 0), (0.704, 0), (0.784, 0), (0.561, 3.2), (0.748, 12.3), (0.784, 3.3)),
    "p06_xl300": ((0.422, 0.5), (0.592, 0.5), (0.685, 0.5), (0.554, 3), (0.708, 8.3), (0.879, 0.5)),
    "p07_morning50": ((0.524, 0), (0.686, 0), (0.77, 0), (0.577, 3.1), (0.724, 11.4), (0.715, 4.9)),
    "p08_step30": ((0.519, 0), (0.669, 0.2), (0.748, 1.7), (0.635, 3.3), (0.715, 8.7), (0.726, 7.5)),
    "p09_longtail40": ((0.638, 0), (0.783, 0), (0.851, 0.3), (0.649, 3.3), (0.792, 23.5), (0.788, 13.1)),
    "p10_churn25_2day": ((0.56, 0), (0.718, 0.2), (0.799, 1.3), (0.581, 3.2), (0.777, 22.4), (0.754, 5.4)),
    "std_1": ((0.596, 0), (0.755, 13.4), (0.817, 24.2), (0.579, 5.3), (0.733, 42.7), (0.803, 43.7)),
    "std_2": ((0.607, 0), (0.759, 10.8), (0.824, 20.1), (0.596, 3.2), (0.746, 44.2), (0.777, 40.2)),
    "std_5": ((0.607, 0), (0.765, 4.6), (0.83, 12.6), (0.605, 3.3), (0.762, 40.1), (0.768, 33.4)),
    "std_10": ((0.6, 0), (0.758, 1.3), (0.832, 5.8), (0.599, 3.2), (0.777, 34.6), (0.771, 25.9)),
    "std_20": ((0.603, 0), (0.76, 0.1), (0.835, 1.4), (0.607, 3.2), (0.783, 28.2), (0.774, 18)),
    "std_50": ((0.607, 0), (0.758, 0), (0.831, 0), (0.62, 3.3), (0.784, 17.6), (0.776, 9.5)),
    "std_100": ((0.609, 0), (0.758, 0), (0.827, 0), (0.621, 3.1), (0.785, 10.9), (0.776, 5.3)),
    "std_300": ((0.605, 0), (0.754, 0), (0.822, 0), (0.626, 3.1), (0.784, 4.6), (0.907, 3)),
}
"""Occupancy and pooled abandonment in percent: progressive, ratio 2, ratio 3, and VICIdial's hard limit, tapered, and
tapered with available-only tally and a level up to 10."""
CONFIDENCE = 0.99
COMPARISONS = 2 * 3 * len(REFERENCE)
KEPT_BY_CHANCE = (1 - CONFIDENCE) / COMPARISONS
"""Chance of one comparison to fail though all agree, so that together 99 % of the runs pass (Bonferroni)."""
ROUNDED, ROUNDED_PERCENT = 0.0005, 0.05
"""Half of the last digit of the reference."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Ours, the reference's and the most by which they may differ; abandonment in percent."""

    scenario: str
    mode: str
    occupancy: float
    occupancy_reference: float
    occupancy_may: float
    abandoned: float
    abandoned_reference: float
    abandoned_may: float

    @property
    def agrees(self) -> bool:
        return (
            abs(self.occupancy - self.occupancy_reference) <= self.occupancy_may
            and abs(self.abandoned - self.abandoned_reference) <= self.abandoned_may
        )


def compare(name: str, ratio: int, seeds: int, jobs: int = 1) -> Compared:
    """A fixed ratio of 1, 2 or 3 on one scenario."""
    scenario, mode = load(name), mode_of("ratio", ratio=ratio)
    runs = [ran.result for ran in run_days([Day(scenario, mode, seed) for seed in range(1, seeds + 1)], jobs)]
    return judged(name, mode, runs, REFERENCE[name][ratio - 1])


def judged(name: str, mode: Mode, runs: Sequence[Result], reference: tuple[float, float]) -> Compared:
    theirs = 10 if name.startswith("std") else 5
    occupancies = [float(run["occupancy"]) for run in runs]
    shares = [100.0 * run["abandon_rate"] for run in runs]
    return Compared(
        name,
        mode.title,
        math.fsum(occupancies) / len(runs),
        reference[0],
        _may_differ(occupancies, theirs) + ROUNDED,
        100.0 * (pooled(runs) or 0.0),
        reference[1],
        _may_differ(shares, theirs) + ROUNDED_PERCENT,
    )


def _may_differ(values: Sequence[float], theirs: int) -> float:
    count = len(values)
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    return t_quantile(1 - KEPT_BY_CHANCE, count - 1) * math.sqrt(variance * (1 / count + 1 / theirs))


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.bench.pacing_conformance", description=__doc__)
    options.add_argument("--seeds", type=int, default=20, help="seeds of each scenario (default 20)")
    options.add_argument("--jobs", type=int, default=2, help="processes side by side (default 2)")
    options.add_argument("--scenario", nargs="*", default=list(REFERENCE), help="only these")
    given = options.parse_args()
    modes = [mode_of("ratio", ratio=ratio) for ratio in (1, 2, 3)]
    modes += [mode_of("vici-hard"), mode_of("vici-tapered"), mode_of("vici-tapered", max_level=10, available_only=True)]
    table = Table(
        "scenario", "mode", "occupancy", "reference", "may differ", "abandoned, %", "reference", "may differ", ""
    )
    wrong = 0
    for name in given.scenario:
        scenario = load(name)
        days = [Day(scenario, mode, seed) for mode in modes for seed in range(1, given.seeds + 1)]
        ran = [day.result for day in run_days(days, given.jobs)]
        for place, mode in enumerate(modes):
            found = judged(name, mode, ran[place * given.seeds : (place + 1) * given.seeds], REFERENCE[name][place])
            # VICIdial's law is known by its description alone: shown beside, not judged
            judge = place < 3
            wrong += judge and not found.agrees
            table.add_row(*_cells(found), ("agrees" if found.agrees else "DIFFERS") if judge else "")
        table.add_section()
        print(name, file=sys.stderr, flush=True)
    Console(width=118).print(table)
    return 1 if wrong else 0


def _cells(found: Compared) -> tuple[str, ...]:
    return (
        found.scenario,
        found.mode,
        f"{found.occupancy:.4f}",
        f"{found.occupancy_reference:.3f}",
        f"{found.occupancy_may:.4f}",
        f"{found.abandoned:.2f}",
        f"{found.abandoned_reference:.1f}",
        f"{found.abandoned_may:.2f}",
    )


if __name__ == "__main__":
    sys.exit(main())
