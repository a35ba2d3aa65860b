"""Connecting a debtor to an agent, holding, playing, keys."""

import pytest

from telephony.asterisk import public
from telephony.exchange import (
    Answered,
    Destroyed,
    Dtmf,
    EnteredBridge,
    ExchangeRefused,
    LeftBridge,
    PlaybackEnded,
    Ringing,
)
from tests.contracts.exchange.caller import Caller


async def _agent(caller: Caller) -> tuple[str, str]:
    """An agent's leg in its own bridge: leg and bridge."""
    leg = await caller.dial("PJSIP/agent-1")
    await caller.wait(Answered, leg)
    bridge = await caller.bridge([leg])
    await caller.wait(EnteredBridge, leg)
    return leg, bridge


async def _person(caller: Caller, code: str = public.INSTANT) -> str:
    channel = await caller.dial(code)
    await caller.wait(Answered, channel)
    return channel


async def test_one_request_connects_an_answered_debtor(caller: Caller) -> None:
    leg, bridge = await _agent(caller)
    debtor = await _person(caller)
    await caller.exchange.add_to_bridge(bridge, [debtor])
    entered = await caller.wait(EnteredBridge, debtor)
    assert entered.bridge_id == bridge
    assert caller.kinds(leg)[-1] == "EnteredBridge"
    found = {item.bridge_id: set(item.channel_ids) for item in await caller.exchange.bridges()}
    assert found == {bridge: {leg, debtor}}


async def test_a_debtor_leaves_the_bridge_before_the_end(caller: Caller) -> None:
    leg, bridge = await _agent(caller)
    debtor = await _person(caller, public.IMPATIENT)
    await caller.exchange.add_to_bridge(bridge, [debtor])
    ended = await caller.wait(Destroyed, debtor)
    assert ended.cause == 16
    assert caller.kinds(debtor) == ["Ringing", "Answered", "EnteredBridge", "LeftBridge", "Destroyed"]
    assert {channel.channel_id for channel in await caller.exchange.channels()} == {leg}


async def test_the_agent_hangs_the_debtor_up_and_keeps_the_leg(caller: Caller) -> None:
    leg, bridge = await _agent(caller)
    debtor = await _person(caller)
    await caller.exchange.add_to_bridge(bridge, [debtor])
    await caller.wait(EnteredBridge, debtor)
    await caller.exchange.hangup(debtor)
    await caller.wait(Destroyed, debtor)
    assert caller.kinds(debtor)[-3:] == ["EnteredBridge", "LeftBridge", "Destroyed"]
    assert "LeftBridge" not in caller.kinds(leg)


async def test_from_bridge_to_bridge_in_one_request(caller: Caller) -> None:
    _, bridge = await _agent(caller)
    debtor = await _person(caller)
    first = await caller.bridge([debtor])
    await caller.wait(EnteredBridge, debtor)
    mark = caller.mark()
    await caller.exchange.add_to_bridge(bridge, [debtor])
    entered = await caller.wait(EnteredBridge, debtor, skip=mark)
    assert entered.bridge_id == bridge
    moves = [event for event in caller.of(debtor) if isinstance(event, (EnteredBridge, LeftBridge))]
    assert [(type(event), event.bridge_id) for event in moves] == [
        (EnteredBridge, first),
        (LeftBridge, first),
        (EnteredBridge, bridge),
    ]


async def test_two_legs_enter_by_one_request(caller: Caller) -> None:
    one, two = await _person(caller), await _person(caller)
    bridge = await caller.bridge([one, two])
    await caller.wait(EnteredBridge, one)
    await caller.wait(EnteredBridge, two)
    assert {item.bridge_id: set(item.channel_ids) for item in await caller.exchange.bridges()} == {bridge: {one, two}}


async def test_a_debtor_is_held_and_taken_back(caller: Caller) -> None:
    _, bridge = await _agent(caller)
    debtor = await _person(caller)
    await caller.exchange.add_to_bridge(bridge, [debtor])
    await caller.wait(EnteredBridge, debtor)
    await caller.exchange.remove_from_bridge(bridge, [debtor])
    await caller.wait(LeftBridge, debtor)
    await caller.exchange.start_hold(debtor)
    await caller.exchange.stop_hold(debtor)
    mark = caller.mark()
    await caller.exchange.add_to_bridge(bridge, [debtor])
    await caller.wait(EnteredBridge, debtor, skip=mark)
    # who is not in it any more is no reason to fail
    await caller.exchange.remove_from_bridge(bridge, [debtor])
    await caller.exchange.remove_from_bridge(bridge, [debtor])


