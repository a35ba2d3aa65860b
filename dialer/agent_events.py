"""Names what can happen to an agent (events) and what an agent's day wants done (effects), as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class ReadyAsked:
    at: datetime


@dataclass(frozen=True, slots=True)
class PauseAsked:
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LogoutAsked:
    at: datetime


@dataclass(frozen=True, slots=True)
class PlanDue:
    """The time of a planned break or shift end has come; `reason` is the break's."""

    kind: Literal["pause", "logout"]
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PreviewOffered:
    """A claimed debtor is shown; the offer ends at `due`, with a call where it `dials`."""

    due: datetime
    at: datetime
    dials: bool = False


@dataclass(frozen=True, slots=True)
class PreviewDialAsked:
    at: datetime


@dataclass(frozen=True, slots=True)
class PreviewSkipAsked:
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PreviewAdmitted:
    """The gate allowed the call and its attempt is committed."""

    attempt_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PreviewRefused:
    at: datetime


@dataclass(frozen=True, slots=True)
class Reserve:
    """An answered call is on its way to this agent."""

    attempt_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Connected:
    attempt_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NotConnected:
    attempt_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CallOver:
    """A call that was connected is over for this agent; wrap-up lasts until `wrap_up_until` (None: as set)."""

    attempt_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CallHeld:
    at: datetime


@dataclass(frozen=True, slots=True)
class CallResumed:
    at: datetime


@dataclass(frozen=True, slots=True)
class Disposed:
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LegUp:
    """The agent's leg answered and is in the agent's own bridge."""

    at: datetime


@dataclass(frozen=True, slots=True)
class LegDown:
    """The agent's leg ended, was refused or was not found."""

    at: datetime


@dataclass(frozen=True, slots=True)
class PhoneOnline:
    at: datetime


@dataclass(frozen=True, slots=True)
class PhoneOffline:
    at: datetime


@dataclass(frozen=True, slots=True)
class WrapUpOver:
    at: datetime


@dataclass(frozen=True, slots=True)
class WrapUpCut:
    """A person waits, nobody else is free, and the campaign lets that end a wrap-up."""

    at: datetime


@dataclass(frozen=True, slots=True)
class PreviewOver:
    at: datetime


@dataclass(frozen=True, slots=True)
class LegRetry:
    at: datetime


@dataclass(frozen=True, slots=True)
class AwayOver:
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsoleBack:
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsoleGone:
    at: datetime


AgentEvent = (
    ReadyAsked
    | PauseAsked
    | LogoutAsked
    | PlanDue
    | PreviewOffered
    | PreviewDialAsked
    | PreviewSkipAsked
    | PreviewAdmitted
    | PreviewRefused
    | Reserve
    | Connected
    | NotConnected
    | CallOver
    | CallHeld
    | CallResumed
    | Disposed
    | LegUp
    | LegDown
    | PhoneOnline
    | PhoneOffline
    | WrapUpOver
    | WrapUpCut
    | PreviewOver
    | LegRetry
    | AwayOver
    | ConsoleBack
    | ConsoleGone
)


class AgentTimer(StrEnum):
    WRAP_UP = "wrap_up"
    PREVIEW = "preview"
    LEG_RETRY = "leg_retry"
    AWAY = "away"


AgentTimerEvent = WrapUpOver | PreviewOver | LegRetry | AwayOver
AGENT_TIMER_EVENTS: Mapping[AgentTimer, type[AgentTimerEvent]] = {
    AgentTimer.WRAP_UP: WrapUpOver,
    AgentTimer.PREVIEW: PreviewOver,
    AgentTimer.LEG_RETRY: LegRetry,
    AgentTimer.AWAY: AwayOver,
}


@dataclass(frozen=True, slots=True)
class OpenLeg:
    """Originate the agent's phone and put it in its own bridge; LegUp or LegDown comes back."""


@dataclass(frozen=True, slots=True)
class CloseLeg:
    """Hang up the agent's leg, whatever its state, and delete its bridge."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    timer: AgentTimer
    due: datetime


@dataclass(frozen=True, slots=True)
class StopTimer:
    timer: AgentTimer


@dataclass(frozen=True, slots=True)
class ReleasePreview:
    """The shown debtor goes back to the queue."""

    reason: str


@dataclass(frozen=True, slots=True)
class DialPreview:
    """Ask the gate and dial the shown debtor; PreviewAdmitted or PreviewRefused comes back."""


@dataclass(frozen=True, slots=True)
class LoseCall:
    """The agent's leg is gone under this call: tell it AgentLost."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class Dispose:
    """The call's disposition is final. `code` None: the campaign's default."""

    attempt_id: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Refuse:
    """The command is refused; `message` says to the agent why and what to do."""

    code: str
    message: str


AgentEffect = OpenLeg | CloseLeg | StartTimer | StopTimer | ReleasePreview | DialPreview | LoseCall | Dispose | Refuse
