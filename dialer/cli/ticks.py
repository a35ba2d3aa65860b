"""`promiseline replay`: recorded ticks through a changed pacer."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress

from dialer.cli.output import Json, errors, fail, print_json, print_rows, read_object, say, told_clearly

if TYPE_CHECKING:
    from dialer.ticks.model import Record
    from dialer.ticks.replaying import Changes, Replay

REAL_CLOCK_S = 1_000_000_000
"""Seconds above which a pacer's clock is that of 1970."""


def replay_command(
    path: Annotated[Path, typer.Argument(help="A file of recorded ticks, a folder of them, or JSON lines.")],
    mode: Annotated[str, typer.Option("--mode", help="Pace by this mode in place of the recorded one.")] = "",
    ratio: Annotated[float | None, typer.Option("--ratio", help="Mode power: lines for each free agent.")] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help='JSON file of other figures at the start, like {"abandon_target": 0.01}.'),
    ] = None,
    campaign: Annotated[int | None, typer.Option("--campaign", help="Only this campaign's ticks.")] = None,
    json: Json = False,
) -> None:
    """Ask a changed pacer about recorded ticks, and show where it decides otherwise.

    An open loop: every tick shows the floor as the recorded decisions made it, not as the changed pacer would have made
    it. So each single difference is true, and the sums tell which way it leans; what a day would have become is a
    question for the simulation. Without a change the decisions must all be the same: that checks the program itself.
    JSON lines as `promiseline pacer` reads them hold no decisions: there the unchanged pacer stands for them.
    """
    from dialer.ticks.replaying import replay

    changes = _changes(mode, ratio, config)
    files = _files(path)
    with Progress(console=errors, transient=True, disable=json or not errors.is_terminal) as bar:
        task = bar.add_task("asking again", total=None)
        with told_clearly(ValueError):
            records = (one for one in _records(files) if campaign is None or one.campaign == campaign)
            done = replay(records, _pacer, changes, lambda: bar.advance(task))
    done.notes += [f"{file} was cut off: what stands before its end is used" for file in files if _is_cut(file)]
    if not done.ticks:
        fail(f"{path} holds no tick" + (f" of campaign {campaign}" if campaign is not None else ""))
    if json:
        print_json(_document(done))
    else:
        _tell(done)


def _pacer(mode: str, lines_per_agent: float, start: Any) -> Any:
    from dialer.pacing.stored import begun

    return begun(mode, lines_per_agent, start)


def _changes(mode: str, ratio: float | None, config: Path | None) -> "Changes":
    from campaigns.model import MODES
    from dialer.ticks.replaying import Changes

    if mode and mode not in MODES:
        fail(f"--mode: {mode!r} is no mode; known are {', '.join(MODES)}")
    if ratio is not None and not 1 <= ratio <= 10:
        fail(f"--ratio: {ratio:g} is not between 1 and 10 lines for each agent")
    return Changes(mode or None, ratio, tuple(sorted(_figures(config).items())) if config is not None else ())


def _figures(path: Path) -> dict[str, Any]:
    from dialer.pacing.start import PacerStart

    found = read_object(path)
    known = {one.name: one.type for one in fields(PacerStart) if one.name not in ("amd", "dial_window_s")}
    for name, value in found.items():
        if name not in known:
            fail(f"{path}: {name}: there is no such figure; known are {', '.join(known)}")
        if isinstance(value, bool) or not (isinstance(value, int | float) and value >= 0):
            fail(f"{path}: {name}: give a number of 0 or more")
    return found


def _files(path: Path) -> list[Path]:
    if not path.exists():
        fail(f"there is no {path}")
    files = sorted(path.glob("*.ticks")) if path.is_dir() else [path]
    if not files:
        fail(f"{path} holds no file of recorded ticks (*.ticks)")
    return files


def _records(files: list[Path]) -> Iterator["Record"]:
    from dialer.ticks.blocks import BrokenTicks, read

    for path in files:
        try:
            with path.open("rb") as file:
                if _is_json(path):
                    from dialer.ticks.lines import records_of

                    yield from records_of(file, str(path))
                else:
                    yield from read(file, str(path))
        except OSError as problem:
            raise BrokenTicks(f"{path} cannot be read ({problem.strerror})") from None


def _is_json(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) in (b"{", b" ")


def _is_cut(path: Path) -> bool:
    from dialer.ticks.blocks import cut_off

    if _is_json(path):
        return False
    with path.open("rb") as file:
        return cut_off(file)


def _document(done: "Replay") -> dict[str, Any]:
    return {
        "ticks": done.ticks,
        "differ": done.differ,
        "launched": done.launched,
        "would_launch": done.now,
        "hours": [asdict(hour) | {"hour": _hour(hour.hour * 3600)} for hour in done.hours.values()],
        "first_differences": [asdict(one) | {"at": _instant(one.at_s)} for one in done.first],
        "notes": done.notes,
    }


def _tell(done: "Replay") -> None:
    say(
        f"{done.differ} of {done.ticks} ticks differ: {done.launched} calls were launched, the changed pacer would have"
        f" launched {done.now} on the same floors."
    )
    for note in done.notes:
        say(note)
    rows = [asdict(hour) | {"hour": _hour(hour.hour * 3600)} for hour in done.hours.values()]
    print_rows("By hour", rows)
    if done.first:
        print_rows("First differences", [asdict(one) | {"at_s": _instant(one.at_s)} for one in done.first])


def _hour(at_s: float) -> str:
    return _instant(at_s)[:13] if at_s >= REAL_CLOCK_S else f"{at_s / 3600:g} h"


def _instant(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat() if at_s >= REAL_CLOCK_S else f"{at_s:.3f} s"
