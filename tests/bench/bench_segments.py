"""What knowing the list's segments buys: `python -m tests.bench.bench_segments [--seeds N] [--markdown]`.

Lists that turn from one segment to another every so many calls, dialed for four hours by the predictive pacer: one that
knows nothing of segments, one that learns their odds from its calls as the product does, one that is told the truth.
"""

import argparse
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from dialer.pacing.predictive import PredictivePacer, warm_up
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.reading import load
from dialer.simulation.results import pooled, result_of
from dialer.simulation.scenario import Scenario, Segments
from dialer.simulation.segments import Knowledge, Learning, Truth

LISTS: dict[str, tuple[str, int, tuple[float, ...]]] = {
    "20 agents, 500 calls at 1.7, 500 at 0.3": ("std_20", 500, (1.7, 0.3)),
    "50 agents, 1,000 calls each at 1.5, 1 and 0.5": ("std_50", 1000, (1.5, 1.0, 0.5)),
    "20 agents, segments that are alike": ("std_20", 500, (1.0, 1.0)),
}
KNOWING = ("nothing", "learnt", "the truth")
DAY_S = 4 * 3600.0


def scenario_of(title: str) -> Scenario:
    name, size, factors = LISTS[title]
    scenario = load(name)
    calls = replace(scenario.calls, segments=Segments(size, factors))
    return replace(scenario, calls=calls, horizon_s=DAY_S, dial_window_s=(0.0, DAY_S - 60.0))


def one_day(title: str, knowing: str, seed: int) -> dict[str, Any]:
    scenario = scenario_of(title)
    segments = scenario.calls.segments
    assert segments is not None
    knows: Knowledge | None = None
    if knowing != "nothing":
        knows = Learning(scenario, segments) if knowing == "learnt" else Truth(segments)
    floor = SimulatedFloor(scenario, seed, knows=knows)
    floor.run_pacer(PredictivePacer.begin(floor.start()))
    return result_of(scenario, seed, floor.memory)


def row_of(title: str, knowing: str, days: list[dict[str, Any]]) -> list[str]:
    occupied = [day["occupancy"] for day in days]
    spread = 1.96 * statistics.stdev(occupied) / len(days) ** 0.5 if len(days) > 1 else 0.0
    worst = max((day["rolling_max"]["3600"] or 0.0 for day in days), default=0.0)
    half = max((day["rolling_max"]["1800"] or 0.0 for day in days), default=0.0)
    return [
        title, knowing, str(len(days)), f"{statistics.mean(occupied):.4f} ± {spread:.4f}", f"{pooled(days) or 0:.2%}",
        f"{worst:.1%}", f"{half:.1%}",
    ]  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.bench_segments", description=__doc__)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--markdown", action="store_true", help="the table as docs/pacing.md has it")
    given = options.parse_args()
    warm_up()
    errors = Console(stderr=True)
    asked = [(title, knowing, seed) for title in LISTS for knowing in KNOWING for seed in range(1, given.seeds + 1)]
    with Progress(console=errors, disable=not errors.is_terminal) as bar, ProcessPoolExecutor(given.jobs) as pool:
        task = bar.add_task("simulating", total=len(asked))
        started = [(one, pool.submit(one_day, *one)) for one in asked]
        days: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for (title, knowing, _), day in started:
            days.setdefault((title, knowing), []).append(day.result())
            bar.advance(task)
    heads = ("list", "known", "seeds", "occupancy", "abandoned", "worst hour", "worst half hour")
    rows = [row_of(title, knowing, found) for (title, knowing), found in days.items()]
    if given.markdown:
        print("\n".join(f"|{'|'.join(row)}|" for row in [list(heads), ["---"] * len(heads), *rows]))
        return
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
