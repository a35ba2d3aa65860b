"""Drives one AriExchange in a test: gives commands and awaits events."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar
from uuid import uuid4

from telephony.ari.exchange import AriExchange
from telephony.exchange import ExchangeEvent, NodeUp
from tests.contracts.exchange.sides import Side, number
from tests.contracts.exchange.wire import Wire
from tests.permits import leg

E = TypeVar("E")


class Caller:
    """One dialer at the node, heard from its first NodeUp on."""

    def __init__(self, side: Side, exchange: AriExchange, wire: Wire) -> None:
        self.side = side
        self.exchange = exchange
        self.wire = wire
        self.heard: list[ExchangeEvent] = []
        self._more = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.exchange.events():
            self.heard.append(event)
            self._more.set()

    async def ready(self) -> None:
        await self.wait(NodeUp)

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self.exchange.close()

    def of(self, channel_id: str) -> list[ExchangeEvent]:
        return [event for event in self.heard if getattr(event, "channel_id", None) == channel_id]

    def kinds(self, channel_id: str) -> list[str]:
        """The names of a channel's events in their order."""
        return [type(event).__name__ for event in self.of(channel_id)]

    async def wait(
        self, kind: type[E], channel_id: str | None = None, *, timeout_s: float = 5.0, skip: int = 0, nth: int = 1
    ) -> E:
        """The `nth` event of `kind` (of that channel) from position `skip` of `heard` on, else TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while True:
                found = [event for event in self.heard[skip:] if isinstance(event, kind)]
                found = [event for event in found if channel_id in (None, getattr(event, "channel_id", None))]
                if len(found) >= nth:
                    return found[nth - 1]
                self._more.clear()
                await self._more.wait()

    def mark(self) -> int:
        """The position from which `wait(skip=...)` hears only what is new."""
        return len(self.heard)

    async def dial(
        self,
        who: str,
        *,
        ring_timeout_s: int = 20,
        absolute_timeout_s: int = 120,
        channel_id: str = "",
        variables: dict[str, str] | None = None,
    ) -> str:
        """Call a number by its last two digits, or an endpoint; the channel's id."""
        channel_id = channel_id or f"pl-{uuid4().hex}"
        endpoint = who if "/" in who else f"PJSIP/{number(who)}@trunk"
        await self.exchange.originate(
            leg(
                channel_id,
                endpoint,
                "15550009999",
                ring_timeout_s,
                absolute_timeout_s=absolute_timeout_s,
                variables=variables or {},
            )
        )
        return channel_id

    async def bridge(self, channel_ids: Sequence[str] = ()) -> str:
        bridge_id = f"pl-{uuid4().hex}"
        await self.exchange.create_bridge(bridge_id)
        if channel_ids:
            await self.exchange.add_to_bridge(bridge_id, channel_ids)
        return bridge_id

    async def bridges_gone(self, timeout_s: float = 5.0) -> None:
        """Until the node lists no bridge: Asterisk ends one a moment after it said that it did."""
        async with asyncio.timeout(timeout_s):
            while await self.exchange.bridges():  # noqa: ASYNC110 - another process ends it
                await asyncio.sleep(0.02)
