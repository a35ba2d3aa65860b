"""Draws simulated modes: occupancy against abandonment with the target, and the day's free agents and abandonment."""

import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialer.simulation.confidence import estimate
from dialer.simulation.results import pooled
from dialer.simulation.runs import Ran
from dialer.simulation.scenario import Scenario
from dialer.simulation.svg import FAINT, GRID, INK, Drawing, Scale, steps

Days = Sequence[Ran]
COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f5af0", "#8c6d31", "#6b7280",
)  # fmt: skip
"""Okabe and Ito's, told apart by people who see fewer colours, and three more; marks differ in shape as well."""
WIDTH, HEIGHT, SLICES_OF_HALF_HOUR, MOST_LINES = 1080.0, 860.0, 6, 5
SHARES = (0.0, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
PNG_SCALE = 2


class PictureProblem(ValueError):
    """A picture that cannot be written; the text is for people."""


def check_target(file: Path) -> None:
    """Before the long work: can a picture be written there?"""
    if file.suffix not in (".svg", ".png"):
        raise PictureProblem(f"--picture: {file} must end in .svg or .png")
    if not file.absolute().parent.is_dir():
        raise PictureProblem(f"--picture: the folder {file.absolute().parent} does not exist")


def draw(scenario: Scenario, modes: Sequence[tuple[str, Days]], file: Path) -> None:
    """Write the picture; the ending of the name says whether SVG or PNG. Raises PictureProblem."""
    check_target(file)
    text = picture(scenario, modes)
    try:
        if file.suffix == ".svg":
            file.write_text(text, encoding="utf-8")
        else:
            file.write_bytes(_png(text))
    except OSError as problem:
        raise PictureProblem(f"--picture: {file} cannot be written: {problem.strerror}") from problem


def _png(text: str) -> bytes:
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=text, width=int(WIDTH * PNG_SCALE), font_family="DejaVu Sans"))


def picture(scenario: Scenario, modes: Sequence[tuple[str, Days]]) -> str:
    """The SVG document of these modes, each with the runs of its seeds."""
    seeds = len(modes[0][1])
    title = f"{scenario.name}: {scenario.agents.count} agents, {seeds} seed{'s' if seeds != 1 else ''}"
    drawing = Drawing(WIDTH, HEIGHT, title)
    drawing.text(40, 32, title, size=18, weight="bold")
    drawing.text(40, 52, scenario.description, colour=FAINT)
    _legend(drawing, [name for name, _ in modes], 790, 96)
    _trade(drawing, scenario, modes)
    lines = _chosen(modes)
    _free(drawing, scenario, lines)
    _abandonment(drawing, scenario, lines)
    return drawing.whole()


def _legend(drawing: Drawing, names: Sequence[str], x: float, y: float) -> None:
    drawing.text(x - 8, y - 16, "ways of dialing", weight="bold")
    for place, name in enumerate(names):
        drawing.mark(x, y + 22 * place, place, COLOURS[place % len(COLOURS)])
        drawing.text(x + 14, y + 4 + 22 * place, name)


def _trade(drawing: Drawing, scenario: Scenario, modes: Sequence[tuple[str, Days]]) -> None:
    """Occupancy against abandonment; the bars are 95 % confidence over the seeds."""
    points = [_point(days) for _, days in modes]
    worst = max([scenario.abandon_target, *(x for x, _, _ in points)])
    x = Scale(0.0, math.sqrt(min(1.0, worst * 1.15 + 0.005)), 100, 740)
    marks = steps(min(y - dy for _, y, dy in points), max(y + dy for _, y, dy in points))
    y = Scale(marks[0], marks[-1], 370, 90)
    _frame(drawing, 100, 740, 90, 370)
    drawing.text(100, 78, "Occupancy against abandonment", weight="bold")
    for mark in marks:
        _row(drawing, y.at(mark), 100, 740, f"{100 * mark:g}")
    for share in SHARES:
        if math.sqrt(share) <= x.high:
            drawing.line(x.at(math.sqrt(share)), 90, x.at(math.sqrt(share)), 370)
            drawing.text(x.at(math.sqrt(share)), 386, f"{100 * share:g}", anchor="middle", colour=FAINT)
    drawing.text(420, 404, "abandoned, % of calls answered by a person (square-root scale)", anchor="middle")
    drawing.text(54, 230, "occupancy, %", anchor="middle", turned=True)
    _target(drawing, scenario, x.at(math.sqrt(scenario.abandon_target)))
    for place, (share, occupancy, spread) in enumerate(points):
        colour, across = COLOURS[place % len(COLOURS)], x.at(math.sqrt(share))
        drawing.line(across, y.at(occupancy - spread), across, y.at(occupancy + spread), colour, 1.5)
        drawing.mark(across, y.at(occupancy), place, colour, 7)


def _target(drawing: Drawing, scenario: Scenario, across: float) -> None:
    drawing.line(across, 90, across, 370, INK, 1.5, "6 4")
    drawing.text(across + 5, 364, f"target {100 * scenario.abandon_target:g} %", colour=INK, size=11)


def _point(days: Days) -> tuple[float, float, float]:
    """Pooled abandonment, occupancy and its half-width."""
    found = estimate([ran.result["occupancy"] or 0.0 for ran in days])
    return pooled([ran.result for ran in days]) or 0.0, found.mean, found.half_width or 0.0


