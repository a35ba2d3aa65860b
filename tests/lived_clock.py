"""A fast clock that does not run on while the machine stands still, so that a busy machine is no late agent."""

import asyncio
import time
from datetime import datetime

from telephony.clock import ScaledClock

STEP_S = 0.02


class LivedClock(ScaledClock):
    """ScaledClock that counts at most STEP_S of the wall's time for each look that its event loop takes at it.

    At ten times the speed, a pause of 200 ms (the collector's, another process's) is 2 s: as long as a person may wait
    for an agent. With this clock such a pause is 0.2 s; what really waits still waits, because a loop that runs looks
    at the clock every STEP_S / 2.
    """

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        super().__init__(start, speed)
        self._seen = time.monotonic()
        self._lived = 0.0
        self._heart: asyncio.TimerHandle | None = None

    def monotonic(self) -> float:
        now = time.monotonic()
        self._lived += min(now - self._seen, STEP_S)
        self._seen = now
        return self._lived * self.speed

    async def sleep(self, seconds: float) -> None:
        end = self.monotonic() + max(0.0, seconds)
        await asyncio.sleep(max(0.0, seconds) / self.speed)
        while (left := end - self.monotonic()) > 0:  # noqa: ASYNC110 - time itself is what is waited for
            await asyncio.sleep(left / self.speed)

    def start(self) -> None:
        """Begin to count in this event loop."""
        self._seen = time.monotonic()
        self._beat()

    def stop(self) -> None:
        """Count no more by itself."""
        if self._heart is not None:
            self._heart.cancel()

    def _beat(self) -> None:
        self.monotonic()
        self._heart = asyncio.get_running_loop().call_later(STEP_S / 2, self._beat)
