"""Holds what one floor knows while it runs: campaigns, agents, calls, and the parts that everything shares."""

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.callbacks.service import Callback
from campaigns.model import CampaignSettings
from campaigns.queue.model import ClaimedRow
from campaigns.shifts.model import Plan
from compliance.abandonment_ledger import Gauge, Policy
from dialer.agent import Agent
from dialer.agent_events import AgentEvent, AgentTimer
from dialer.alarms import Alarm, Alarms
from dialer.call import Call
from dialer.call_events import CallEvent, Timer
from dialer.contact import GateContext
from dialer.detection import Belief
from dialer.idle import Idle
from dialer.lanes import Lane, Tasks
from dialer.metrics import FloorMetrics
from dialer.occupancy import Occupancy
from dialer.pacing import UNREAD, AbandonmentBudget, Pacer, PacingSnapshot, ProgressivePacer
from dialer.pacing.foretold import Foretold, foretold
from dialer.pacing.interface import OutcomeSeen, SeatEvent, Stage
from dialer.pacing.odds_book import OddsBook
from dialer.pacing.segments import Cell
from dialer.pacing.start import PacerStart
from dialer.streams import StreamHub
from dialer.ticks.recorder import TickRecorder
from telephony.clock import Clock
from telephony.exchange import Exchange
from telephony.permit import Permit

UNHEARD_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class FloorSettings:
    """What an operator may set on a floor. `endpoint` gets `number`, the digits without +."""

    endpoint: str = "PJSIP/{number}@trunk"
    formats: str = "alaw"
    tick_s: float = 0.5
    reconcile_s: float = 10.0
    lease_s: float = 60.0
    claim_lease_s: float = 180.0
    agent_ring_s: int = 30
    max_launch_per_tick: int = 200
    abandonment: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True)
class Card:
    """What may be shown of a person before the right party is recorded."""

    ask_for: str
    language: str
    checks: tuple[Mapping[str, str], ...] = ()
    business_name: str = ""  # ours: who calls, and whom to call back
    business_phone: str = ""
    list_id: int | None = None  # the import that brought the person; for pacing, not shown


@dataclass(slots=True)
class LiveCall:
    """One call with what its life needs around it. `queue` None: not from a queue (a manual or callback call)."""

    call: Call
    tenant_id: int
    campaign_id: int | None
    debtor_id: int
    contact_point_id: int
    phone: str
    node: str
    origin: str
    lane: Lane
    queue: ClaimedRow | None = None
    card: Card | None = None
    identity: str = "unchecked"
    disposition: str | None = None
    prewritten: bool = False  # the disposition is in the database already, chosen before the call's end
    settled: bool = False
    callback_at: datetime | None = None
    debt_ids: tuple[int, ...] = ()
    state_since: datetime | None = None
    judged_at: datetime | None = None  # by the gate
    in_force: tuple[str, ...] = ()  # the rulebooks that allowed it, as id@version
    permit: Permit | None = None  # to dial once; a call that a restart found has none
    dialed_at: datetime | None = None  # when the reply to the originate came, or was given up
    inbox: deque[CallEvent] = field(default_factory=deque)
    stepping: bool = False
    timers: dict[Timer, Alarm] = field(default_factory=dict)
    staff: int = 0  # agents at work for the campaign when it was launched
    per_agent: float = 0.0  # calls in flight for each of them then
    playback_id: str | None = None
    cell: Cell | None = None  # what was known of it at its launch; None: its end teaches nothing
    odds: float = 1.0  # how likely it was to be answered then, as a multiple of the campaign's level
    stage: Stage | None = None  # what the console shows of the talk, and since when
    staged_at: datetime | None = None
    stages_told: int = 0

    @property
    def attempt_id(self) -> str:
        return self.call.attempt_id

    @property
    def channel_id(self) -> str:
        return channel_of(self.call.attempt_id)


@dataclass(slots=True)
class Preview:
    """A debtor shown to an agent: claimed from the queue (`row`), or one who is to be called back (`callback`)."""

    campaign_id: int
    debtor_id: int
    card: Card
    phone: str
    since: datetime
    row: ClaimedRow | None = None
    callback: Callback | None = None


@dataclass(slots=True)
class LiveAgent:
    """One agent with what their day needs around it.

    `campaigns`: whose calls the agent takes, of those they are assigned to and those staffed by skill; `lacks`: the
    skills that keep them from the calls of a campaign they are assigned to. `plans`: the next one first; `planned`: the
    break that the present pause, or the wish for one, came from.
    """

    agent: Agent
    tenant_id: int
    name: str
    endpoint: str | None
    simulated: bool
    lane: Lane
    session_id: UUID | None = None
    started_at: datetime | None = None
    node: str | None = None
    channel_id: str | None = None
    bridge_id: str | None = None
    leg_opened_at: datetime | None = None
    campaigns: frozenset[int] = frozenset()
    assigned: frozenset[int] = frozenset()
    skills: tuple[str, ...] = ()
    lacks: tuple[tuple[int, tuple[str, ...]], ...] = ()
    version: int = 0  # of the user's row
    plans: tuple[Plan, ...] = ()
    planned: Plan | None = None
    call: LiveCall | None = None
    preview: Preview | None = None
    file: dict[str, Any] | None = None
    timers: dict[AgentTimer, Alarm] = field(default_factory=dict)
    watched: set[str] = field(default_factory=set)
    refusal: tuple[str, str] | None = None
    notices: list[dict[str, Any]] = field(default_factory=list)

    @property
    def user_id(self) -> int:
        return self.agent.user_id


