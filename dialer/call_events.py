"""Names what can happen to a call (events) and what a call wants done (effects), as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from telephony.exchange import (
    AmdVerdict,
    Answered,
    Destroyed,
    Dtmf,
    EarlyMedia,
    EnteredBridge,
    LeftBridge,
    PlaybackEnded,
    Ringing,
)


@dataclass(frozen=True, slots=True)
class Launch:
    """The attempt is committed in the database and the node is up: dial."""

    at: datetime


@dataclass(frozen=True, slots=True)
class DialRefused:
    """The exchange said no to the originate. `status` is the HTTP status."""

    status: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DialUnavailable:
    """The exchange could not be reached; nothing was dialed."""

    at: datetime


@dataclass(frozen=True, slots=True)
class DialLost:
    """The reply to the originate was lost: perhaps dialed. Never dialed again; events or reconciliation decide."""

    at: datetime


@dataclass(frozen=True, slots=True)
class AgentFound:
    agent_id: int
    bridge_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConnectFailed:
    """Adding the debtor to the agent's bridge was refused; nothing was connected."""

    agent_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AgentLost:
    """The agent's leg is gone or the phone is offline."""

    agent_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldAsked:
    at: datetime


@dataclass(frozen=True, slots=True)
class UnholdAsked:
    at: datetime


@dataclass(frozen=True, slots=True)
class HangupAsked:
    """`by` is agent or system."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RingOver:
    """The originate's own timeout is past by some seconds and no end was seen."""

    at: datetime


@dataclass(frozen=True, slots=True)
class WaitOver:
    """The person has waited for an agent as long as the rule allows."""

    at: datetime


@dataclass(frozen=True, slots=True)
class VerdictOver:
    """Answering machine detection did not come back, or could not be started."""

    at: datetime


@dataclass(frozen=True, slots=True)
class MessageOver:
    """The abandon message should long have ended."""

    at: datetime


@dataclass(frozen=True, slots=True)
class EndOver:
    """The hang-up was sent and the channel's end was not seen."""

    at: datetime


@dataclass(frozen=True, slots=True)
class AloneOver:
    """The debtor left the agent's bridge a second ago and neither came back nor hung up."""

    at: datetime


@dataclass(frozen=True, slots=True)
class FoundLive:
    """Reconciliation saw the channel. `agent_id`, `bridge_id`: in whose bridge it is; `state` is Asterisk's word."""

    state: str
    agent_id: int | None
    bridge_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NotFound:
    """Reconciliation did not see the channel: it ended while nobody listened."""

    at: datetime


CallEvent = (
    Ringing
    | EarlyMedia
    | Answered
    | AmdVerdict
    | EnteredBridge
    | LeftBridge
    | PlaybackEnded
    | Destroyed
    | Dtmf
    | Launch
    | DialRefused
    | DialUnavailable
    | DialLost
    | AgentFound
    | ConnectFailed
    | AgentLost
    | HoldAsked
    | UnholdAsked
    | HangupAsked
    | RingOver
    | WaitOver
    | VerdictOver
    | MessageOver
    | EndOver
    | AloneOver
    | FoundLive
    | NotFound
)


class Timer(StrEnum):
    RING = "ring"
    WAIT = "wait"
    VERDICT = "verdict"
    MESSAGE = "message"
    END = "end"
    ALONE = "alone"


TimerEvent = RingOver | WaitOver | VerdictOver | MessageOver | EndOver | AloneOver
TIMER_EVENTS: Mapping[Timer, type[TimerEvent]] = {
    Timer.RING: RingOver,
    Timer.WAIT: WaitOver,
    Timer.VERDICT: VerdictOver,
    Timer.MESSAGE: MessageOver,
    Timer.END: EndOver,
    Timer.ALONE: AloneOver,
}


@dataclass(frozen=True, slots=True)
class Dial:
    """Send the originate, once in this call's life."""


@dataclass(frozen=True, slots=True)
class StartAmd:
    """Start answering machine detection; a failure comes back as VerdictOver."""


@dataclass(frozen=True, slots=True)
class ConnectAgent:
    """Add the debtor to this agent's bridge; a refusal comes back as ConnectFailed."""

    agent_id: int
    bridge_id: str


@dataclass(frozen=True, slots=True)
class LeaveBridge:
    bridge_id: str


@dataclass(frozen=True, slots=True)
class PlayAbandon:
    """Play the campaign's message; a refusal comes back as a failed PlaybackEnded."""


@dataclass(frozen=True, slots=True)
class PlayAnnouncement:
    """Play the campaign's recording; a refusal comes back as a failed PlaybackEnded."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """The person pressed the key: no more calls to this number."""


@dataclass(frozen=True, slots=True)
class HoldLine:
    agent_id: int


@dataclass(frozen=True, slots=True)
class ResumeLine:
    agent_id: int


@dataclass(frozen=True, slots=True)
class Hangup:
    pass


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Set, or set anew, one timer; it comes back as TIMER_EVENTS[timer]."""

    timer: Timer
    due: datetime


@dataclass(frozen=True, slots=True)
class CancelTimer:
    timer: Timer


@dataclass(frozen=True, slots=True)
class WantAgent:
    """Put this call among the waiting ones; asking twice is asking once. AgentFound comes back."""


@dataclass(frozen=True, slots=True)
class DropWant:
    pass


@dataclass(frozen=True, slots=True)
class AgentConnected:
    agent_id: int


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """The agent has nothing more to do with this call. `talked`: they were connected."""

    agent_id: int
    talked: bool


@dataclass(frozen=True, slots=True)
class Record:
    """Columns of the attempt's row to be written soon."""

    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """Write the call's end: outcome, queue, fallback. The call itself holds the figures."""


CallEffect = (
    Dial
    | StartAmd
    | ConnectAgent
    | LeaveBridge
    | PlayAbandon
    | PlayAnnouncement
    | OptOut
    | HoldLine
    | ResumeLine
    | Hangup
    | SetTimer
    | CancelTimer
    | WantAgent
    | DropWant
    | AgentConnected
    | FreeAgent
    | Record
    | Ended
)
