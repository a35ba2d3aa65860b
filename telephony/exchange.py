"""The port to a voice exchange: what the dialer asks of a switch, and what the switch tells it.

One node is one Asterisk, or its sandbox twin, which speaks ARI too; telephony.ari.exchange implements this port.
Every call may raise ExchangeUnavailable (nothing was done), ExchangeRefused (the switch said no) or
ExchangeUnknown (the reply was lost: it may or may not have been done; never repeat blindly, reconcile).
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from telephony.permit import Permit

AGENT_PHONE = re.compile(r"^PJSIP/(?!\+?[0-9]{7,}$)[A-Za-z0-9_.-]{1,80}$")
"""A phone registered at the exchange, like PJSIP/agent-7: no trunk, and no number that a trunk would dial."""


class ExchangeError(Exception):
    """Base of what can go wrong at the exchange. The text is for operators and holds no personal data."""


class ExchangeUnavailable(ExchangeError):
    """The node cannot be reached, or the admission limit is full; nothing was done."""


class ExchangeRefused(ExchangeError):
    """The node answered no. `status` is the HTTP status (404 gone, 409 conflict, 422 wrong state ...)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ExchangeUnknown(ExchangeError):
    """The request was sent and no reply came in time."""


class NodeHealth(StrEnum):
    UP = "up"
    SLOW = "slow"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Originate:
    """The leg to a person. `channel_id` is ours, unique for ever; `endpoint` like PJSIP/15551234567@trunk (without +).

    `permit`: that the gate allowed this call; it is spent by the request.
    """

    kind: ClassVar[str] = "debtor"

    channel_id: str
    endpoint: str
    caller_id: str
    ring_timeout_s: int
    permit: Permit
    formats: str = "alaw"
    absolute_timeout_s: int = 7200
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RingPhone:
    """The leg of an agent's own phone. `endpoint` is a registered phone (AGENT_PHONE), so that no person is dialed."""

    kind: ClassVar[str] = "agent"

    channel_id: str
    endpoint: str
    caller_id: str
    ring_timeout_s: int
    formats: str = "alaw"
    absolute_timeout_s: int = 12 * 3600
    variables: Mapping[str, str] = field(default_factory=dict)


Leg = Originate | RingPhone


@dataclass(frozen=True, slots=True)
class ChannelSnapshot:
    """A channel that lives on the node. `state` is Asterisk's word: Down, Ring, Ringing, Up ..."""

    channel_id: str
    state: str
    ours: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BridgeSnapshot:
    bridge_id: str
    channel_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeUp:
    """The event stream is open (again). Events may have been lost before it: reconcile now."""

    at: datetime


@dataclass(frozen=True, slots=True)
class NodeDown:
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class NodeSlow:
    """Replies or events lag; `lag_ms` is the measured lag. Sent on every change of health between up and slow."""

    at: datetime
    lag_ms: float
    slow: bool


@dataclass(frozen=True, slots=True)
class Ringing:
    channel_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EarlyMedia:
    channel_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """The far end answered and the channel is ours to bridge (ARI StasisStart on an Up channel)."""

    channel_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AmdVerdict:
    """Answering machine detection came back. `result` is person, machine or unknown; `cause` is Asterisk's text.

    `silence_ms`: how long before `at` the person's greeting was over; none: it was not heard to end.
    """

    channel_id: str
    result: str
    cause: str
    at: datetime
    silence_ms: int | None = None


@dataclass(frozen=True, slots=True)
class EnteredBridge:
    channel_id: str
    bridge_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeftBridge:
    channel_id: str
    bridge_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlaybackEnded:
    playback_id: str
    channel_id: str
    failed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The channel is gone; last event of every channel. `cause` is Q.850, `tech_cause` the last SIP code or None."""

    channel_id: str
    cause: int
    tech_cause: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Dtmf:
    channel_id: str
    digit: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EndpointChanged:
    """A subscribed endpoint (an agent's phone) came or went. `endpoint` like PJSIP/agent-7."""

    endpoint: str
    online: bool
    at: datetime


ExchangeEvent = (
    NodeUp
    | NodeDown
    | NodeSlow
    | Ringing
    | EarlyMedia
    | Answered
    | AmdVerdict
    | EnteredBridge
    | LeftBridge
    | PlaybackEnded
    | Destroyed
    | Dtmf
    | EndpointChanged
)


class Exchange(Protocol):
    """One node. All ids are chosen by the caller; ids are never reused."""

    node: str

    @property
    def health(self) -> NodeHealth: ...

    @property
    def room(self) -> int:
        """How many originates the node's limit would admit at this instant; ask before promising calls to it."""
        ...

    def events(self) -> AsyncIterator[ExchangeEvent]:
        """Every event of this node in order, from NodeUp on; survives disconnections; one consumer."""
        ...

    async def originate(self, call: Leg) -> None:
        """Dial. ExchangeRefused (403) for a person without a good permit, and for an agent's phone that is none."""
        ...

    async def hangup(self, channel_id: str, *, q850: int = 16) -> None:
        """End a channel; one that is already gone is success."""
        ...

    async def create_bridge(self, bridge_id: str) -> None: ...
    async def add_to_bridge(self, bridge_id: str, channel_ids: Sequence[str]) -> None: ...
    async def remove_from_bridge(self, bridge_id: str, channel_ids: Sequence[str]) -> None: ...
    async def destroy_bridge(self, bridge_id: str) -> None:
        """Channels in it stay up; a bridge that is already gone is success."""
        ...

    async def play(self, channel_id: str, media: str, playback_id: str) -> None:
        """`media` like sound:promiseline/abandon-en; PlaybackEnded follows."""
        ...

    async def start_hold(self, channel_id: str) -> None: ...
    async def stop_hold(self, channel_id: str) -> None: ...
    async def start_amd(self, channel_id: str) -> None:
        """Run answering machine detection on an answered channel; AmdVerdict follows."""
        ...

    async def send_dtmf(self, channel_id: str, digits: str) -> None: ...
    async def channels(self) -> list[ChannelSnapshot]: ...
    async def bridges(self) -> list[BridgeSnapshot]: ...
    async def watch_endpoint(self, endpoint: str) -> bool:
        """Subscribe to an agent's phone; True if it is online now. EndpointChanged follows on changes."""
        ...

    async def close(self) -> None: ...