@dataclass(slots=True)
class LiveCampaign:
    """A campaign that runs, or that has calls, on this floor. `agents`: those assigned to it."""

    id: int
    tenant_id: int
    name: str
    creditor: str
    state: str
    version: int
    settings: CampaignSettings
    pacer: Pacer = field(default_factory=ProgressivePacer)
    agents: frozenset[int] = frozenset()
    start: PacerStart = field(default_factory=PacerStart)
    learnt: bytes | None = None  # by the mode that learns, while another one paces
    saved_at: datetime | None = None  # when what the pacer has learnt was stored
    because: str = ""
    seen: PacingSnapshot | None = None  # at the last tick
    launched: int = 0  # by the last tick that launched anything
    told: tuple[PacingSnapshot | None, Foretold | None] | None = None  # of which look, and what
    surprised_since: datetime | None = None  # the pacer's forecasts are not borne out
    outcomes: list[OutcomeSeen] = field(default_factory=list)
    seat_events: list[SeatEvent] = field(default_factory=list)
    odds: OddsBook = field(default_factory=OddsBook)  # what makes an answer likelier
    abandonment: AbandonmentBudget = UNREAD
    detection: Belief | None = None  # of a campaign that detects machines, once it is read
    held_by_detection: str = ""  # why detection alone allows no more than 1:1
    gauges: tuple[tuple[Gauge, datetime], ...] = ()  # each with the instant since which it has been in its state

    def allowance(self) -> AbandonmentBudget:
        """What the abandonment gauges leave to pacing, and nothing where detection spends it all."""
        left = self.abandonment
        if not self.held_by_detection:
            return left
        because = "; ".join(why for why in (left.because, self.held_by_detection) if why)
        return replace(left, holds=True, because=because)

    def foretold(self) -> Foretold | None:
        """What the pacer made of its last look; reckoned once for each look."""
        if self.told is None or self.told[0] is not self.seen:
            self.told = (self.seen, foretold(self.pacer, self.seen))
        return self.told[1]

    def hear(self, outcome: OutcomeSeen) -> None:
        """Kept for the next tick; a campaign that does not dial keeps the newest only."""
        self.outcomes.append(outcome)
        del self.outcomes[:-UNHEARD_AT_MOST]

    def hear_seat(self, event: SeatEvent) -> None:
        self.seat_events.append(event)
        del self.seat_events[:-UNHEARD_AT_MOST]


async def _nobody_reads(user_ids: Collection[int]) -> None:
    return None


@dataclass(slots=True)
class FloorState:
    """Everything that the parts of a floor share. Only the event loop's thread touches it."""

    engine: AsyncEngine
    exchanges: Mapping[str, Exchange]
    clock: Clock
    gate: GateContext
    hub: StreamHub
    settings: FloorSettings
    metrics: FloorMetrics
    owner: str
    tasks: Tasks
    alarms: Alarms
    tenant_id: int | None = None
    recorder: TickRecorder | None = None
    campaigns: dict[int, LiveCampaign] = field(default_factory=dict)
    agents: dict[int, LiveAgent] = field(default_factory=dict)
    calls: dict[str, LiveCall] = field(default_factory=dict)
    legs: dict[str, LiveAgent] = field(default_factory=dict)
    waiting: dict[str, LiveCall] = field(default_factory=dict)
    occupancy: Occupancy = field(default_factory=Occupancy)
    idle: Idle = field(default_factory=Idle)  # agents that can be offered a call
    node_why: dict[str, str] = field(default_factory=dict)
    epoch_s: float = field(init=False)  # what the monotonic clock lacks to seconds since 1970
    database_down: bool = False
    forecasts_ready: bool = True  # the predictive pacer is compiled
    # set by the floor: how the parts reach each other without importing each other
    feed_call: Callable[[LiveCall, CallEvent], None] = lambda live, event: None
    feed_agent: Callable[[LiveAgent, AgentEvent], None] = lambda live, event: None
    match: Callable[[], None] = lambda: None
    wake: Callable[[int | None], None] = lambda campaign_id: None
    call_changed: Callable[[LiveCall], None] = lambda live: None
    agent_changed: Callable[[LiveAgent], None] = lambda live: None
    nodes_changed: Callable[[], None] = lambda: None
    agents_changed: Callable[[Collection[int]], Awaitable[None]] = _nobody_reads

    def __post_init__(self) -> None:
        self.epoch_s = self.clock.now().timestamp() - self.clock.monotonic()

    def seated(self, live: LiveAgent) -> None:
        """To be told of each change of an agent: keeps `idle`."""
        if live.agent.offerable:
            self.idle.put(live.user_id, live.agent.since or self.now())
        else:
            self.idle.take(live.user_id)

    def now(self) -> datetime:
        return self.clock.now()

    def seconds(self) -> float:
        """The pacers' clock: seconds since 1970 that never run backwards in this process and go on in the next one."""
        return self.epoch_s + self.clock.monotonic()

    def takes_calls(self, live: LiveAgent) -> bool:
        """Ready, leg up, and nobody else in the bridge."""
        return live.agent.offerable and live.bridge_id is not None and self.occupancy.free(live.bridge_id)


def channel_of(attempt_id: str) -> str:
    return f"pl-c-{attempt_id}"


def new_id() -> UUID:
    return UUID(int=uuid_utils.uuid7().int)
