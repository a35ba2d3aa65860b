"""`promiseline simulate`: a day of a floor that exists on paper only, under any way of dialing."""

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dialer.cli.output import Json, console, errors, fail, print_json, say, told_clearly

if TYPE_CHECKING:
    from dialer.simulation.modes import Mode
    from dialer.simulation.runs import Ran
    from dialer.simulation.scenario import Scenario

MOST_SEEDS, MOST_JOBS = 10_000, 64
WIDEST_MODE = 22
Column = tuple[str, list[str]]
COMPARED = (
    ("occupancy, %", "occupancy", 100.0, 1),
    ("talk, min/h", "talk_min_per_hour", 1.0, 1),
    ("wait, s", "wait_mean_s", 1.0, 1),
    ("to agent, p95, s", "delay_p95_s", 1.0, 2),
    ("calls a connect", "calls_per_connect", 1.0, 1),
    ("lines", "mean_lines", 1.0, 0),
)
"""Words, field, factor and digits of the columns when modes stand side by side."""
ROWS = (
    ("occupancy", "occupancy", 100.0, "%", 1),
    ("talk", "talk_min_per_hour", 1.0, "min/h", 1),
    ("wait, mean", "wait_mean_s", 1.0, "s", 1),
    ("wait, p95", "wait_p95_s", 1.0, "s", 1),
    ("abandoned", "abandon_rate", 100.0, "%", 2),
    ("of these: nobody free", "drop_rate", 100.0, "%", 2),
    ("of these: too late", "late_rate", 100.0, "%", 2),
    ("of these: taken for a machine", "amd_fp_rate", 100.0, "%", 2),
    ("answer to agent, p50", "delay_p50_s", 1.0, "s", 2),
    ("answer to agent, p95", "delay_p95_s", 1.0, "s", 2),
    ("answer to agent, p99", "delay_p99_s", 1.0, "s", 2),
    ("calls", "calls", 1.0, "", 0),
    ("answered by a person", "live_answers", 1.0, "", 0),
    ("calls for one connect", "calls_per_connect", 1.0, "", 2),
    ("connects an agent hour", "connects_per_agent_hour", 1.0, "", 1),
    ("lines, mean", "mean_lines", 1.0, "", 1),
    ("lines, peak", "peak_lines", 1.0, "", 0),
    ("refused by trunk", "refused_trunk", 1.0, "", 0),
    ("refused by calls a second", "refused_cps", 1.0, "", 0),
    ("agent hours", "agent_hours", 1.0, "h", 1),
)
"""Words, field, factor, unit and digits of the table's rows."""


def simulate_command(
    scenario: Annotated[
        str, typer.Argument(help="A scenario file, or the name of one that ships.", show_default=False)
    ],
    more: Annotated[
        list[str] | None, typer.Argument(metavar="[N]...", help="More seeds: --seed 1 2 3.", show_default=False)
    ] = None,
    mode: Annotated[
        str,
        typer.Option(
            "--mode",
            help="progressive, ratio, power, vici-hard, vici-tapered, vici-average or predictive.",
        ),
    ] = "progressive",
    ratio: Annotated[float, typer.Option("--ratio", help="Calls in flight for each idle agent (ratio, power).")] = 2.0,
    max_level: Annotated[float, typer.Option("--max-level", help="The highest dial level (vici).")] = 3.0,
    available_only: Annotated[
        bool, typer.Option("--available-only", help="Count only agents who are ready (vici).")
    ] = False,
    seed: Annotated[list[int] | None, typer.Option("--seed", help="A seed; more may follow, or repeat it.")] = None,
    seeds: Annotated[int | None, typer.Option("--seeds", help="So many seeds, from 1 on.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", help="Processes that work side by side.")] = 1,
    tick: Annotated[
        float | None, typer.Option("--tick", help="Seconds between decisions; else the scenario's.")
    ] = None,
    target: Annotated[
        float | None, typer.Option("--target", help="Abandonment target as a share; else the scenario's.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="All modes side by side, and their picture (NAME-modes.svg).")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the picture there: FILE.svg or FILE.png.", dir_okay=False)
    ] = None,
    json: Json = False,
) -> None:
    """Simulate the days of a scenario: occupancy, waits, abandonment and calls, with their confidence over seeds."""
    given = _all_of(seed, more)
    # numba takes a second to load: no other command should wait for it
    from dialer.simulation.checker import ScenarioProblem
    from dialer.simulation.modes import ModeProblem, compared, mode_of
    from dialer.simulation.picture import PictureProblem, check_target
    from dialer.simulation.reading import load

    with told_clearly(ModeProblem, PictureProblem):
        modes = list(compared(ratio) if compare else ())
        modes = modes or [mode_of(mode, ratio=ratio, max_level=max_level, available_only=available_only)]
        if picture is not None:
            check_target(picture)
    try:
        of = _changed(load(scenario), tick, target)
    except ScenarioProblem as problem:
        fail(_told(scenario, problem.problems))
    chosen = _seeds(given, seeds, of.seeds)
    if not 1 <= jobs <= MOST_JOBS:
        fail(f"--jobs: {jobs} is not a number between 1 and {MOST_JOBS}")
    runs = _run(of, modes, chosen, jobs)
    _print(of, modes, chosen, runs, json)
    if picture is None and compare and not json:
        picture = Path(re.sub(r"[^\w.-]+", "-", of.name) + "-modes.svg")
    if picture is not None:
        _draw(of, modes, runs, picture)


