"""Holds the things that all parts of one simulated node share, and the two ways news leave it: events and the log."""

from dataclasses import dataclass, field
from datetime import datetime

from telephony.clock import Clock
from telephony.sandbox.apps import Apps
from telephony.sandbox.log import ExchangeLog, Kind
from telephony.sandbox.state import Bridge, Channel, Json, Playback
from telephony.sandbox.timers import Timers

ALLOCATION_FAILED = "Allocation failed"
"""Asterisk's answer where no channel can be made: an unknown endpoint, a phone that is not registered."""


class Refusal(Exception):
    """The node says no: an HTTP status and Asterisk's text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error" if message == ALLOCATION_FAILED else "message": message}


@dataclass(slots=True)
class Node:
    clock: Clock
    apps: Apps
    log: ExchangeLog
    timers: Timers
    channels: dict[str, Channel] = field(default_factory=dict)
    bridges: dict[str, Bridge] = field(default_factory=dict)
    playbacks: dict[str, Playback] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.clock.now()

    def channel(self, channel_id: str) -> Channel:
        """The living channel, or 404."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise Refusal(404, "Channel not found")
        return channel

    def controlled(self, channel_id: str) -> Channel:
        """The living channel that an application controls now, else 404 or 409."""
        channel = self.channel(channel_id)
        if not channel.in_app:
            raise Refusal(409, "Channel not in Stasis application")
        return channel

    def bridge(self, bridge_id: str) -> Bridge:
        bridge = self.bridges.get(bridge_id)
        if bridge is None:
            raise Refusal(404, "Bridge not found")
        return bridge

    def tell(self, channel: Channel, event_type: str, /, **fields: object) -> None:
        """Publish an event of a channel, to those subscribed to it and to its endpoint."""
        self.publish(channel, {"type": event_type, "channel": channel.json(), **fields})

    def publish(self, channel: Channel, event: Json) -> None:
        self.apps.publish(event, f"channel:{channel.id}", f"endpoint:{channel.endpoint}", repeat=True)

    def tell_app(self, channel: Channel, event_type: str, /, **fields: object) -> None:
        """Publish an event to the channel's application only (StasisStart, StasisEnd)."""
        self.apps.publish({"type": event_type, "channel": channel.json(), **fields}, f"channel:{channel.id}")

    def tell_endpoint(self, endpoint: str, event_type: str, /, **fields: object) -> None:
        """Publish an event to those subscribed to an endpoint such as PJSIP/agent-1."""
        self.apps.publish({"type": event_type, **fields}, f"endpoint:{endpoint}")

    def legs_of(self, endpoint: str) -> list[Channel]:
        return [channel for channel in self.channels.values() if channel.endpoint == endpoint]

    def note(
        self,
        channel: Channel,
        kind: Kind,
        *,
        by: str | None = None,
        other: str | None = None,
        result: str | None = None,
        cause: int | None = None,
        sip: int | None = None,
        state: str | None = None,
        caller_id: str | None = None,
    ) -> None:
        """Write to the exchange log about a channel."""
        self.log.add(
            self.now(),
            kind,
            channel=channel.id,
            number=channel.number,
            endpoint=channel.endpoint,
            attempt=channel.attempt,
            by=by,
            other=other,
            result=result,
            cause=cause,
            sip=sip,
            state=state,
            caller_id=caller_id,
        )
