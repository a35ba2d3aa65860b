"""Measures from outside: how long an answered person waited for an agent, and how old an event is at a console."""

import asyncio
import math
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dialer.bootstrap import Server
from dialer.streams import Delta
from telephony.sandbox.log import ExchangeLog

PROBE_S = 0.02


class Stolen:
    """How long at most other programs kept this one from running: what it did itself in that time does not count."""

    def __init__(self) -> None:
        self.worst_s = 0.0

    async def watch(self) -> None:
        while True:
            began, busy = time.perf_counter(), time.process_time()
            await asyncio.sleep(PROBE_S)
            late = time.perf_counter() - began - PROBE_S
            self.worst_s = max(self.worst_s, late - (time.process_time() - busy))


class Latencies:
    """Listens to the agents' streams, and reads the exchange's log at the end."""

    def __init__(self, server: Server, log: ExchangeLog) -> None:
        assert server.floor is not None  # noqa: S101 - a running server has one
        self._log = log
        self._bridged: dict[str, datetime] = {}
        server.floor.hub.listen(self._hear)

    def _hear(self, stream: str, delta: Delta) -> None:
        """When a console is told that a call is connected."""
        if not stream.startswith("agent:"):
            return
        for op in delta.ops:
            call = op.value if op.path == ("call",) else None
            if isinstance(call, dict) and call.get("phase") == "talking":
                self._bridged.setdefault(call["attempt_id"], delta.at)

    def figures(self, speed: float) -> dict[str, Any]:
        """Milliseconds of real time: at many times real time a millisecond of the machine is many of the log."""
        answered = {
            entry.channel: entry.at for entry in self._log.of("answer") if entry.by == "person" and entry.channel
        }
        connected: dict[str, datetime] = {}
        for entry in self._log.of("connected"):
            if entry.channel is not None and entry.channel in answered:
                connected.setdefault(entry.channel, entry.at)
        waits = [_ms(answered[channel], at, speed) for channel, at in connected.items()]
        told = [
            _ms(at, self._bridged[attempt], speed)
            for channel, at in connected.items()
            if (attempt := channel.removeprefix("pl-c-")) in self._bridged
        ]
        return {
            "answer_to_agent_ms": percentiles(waits, (50, 95, 99)),
            "event_to_console_ms": percentiles(told, (50, 99)),
        }


def _ms(start: datetime, end: datetime, speed: float) -> float:
    return (end - start).total_seconds() * 1000 / speed


def percentiles(values: Sequence[float], wanted: Sequence[int]) -> dict[str, float | None]:
    """`{"p50": ...}` by nearest rank; None where there is nothing to measure."""
    ordered = sorted(values)
    if not ordered:
        return {f"p{number}": None for number in wanted}
    return {f"p{number}": round(ordered[max(1, math.ceil(len(ordered) * number / 100)) - 1], 2) for number in wanted}
