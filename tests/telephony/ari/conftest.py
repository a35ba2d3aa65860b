"""The scripted node, and an exchange on it whose events can be awaited one by one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

import pytest

from telephony.ari.exchange import AriExchange
from telephony.ari.settings import AriSettings
from telephony.clock import Clock, ScaledClock
from telephony.exchange import ExchangeEvent, NodeUp
from tests.telephony.ari.scripted import PASSWORD, USERNAME, ScriptedAri

E = TypeVar("E")
SPEED = 100.0
"""A backoff of 5 s takes 50 ms."""


def settings(url: str, **changes: Any) -> AriSettings:
    given: dict[str, Any] = {"url": url, "username": USERNAME, "password": PASSWORD, "deadline_s": 2.0}
    given |= {"heartbeat_s": 30.0, "probe_interval_s": 60.0}
    return AriSettings(**(given | changes))


class Listener:
    """Reads an exchange's events in the background."""

    def __init__(self, exchange: AriExchange) -> None:
        self.exchange = exchange
        self.events: list[ExchangeEvent] = []
        self._seen = 0
        self._came = asyncio.Event()
        self._paused = asyncio.Event()
        self._paused.set()
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.exchange.events():
            self.events.append(event)
            self._came.set()
            await self._paused.wait()

    def pause(self) -> None:
        """A consumer that stops taking."""
        self._paused.clear()

    def go_on(self) -> None:
        self._paused.set()

    async def next(self, kind: type[E], timeout_s: float = 5.0) -> E:
        """The next event of that kind that was not yet looked at; those before it count as looked at."""
        async with asyncio.timeout(timeout_s):
            while True:
                while self._seen < len(self.events):
                    event = self.events[self._seen]
                    self._seen += 1
                    if isinstance(event, kind):
                        return event
                self._came.clear()
                await self._came.wait()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def running(
    server: ScriptedAri, *, clock: Clock | None = None, wait_up: bool = True, **changes: Any
) -> AsyncIterator[tuple[AriExchange, Listener]]:
    exchange = AriExchange(settings(server.url, **changes), clock=clock or fast_clock(), random=Random(7))  # noqa: S311
    listener = Listener(exchange)
    try:
        if wait_up:
            await listener.next(NodeUp)
        yield exchange, listener
    finally:
        listener.go_on()
        await exchange.close()
        await listener.task


def fast_clock() -> Clock:
    return ScaledClock(datetime.now(UTC), SPEED)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedAri]:
    made = ScriptedAri()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def run(server: ScriptedAri) -> Iterator[Callable[..., Any]]:
    """`async with run(**settings) as (exchange, listener)` on the scripted node."""
    yield lambda **changes: running(server, **changes)
