"""Shocks the predictive pacer on simulated floors: the answer rate steps from 10 to 30 %, the trunk fails for a while.

python -m tests.bench pacing_shocks, or python -m tests.bench.bench_pacing_shocks --agents 10 --seeds 200

20 seeds of floors of 10, 50 and 100 agents unless it is told others, else as std_20. Each floor has a control that
nothing surprises: 30 % from the beginning; all agents gone while the trunk is away, and back at once. Launches of the
last ten seconds are **excess** while they are above what 95 of 100 looks at the controls show at the same time, half a
minute either way; a figure is the longest excess of a seed, to its last launch, that begins in the first minute after
the shock, when the calls are launched that know nothing of it. (With its tail: until the sum is down again, nine
seconds later at most.) What begins later is hardly an answer to it: five of 100 looks at the controls themselves are
above. The longest of all ten minutes after the shock is held to the same goal, with that of the controls beside it. The
worst half hour is the highest share of abandoned answers in any half hour with 100 answers or more that ends after the
shock.
"""

import argparse
import copy
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from dialer.pacing.predictive import PredictivePacer, warm_up
from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.reading import read
from dialer.simulation.scenario import Scenario
from tests.bench.figures import Figure, Result
from tests.bench.pacing_variants import public, row

SHOCK_S, AFTER_S, OUTAGE_S = 3000.0, 2400.0, 300.0
LOOKED_AT_S, SUM_S, BESIDE_S, ANSWERS_S = 600, 10, 30, 60
GOAL_EXCESS_S, GOAL_HALF_HOUR = 15.0, 2.0
HALF_HOUR_S, LEAST_ANSWERS = 1800.0, 100
AGENTS, SEEDS = (10, 50, 100), 20
USUAL = 95


@dataclass(frozen=True, slots=True)
class After:
    """One seed. `launches`: of each second after the shock's end; `worst`: half hour; None: none has enough answers."""

    launches: NDArray[np.int64]
    worst: float | None
    answers: int
    abandoned: int


@dataclass(frozen=True, slots=True)
class Shock:
    """`begins_s`, `ends_s`: of the shock; a step ends when it begins."""

    name: str
    shocked: Scenario
    control: Scenario
    begins_s: float
    ends_s: float


def floor_of(agents: int, *rows: dict[str, float], **of_group: Any) -> Scenario:
    """std_20 with so many agents and this list."""
    made = copy.deepcopy(public("std_20"))
    made["horizon_s"] = SHOCK_S + OUTAGE_S + AFTER_S
    made["dial_window_s"] = [0, made["horizon_s"]]
    made["agents"]["groups"][0] |= {"count": agents} | of_group
    made["calls"]["profile"] = {"interp": "step", "rows": list(rows)}
    return read(made)


def shocks(agents: int) -> tuple[Shock, Shock]:
    back_s = SHOCK_S + OUTAGE_S
    away = row(SHOCK_S, 0.0, failed=0.96)
    rest = {"shifts": [{"login_s": 0, "logout_s": SHOCK_S}, {"login_s": back_s}]}
    return (
        Shock(
            "step 10 to 30 %", floor_of(agents, row(0, 0.1), row(SHOCK_S, 0.3)), floor_of(agents, row(0, 0.3)),
            SHOCK_S, SHOCK_S,
        ),
        Shock(
            "outage", floor_of(agents, row(0, 0.25), away, row(back_s, 0.25)), floor_of(agents, row(0, 0.25), **rest),
            SHOCK_S, back_s,
        ),
    )  # fmt: skip


def after(scenario: Scenario, seed: int, shock: Shock) -> After:
    """One day under the predictive pacer, and what came after the shock."""
    floor = SimulatedFloor(scenario, seed)
    pacer = PredictivePacer.begin(floor.start())
    launches = np.zeros(LOOKED_AT_S, np.int64)
    going = floor.advance()
    while going:
        pacer, decision = pacer.look(floor.view())
        second = math.floor(floor.memory.world[0]["now"] - shock.ends_s)
        if 0 <= second < LOOKED_AT_S:
            launches[second] += decision.launch
        going = floor.advance(decision.launch)
    answers = floor.memory.answers[: floor.memory.world[0]["n_answers"]]
    worst = worst_half_hour(answers["at"], answers["abandoned"], shock.begins_s)
    late = answers[(answers["at"] >= shock.begins_s) & (answers["at"] < shock.ends_s + LOOKED_AT_S)]
    return After(launches, worst, len(late), int(late["abandoned"].sum()))


def worst_half_hour(at: NDArray[np.float64], abandoned: NDArray[np.int64], ends_from_s: float) -> float | None:
    """The worst share of abandoned answers in any half hour that ends then or later; None: none has enough answers."""
    total = np.concatenate(([0], np.cumsum(abandoned)))
    first = np.searchsorted(at, at - HALF_HOUR_S, side="right")
    end = np.searchsorted(at, at, side="right")
    counted = (at >= ends_from_s) & (end - first >= LEAST_ANSWERS)
    shares = (total[end] - total[first])[counted] / (end - first)[counted]
    return float(shares.max()) if len(shares) else None


def sums(launches: NDArray[np.int64]) -> NDArray[np.int64]:
    """Launches of the last ten seconds, for each second."""
    total = np.concatenate(([0], np.cumsum(launches)))
    first = np.maximum(np.arange(1, len(total)) - SUM_S, 0)
    return np.asarray(total[1:] - total[first], np.int64)


