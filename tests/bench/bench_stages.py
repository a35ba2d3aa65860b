"""What stages of talks are worth to the predictive pacer: `python -m tests.bench.bench_stages [--seeds N]`.

Floors like p04_collect50: its list, its two kinds of talk with their shares, means and spreads unchanged, and what
shows of them (`SHOWS`: assumed, not measured). Each day is run four times with the same people: nothing shows; who is
on the line shows; all stages show; and, as bound B is, the pacer is told to the second when each busy agent will be
free. What the stages are worth is their share of the way from the first to the last.

`--forecast` gives instead how far off the foreseen chances are that a busy agent is free when a call launched now is
answered: their mean square error (Brier score), which needs no weeks of days to tell one run from another.
"""

import argparse
import json
import math
import statistics
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from dialer.pacing.calibration import compare
from dialer.pacing.forecast import Outlook, look_ahead, most_calls, patience_s, risk_of
from dialer.pacing.interface import PacingDecision, PacingLimits
from dialer.pacing.jit import compiled
from dialer.pacing.learning import TALK, WRAP, learn
from dialer.pacing.memory import CROWDED, Figures, Memory, Rules
from dialer.pacing.predictive import FORECAST, PredictivePacer, _held, _room, warm_up
from dialer.pacing.spending import Spending, balance_of, drift, launch_limit
from dialer.pacing.view import FloorView
from dialer.simulation.confidence import estimate
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.layout import TALK_END, WRAP_END
from dialer.simulation.reading import read
from dialer.simulation.results import pooled, result_of
from dialer.simulation.scenario import Scenario
from tests.bench.figures import Figure, Result, below, machine

OUT = Path("test-results/pacing-stages.json")
AGENTS = (10, 20, 50, 100)
RUNS = ("nothing", "identity", "stages", "told")
FORECASTS = ("nothing", "identity", "stages", "early")
IDENTITY = ("not_party", "identified")
SHORT_S = 1800.0


def _about(mean: float, cv: float) -> dict[str, Any]:
    return {"dist": "lognormal", "mean": mean, "cv": cv}


IN_WRAP_UP = {"before_wrap_end_s": _about(3, 0.5)}
SHOWS: dict[str, list[dict[str, Any]]] = {
    "wrong_party": [
        {"stage": "not_party", "after_s": _about(12, 0.5)},
        {"stage": "not_party_outcome", "before_end_s": _about(4, 0.6), "share": 0.5},
        {"stage": "not_party_outcome", **IN_WRAP_UP},
    ],
    "right_party": [
        {"stage": "identified", "after_s": _about(25, 0.4)},
        {"stage": "promise", "before_end_s": _about(60, 0.5), "share": 0.5},
        {"stage": "outcome", "before_end_s": _about(8, 0.6), "share": 0.5},
        {"stage": "outcome", **IN_WRAP_UP},
    ],
}


def scenario(agents: int, run: str, horizon_s: float | None = None) -> Scenario:
    """p04_collect50 with so many agents, its trunk in proportion. What does not show is drawn all the same, so that
    every run meets the same people."""
    value = json.loads((resources.files("dialer.simulation") / "scenarios" / "p04_collect50.json").read_text())
    value["agents"]["groups"][0]["count"] = agents
    value["trunks"] = {"max_lines": 12 * agents, "max_cps": 0.6 * agents}
    for kind in value["calls"]["talk"]:
        kind["shows"] = [one if _shown(one["stage"], run) else one | {"share": 0} for one in SHOWS[kind["name"]]]
        if run == "early":
            kind["shows"][-1] = kind["shows"][-1] | {"before_wrap_end_s": _about(10, 0.5)}
    found = read(value, f"p04 with {agents}")
    return found if horizon_s is None else replace(found, horizon_s=horizon_s, dial_window_s=(0.0, horizon_s))


def _shown(stage: str, run: str) -> bool:
    return run in ("stages", "early") or (run == "identity" and stage in IDENTITY)


@compiled
def think_told(
    memory: Memory, rules: Rules, spending: Spending, view: FloorView, cap: int, left_s: Figures
) -> tuple[int, float, float]:
    """As `predictive.think`, but each busy agent's remaining time is known: wish, risk and limit."""
    before = balance_of(memory.marks, rules).answered
    learn(memory, rules, view)
    compare(memory, rules, view)
    drift(memory.marks, rules, spending, before)
    limit = launch_limit(memory, rules, spending)
    outlook = told(look_ahead(memory, rules, view), view, left_s, patience_s(memory, rules))
    wish, risk = min(max(outlook.free - outlook.flying, 0), cap), 0.0
    if _held(memory.marks, rules, view) == FORECAST:
        asked = _room(memory, view, outlook, cap)
        wish = max(most_calls(outlook, limit, asked), wish)
        risk = risk_of(outlook, wish + 1)
    memory.marks[CROWDED] = 1.0 if wish >= cap else 0.0
    return wish, risk, limit


