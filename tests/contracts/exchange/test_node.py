"""The node as a whole: lost sockets, lost nodes, phones that come and go."""

import asyncio
from dataclasses import replace

import pytest

from telephony.ari.exchange import AriExchange
from telephony.asterisk import public
from telephony.exchange import (
    Answered,
    Destroyed,
    EndpointChanged,
    EnteredBridge,
    ExchangeUnavailable,
    NodeDown,
    NodeUp,
    Ringing,
)
from tests.contracts.exchange.caller import Caller
from tests.contracts.exchange.conftest import calling


async def test_connected_calls_outlive_a_lost_socket(caller: Caller) -> None:
    debtor = await caller.dial(public.PERSON)
    await caller.wait(Answered, debtor)
    bridge = await caller.bridge([debtor])
    await caller.wait(EnteredBridge, debtor)
    mark = caller.mark()
    caller.wire.cut()
    await caller.wait(NodeDown, skip=mark)
    await caller.wait(NodeUp, skip=mark)
    assert [(c.channel_id, c.state, c.ours) for c in await caller.exchange.channels()] == [(debtor, "Up", True)]
    assert [(b.bridge_id, b.channel_ids) for b in await caller.exchange.bridges()] == [(bridge, (debtor,))]
    await caller.exchange.hangup(debtor)
    await caller.wait(Destroyed, debtor)


async def test_a_call_answered_while_nobody_listens_is_hung_up_and_not_listed(caller: Caller) -> None:
    debtor = await caller.dial(public.PERSON)
    await caller.wait(Ringing, debtor)
    caller.wire.cut(mended=False)
    await caller.wait(NodeDown)
    await asyncio.sleep(1.0)  # nobody can hear the answer: there is no event to wait for
    mark = caller.mark()
    caller.wire.mended = True
    await caller.wait(NodeUp, skip=mark, timeout_s=10)
    assert await caller.exchange.channels() == []
    assert caller.kinds(debtor) == ["Ringing"]


async def test_a_call_that_rings_through_a_short_loss_is_answered_after_it(caller: Caller) -> None:
    debtor = await caller.dial(public.SLOW_PERSON)
    await caller.wait(Ringing, debtor)
    mark = caller.mark()
    caller.wire.cut()
    await caller.wait(NodeUp, skip=mark)
    await caller.wait(Answered, debtor, timeout_s=8)


async def test_nothing_is_dialed_while_the_node_is_away(caller: Caller) -> None:
    caller.wire.cut(mended=False)
    await caller.wait(NodeDown)
    with pytest.raises(ExchangeUnavailable):
        await caller.dial(public.PERSON)


async def test_a_node_that_dies_comes_back_empty(caller: Caller) -> None:
    debtor = await caller.dial(public.PERSON)
    await caller.wait(Answered, debtor)
    await caller.bridge([debtor])
    mark = caller.mark()
    await caller.side.crash()
    await caller.wait(NodeDown, skip=mark)
    await caller.side.come_back()
    await caller.wait(NodeUp, skip=mark, timeout_s=15)
    assert await caller.exchange.channels() == []
    assert await caller.exchange.bridges() == []
    again = await caller.dial(public.INSTANT)
    await caller.wait(Answered, again)


async def test_a_wrong_password_never_comes_up_and_is_told(caller: Caller) -> None:
    stranger = AriExchange(replace(caller.exchange.settings, password="wrong"))
    try:
        async for event in stranger.events():
            assert isinstance(event, NodeDown)
            assert "password" in event.why or "401" in event.why
            break
    finally:
        await stranger.close()


async def test_a_second_dialer_of_the_same_app_takes_it_over(caller: Caller) -> None:
    debtor = await caller.dial(public.PERSON)
    await caller.wait(Answered, debtor)
    mark = caller.mark()
    async with calling(caller.side) as second:
        await caller.wait(NodeDown, skip=mark)
        assert [c.channel_id for c in await second.exchange.channels()] == [debtor]
        await second.exchange.hangup(debtor)
        await second.wait(Destroyed, debtor)
    assert "Destroyed" not in caller.kinds(debtor)


async def test_a_phone_that_goes_and_comes_is_noticed(caller: Caller) -> None:
    endpoint = "PJSIP/agent-reg"
    caller.side.register()
    if not await caller.exchange.watch_endpoint(endpoint):
        await caller.wait(EndpointChanged)
    mark = caller.mark()
    caller.side.unregister()
    gone = await caller.wait(EndpointChanged, skip=mark)
    assert (gone.endpoint, gone.online) == (endpoint, False)
    mark = caller.mark()
    caller.side.register()
    back = await caller.wait(EndpointChanged, skip=mark)
    assert (back.endpoint, back.online) == (endpoint, True)


async def test_a_watched_phones_leg_is_told_once(caller: Caller) -> None:
    assert await caller.exchange.watch_endpoint("PJSIP/agent-2")
    leg = await caller.dial("PJSIP/agent-2")
    await caller.wait(Answered, leg)
    await caller.bridge([leg])
    await caller.wait(EnteredBridge, leg)
    await caller.exchange.hangup(leg)
    await caller.wait(Destroyed, leg)
    # Asterisk sends each event of a channel twice when its endpoint is subscribed too
    await caller.exchange.channels()
    kinds = [kind for kind in caller.kinds(leg) if kind != "Ringing"]
    assert kinds == ["Answered", "EnteredBridge", "LeftBridge", "Destroyed"]


async def test_a_phone_without_audio_loses_its_leg(caller: Caller) -> None:
    with caller.side.mute_phone() as endpoint:
        leg = await caller.dial(endpoint)
        answered = await caller.wait(Answered, leg)
        ended = await caller.wait(Destroyed, leg, timeout_s=14)
    assert ended.cause == 44
    assert 7.0 < (ended.at - answered.at).total_seconds() < 11.0
