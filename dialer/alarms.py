"""Rings many timers through one clock with one sleeping task."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import datetime

import structlog

from telephony.clock import Clock

log = structlog.get_logger(__name__)


class Alarm:
    """One timer that was set; `cancel()` makes it silent."""

    __slots__ = ("ring",)

    def __init__(self, ring: Callable[[], None]) -> None:
        self.ring: Callable[[], None] | None = ring

    def cancel(self) -> None:
        self.ring = None


class Alarms:
    """Call `start()` before the first timer is due; callbacks run in the event loop, in the order of their instants."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Alarm]] = []
        self._numbers = itertools.count()
        self._sleeping_until = float("inf")
        self._earlier = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="alarms")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._heap.clear()

    def set(self, due: datetime, ring: Callable[[], None]) -> Alarm:
        """Call `ring` at `due`, or at once when it is past."""
        at = self._clock.monotonic() + (due - self._clock.now()).total_seconds()
        alarm = Alarm(ring)
        heapq.heappush(self._heap, (at, next(self._numbers), alarm))
        if at < self._sleeping_until:
            self._earlier.set()
        return alarm

    async def _run(self) -> None:
        while True:
            self._ring_due()
            self._earlier.clear()
            self._sleeping_until = self._heap[0][0] if self._heap else float("inf")
            await self._sleep()

    def _ring_due(self) -> None:
        while self._heap and self._heap[0][0] <= self._clock.monotonic():
            _, _, alarm = heapq.heappop(self._heap)
            ring, alarm.ring = alarm.ring, None
            if ring is None:
                continue
            try:
                ring()
            except Exception as problem:  # one timer's fault must not silence all others
                log.error("alarms.callback_failed", problem=type(problem).__name__, exc_info=True)

    async def _sleep(self) -> None:
        if not self._heap:
            await self._earlier.wait()
            return
        nap = asyncio.ensure_future(self._clock.sleep(max(0.0, self._sleeping_until - self._clock.monotonic())))
        wake = asyncio.ensure_future(self._earlier.wait())
        try:
            await asyncio.wait((nap, wake), return_when=asyncio.FIRST_COMPLETED)
        finally:
            nap.cancel()
            wake.cancel()
