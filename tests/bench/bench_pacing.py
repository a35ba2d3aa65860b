"""The predictive pacer on the simulated floor: `python -m tests.bench.bench_pacing [SCENARIO ...] [--seeds N]`.

One line a scenario, against the goals of the issue, and JSON that holds each finished seed: a run that was stopped
goes on where it was (`--anew` begins again). A SCENARIO that is a path to a JSON file has no bound to compare with.
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

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from dialer.pacing.interface import PacingDecision
from dialer.pacing.predictive import PredictivePacer, warm_up
from dialer.pacing.protocol import Session
from dialer.pacing.view import FloorView
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.reading import load
from dialer.simulation.results import pooled, result_of
from tests.bench.figures import machine

OUT = Path("test-results/pacing.json")
LIMITS = json.loads(Path(__file__).with_name("pacing_limits.json").read_text())["scenarios"]
START = {
    "type": "start", "seed": 1, "abandon_target": 0.03, "ring_timeout_s": 22, "hold_s": 2.0, "dial_window_s": [0, 1e6],
    "max_lines": None, "max_cps": None, "amd": None, "connect_s": 0.2,
}  # fmt: skip
HEADS = "scenario|seeds|occupancy|of bound A|over online forecaster|abandoned|worst seed|worst hour|p95 s|missed"
DOCUMENT = """\
# The predictive pacer on the eighteen scenarios

Written by `make bench-pacing`, which goes on where it was stopped. Seeds from 1 to the number in the table, on {cores}
cores of {cpu}, Python {python}. Bound A and the online forecaster are the reference's
(`tests/bench/pacing_limits.json`: 5 seeds, 10 for std_1 to std_5). Occupancy = (talk + wrap-up) / (the same + idle),
with the half width of its 95 % interval; abandonment pooled over the seeds; worst seed: of those with 1,000 live
answers or more; worst hour: rolling, with 100 live answers or more; p95 s: from answer to agent, mean of the seeds. One
seed of a floor of one to five agents says little: a single call is 0.1 to 0.5 % of its day. What is behind the
figures: [pacing.md](../pacing.md).

{table}

One decision for 300 agents and 900 calls through the protocol, parse and answer included: {p50_ms:.1f} ms of CPU
(median; p95 {p95_ms:.1f} ms). One look inside the simulator: {least:.3f} to {most:.3f} ms (medians of the scenarios).
"""
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


def protocol_ms(agents: int = 300, calls: int = 900, looks: int = 200, *, stages: bool = False) -> dict[str, float]:
    """One decision as a line of the protocol, parse and answer included: median and p95, milliseconds of CPU.

    `stages`: every busy agent's call has one.
    """
    dice = np.random.default_rng(1)
    session = Session(PredictivePacer.begin)
    session.answer(msgspec.json.encode(START | {"n_agents": agents}))
    took = []
    for look in range(looks):
        shown = _line(dice, look, agents, calls)
        line = msgspec.json.encode(_with_stages(shown) if stages else shown)
        began = time.process_time()
        answer = session.answer(line)
        took.append(1000 * (time.process_time() - began))
        if answer is None or b"error" in answer:
            raise AssertionError(answer)
    return {"p50_ms": round(statistics.median(took), 3), "p95_ms": round(float(np.percentile(took, 95)), 3)}


def _line(dice: np.random.Generator, look: int, agents: int, calls: int) -> dict[str, Any]:
    now, states = look * 0.5, ("talk", "talk", "talk", "wrap", "idle")
    return {
        "type": "snapshot",
        "now": now,
        "agents": [[states[dice.integers(5)], float(dice.exponential(60))] for _ in range(agents)],
        "calls": [["ringing", float(dice.uniform(0, 24))] for _ in range(calls)],
        "outcomes": [[now, "answered", 9.5, 7.1]] * 2 + [[now, "no_answer", 24.2, 0]] * 6,
        "agent_events": [[now, "talk_end", float(dice.exponential(90)), 0]] * 2 + [[now, "wrap_end", 9.0, 0]] * 2,
        "totals": {"launched": 0, "answered": 0, "connected": 0, "dropped": 0, "amd_machine": 0},
        "lines_in_use": calls,
    }


def _with_stages(line: dict[str, Any]) -> dict[str, Any]:
    now = line["now"]
    known = [[state, for_s, None, "identified", for_s / 2] for state, for_s in line["agents"]]
    shows = [
        [now, "talk_stage", 12.0, 0, None, 0.0, "identified"],
        [now, "wrap_stage", 3.0, 0, "identified", 60.0, "outcome"],
    ]
    return line | {"agents": known, "agent_events": line["agent_events"] + shows}


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


def document(rows: list[dict[str, Any]], protocol: dict[str, float], on: dict[str, Any]) -> str:
    """The text of docs/benchmarks/pacing.md."""
    lines = [f"|{HEADS}|", "|---" * (HEADS.count("|") + 1) + "|"]
    for row in rows:
        cells = (
            row["scenario"],
            row["seeds"],
            f"{row['occupancy']:.4f}" + (f" ± {row['ci95']:.4f}" if row["ci95"] is not None else ""),
            _text(row["of_bound_a"], ".4f"),
            _text(row["over_online_forecaster"], "+.4f"),
            _text(row["abandoned"], ".2%"),
            _text(row["worst_seed"], ".2%"),
            _text(row["worst_hour"], ".1%"),
            f"{row['delay_p95_s']:.1f}",
            ", ".join(row["missed"]),
        )
        lines.append("|" + "|".join(str(cell) for cell in cells) + "|")
    looks = [row["decision_p50_ms"] for row in rows]
    figures = {"least": min(looks), "most": max(looks), **protocol, **on}
    return DOCUMENT.format(table="\n".join(lines), **figures)


def _text(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def run(names: list[str], seeds: int, file: Path, jobs: int, tick_s: float | None) -> dict[str, Any]:
    """All days that `file` does not hold yet; it is written after each of them."""
    report = json.loads(file.read_text()) if file.exists() else {"days": {}}
    # seed by seed, so that a run that is stopped has something of every scenario
    asked = ((name, seed) for seed in range(1, seeds + 1) for name in names)
    todo = [(name, seed) for name, seed in asked if str(seed) not in report["days"].get(name, {})]
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
    options.add_argument("--document", type=Path, metavar="FILE", help="write the table there, as Markdown")
    given = options.parse_args()
    if given.anew:
        given.json.unlink(missing_ok=True)
    names = given.scenarios or list(LIMITS)
    report = run(names, given.seeds, given.json, given.jobs, given.tick)
    rows = [
        summed(name, [day for seed, day in sorted(report["days"][name].items()) if int(seed) <= given.seeds])
        for name in names
    ]
    protocol = protocol_ms()
    given.json.write_text(json.dumps(report | {"rows": rows, "protocol": protocol}, indent=1) + "\n")
    console = Console(width=150)
    console.print(table(rows))
    if given.document:
        given.document.write_text(document(rows, protocol, report["machine"]))
    console.print(f"one decision for 300 agents and 900 calls through the protocol, CPU: {protocol}")
    return 1 if any(row["missed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