def _changed(scenario: "Scenario", tick: float | None, target: float | None) -> "Scenario":
    if tick is not None and not 0.25 <= tick <= 60:
        fail(f"--tick: {tick:g} is not a number of seconds between 0.25 and 60")
    if target is not None and not 0 <= target <= 1:
        fail(f"--target: {target:g} is not a share between 0 and 1; 3 % is 0.03")
    return replace(
        scenario,
        tick_s=scenario.tick_s if tick is None else tick,
        abandon_target=scenario.abandon_target if target is None else target,
    )


def _all_of(seed: list[int] | None, more: list[str] | None) -> list[int]:
    """The seeds of `--seed 1 2 3`, of which an option takes only the first."""
    for word in more or ():
        if not (seed and word.isdecimal()):
            fail(f"{word}: one scenario is simulated at a time, and stands first; what follows are seeds: --seed 1 2 3")
    return [*(seed or ()), *map(int, more or ())]


def _seeds(given: list[int], count: int | None, default: tuple[int, ...]) -> list[int]:
    if given and count is not None:
        fail("--seed and --seeds cannot both be given")
    if given:
        if min(given) < 0 or max(given) >= 2**63:
            fail("--seed: a seed is a whole number of 0 or more")
        return list(dict.fromkeys(given))
    if count is None:
        return list(default)
    if not 1 <= count <= MOST_SEEDS:
        fail(f"--seeds: {count} is not a number between 1 and {MOST_SEEDS:,}")
    return list(range(1, count + 1))


