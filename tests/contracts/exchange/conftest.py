"""Every test here runs over the sandbox and over a real Asterisk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from telephony.ari.exchange import AriExchange
from telephony.exchange import ExchangeError
from tests.contracts.exchange.caller import Caller
from tests.contracts.exchange.sides import AsteriskSide, SandboxSide, Side
from tests.contracts.exchange.wire import Wire
from tests.lab import asterisk_lab

__all__ = ["asterisk_lab"]


@pytest.fixture(params=["sandbox", pytest.param("asterisk", marks=pytest.mark.asterisk)])
async def side(request: pytest.FixtureRequest) -> AsyncIterator[Side]:
    made = SandboxSide() if request.param == "sandbox" else AsteriskSide(request.getfixturevalue("asterisk_lab"))
    await made.start()
    yield made
    await made.stop()


@asynccontextmanager
async def calling(side: Side, **changes: object) -> AsyncIterator[Caller]:
    settings = side.settings()
    wire = Wire(int(settings.url.rpartition(":")[2]))
    await wire.start()
    exchange = AriExchange(replace(settings, url=wire.url, **changes))  # type: ignore[arg-type]
    caller = Caller(side, exchange, wire)
    try:
        await caller.ready()
        yield caller
    finally:
        await _clean(exchange)
        await caller.close()
        await wire.close()


async def _clean(exchange: AriExchange) -> None:
    """Leave nothing behind for the next test."""
    try:
        for channel in await exchange.channels():
            await exchange.hangup(channel.channel_id)
        for bridge in await exchange.bridges():
            await exchange.destroy_bridge(bridge.bridge_id)
    except ExchangeError:
        return


@pytest.fixture
async def caller(side: Side) -> AsyncIterator[Caller]:
    async with calling(side) as made:
        yield made
