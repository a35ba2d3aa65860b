"""The client against a real Asterisk 22: what the scripted node only pretends."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

import pytest

from telephony.ari.exchange import AriExchange
from telephony.ari.settings import AriSettings
from telephony.asterisk.installation import prepare
from telephony.asterisk.lab import LabAsterisk, lab_settings, public_network
from telephony.asterisk.public import BUSY, INVALID, PERSON, SLOW_PERSON
from telephony.asterisk.settings import AgentPhone, Trunk
from telephony.exchange import (
    Answered,
    Destroyed,
    EnteredBridge,
    ExchangeRefused,
    ExchangeUnavailable,
    Leg,
    NodeDown,
    NodeHealth,
    NodeUp,
    Originate,
    Ringing,
)
from tests.permits import leg, permit_for
from tests.telephony.ari.conftest import Listener

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(600)]

numbers = count(1)
both_ways = pytest.mark.parametrize("over_ws", [False, True], ids=["http", "websocket"])


@pytest.fixture(scope="module")
def node() -> Iterator[LabAsterisk]:
    """Ours, with a trunk to a second Asterisk that plays the public network."""
    installation = prepare()
    public = public_network(installation)
    trunk = Trunk("trunk", "127.0.0.1", public.settings.sip_port)
    ours = LabAsterisk(
        installation, lab_settings(trunks=(trunk,), agents=(AgentPhone("agent-1", "not-used-here"),)), name="ari-client"
    )
    with public, ours:
        yield ours


@asynccontextmanager
async def dialing(node: LabAsterisk, over_ws: bool = False) -> AsyncIterator[tuple[AriExchange, Listener]]:
    settings = AriSettings(
        url=node.url,
        username=node.settings.ari_user,
        password=node.settings.ari_password,
        app=node.settings.app,
        rest_over_ws=over_ws,
        heartbeat_s=1.0,
    )
    exchange = AriExchange(settings)
    listener = Listener(exchange)
    try:
        await listener.next(NodeUp)
        yield exchange, listener
    finally:
        await exchange.close()
        await listener.task


def call(who: str, *, ring_timeout_s: int = 10, absolute_timeout_s: int = 60) -> Leg:
    return leg(
        f"pl-{next(numbers)}-{who}",
        f"PJSIP/155501002{who}@trunk",
        "+15550001111",
        ring_timeout_s,
        absolute_timeout_s=absolute_timeout_s,
    )


@both_ways
async def test_an_answered_leg_is_bridged_and_hung_up(node: LabAsterisk, over_ws: bool) -> None:
    async with dialing(node, over_ws) as (exchange, listener):
        leg = call(PERSON)
        bridge_id = f"{leg.channel_id}-b"
        await exchange.originate(leg)
        assert (await listener.next(Ringing)).channel_id == leg.channel_id
        assert (await listener.next(Answered)).channel_id == leg.channel_id
        await exchange.create_bridge(bridge_id)
        await exchange.create_bridge(bridge_id)
        await exchange.add_to_bridge(bridge_id, [leg.channel_id])
        assert (await listener.next(EnteredBridge)).bridge_id == bridge_id
        assert [b.channel_ids for b in await exchange.bridges()] == [(leg.channel_id,)]
        assert [(c.channel_id, c.state, c.ours) for c in await exchange.channels()] == [(leg.channel_id, "Up", True)]
        await exchange.start_hold(leg.channel_id)
        await exchange.stop_hold(leg.channel_id)
        await exchange.send_dtmf(leg.channel_id, "1#")
        await exchange.hangup(leg.channel_id)
        await listener.next(Destroyed)
        await exchange.hangup(leg.channel_id)
        with pytest.raises(ExchangeRefused) as refused:
            await exchange.add_to_bridge(bridge_id, [leg.channel_id])
        assert refused.value.status == 404
        await exchange.destroy_bridge(bridge_id)
        await exchange.destroy_bridge(bridge_id)


@both_ways
@pytest.mark.parametrize(("who", "cause", "sip"), [(BUSY, 17, 486), (INVALID, 1, 404)])
async def test_a_failed_leg_ends_with_its_codes(
    node: LabAsterisk, over_ws: bool, who: str, cause: int, sip: int
) -> None:
    async with dialing(node, over_ws) as (exchange, listener):
        await exchange.originate(call(who))
        gone = await listener.next(Destroyed)
        assert (gone.cause, gone.tech_cause) == (cause, sip)


async def test_our_own_ring_timeout_ends_a_leg(node: LabAsterisk) -> None:
    async with dialing(node) as (exchange, listener):
        await exchange.originate(call(SLOW_PERSON, ring_timeout_s=1))
        gone = await listener.next(Destroyed)
        assert (gone.cause, gone.tech_cause) == (19, 480)


async def test_the_absolute_timeout_ends_an_answered_leg(node: LabAsterisk) -> None:
    async with dialing(node) as (exchange, listener):
        await exchange.originate(call(PERSON, absolute_timeout_s=2))
        answered = await listener.next(Answered)
        gone = await listener.next(Destroyed)
        assert (gone.at - answered.at).total_seconds() < 3


async def test_a_repeated_originate_of_a_living_leg_dials_once(node: LabAsterisk) -> None:
    async with dialing(node) as (exchange, listener):
        leg = call(PERSON)
        assert isinstance(leg, Originate)
        await exchange.originate(leg)
        await exchange.originate(replace(leg, permit=permit_for(leg.endpoint)))
        await listener.next(Answered)
        assert len(await exchange.channels()) == 1
        await exchange.hangup(leg.channel_id)
        await listener.next(Destroyed)


async def test_a_killed_node_is_taken_up_again_by_itself(node: LabAsterisk) -> None:
    async with dialing(node) as (exchange, listener):
        await exchange.watch_endpoint("PJSIP/agent-1")
        node.kill()
        await listener.next(NodeDown)
        with pytest.raises(ExchangeUnavailable):
            await exchange.originate(call(PERSON))
        await asyncio.to_thread(node.restart)
        await listener.next(NodeUp, timeout_s=10)
        leg = call(PERSON)
        await exchange.originate(leg)
        await listener.next(Answered)
        await exchange.hangup(leg.channel_id)
        await listener.next(Destroyed)


async def test_a_frozen_node_is_noticed_and_taken_up_again(node: LabAsterisk) -> None:
    async with dialing(node) as (_, listener):
        node.freeze()
        try:
            down = await listener.next(NodeDown)
            assert "no sign of life" in down.why
        finally:
            node.thaw()
        await listener.next(NodeUp, timeout_s=10)


async def test_a_second_dialer_takes_the_app_and_the_first_stops(node: LabAsterisk) -> None:
    async with dialing(node) as (first, listener), dialing(node) as (second, _):
        assert "another dialer took the app" in (await listener.next(NodeDown)).why
        assert (first.health, second.health) == (NodeHealth.DOWN, NodeHealth.UP)
        await asyncio.sleep(0.5)  # longer than the first wait of a reconnection
        assert second.health is NodeHealth.UP


async def test_a_wrong_password_is_told(node: LabAsterisk) -> None:
    exchange = AriExchange(AriSettings(url=node.url, username=node.settings.ari_user, password="wrong"))
    listener = Listener(exchange)
    assert "`password`" in (await listener.next(NodeDown)).why
    await exchange.close()
    await listener.task
