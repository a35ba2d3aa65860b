"""How far long work is, told to whoever waits for it: from any thread, and no more often than a person can see."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

EVERY_S = 0.2

Told = tuple[str, int, int]  # phase, done, total


class Progress:
    """Made in the loop that listens. `tell` may be called in any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._told: asyncio.Queue[Told] = asyncio.Queue()
        self._last: tuple[str, float] = ("", 0.0)

    def tell(self, phase: str, done: int, total: int) -> None:
        # the wall's time: it is a person at a page who waits
        now = time.monotonic()
        if phase == self._last[0] and done < total and now - self._last[1] < EVERY_S:
            return
        self._last = (phase, now)
        self._loop.call_soon_threadsafe(self._told.put_nowait, (phase, min(done, total), total))

    async def until(self, work: "asyncio.Task[Any]") -> AsyncIterator[Told]:
        """What is told while the work goes on; ends with it, whether it succeeded or not."""
        while not work.done():
            heard = asyncio.ensure_future(self._told.get())
            await asyncio.wait({heard, work}, return_when=asyncio.FIRST_COMPLETED)
            if heard.done():
                yield heard.result()
            else:
                heard.cancel()
        while not self._told.empty():
            yield self._told.get_nowait()