def usual(controls: list[After]) -> NDArray[np.float64]:
    """What 95 of 100 sums of the controls do not pass, for each second, half a minute either way."""
    all_sums = np.stack([sums(one.launches) for one in controls])
    seconds = range(all_sums.shape[1])
    return np.array(
        [np.percentile(all_sums[:, max(0, at - BESIDE_S) : at + BESIDE_S + 1], USUAL) for at in seconds]
    )  # fmt: skip


def longest_excess(
    launches: NDArray[np.int64], limit: NDArray[np.float64], begins_s: int, *, tail: bool = False
) -> int:
    """Seconds of the longest stretch of excess, of those that begin in the first `begins_s`: to its last launch.

    `tail`: to the second in which the sum is down again, up to nine after the last launch.
    """
    longest = begun = last = 0
    was = False
    for second, over in enumerate(sums(launches) > limit):
        if over and not was:
            begun, last = second, second - 1
        if over and (tail or launches[second] > 0):
            last = second
        if over and begun < begins_s:
            longest = max(longest, last - begun + 1)
        was = bool(over)
    return longest


def bench(smoke: bool) -> Result:
    return measure((10,), 2) if smoke else measure(AGENTS, SEEDS)


def measure(agents: Sequence[int], seeds: int, jobs: int = 2) -> Result:
    """Seeds 1 to `seeds` of each floor and of its control, in so many processes."""
    warm_up()
    errors = Console(stderr=True)
    figures: list[Figure] = []
    details: dict[str, Any] = {"seeds": seeds}
    with Progress(console=errors, disable=not errors.is_terminal) as bar, ProcessPoolExecutor(jobs) as pool:
        todo = [shock for count in agents for shock in shocks(count)]
        task = bar.add_task("simulating", total=2 * seeds * len(todo))
        for shock in todo:
            asked = [
                pool.submit(after, scenario, seed, shock)
                for scenario in (shock.control, shock.shocked)
                for seed in range(1, seeds + 1)
            ]
            days = []
            for day in asked:
                days.append(day.result())
                bar.advance(task)
            name = f"{shock.name}, {shock.shocked.agents.count} agents"
            found = judged(days[seeds:], days[:seeds])
            details[name] = found
            figures += _figures(name, found, shock.shocked.abandon_target)
    return Result("pacing_shocks", figures, details)


def judged(shocked: list[After], controls: list[After]) -> dict[str, Any]:
    limit = usual(controls)
    excess = [longest_excess(one.launches, limit, ANSWERS_S) for one in shocked]
    tails = [longest_excess(one.launches, limit, ANSWERS_S, tail=True) for one in shocked]
    later = [longest_excess(one.launches, limit, LOOKED_AT_S) for one in shocked]
    beside = [longest_excess(one.launches, limit, LOOKED_AT_S) for one in controls]
    halves = [one.worst for one in shocked if one.worst is not None]
    calm = [one.worst for one in controls if one.worst is not None]
    answers = sum(one.answers for one in shocked)
    return {
        "excess_s": excess,
        "excess_with_tail_s": tails,
        "excess_of_ten_minutes_s": later,
        "excess_of_ten_minutes_s_control": beside,
        "worst_half_hours": [round(share, 4) for share in halves],
        "worst_half_hours_control": [round(share, 4) for share in calm],
        "abandoned_in_10_min": sum(one.abandoned for one in shocked) / answers if answers else 0.0,
    }


def _figures(name: str, found: Mapping[str, Any], target: float) -> list[Figure]:
    excess, halves = max(found["excess_s"]), max(found["worst_half_hours"], default=0.0)
    longest = max(found["excess_of_ten_minutes_s"])
    most, limit = statistics.median(found["excess_s"]), GOAL_HALF_HOUR * target
    return [
        Figure(f"{name}: excess, worst seed", excess, "s", f"<= {GOAL_EXCESS_S:g}", excess <= GOAL_EXCESS_S),
        Figure(f"{name}: excess, median seed", float(most), "s"),
        Figure(f"{name}: excess, seeds over the goal", sum(one > GOAL_EXCESS_S for one in found["excess_s"])),
        Figure(f"{name}: excess with its tail, worst seed", max(found["excess_with_tail_s"]), "s"),
        Figure(
            f"{name}: excess with its tail, seeds over the goal",
            sum(one > GOAL_EXCESS_S for one in found["excess_with_tail_s"]),
        ),
        Figure(f"{name}: longest of ten minutes", longest, "s", f"<= {GOAL_EXCESS_S:g}", longest <= GOAL_EXCESS_S),
        Figure(f"{name}: the same of the control", max(found["excess_of_ten_minutes_s_control"]), "s"),
        Figure(f"{name}: worst half hour", round(100 * halves, 2), "%", f"<= {100 * limit:g}", halves <= limit),
        Figure(
            f"{name}: worst half hour of the control",
            round(100 * max(found["worst_half_hours_control"], default=0.0), 2),
            "%",
        ),
        Figure(f"{name}: seeds over it", sum(share > limit for share in found["worst_half_hours"])),
        Figure(f"{name}: abandoned in ten minutes, pooled", round(100 * found["abandoned_in_10_min"], 2), "%"),
    ]


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.bench_pacing_shocks", description=__doc__)
    options.add_argument("--agents", type=int, nargs="+", default=list(AGENTS))
    options.add_argument("--seeds", type=int, default=SEEDS)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--json", type=Path, metavar="FILE", help="the figures of each seed")
    given = options.parse_args()
    result = measure(given.agents, given.seeds, given.jobs)
    if given.json:
        given.json.write_text(json.dumps(asdict(result), indent=1) + "\n")
    table = Table("figure", "value")
    for figure in result.figures:
        table.add_row(figure.name, f"{figure.value:g} {figure.unit}".rstrip())
    Console(width=118).print(table)


if __name__ == "__main__":
    main()
