"""Decides what our open calls and agent legs mean against what the exchange shows. Pure.

The listing must be asked for after `asked_at` was read, and `calls` and `legs` must be gathered after it came back: so
every channel that we know of could be on it, and only calls dialed before it can be missed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from telephony.exchange import BridgeSnapshot, ChannelSnapshot

OUR_PREFIX = "pl-"


@dataclass(frozen=True, slots=True)
class OpenCall:
    """`launched_at` None: not dialed yet, so it cannot be missed."""

    attempt_id: str
    channel_id: str
    launched_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenLeg:
    """An agent's leg that is up or being opened since `opened_at`."""

    user_id: int
    channel_id: str
    bridge_id: str
    opened_at: datetime
    up: bool


@dataclass(frozen=True, slots=True)
class Adopt:
    """The call lives. `agent_id`, `bridge_id`: the agent's bridge that it is in, if any."""

    attempt_id: str
    state: str
    agent_id: int | None
    bridge_id: str | None


@dataclass(frozen=True, slots=True)
class EndAsLost:
    attempt_id: str


@dataclass(frozen=True, slots=True)
class HangUpUnknown:
    channel_id: str


@dataclass(frozen=True, slots=True)
class DeleteEmptyBridge:
    bridge_id: str


@dataclass(frozen=True, slots=True)
class LegFound:
    """`bridged`: the leg is in its own bridge, as it should be."""

    user_id: int
    state: str
    bridged: bool


@dataclass(frozen=True, slots=True)
class LegLost:
    user_id: int


Finding = Adopt | EndAsLost | HangUpUnknown | DeleteEmptyBridge | LegFound | LegLost


def reconcile(
    calls: Sequence[OpenCall],
    legs: Sequence[OpenLeg],
    channels: Iterable[ChannelSnapshot],
    bridges: Sequence[BridgeSnapshot],
    asked_at: datetime,
    known_before: Collection[str] = (),
) -> list[Finding]:
    """What to do about each call, leg, channel and bridge. A call or leg newer than `asked_at` is left alone.

    `known_before`: channels that were ours when the question was asked; those that have ended since are no strangers.
    """
    seen = {channel.channel_id: channel for channel in channels}
    inside = {channel_id: bridge.bridge_id for bridge in bridges for channel_id in bridge.channel_ids}
    agent_of = {leg.bridge_id: leg.user_id for leg in legs}
    findings: list[Finding] = []
    for call in calls:
        channel = seen.get(call.channel_id)
        if channel is not None:
            bridge_id = inside.get(call.channel_id)
            agent_id = agent_of.get(bridge_id) if bridge_id is not None else None
            findings.append(Adopt(call.attempt_id, channel.state, agent_id, bridge_id if agent_id else None))
        elif call.launched_at is not None and call.launched_at < asked_at:
            findings.append(EndAsLost(call.attempt_id))
    for leg in legs:
        channel = seen.get(leg.channel_id)
        if channel is not None:
            findings.append(LegFound(leg.user_id, channel.state, inside.get(leg.channel_id) == leg.bridge_id))
        elif leg.opened_at < asked_at:
            findings.append(LegLost(leg.user_id))
    known = {call.channel_id for call in calls} | {leg.channel_id for leg in legs} | set(known_before)
    findings += [
        HangUpUnknown(channel.channel_id)
        for channel in seen.values()
        if channel.ours and channel.channel_id.startswith(OUR_PREFIX) and channel.channel_id not in known
    ]
    findings += [
        DeleteEmptyBridge(bridge.bridge_id)
        for bridge in bridges
        if bridge.bridge_id.startswith(OUR_PREFIX) and not bridge.channel_ids and bridge.bridge_id not in agent_of
    ]
    return findings