def _told(scenario: str, problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    return f"{scenario} has {len(problems)} problems:\n" + "\n".join(f"  {problem}" for problem in problems)


def _run(of: "Scenario", modes: "list[Mode]", seeds: list[int], jobs: int) -> "list[list[Ran]]":
    """The runs of each mode, in the seeds' order."""
    from dialer.simulation.runs import Day, run_days, told_of_compiling, warm_up

    with told_of_compiling(lambda: errors.print("compiling the simulator, once (about a minute)")):
        warm_up()
    days = [Day(of, mode, seed) for mode in modes for seed in seeds]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("simulating days", total=len(days))
        found = run_days(days, jobs, lambda: progress.advance(task))
    return [found[place : place + len(seeds)] for place in range(0, len(found), len(seeds))]


def _print(of: "Scenario", modes: "list[Mode]", seeds: list[int], runs: "list[list[Ran]]", json: bool) -> None:
    from dialer.simulation.runs import summary

    found = [summary(mode, [ran.result for ran in days]) for mode, days in zip(modes, runs, strict=True)]
    if json:
        kinds = [
            {**one, "mode": mode.name, "title": mode.title, "law": mode.law and asdict(mode.law)}
            for one, mode in zip(found, modes, strict=True)
        ]
        for kind, days in zip(kinds, runs, strict=True):
            kind["runs"] = [ran.result for ran in days]
        print_json(
            {
                "scenario": of.name,
                "abandon_target": of.abandon_target,
                "tick_s": of.tick_s,
                "agents": of.agents.count,
                "horizon_s": of.horizon_s,
                "modes": kinds,
            }
        )
        return
    console.print(*([_table(of, found[0], len(seeds))] if len(found) == 1 else _comparison(of, found, len(seeds))))
    took = sum(ran.took_s for days in runs for ran in days)
    calls = sum(ran.result["calls"] for days in runs for ran in days)
    say(
        f"{calls:,} calls in {took:.1f} s of computing; ± is the half-width of the 95 % confidence interval over seeds."
    )


def _title(of: "Scenario", seeds: int) -> str:
    return f"{of.name}: {of.agents.count} agents, target {100 * of.abandon_target:g} %, {seeds} seed(s)"


def _table(of: "Scenario", found: dict[str, Any], seeds: int) -> Table:
    """One mode: every figure a row."""
    table = Table("figure", title=_title(of, seeds), title_justify="left")
    table.add_column(found["mode"], justify="right")
    for words, name, factor, unit, digits in ROWS:
        if name in found["figures"]:
            table.add_row(f"{words}, {unit}" if unit else words, _cell(found["figures"][name], factor, digits))
        if name == "abandon_rate":
            table.add_row("abandoned, pooled, %", _share(found["pooled_abandon_rate"]))
    for window, worst in found["worst_rolling_max"].items():
        table.add_row(f"worst {float(window) / 3600:g} h, %", _share(worst))
    return table


def _comparison(of: "Scenario", found: list[dict[str, Any]], seeds: int) -> list[Table]:
    """Several modes: each a row, with what one compares; further tables where one is wider than the terminal."""
    windows = list(found[0]["worst_rolling_max"])
    columns = [("abandoned, %", [_share(one["pooled_abandon_rate"]) for one in found])]
    columns += [
        (words, [_cell(one["figures"].get(name), factor, digits) for one in found])
        for words, name, factor, digits in COMPARED
    ]
    columns += [
        (f"worst {float(window) / 3600:g} h, %", [_share(one["worst_rolling_max"][window]) for one in found])
        for window in windows
    ]
    names = [one["mode"] for one in found]
    tables: list[Table] = []
    of_mode = min(max(len(name) for name in names), WIDEST_MODE)
    for part in _parts(columns, console.width - of_mode - 4):
        table = Table(title=_title(of, seeds) if not tables else None, title_justify="left")
        table.add_column("mode", width=of_mode)
        for words, cells in part:
            table.add_column(words, justify="right", width=_width(words, cells) - 3)
        for name, *cells in zip(names, *(cells for _, cells in part), strict=True):
            table.add_row(name, *cells)
        tables.append(table)
    return tables


def _parts(columns: list[Column], room: int) -> list[list[Column]]:
    """The columns in their order, as many side by side as there is room for."""
    parts: list[list[Column]] = []
    left = 0
    for column in columns:
        width = _width(*column)
        if not parts or width > left:
            parts.append([])
            left = room
        parts[-1].append(column)
        left -= width
    return parts


def _width(words: str, cells: Sequence[str]) -> int:
    """Of a column with its border: words may stand below each other, figures may not be cut."""
    return 3 + max(len(word) for word in (*words.split(), *cells))


def _share(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f}"


def _cell(figure: dict[str, Any] | None, factor: float, digits: int) -> str:
    if figure is None:
        return "–"
    mean = f"{factor * figure['mean']:,.{digits}f}"
    spread = figure["half_width"]
    return mean if spread is None else f"{mean} ±{factor * spread:,.{digits}f}"


def _draw(of: "Scenario", modes: "list[Mode]", runs: "list[list[Ran]]", file: Path) -> None:
    from dialer.simulation.picture import PictureProblem, draw

    with told_clearly(PictureProblem):
        draw(of, [(mode.title, days) for mode, days in zip(modes, runs, strict=True)], file)
    errors.print(f"picture: {file}", markup=False, soft_wrap=True)
