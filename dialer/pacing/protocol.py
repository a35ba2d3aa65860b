"""Answers the pacer protocol line by line: one JSON line in, one out where one is due. Pure but for its own state."""

from collections.abc import Callable

import msgspec

from dialer.pacing.interface import Pacer
from dialer.pacing.start import PacerStart
from dialer.pacing.wire import BadLine, SnapshotLine, StartLine, read_line, snapshot_of, start_of

LONGEST_LINE = 16 * 1024 * 1024


class Session:
    """One campaign's conversation. `begin` makes the pacer that the start line asks for."""

    def __init__(self, begin: Callable[[PacerStart], Pacer]) -> None:
        self._begin = begin
        self._start: PacerStart | None = None
        self._pacer: Pacer | None = None
        self._now_s: float | None = None

    def answer(self, line: bytes) -> bytes | None:
        """The line to print, with its end; None after a start that was taken."""
        try:
            said = self._take(line)
        except BadLine as problem:
            said = {"error": str(problem)}
        return None if said is None else msgspec.json.encode(said) + b"\n"

    def _take(self, line: bytes) -> dict[str, str | int] | None:
        if len(line) > LONGEST_LINE:
            raise BadLine(f"the line is longer than {LONGEST_LINE} bytes")
        read = read_line(line)
        if isinstance(read, StartLine):
            self._open(read)
            return None
        return self._decide(read)

    def _open(self, read: StartLine) -> None:
        if self._start is not None:
            raise BadLine("type: a second start; one process serves one campaign")
        self._start = start_of(read)
        self._pacer = self._begin(self._start)

    def _decide(self, read: SnapshotLine) -> dict[str, str | int]:
        if self._start is None or self._pacer is None:
            raise BadLine("type: a snapshot before the start; the first line must be of type start")
        if self._now_s is not None and read.now < self._now_s:
            raise BadLine(f"now: {read.now} is before the last snapshot's {self._now_s}; time must not run backwards")
        self._pacer, decision = self._pacer.decide(snapshot_of(read, self._start))
        self._now_s = read.now
        return {"launch": decision.launch, "because": decision.because}
