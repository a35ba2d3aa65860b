"""Keeps every tick in files, from a thread of its own: a slow or full disk costs records and never a call."""

import queue
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO

import structlog
from prometheus_client import CollectorRegistry, Counter

from dialer.pacing.interface import Pacer, PacingDecision, PacingSnapshot
from dialer.pacing.start import PacerStart
from dialer.pacing.stored import stored
from dialer.ticks.blocks import MAGIC, block
from dialer.ticks.model import Begun, Record, tick_of

log = structlog.get_logger(__name__)
SUFFIX = ".ticks"
TICKS = "ticks"
"""The folder in data_dir."""
WAITING_AT_MOST = 4_000
IN_A_BLOCK = 256
GATHER_S = 2.0
AGAIN_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class Look:
    """One tick as the engine hands it over; all of it is values. `pacer`: the one that was asked."""

    campaign: int
    mode: str
    lines_per_agent: float
    start: PacerStart
    pacer: Pacer
    seen: PacingSnapshot
    decision: PacingDecision

    @property
    def paced_by(self) -> tuple[str, float, PacerStart]:
        return self.mode, self.lines_per_agent, self.start


class TickRecorder:
    """`note` never waits. A file ends at `file_bytes`; the oldest in `folder` go when all exceed `most_bytes`."""

    def __init__(
        self,
        folder: Path,
        *,
        file_bytes: int,
        most_bytes: int,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._folder = folder
        self._file_bytes = file_bytes
        self._most_bytes = most_bytes
        self._looks: queue.Queue[Look | None] = queue.Queue(WAITING_AT_MOST)
        self._begun: dict[int, tuple[str, float, PacerStart]] = {}
        self._file: BinaryIO | None = None
        self._again_at = 0.0
        self._thread = threading.Thread(target=self._run, name="tick-recorder", daemon=True)
        registry = registry or CollectorRegistry()
        self.written = Counter("ticks_recorded_total", "Ticks on disk", registry=registry)
        self.lost = Counter(
            "ticks_not_recorded_total", "Ticks that the disk or the writer did not take", registry=registry
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float = 3.0) -> None:
        """Write what waits, as long as that takes at most."""
        try:
            self._looks.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(within_s)

    def note(self, look: Look) -> None:
        try:
            self._looks.put_nowait(look)
        except queue.Full:
            self.lost.inc()

    def _run(self) -> None:
        over = False
        while not over:
            looks, over = self._gather()
            if looks:
                self._keep(looks)
        if self._file is not None:
            self._file.close()

    def _gather(self) -> tuple[list[Look], bool]:
        """The looks of some seconds, or a block full of them; True: there will be no more."""
        looks: list[Look] = []
        until = time.monotonic() + GATHER_S
        while len(looks) < IN_A_BLOCK:
            try:
                look = self._looks.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return looks, False
            if look is None:
                return looks, True
            looks.append(look)
        return looks, False

    def _keep(self, looks: list[Look]) -> None:
        if time.monotonic() < self._again_at:
            self.lost.inc(len(looks))
            return
        try:
            self._write(looks)
            self.written.inc(len(looks))
        except OSError as problem:
            self._give_up(problem)
            self.lost.inc(len(looks))

    def _write(self, looks: list[Look]) -> None:
        file = self._file or self._new_file(looks[0].seen.now_s)
        file.write(block([record for look in looks for record in self._records(look)]))
        file.flush()
        if file.tell() >= self._file_bytes:
            file.close()
            self._file = None

    def _records(self, look: Look) -> list[Record]:
        """With what its pacer knew, where the file says nothing of this campaign yet or it is paced otherwise now."""
        records: list[Record] = [tick_of(look.campaign, look.seen, look.decision)]
        if self._begun.get(look.campaign) != look.paced_by:
            self._begun[look.campaign] = look.paced_by
            mode, lines, start = look.paced_by
            records.insert(0, Begun(look.campaign, mode, lines, start, stored(look.pacer)))
        return records

    def _new_file(self, now_s: float) -> BinaryIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._prune()
        stamp = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%dT%H%M%S%f")
        # a demonstration's clock may begin twice at the same instant
        names = (self._folder / f"{stamp}-{number}{SUFFIX}" for number in count())
        file = self._file = next(name for name in names if not name.exists()).open("wb")
        self._begun.clear()
        file.write(MAGIC)
        return file

    def _prune(self) -> None:
        """Room for one more file."""
        files = sorted(self._folder.glob(f"*{SUFFIX}"))
        sizes = {file: file.stat().st_size for file in files}
        while files and sum(sizes[file] for file in files) + self._file_bytes > self._most_bytes:
            files.pop(0).unlink(missing_ok=True)

    def _give_up(self, problem: OSError) -> None:
        """For a while: the next file may fit, or be on a disk that is back."""
        log.warning("ticks.not_recorded", problem=type(problem).__name__, errno=problem.errno)
        self._again_at = time.monotonic() + AGAIN_AFTER_S
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                log.info("ticks.file_not_closed")
