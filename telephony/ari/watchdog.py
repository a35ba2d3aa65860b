"""Asks a node regularly whether it still answers, and gives it up after two silences.

A deadlocked Asterisk keeps its sockets open and its event stream quiet: only a question tells. Runs in real time, not
in the product's clock: it measures a machine.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
import structlog

from telephony.ari.client import AriClient
from telephony.ari.errors import ExchangeError
from telephony.ari.health import ClockSample
from telephony.clock import Clock

log = structlog.get_logger(__name__)

PATIENCE = 2


class Watchdog:
    """`pinged` takes each ping's measurement; `gave_up` is awaited with a reason once the node has failed twice."""

    def __init__(
        self,
        client: AriClient,
        clock: Clock,
        pinged: Callable[[ClockSample], None],
        gave_up: Callable[[str], Awaitable[None]],
    ) -> None:
        self._settings = client.settings
        self._resources = client.with_deadline(client.settings.probe_deadline_s)
        self._clock = clock
        self._pinged = pinged
        self._gave_up = gave_up
        self._failures = 0

    async def run(self, is_up: Callable[[], bool]) -> None:
        while True:
            await asyncio.sleep(self._settings.probe_interval_s)
            if is_up():
                await self.probe()

    async def probe(self) -> None:
        """One round: a ping, and the channel list, which hangs where the node's channels are deadlocked."""
        try:
            await self.ping()
            await self._resources.channels.list()
        except ExchangeError as error:
            self._failures += 1
            log.warning("ari.probe_failed", node=self._settings.node, failures=self._failures)
            if self._failures >= PATIENCE:
                self._failures = 0
                await self._gave_up(f"the node does not answer: {error}")
            return
        self._failures = 0

    async def ping(self) -> None:
        sent, started = self._clock.now(), time.perf_counter()
        pong = await self._resources.asterisk.ping()
        reply_ms = (time.perf_counter() - started) * 1000
        received = self._clock.now()
        try:
            node_time = msgspec.convert(pong.timestamp, datetime, strict=False)
        except msgspec.ValidationError:
            node_time = sent + (received - sent) / 2
        self._pinged(ClockSample.of(sent, received, node_time, reply_ms))
