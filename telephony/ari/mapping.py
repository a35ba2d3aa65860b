"""Translates ARI messages of one node into the events of the exchange port. Pure; remembers what was said."""

import re
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any

from telephony.ari.generated import events as ari
from telephony.exchange import (
    AmdVerdict,
    Answered,
    Destroyed,
    Dtmf,
    EarlyMedia,
    EndpointChanged,
    EnteredBridge,
    ExchangeEvent,
    LeftBridge,
    PlaybackEnded,
    Ringing,
)

AMD_RESULTS = {"HUMAN": "person", "MACHINE": "machine"}
# app_amd.c: HUMAN-<silence after the greeting so far>-<silence that was waited for>, both in ms
AMD_HUMAN = re.compile(r"HUMAN-(\d{1,5})-\d+")
CONTACT_ONLINE = {"Created": True, "Updated": True, "Reachable": True, "NonQualified": True}
CONTACT_ONLINE |= {"Removed": False, "Unreachable": False}
PEER_ONLINE = {"Registered": True, "Reachable": True, "Lagged": True}
PEER_ONLINE |= {"Unregistered": False, "Unreachable": False, "Rejected": False}

UNHEARD = ("ChannelCreated", "ChannelHangupRequest", "ChannelStateChange", "StasisEnd")
"""Events of every call that say nothing which another one does not: a third of all, so the node need not send them."""

REMEMBERED = 1024
"""So many events are known again. The second copy comes within milliseconds; this is seconds of a node at its limit."""


