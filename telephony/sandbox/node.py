"""Holds the things that all parts of one simulated node share, and the two ways news leave it: events and the log."""

from dataclasses import dataclass, field
from datetime import datetime

from telephony.clock import Clock
from telephony.sandbox.apps import Apps
from telephony.sandbox.log import ExchangeLog, Kind
from telephony.sandbox.state import Bridge, Channel, Json, Playback
from telephony.sandbox.timers import Timers


class Refusal(Exception):
    """The node says no: an HTTP status and Asterisk's text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


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

    def tell(self, channel: Channel, event_type: str, **fields: object) -> None:
        """Publish an event of a channel."""
        event: Json = {"type": event_type, "channel": channel.json(), **fields}
        self.apps.publish(event, f"channel:{channel.id}", f"endpoint:{channel.endpoint}")

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
