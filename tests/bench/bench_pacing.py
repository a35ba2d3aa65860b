"""The predictive pacer on the simulated floor: `python -m tests.bench.bench_pacing [SCENARIO ...] [--seeds N]`.

One line a scenario, against the goals of the issue, and JSON that holds each finished seed: a run that was stopped goes
on where it was (`--anew` begins again). With a SCENARIO that is a path to a JSON file there is no bound to compare with.
Occupancy and abandonment are as in docs/pacing.md; decisions are timed as CPU time of the whole look, Python included.
"""

import argparse
import json
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from dialer.pacing.interface import PacingDecision
from dialer.pacing.predictive import PredictivePacer, warm_up
from dialer.pacing.view import FloorView
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.reading import load
from dialer.simulation.results import pooled, result_of
from tests.bench.figures import machine

OUT = Path("test-results/pacing.json")
LIMITS = json.loads(Path(__file__).with_name("pacing_limits.json").read_text())["scenarios"]
MOST_ABANDONED = 0.03
WORST_SEED, WORST_SEED_FROM = 0.0345, 1000


class Timed:
    """A pacer that keeps how long each look took, in seconds of CPU."""

    def __init__(self, pacer: PredictivePacer) -> None:
        self.pacer = pacer
        self.took: list[float] = []

    def look(self, view: FloorView) -> "tuple[Timed, PacingDecision]":
        began = time.process_time()
        self.pacer, decision = self.pacer.look(view)
        self.took.append(time.process_time() - began)
        return self, decision


def one_day(name: str, seed: int, tick_s: float | None) -> dict[str, Any]:
    floor = SimulatedFloor(load(name), seed, tick_s=tick_s)
    timed = Timed(PredictivePacer.begin(floor.start()))
    floor.run_pacer(timed)
    coverage = timed.pacer.memory.coverage[1]
    day = result_of(floor.scenario, seed, floor.memory)
    day["decision_p50_ms"] = 1000 * statistics.median(timed.took)
    day["coverage"] = [round(float(share), 4) for share in coverage[1:] / max(coverage[0], 1.0)]
    return day


def hour_limit(agents: int) -> float:
    return 0.10 if agents <= 10 else 0.08 if agents < 100 else 0.06


def share_goal(agents: int) -> float:
    return 0.985 if agents >= 20 else 0.975


def summed(name: str, days: list[dict[str, Any]]) -> dict[str, Any]:
    """What the days of one scenario come to, with what was missed of the goals."""
    scenario = load(name)
    agents, target = scenario.agents.count, scenario.abandon_target
    limits = LIMITS.get(name)
    occupancy = statistics.mean(day["occupancy"] for day in days)
    rate = pooled(days)
    worst = max((day["abandon_rate"] for day in days if day["live_answers"] >= WORST_SEED_FROM), default=None)
    hours = [day["rolling_max"]["3600"] for day in days if day["rolling_max"].get("3600") is not None]
    found: dict[str, Any] = {
        "scenario": name,
        "agents": agents,
        "seeds": len(days),
        "occupancy": occupancy,
        "ci95": 1.96 * statistics.stdev(day["occupancy"] for day in days) / len(days) ** 0.5 if len(days) > 1 else None,
        "of_bound_a": occupancy / limits["bound_a"][0] if limits else None,
        "over_online_forecaster": occupancy - limits["online_forecaster"][0] if limits else None,
        "abandoned": rate,
        "worst_seed": worst,
        "worst_hour": max(hours, default=None),
        "delay_p95_s": float(np.mean([day["delay_p95_s"] or 0 for day in days])),
        "decision_p50_ms": statistics.median(day["decision_p50_ms"] for day in days),
        "coverage": [round(float(x), 3) for x in np.mean([day["coverage"] for day in days], axis=0)],
    }
    missed = []
    if rate is not None and rate > target:
        missed.append("abandoned")
    if worst is not None and worst > WORST_SEED * target / MOST_ABANDONED:
        missed.append("worst seed")
    if hours and max(hours) > hour_limit(agents):
        missed.append("worst hour")
    if found["delay_p95_s"] > (2.5 if scenario.calls.amd is None else 3.5):
        missed.append("delay")
    if limits and agents > 1 and found["of_bound_a"] < share_goal(agents):
        missed.append("share of bound A")
    if limits and found["over_online_forecaster"] <= 0:
        missed.append("online forecaster")
    return found | {"missed": missed}


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table(
        "scenario", "seeds", "occupancy", "of A", "over online", "abandoned", "worst seed", "worst hour", "p95 s",
        "ms", "10/50/90 %", "missed",
    )  # fmt: skip
    for row in rows:
        shown.add_row(
            row["scenario"],
            str(row["seeds"]),
            f"{row['occupancy']:.4f}" + (f" ± {row['ci95']:.4f}" if row["ci95"] is not None else ""),
            _text(row["of_bound_a"], ".4f"),
            _text(row["over_online_forecaster"], "+.4f"),
            _text(row["abandoned"], ".2%"),
            _text(row["worst_seed"], ".2%"),
            _text(row["worst_hour"], ".1%"),
            f"{row['delay_p95_s']:.1f}",
            f"{row['decision_p50_ms']:.3f}",
            " ".join(f"{100 * share:.0f}" for share in row["coverage"]),
            ", ".join(row["missed"]),
        )
    return shown


def _text(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def run(names: list[str], seeds: int, file: Path, jobs: int, tick_s: float | None) -> dict[str, Any]:
    """All days that `file` does not hold yet; it is written after each of them."""
    report = json.loads(file.read_text()) if file.exists() else {"days": {}}
    todo = [
        (name, seed) for name in names for seed in range(1, seeds + 1) if str(seed) not in report["days"].get(name, {})
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    warm_up()
    errors = Console(stderr=True)
    with Progress(console=errors, disable=not errors.is_terminal) as bar, ProcessPoolExecutor(jobs) as pool:
        task = bar.add_task("simulating", total=len(todo))
        started = [(name, seed, pool.submit(one_day, name, seed, tick_s)) for name, seed in todo]
        for name, seed, day in started:
            report["days"].setdefault(name, {})[str(seed)] = day.result()
            report["machine"] = machine()
            file.write_text(json.dumps(report))
            bar.advance(task)
    return report


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.bench.bench_pacing", description=__doc__)
    options.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(LIMITS))
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--tick", type=float, default=None, metavar="SECONDS", help="in place of the scenario's")
    options.add_argument("--anew", action="store_true", help="forget what FILE holds")
    options.add_argument("--json", type=Path, default=OUT, metavar="FILE")
    given = options.parse_args()
    if given.anew:
        given.json.unlink(missing_ok=True)
    names = given.scenarios or list(LIMITS)
    report = run(names, given.seeds, given.json, given.jobs, given.tick)
    rows = [
        summed(name, [day for seed, day in sorted(report["days"][name].items()) if int(seed) <= given.seeds])
        for name in names
    ]
    given.json.write_text(json.dumps(report | {"rows": rows}, indent=1) + "\n")
    Console(width=150).print(table(rows))
    return 1 if any(row["missed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
