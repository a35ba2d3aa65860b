"""Runs a function after some seconds of the given clock, at real or scaled speed."""

import asyncio
from collections.abc import Callable

import structlog

from telephony.clock import Clock

log = structlog.get_logger(__name__)


class Timers:
    """One-shot timers; `close` ends them all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def after(self, seconds: float, action: Callable[[], None]) -> asyncio.Task[None]:
        """Call `action` once after `seconds`; cancel the returned task to prevent it."""
        task = asyncio.create_task(self._run(seconds, action))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def _run(self, seconds: float, action: Callable[[], None]) -> None:
        await self._clock.sleep(seconds)
        action()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("sandbox.timer_failed", exc_info=error)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
