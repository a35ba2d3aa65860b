"""Writes the predictive pacer down and reads it back: the same value, so the same decisions. Pure.

MessagePack by msgspec, about 20 kB for a ring time-out of 22 s, and 85 kB more where stages of talks have shown; it
does not grow with the day.
"""

import msgspec
import numpy as np

from dialer.pacing.budget import Budget
from dialer.pacing.memory import Memory, fresh, rules_of
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.spending import Spending
from dialer.pacing.start import PacerStart

VERSION = 1
# kept only where a stage has shown; what was stored before there were stages has none of them
OF_STAGES = frozenset({"staged", "moved", "wrap_staged", "wrap_moved", "stage_finish", "wrap_finish"})
# what was stored by an earlier version of this program lacks; fresh then
LATER = OF_STAGES | {"half_hour"}
# has more figures than it had then: the new ones are fresh
LONGER_NOW = frozenset({"marks"})


class Unreadable(ValueError):
    """What was stored is not a pacer of this version; begin a new one."""


class Stored(msgspec.Struct):
    version: int
    start: PacerStart
    spending: Spending
    budget: Budget
    memory: dict[str, bytes]


def store(pacer: PredictivePacer) -> bytes:
    parts = pacer.memory._asdict().items()
    memory = {name: part.tobytes() for name, part in parts if name not in OF_STAGES or part.any()}
    return msgspec.msgpack.encode(Stored(VERSION, pacer.start, pacer.spending, pacer.budget, memory))


def restore(stored: bytes) -> PredictivePacer:
    """Raises Unreadable."""
    try:
        read = msgspec.msgpack.decode(stored, type=Stored)
    except msgspec.DecodeError as problem:
        raise Unreadable(f"the stored pacer cannot be read: {problem}") from problem
    if read.version != VERSION:
        raise Unreadable(f"the stored pacer is of version {read.version}, this is version {VERSION}")
    rules = rules_of(read.start)
    parts = {}
    for name, part in fresh(rules)._asdict().items():
        if name in LATER and name not in read.memory:
            parts[name] = part
            continue
        found = np.frombuffer(read.memory.get(name, b""), np.float64)
        if name in LONGER_NOW and found.size < part.size:
            found = np.concatenate((found, part[found.size :]))
        if found.size != part.size:
            raise Unreadable(f"the stored pacer's {name} has {found.size} figures in place of {part.size}")
        parts[name] = found.reshape(part.shape).copy()
    return PredictivePacer(read.start, rules, read.spending, Memory(**parts), read.budget)
