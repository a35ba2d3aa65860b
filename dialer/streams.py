"""Numbered streams of state: one snapshot and then deltas, with a short memory so that a console can resume."""

import copy
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from telephony.clock import Clock

Path = tuple[str, ...]
REMEMBERED_DELTAS = 50
"""Of each stream, as text: 5,000 agents' pasts must fit into memory, and the garbage collector must not walk them."""


class Removed:
    """Stands for the absence of a value: an operation that carries it deletes its path."""

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED = Removed()


@dataclass(frozen=True, slots=True)
class Op:
    """Set (or, with REMOVED, delete) one path of a stream's state. The empty path replaces all of it."""

    path: Path
    value: Any

    def wire(self) -> dict[str, Any]:
        if isinstance(self.value, Removed):
            return {"path": list(self.path)}
        return {"path": list(self.path), "value": self.value}


@dataclass(frozen=True, slots=True)
class Delta:
    """`encoded`: its wire form as JSON, made once for all readers and for the memory."""

    epoch: str
    seq: int
    at: datetime
    ops: tuple[Op, ...]
    encoded: bytes = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoded", orjson.dumps(self.wire()))

    def wire(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "seq": self.seq,
            "now": self.at.isoformat(),
            "ops": [op.wire() for op in self.ops],
        }


@dataclass(frozen=True, slots=True)
class Snapshot:
    epoch: str
    seq: int
    at: datetime
    state: Any

    def wire(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "seq": self.seq, "now": self.at.isoformat(), "state": self.state}


Listener = Callable[[str, Delta], None]


@dataclass(slots=True)
class _Stream:
    state: dict[str, Any]
    seq: int = 0
    deltas: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=REMEMBERED_DELTAS))


class StreamHub:
    """All streams of one process. `epoch` names this life of the process: numbers of another epoch mean nothing here.

    Facts are never only here: each snapshot can be made anew from the database and the exchange.
    """

    def __init__(self, clock: Clock, epoch: str) -> None:
        self.epoch = epoch
        self._clock = clock
        self._streams: dict[str, _Stream] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(stream name, delta)` for each delta from now on; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Number deltas but tell no listener: what a broken wire does."""
        listeners, self._listeners = self._listeners, []
        try:
            yield
        finally:
            self._listeners = listeners

    def publish(self, stream: str, ops: Sequence[Op]) -> None:
        """Apply the operations to the stream's state, number them as one delta, tell the listeners."""
        if not ops:
            return
        held = self._streams.setdefault(stream, _Stream(state={}))
        for op in ops:
            held.state = apply(held.state, op)
        held.seq += 1
        delta = Delta(self.epoch, held.seq, self._clock.now(), tuple(ops))
        held.deltas.append((delta.seq, delta.encoded))
        for listener in list(self._listeners):
            listener(stream, delta)

    def names(self) -> list[str]:
        return list(self._streams)

    def adopt(self, stream: str, snapshot: Snapshot) -> None:
        """Mirror another process's stream from its snapshot on; listeners get one delta that replaces everything.

        The first snapshot of another epoch ends the streams of the last one: their numbers mean nothing now.
        """
        if snapshot.epoch != self.epoch:
            self._streams.clear()
        self.epoch = snapshot.epoch
        held = self._streams[stream] = _Stream(state=snapshot.state, seq=snapshot.seq)
        whole = Delta(snapshot.epoch, held.seq, snapshot.at, (Op((), copy.deepcopy(snapshot.state)),))
        held.deltas.append((whole.seq, whole.encoded))
        for listener in list(self._listeners):
            listener(stream, whole)

    def follow(self, stream: str, delta: Delta) -> bool:
        """Mirror the next delta of another process's stream; False, and nothing done, when one was lost before it."""
        held = self._streams.get(stream)
        if held is None and delta.seq == 1:
            held = self._streams[stream] = _Stream(state={})
            self.epoch = delta.epoch
        if held is None or delta.epoch != self.epoch or delta.seq > held.seq + 1:
            return False
        if delta.seq <= held.seq:
            return True
        for op in delta.ops:
            held.state = apply(held.state, op)
        held.seq = delta.seq
        held.deltas.append((delta.seq, delta.encoded))
        for listener in list(self._listeners):
            listener(stream, delta)
        return True

    def state(self, stream: str) -> dict[str, Any]:
        """The stream's present state; do not change it."""
        held = self._streams.get(stream)
        return held.state if held else {}

    def snapshot(self, stream: str) -> Snapshot:
        held = self._streams.setdefault(stream, _Stream(state={}))
        return Snapshot(self.epoch, held.seq, self._clock.now(), copy.deepcopy(held.state))

    def resume(self, stream: str, epoch: str | None, seq: int) -> Snapshot | tuple[bytes, ...]:
        """What a reader that has (epoch, seq) lacks: the missed deltas as JSON while they are held, else a snapshot."""
        held = self._streams.get(stream)
        if held is None or epoch != self.epoch or seq > held.seq:
            return self.snapshot(stream)
        missed = tuple(encoded for number, encoded in held.deltas if number > seq)
        if len(missed) != held.seq - seq:
            return self.snapshot(stream)
        return missed


def apply(state: Any, op: Op) -> Any:
    """The state after one operation; parents that are missing are made."""
    if not op.path:
        return {} if isinstance(op.value, Removed) else op.value
    if not isinstance(state, dict):
        state = {}
    parent = state
    for key in op.path[:-1]:
        child = parent.get(key)
        if not isinstance(child, dict):
            child = parent[key] = {}
        parent = child
    if isinstance(op.value, Removed):
        parent.pop(op.path[-1], None)
    else:
        parent[op.path[-1]] = op.value
    return state
