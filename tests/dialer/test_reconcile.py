"""Our calls and legs against what the exchange shows."""

from dialer.reconcile import (
    Adopt,
    DeleteEmptyBridge,
    EndAsLost,
    HangUpUnknown,
    LegFound,
    LegLost,
    OpenCall,
    OpenLeg,
    reconcile,
)
from telephony.exchange import BridgeSnapshot, ChannelSnapshot
from tests.dialer.samples import at

CALL = OpenCall("a", "pl-c-a", at(0))
LEG = OpenLeg(7, "pl-a-s", "pl-b-s", at(0), up=True)


def channel(channel_id: str, state: str = "Up", ours: bool = True) -> ChannelSnapshot:
    return ChannelSnapshot(channel_id, state, ours, at(0))


def test_a_call_in_an_agents_bridge_is_adopted_with_the_agent() -> None:
    bridge = BridgeSnapshot("pl-b-s", ("pl-a-s", "pl-c-a"))
    found = reconcile([CALL], [LEG], [channel("pl-c-a"), channel("pl-a-s")], [bridge], at(5))
    assert found == [Adopt("a", "Up", 7, "pl-b-s"), LegFound(7, "Up", bridged=True)]


def test_a_call_alone_is_adopted_without_an_agent() -> None:
    assert reconcile([CALL], [], [channel("pl-c-a", "Ringing")], [], at(5)) == [Adopt("a", "Ringing", None, None)]


def test_a_call_that_is_not_there_is_lost_unless_it_is_newer_than_the_question() -> None:
    assert reconcile([CALL], [], [], [], at(5)) == [EndAsLost("a")]
    assert reconcile([OpenCall("a", "pl-c-a", at(6))], [], [], [], at(5)) == []
    assert reconcile([OpenCall("a", "pl-c-a", None)], [], [], [], at(5)) == []


def test_an_unknown_channel_of_ours_is_hung_up_and_a_strangers_is_left() -> None:
    shown = [channel("pl-c-x"), channel("pl-c-y", ours=False), channel("trunk-1")]
    assert reconcile([], [], shown, [], at(5)) == [HangUpUnknown("pl-c-x")]


def test_an_empty_bridge_of_ours_is_deleted_unless_its_leg_is_being_opened() -> None:
    bridges = [BridgeSnapshot("pl-b-old", ()), BridgeSnapshot("pl-b-s", ()), BridgeSnapshot("conference", ())]
    opening = OpenLeg(7, "pl-a-s", "pl-b-s", at(6), up=False)
    assert reconcile([], [opening], [], bridges, at(5)) == [DeleteEmptyBridge("pl-b-old")]


def test_a_leg_that_is_gone_is_lost_and_one_outside_its_bridge_is_told() -> None:
    assert reconcile([], [LEG], [], [], at(5)) == [LegLost(7)]
    assert reconcile([], [LEG], [channel("pl-a-s")], [], at(5)) == [LegFound(7, "Up", bridged=False)]


def test_a_channel_that_was_ours_when_the_node_was_asked_is_no_stranger() -> None:
    assert reconcile([], [], [channel("pl-c-x")], [], at(5), {"pl-c-x"}) == []
