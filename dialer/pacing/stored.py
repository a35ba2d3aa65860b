"""Begins a mode's pacer, gives it other figures, and turns what it remembers into bytes and back. Pure.

The predictive pacer is imported where it is needed: its arithmetic takes a second to load.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from dialer.pacing.budget import Budget
from dialer.pacing.interface import Pacer
from dialer.pacing.modes import BroadcastPacer, PreviewPacer, ProgressivePacer, RatioPacer, pacer_for
from dialer.pacing.segments import Factors
from dialer.pacing.start import PacerStart

if TYPE_CHECKING:
    from dialer.pacing.predictive import PredictivePacer

LEARNS = "predictive"


class Stored(Struct, frozen=True, array_like=True):
    """`body`: the predictive pacer's memory in its own form; `tokens` and `at_s`: the other modes' budget of calls.

    `factors`: what the campaign's calls have taught of their odds; None: nothing was told, as before there were any.
    """

    mode: str
    tokens: float | None = None
    at_s: float = 0.0
    body: bytes = b""
    factors: Factors | None = None


class NotStored(ValueError):
    """Bytes that are no pacer's, or another mode's; the text says why."""


MODES: dict[type, str] = {
    PreviewPacer: "preview",
    ProgressivePacer: "progressive",
    RatioPacer: "power",
    BroadcastPacer: "broadcast",
}
Simple = PreviewPacer | ProgressivePacer | RatioPacer | BroadcastPacer


def begun(mode: str, lines_per_agent: float, start: PacerStart) -> Pacer:
    """The mode's pacer before its first look. Raises ValueError for an unknown mode."""
    if mode == LEARNS:
        from dialer.pacing.predictive import PredictivePacer

        return PredictivePacer.begin(start)
    return pacer_for(mode, lines_per_agent)


def predictive(pacer: Pacer) -> "PredictivePacer | None":
    """The pacer, where it is the one that learns."""
    if isinstance(pacer, Simple):
        return None
    from dialer.pacing.predictive import PredictivePacer

    return pacer if isinstance(pacer, PredictivePacer) else None


def learns(pacer: Pacer) -> bool:
    """Whether it is worth to store what this pacer knows."""
    return predictive(pacer) is not None


def adapted(pacer: Pacer, lines_per_agent: float, start: PacerStart) -> Pacer:
    """The same pacer, with all that it remembers, under other figures."""
    if isinstance(pacer, RatioPacer):
        return replace(pacer, lines_per_agent=lines_per_agent)
    learnt = predictive(pacer)
    if learnt is None or learnt.start == start:
        return pacer
    from dialer.pacing.memory import Memory

    fresh = learnt.begin(start)
    parts = learnt.memory._asdict()
    # another ring time-out has other ages: what was learnt of the ages that both have stays
    for name, part in fresh.memory._asdict().items():
        if parts[name].shape != part.shape:
            both = tuple(slice(0, min(pair)) for pair in zip(parts[name].shape, part.shape, strict=True))
            part[both] = parts[name][both]
            parts[name] = part
    return replace(fresh, memory=Memory(**parts), budget=learnt.budget)


def stored(pacer: Pacer, factors: Factors | None = None) -> bytes | None:
    """The pacer's memory and its campaign's factors; None where the pacer has nothing that could be stored."""
    if isinstance(pacer, Simple):
        return msgspec.msgpack.encode(
            Stored(MODES[type(pacer)], pacer.budget.tokens, pacer.budget.at_s, factors=factors)
        )
    learnt = predictive(pacer)
    if learnt is None:
        return None
    from dialer.pacing.storing import store

    return msgspec.msgpack.encode(Stored(LEARNS, body=store(learnt), factors=factors))


def stored_factors(data: bytes) -> Factors:
    """The factors that were stored with a pacer; fresh ones where there are none that can be read."""
    try:
        return msgspec.msgpack.decode(data, type=Stored).factors or Factors()
    except msgspec.MsgspecError:
        return Factors()


def restored(data: bytes, mode: str, lines_per_agent: float, start: PacerStart) -> Pacer:
    """The pacer of this mode and these figures with that memory. Raises NotStored."""
    try:
        found = msgspec.msgpack.decode(data, type=Stored)
    except msgspec.MsgspecError as problem:
        raise NotStored(f"these bytes hold no pacer ({problem})") from None
    if found.mode != mode:
        raise NotStored(f"this is the memory of a {found.mode} pacer, not of a {mode} one")
    if mode == LEARNS:
        return adapted(_read(found.body), lines_per_agent, start)
    pacer = begun(mode, lines_per_agent, start)
    if isinstance(pacer, Simple):
        return replace(pacer, budget=Budget(found.tokens, found.at_s))
    raise NotStored(f"a {mode} pacer has no memory")


def _read(body: bytes) -> Pacer:
    from dialer.pacing.storing import Unreadable, restore

    try:
        return restore(body)
    except Unreadable as problem:
        raise NotStored(str(problem)) from None
