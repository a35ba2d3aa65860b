"""`promiseline pacer`: the pacer of production on standard input and output, for simulators, replays, other floors."""

import signal
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from dialer.cli.output import errors, fail

if TYPE_CHECKING:
    from dialer.pacing.interface import Pacer
    from dialer.pacing.protocol import Session
    from dialer.pacing.start import PacerStart

MODES = ("predictive", "power", "progressive", "preview")


def pacer_command(
    mode: Annotated[str, typer.Option("--mode", help=f"How to pace: {', '.join(MODES)}.")] = "predictive",
    ratio: Annotated[float, typer.Option("--ratio", help="Lines for one free agent, in power mode.")] = 2.0,
    config: Annotated[
        Path | None, typer.Option("--config", help="A TOML file with mode and ratio; it goes before the options.")
    ] = None,
) -> None:
    """Decide for one campaign: JSON lines of its floor in, how many calls to launch and why out (docs/pacing.md)."""
    from dialer.pacing.protocol import Session

    if config is not None:
        mode, ratio = _configured(config, mode, ratio)
    if mode not in MODES:
        fail(f"--mode: {mode!r} is none of {', '.join(MODES)}")
    if not 0 < ratio <= 100:
        fail(f"--ratio: {ratio:g} is not above 0 and at most 100")
    # who reads our answers may leave at any time, and that is no fault of ours
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if mode == "predictive":
        _warm_up()
    serve(Session(lambda start: _begin(mode, ratio, start)), sys.stdin.buffer, sys.stdout.buffer)


def serve(session: "Session", lines: BinaryIO, out: BinaryIO) -> None:
    """Answer each line as it comes until there are no more."""
    from dialer.pacing.protocol import LONGEST_LINE

    while line := lines.readline(LONGEST_LINE + 2):
        cut = not line.endswith(b"\n")
        while cut and (rest := lines.readline(LONGEST_LINE)):
            cut = not rest.endswith(b"\n")
        if (answer := session.answer(line)) is not None:
            out.write(answer)
            out.flush()


def _begin(mode: str, ratio: float, start: "PacerStart") -> "Pacer":
    from dialer.pacing.modes import pacer_for
    from dialer.pacing.predictive import PredictivePacer

    return PredictivePacer.begin(start) if mode == "predictive" else pacer_for(mode, ratio)


def _warm_up() -> None:
    from dialer.pacing.predictive import is_compiled, warm_up

    if not is_compiled():
        errors.print("promiseline pacer: compiling the forecast, once for this installation; about a minute")
    warm_up()


def _configured(file: Path, mode: str, ratio: float) -> tuple[str, float]:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        fail(f"--config: {file} cannot be read: {problem}")
    unknown = sorted(set(found) - {"mode", "ratio"})
    if unknown:
        fail(f"--config: {file} has {', '.join(unknown)}; it may have mode and ratio")
    mode, ratio = found.get("mode", mode), found.get("ratio", ratio)
    if not isinstance(mode, str) or isinstance(ratio, bool) or not isinstance(ratio, int | float):
        fail(f'--config: {file}: mode is a text like "predictive" and ratio a number like 2.5')
    return mode, float(ratio)
