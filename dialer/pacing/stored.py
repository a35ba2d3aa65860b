"""Begins a mode's pacer, gives it other figures, and turns what it remembers into bytes and back. Pure."""

from dataclasses import replace

import msgspec
from msgspec import Struct

from dialer.pacing.budget import Budget
from dialer.pacing.interface import Pacer
from dialer.pacing.modes import PreviewPacer, ProgressivePacer, RatioPacer, pacer_for
from dialer.pacing.start import PacerStart


class Stored(Struct, frozen=True, array_like=True):
    """`body`: what the mode itself has learnt, in its own form."""

    mode: str
    tokens: float | None
    at_s: float
    body: bytes = b""


class NotStored(ValueError):
    """Bytes that are no pacer's, or another mode's; the text says why."""


MODES: dict[type, str] = {PreviewPacer: "preview", ProgressivePacer: "progressive", RatioPacer: "power"}
Simple = PreviewPacer | ProgressivePacer | RatioPacer


def begun(mode: str, lines_per_agent: float, start: PacerStart) -> Pacer:
    """The mode's pacer before its first look. Raises ValueError for an unknown mode."""
    return pacer_for(mode, lines_per_agent)


def learns(pacer: Pacer) -> bool:
    """Whether it is worth to store what this pacer knows."""
    return False


def adapted(pacer: Pacer, lines_per_agent: float, start: PacerStart) -> Pacer:
    """The same pacer, with all that it remembers, under other figures."""
    if isinstance(pacer, RatioPacer):
        return replace(pacer, lines_per_agent=lines_per_agent)
    return pacer


def stored(pacer: Pacer) -> bytes | None:
    """The pacer's memory; None where it has none that could be stored."""
    if isinstance(pacer, Simple):
        return msgspec.msgpack.encode(Stored(MODES[type(pacer)], pacer.budget.tokens, pacer.budget.at_s))
    return None


def restored(data: bytes, mode: str, lines_per_agent: float, start: PacerStart) -> Pacer:
    """The pacer of this mode and these figures with that memory. Raises NotStored."""
    try:
        found = msgspec.msgpack.decode(data, type=Stored)
    except msgspec.MsgspecError as problem:
        raise NotStored(f"these bytes hold no pacer ({problem})") from None
    if found.mode != mode:
        raise NotStored(f"this is the memory of a {found.mode} pacer, not of a {mode} one")
    pacer = begun(mode, lines_per_agent, start)
    if isinstance(pacer, Simple):
        return replace(pacer, budget=Budget(found.tokens, found.at_s))
    raise NotStored(f"a {mode} pacer has no memory")