class EventMapper:
    """`ahead()` is how far the node's clock is ahead of ours; times of events are given in ours."""

    def __init__(self, ahead: Callable[[], timedelta] = lambda: timedelta(0)) -> None:
        self._ahead = ahead
        self._said: dict[str, set[type]] = {}
        self._told: dict[Hashable, None] = {}
        self._online: dict[str, bool] = {}
        self._handlers: dict[type, Callable[[Any, datetime], ExchangeEvent | None]] = {
            ari.Dial: self._dial,
            ari.StasisStart: self._stasis_start,
            ari.ChannelEnteredBridge: self._entered,
            ari.ChannelLeftBridge: lambda m, at: LeftBridge(m.channel.id, m.bridge.id, at),
            ari.PlaybackFinished: self._playback_finished,
            ari.ChannelDestroyed: self._destroyed,
            ari.ChannelDtmfReceived: lambda m, at: Dtmf(m.channel.id, m.digit, at),
            ari.EndpointStateChange: self._endpoint_state,
            ari.ContactStatusChange: self._contact_status,
            ari.PeerStatusChange: self._peer_status,
        }

    def events(self, message: object) -> ExchangeEvent | None:
        """What the dialer is to hear of `message`, if anything."""
        handler = self._handlers.get(type(message))
        if handler is None or self._told_before(message):
            return None
        return handler(message, self._at(message))

    def gone(self, channel_id: str, at: datetime) -> Destroyed:
        """The end of a channel whose own end was lost. Cause 0: nobody knows."""
        self._said.pop(channel_id, None)
        return Destroyed(channel_id, 0, None, at)

    def endpoint(self, endpoint: str, online: bool, at: datetime) -> EndpointChanged | None:
        """Said only when it changes."""
        if self._online.get(endpoint) is online:
            return None
        self._online[endpoint] = online
        return EndpointChanged(endpoint, online, at)

    def online(self, endpoint: str) -> bool | None:
        """What was said last of it; None: nothing."""
        return self._online.get(endpoint)

    def forget(self, endpoint: str) -> None:
        """Say the endpoint's next state whatever it is."""
        self._online.pop(endpoint, None)

    def keep_only(self, channel_ids: set[str]) -> None:
        """Forget channels that no longer live (after a gap in the events)."""
        self._said = {channel_id: said for channel_id, said in self._said.items() if channel_id in channel_ids}

    def _at(self, message: object) -> datetime:
        stamp: datetime = message.timestamp  # type: ignore[attr-defined]
        return stamp - self._ahead()

    def _told_before(self, message: object) -> bool:
        """Whether this is the second copy of a message: a channel whose endpoint is subscribed too is told twice.

        Known by the node's own time stamp, which both copies bear: under load they are not neighbours. A digit that is
        pressed again has another stamp, since Asterisk makes no digit shorter than 80 ms.
        """
        key = _identity(message)
        if key is None:
            return False
        if key in self._told:
            return True
        self._told[key] = None
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        return False

    def _once(self, channel_id: str, event: ExchangeEvent) -> ExchangeEvent | None:
        said = self._said.setdefault(channel_id, set())
        if type(event) in said:
            return None
        said.add(type(event))
        return event

    def _dial(self, message: ari.Dial, at: datetime) -> ExchangeEvent | None:
        channel_id = message.peer.id
        if message.dialstatus == "RINGING":
            return self._once(channel_id, Ringing(channel_id, at))
        if message.dialstatus == "PROGRESS":
            return self._once(channel_id, EarlyMedia(channel_id, at))
        return None

    def _stasis_start(self, message: ari.StasisStart, at: datetime) -> ExchangeEvent | None:
        channel_id, args = message.channel.id, message.args
        if args[:1] == ["amd"]:
            status, cause = (*args[1:3], "", "")[:2]
            heard = AMD_HUMAN.fullmatch(cause)
            silence_ms = int(heard[1]) if heard else None
            return AmdVerdict(channel_id, AMD_RESULTS.get(status, "unknown"), cause, at, silence_ms)
        if message.channel.state != "Up":
            return None
        return self._once(channel_id, Answered(channel_id, at))

    def _entered(self, message: ari.ChannelEnteredBridge, at: datetime) -> ExchangeEvent | None:
        return EnteredBridge(message.channel.id, message.bridge.id, at) if message.channel is not None else None

    def _playback_finished(self, message: ari.PlaybackFinished, at: datetime) -> ExchangeEvent | None:
        scheme, _, channel_id = message.playback.target_uri.partition(":")
        if scheme != "channel":
            return None
        return PlaybackEnded(message.playback.id, channel_id, message.playback.state == "failed", at)

    def _destroyed(self, message: ari.ChannelDestroyed, at: datetime) -> ExchangeEvent | None:
        self._said.pop(message.channel.id, None)
        return Destroyed(message.channel.id, message.cause, message.tech_cause, at)

    def _endpoint_state(self, message: ari.EndpointStateChange, at: datetime) -> ExchangeEvent | None:
        state = message.endpoint.state
        return self.endpoint(_name(message.endpoint), state == "online", at) if state in ("online", "offline") else None

    def _contact_status(self, message: ari.ContactStatusChange, at: datetime) -> ExchangeEvent | None:
        online = CONTACT_ONLINE.get(message.contact_info.contact_status)
        return None if online is None else self.endpoint(_name(message.endpoint), online, at)

    def _peer_status(self, message: ari.PeerStatusChange, at: datetime) -> ExchangeEvent | None:
        online = PEER_ONLINE.get(message.peer.peer_status)
        return None if online is None else self.endpoint(_name(message.endpoint), online, at)


def _identity(message: object) -> Hashable | None:
    """What both copies of a message share and no other message has; None for messages that come once."""
    match message:
        case ari.Dial():
            return "Dial", message.peer.id, message.dialstatus, message.timestamp
        case ari.ChannelDestroyed():
            return "ChannelDestroyed", message.channel.id, message.timestamp
        case ari.ChannelDtmfReceived():
            return "Dtmf", message.channel.id, message.digit, message.duration_ms, message.timestamp
        case ari.PlaybackFinished():
            return "PlaybackFinished", message.playback.id, message.playback.state, message.timestamp
    return None


def _name(endpoint: Any) -> str:
    return f"{endpoint.technology}/{endpoint.resource}"
