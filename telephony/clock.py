"""Tells the time and waits, at real speed or many times faster, so that a whole floor can run in a minute."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where shell code gets time from. Pure code gets `now` as an argument instead."""

    @property
    def speed(self) -> float:
        """Seconds of this clock in one of the wall's: what the machine itself is slow in is not multiplied by it."""
        ...

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, in this clock's own speed."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of this clock's time."""
        ...


class SystemClock:
    """Real time."""

    speed = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ScaledClock:
    """Time that starts at `start` and runs `speed` times as fast as the wall's."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime: pass one with tzinfo=UTC")
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self._start = start.astimezone(UTC)
        self._epoch = time.monotonic()
        self.speed = speed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._epoch) * self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.speed)