async def test_nobody_enters_before_the_answer(caller: Caller) -> None:
    _, bridge = await _agent(caller)
    debtor = await caller.dial(public.NO_ANSWER)
    await caller.wait(Ringing, debtor)
    with pytest.raises(ExchangeRefused) as refused:
        await caller.exchange.add_to_bridge(bridge, [debtor])
    assert refused.value.status == 422
    with pytest.raises(ExchangeRefused) as refused:
        await caller.exchange.play(debtor, "sound:beep", "pl-beep")
    assert refused.value.status == 409


async def test_who_is_gone_is_told_apart_from_what_failed(caller: Caller) -> None:
    leg, bridge = await _agent(caller)
    await caller.exchange.hangup("pl-nobody")
    await caller.exchange.destroy_bridge("pl-no-bridge")
    for attempt in (
        caller.exchange.add_to_bridge(bridge, ["pl-nobody"]),
        caller.exchange.add_to_bridge("pl-no-bridge", [leg]),
        caller.exchange.play("pl-nobody", "sound:beep", "pl-beep"),
        caller.exchange.start_amd("pl-nobody"),
    ):
        with pytest.raises(ExchangeRefused) as refused:
            await attempt
        assert refused.value.status == 404


async def test_channels_outlive_their_bridge(caller: Caller) -> None:
    leg, bridge = await _agent(caller)
    debtor = await _person(caller)
    await caller.exchange.add_to_bridge(bridge, [debtor])
    await caller.wait(EnteredBridge, debtor)
    await caller.exchange.destroy_bridge(bridge)
    await caller.wait(LeftBridge, debtor)
    await caller.wait(LeftBridge, leg)
    assert {(c.channel_id, c.state) for c in await caller.exchange.channels()} == {(leg, "Up"), (debtor, "Up")}
    await caller.bridges_gone()
    await caller.exchange.destroy_bridge(bridge)


async def test_a_bridge_that_is_there_already_is_success(caller: Caller) -> None:
    bridge = await caller.bridge()
    await caller.exchange.create_bridge(bridge)
    assert [item.bridge_id for item in await caller.exchange.bridges()] == [bridge]


async def test_a_message_is_played_to_its_end(caller: Caller) -> None:
    debtor = await _person(caller)
    await caller.exchange.play(debtor, "sound:beep", "pl-first")
    ended = await caller.wait(PlaybackEnded, debtor)
    assert (ended.playback_id, ended.failed) == ("pl-first", False)


async def test_two_messages_are_played_one_after_the_other(caller: Caller) -> None:
    debtor = await _person(caller)
    await caller.exchange.play(debtor, "sound:beep", "pl-one")
    await caller.exchange.play(debtor, "sound:beep", "pl-two")
    one = await caller.wait(PlaybackEnded, debtor)
    two = await caller.wait(PlaybackEnded, debtor, nth=2)
    assert (one.playback_id, two.playback_id) == ("pl-one", "pl-two")
    assert (two.at - one.at).total_seconds() > 0.3


async def test_a_missing_sound_fails_at_once(caller: Caller) -> None:
    debtor = await _person(caller)
    await caller.exchange.play(debtor, "sound:no-such-sound", "pl-missing")
    assert (await caller.wait(PlaybackEnded, debtor)).failed


async def test_a_message_is_cut_by_the_hang_up(caller: Caller) -> None:
    debtor = await _person(caller)
    await caller.exchange.play(debtor, "sound:promiseline/abandon-en", "pl-cut")
    await caller.exchange.hangup(debtor)
    await caller.wait(Destroyed, debtor)
    ended = [event for event in caller.of(debtor) if isinstance(event, PlaybackEnded)]
    # a hang-up before the first frame leaves the playback without any event
    assert [event.failed for event in ended] in ([True], [])


async def test_pressed_keys_are_heard_in_order(caller: Caller) -> None:
    _, bridge = await _agent(caller)
    debtor = await _person(caller, public.PRESSES)
    await caller.exchange.add_to_bridge(bridge, [debtor])
    await caller.wait(Dtmf, debtor, nth=2)
    assert [event.digit for event in caller.of(debtor) if isinstance(event, Dtmf)] == ["4", "2"]


async def test_keys_can_be_pressed_for_the_agent(caller: Caller) -> None:
    debtor = await _person(caller)
    await caller.exchange.send_dtmf(debtor, "12#")