@compiled
def told(o: Outlook, view: FloorView, left_s: Figures, patience: float) -> Outlook:
    """The outlook with what is known of the agents in place of what was foreseen."""
    agents = np.zeros_like(o.agents)
    finished, second, third = np.zeros(3), o.second.copy(), o.third.copy()
    agent = 0
    for place in range(len(view.seat_state)):
        state = view.seat_state[place]
        if view.seat_then[place] == 0 and (state == TALK or state == WRAP):
            for look in range(3):
                agents[look, agent] = 1.0 if left_s[place] <= o.ahead_s[look] + patience else 0.0
            agent += 1
    for look in range(3):
        r = o.agents[look]
        finished[look] = agents[look].sum()
        second[look] -= (r * (1 - r)).sum()
        third[look] -= (r * (1 - r) * (1 - 2 * r)).sum()
    return Outlook(
        o.free, o.flying, o.ahead_s, finished, o.answers, second, third, o.shares, o.each, o.exact, agents, o.calls,
        o.level, o.next_level,
    )  # fmt: skip


class Told:
    """The predictive pacer, told to the second when each busy agent will be free."""

    def __init__(self, floor: SimulatedFloor) -> None:
        self.floor = floor
        self.pacer = PredictivePacer.begin(floor.start())

    def look(self, view: FloorView) -> "tuple[Told, PacingDecision]":
        mine = self.pacer
        limits = PacingLimits(mine.start.max_lines, mine.start.max_cps)
        memory = mine.memory.copy()
        cap = mine._cap(view, limits)
        wish, _, _ = think_told(memory, mine.rules, mine.spending, view, cap, self.left_s(view))
        opens, closes = mine.start.dial_window_s
        if not opens <= view.now_s < closes:
            self.pacer = replace(mine, memory=memory)
            return self, PacingDecision(0, "outside the hours in which calls may be launched")
        budget, decision = mine.budget.grant_on(wish, "told", view.now_s, view.lines_in_use, limits)
        self.pacer = replace(mine, memory=memory, budget=budget)
        return self, decision

    def left_s(self, view: FloorView) -> NDArray[np.float64]:
        memory = self.floor.memory
        agenda = memory.heap[: memory.world[0]["n_heap"]]
        left = np.full(len(memory.agents), math.inf)
        talks, wraps = agenda[agenda["what"] == TALK_END], agenda[agenda["what"] == WRAP_END]
        left[talks["who"]] = talks["at"] - view.now_s + memory.agents["wrap_s"][talks["who"]]
        left[wraps["who"]] = wraps["at"] - view.now_s
        return left


def one_day(agents: int, run: str, seed: int, horizon_s: float | None) -> dict[str, Any]:
    floor = SimulatedFloor(scenario(agents, run, horizon_s), seed)
    if run == "told":
        floor.run_pacer(Told(floor))
    else:
        floor.run_pacer(PredictivePacer.begin(floor.start()))
    day = result_of(floor.scenario, seed, floor.memory)
    return {name: day[name] for name in ("seed", "occupancy", "abandoned", "live_answers", "abandon_rate")}


def forecast_error(agents: int, run: str, seed: int, horizon_s: float) -> dict[str, float]:
    """Of every sixth second from the first half hour on: `foreseen`, `came`: mean chance and share of the busy agents
    who are free by the middle look ahead; `error`: mean square of the difference."""
    floor = SimulatedFloor(scenario(agents, run, horizon_s), seed)
    known, pacer = Told(floor), PredictivePacer.begin(floor.start())
    sums, looks = np.zeros(4), 0
    going = floor.advance()
    while going:
        view = floor.view()
        pacer, decision = pacer.look(view)
        looks += 1
        if looks % 12 == 0 and view.now_s >= SHORT_S:
            outlook = look_ahead(pacer.memory, pacer.rules, view)
            busy = (view.seat_then == 0) & ((view.seat_state == TALK) | (view.seat_state == WRAP))
            came = known.left_s(view)[busy] <= outlook.ahead_s[1] + patience_s(pacer.memory, pacer.rules)
            foreseen = outlook.agents[1]
            sums += (len(came), foreseen.sum(), came.sum(), ((foreseen - came) ** 2).sum())
        going = floor.advance(decision.launch)
    count, foreseen_sum, came_sum, square = (float(one) for one in sums)
    return {"foreseen": foreseen_sum / count, "came": came_sum / count, "error": square / count}


def forecasts(agents: int, horizon_s: float) -> str:
    """The table of docs/pacing.md, seed 1."""
    lines = ["|the pacer knows|foreseen free|came free|mean square error|", "|---|---|---|---|"]
    for run in FORECASTS:
        found = forecast_error(agents, run, 1, horizon_s)
        lines.append(f"|{WORDS[run]}|{found['foreseen']:.3f}|{found['came']:.3f}|{found['error']:.4f}|")
    return "\n".join(lines)