def _chosen(modes: Sequence[tuple[str, Days]]) -> list[tuple[int, str, Days]]:
    """With many modes the day's lines would hide one another: the first of each family, at most five."""
    numbered = [(place, name, days) for place, (name, days) in enumerate(modes)]
    if len(modes) <= MOST_LINES:
        return numbered
    families: dict[str, tuple[int, str, Days]] = {}
    for place, name, days in numbered:
        families.setdefault(name.split()[0].rstrip(","), (place, name, days))
    found = [one for family, one in families.items() if family != "vici-average"]
    return found[: MOST_LINES - 1] + found[-1:] if len(found) > MOST_LINES else found


def _hours(scenario: Scenario) -> Scale:
    return Scale(0.0, scenario.horizon_s / 3600.0, 100, 1040)


def _free(drawing: Drawing, scenario: Scenario, lines: list[tuple[int, str, Days]]) -> None:
    """Free agents over the day, mean of the seeds, for each slice."""
    curves = [(place, _mean_idle(days)) for place, _, days in lines]
    marks = steps(0.0, max(float(curve.max()) for _, curve in curves), 4)
    y, x = Scale(0.0, marks[-1], 590, 450), _hours(scenario)
    _frame(drawing, 100, 1040, 450, 590)
    drawing.text(100, 438, "Free agents over the day", weight="bold")
    for mark in marks:
        _row(drawing, y.at(mark), 100, 1040, f"{mark:g}")
    drawing.text(54, 520, "free agents", anchor="middle", turned=True)
    width = scenario.horizon_s / 3600.0 / len(curves[0][1])
    for place, curve in curves:
        points = [(x.at((at + 0.5) * width), y.at(float(value))) for at, value in enumerate(curve)]
        drawing.path(points, COLOURS[place % len(COLOURS)], 1.8)


def _mean_idle(days: Days) -> NDArray[np.float64]:
    samples = sum(ran.slices["samples"] for ran in days)
    return np.asarray(sum(ran.slices["idle"] for ran in days) / np.maximum(samples, 1.0), np.float64)


def _abandonment(drawing: Drawing, scenario: Scenario, lines: list[tuple[int, str, Days]]) -> None:
    """Abandonment of each half hour, all seeds together, by the instant of the answer."""
    x = _hours(scenario)
    curves = [(place, _half_hours(days)) for place, _, days in lines]
    worst = max([scenario.abandon_target, *(share for _, curve in curves for share in curve if share is not None)])
    high = math.sqrt(min(1.0, worst * 1.05))
    y = Scale(0.0, high, 790, 650)
    _frame(drawing, 100, 1040, 650, 790)
    drawing.text(100, 638, "Abandonment of each half hour", weight="bold")
    for share in SHARES:
        if math.sqrt(share) <= high and (high < 0.5 or share not in (0.01, 0.05)):
            _row(drawing, y.at(math.sqrt(share)), 100, 1040, f"{100 * share:g}")
    drawing.text(54, 720, "abandoned, %", anchor="middle", turned=True)
    drawing.line(
        100, y.at(math.sqrt(scenario.abandon_target)), 1040, y.at(math.sqrt(scenario.abandon_target)), INK, 1.5, "6 4"
    )
    width = SLICES_OF_HALF_HOUR * 300.0 / 3600.0
    for place, curve in curves:
        # a night in which nobody answered is no slow change from one day to the next
        for known, run in groupby(enumerate(curve), lambda one: one[1] is not None):
            points = [
                (x.at(min((at + 0.5) * width, x.high)), y.at(math.sqrt(share or 0.0))) for at, share in run if known
            ]
            drawing.path(points, COLOURS[place % len(COLOURS)], 1.2)
            for across, height in points:
                drawing.mark(across, height, place, COLOURS[place % len(COLOURS)], 4)
    for hour in steps(0.0, x.high, 8):
        if hour <= x.high:
            for bottom in (590, 790):
                drawing.line(x.at(hour), bottom, x.at(hour), bottom + 4, FAINT)
                drawing.text(x.at(hour), bottom + 18, f"{hour:g}", anchor="middle", colour=FAINT)
    drawing.text(570, 826, "hours since the start", anchor="middle")


def _half_hours(days: Days) -> list[float | None]:
    live, lost = (np.sum([ran.slices[name] for ran in days], axis=0) for name in ("live_answers", "abandoned"))
    starts = range(0, len(days[0].slices), SLICES_OF_HALF_HOUR)
    both = [(live[at : at + SLICES_OF_HALF_HOUR].sum(), lost[at : at + SLICES_OF_HALF_HOUR].sum()) for at in starts]
    return [float(part / whole) if whole else None for whole, part in both]


def _frame(drawing: Drawing, left: float, right: float, top: float, bottom: float) -> None:
    drawing.line(left, bottom, right, bottom, FAINT)
    drawing.line(left, top, left, bottom, FAINT)


def _row(drawing: Drawing, at: float, left: float, right: float, words: str) -> None:
    drawing.line(left, at, right, at, GRID)
    drawing.text(left - 8, at + 4, words, anchor="end", colour=FAINT)