def days(
    sizes: tuple[int, ...], seeds: int, horizon_s: float | None, jobs: int, report: dict[str, Any], file: Path | None
) -> dict[str, Any]:
    """`report[agents][run][seed]`, with every day that it did not hold; written after each."""
    todo = [
        (agents, run, seed)
        for seed in range(1, seeds + 1)
        for agents in sizes
        for run in RUNS
        if str(seed) not in report.setdefault(str(agents), {}).setdefault(run, {})
    ]
    warm_up()
    errors = Console(stderr=True)
    with Progress(console=errors, disable=not errors.is_terminal) as bar, ProcessPoolExecutor(jobs) as pool:
        task = bar.add_task("simulating", total=len(todo))
        started = [(one, pool.submit(one_day, *one, horizon_s)) for one in todo]
        for (agents, run, seed), day in started:
            report[str(agents)][run][str(seed)] = day.result()
            if file is not None:
                file.write_text(json.dumps({"days": report}))
            bar.advance(task)
    return report


def summed(report: dict[str, Any], sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """One row a floor and a run: occupancy, its difference to nothing shown (same seeds), share of the way to told."""
    rows = []
    for agents in sizes:
        # of a run that was stopped only the seeds count that all four have
        seeds = sorted(set.intersection(*(set(report[str(agents)][run]) for run in RUNS)))
        runs = {run: [report[str(agents)][run][seed] for seed in seeds] for run in RUNS}
        base = [day["occupancy"] for day in runs["nothing"]]
        way = statistics.mean(day["occupancy"] - one for day, one in zip(runs["told"], base, strict=True))
        for run in RUNS:
            gains = [day["occupancy"] - one for day, one in zip(runs[run], base, strict=True)]
            found = estimate(gains)
            rows.append(
                {
                    "agents": agents,
                    "run": run,
                    "seeds": len(gains),
                    "occupancy": statistics.mean(day["occupancy"] for day in runs[run]),
                    "gain": found.mean,
                    "half_width": found.half_width,
                    "way": found.mean / way if way else None,
                    "abandoned": pooled(runs[run]),
                }
            )
    return rows


WORDS = {
    "nothing": "nothing shows",
    "identity": "who is on the line shows",
    "stages": "all stages show",
    "early": "all stages show, the outcome some 10 s before the end of the wrap-up",
    "told": "told when each agent will be free",
}


def markdown(rows: list[dict[str, Any]]) -> str:
    """The table of docs/pacing.md."""
    lines = ["|agents|the pacer knows|occupancy|more, points|share of the way|abandoned|", "|---|---|---|---|---|---|"]
    for row in rows:
        first = row["run"] == "nothing"
        spread = f" ± {100 * row['half_width']:.2f}" if row["half_width"] is not None else ""
        gain = "" if first else f"{100 * row['gain']:+.2f}{spread}"
        way = "" if first or row["way"] is None else f"{row['way']:.0%}"
        cells = (row["agents"], WORDS[row["run"]], f"{row['occupancy']:.4f}", gain, way, f"{row['abandoned']:.2%}")
        lines.append("|" + "|".join(str(cell) for cell in cells) + "|")
    return "\n".join(lines)


def bench(smoke: bool) -> Result:
    """Occupancy that stages of talks bring; abandonment stays within the target."""
    sizes = (10,) if smoke else AGENTS
    report = days(sizes, 1 if smoke else 5, SHORT_S if smoke else None, 1, {}, None)
    rows = summed(report, sizes)
    figures = []
    for row in rows:
        name = f"{row['agents']} agents, {WORDS[row['run']]}"
        figures.append(Figure(f"{name}: occupancy", round(row["occupancy"], 4)))
        figures.append(below(f"{name}: abandoned", round(row["abandoned"], 4), "", 0.0305))
    return Result("stages", figures, {"rows": rows})


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.bench.bench_stages", description=__doc__)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--agents", type=int, nargs="*", default=list(AGENTS))
    options.add_argument("--forecast", action="store_true", help="how far off the forecasts are, 50 agents, four hours")
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--anew", action="store_true", help="forget what FILE holds")
    options.add_argument("--json", type=Path, default=OUT, metavar="FILE")
    given = options.parse_args()
    if given.forecast:
        print(forecasts(50, 4 * 3600.0))
        return 0
    if given.anew:
        given.json.unlink(missing_ok=True)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    report = json.loads(given.json.read_text())["days"] if given.json.exists() else {}
    sizes = tuple(given.agents)
    days(sizes, given.seeds, None, given.jobs, report, given.json)
    rows = summed(report, sizes)
    given.json.write_text(json.dumps({"machine": machine(), "rows": rows, "days": report}, indent=1) + "\n")
    print(markdown(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
