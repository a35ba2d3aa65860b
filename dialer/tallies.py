"""Counts today's figures of each campaign and agent, and the floor's last hour, as the events come."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from dialer.call import CallState
from dialer.state import LiveCall
from telephony.clock import Clock

MINUTES = 60
RATE_WINDOW = timedelta(seconds=60)


@dataclass(slots=True)
class CampaignTally:
    dialed: int = 0
    answered: int = 0
    machines: int = 0
    bridged: int = 0
    abandoned: int = 0
    promises: int = 0
    promised: dict[str, int] = field(default_factory=dict)
    denied: dict[str, int] = field(default_factory=dict)
    messages_sent: int = 0
    messages_delivered: int = 0
    launches: deque[datetime] = field(default_factory=deque)

    @property
    def persons(self) -> int:
        """Answers that count for the abandonment rate: all but machines."""
        return max(0, self.answered - self.machines)

    @property
    def abandon_rate(self) -> float:
        return self.abandoned / self.persons if self.persons else 0.0


@dataclass(slots=True)
class AgentTally:
    calls: int = 0
    contacts: int = 0
    right_party: int = 0
    promises: int = 0
    promised: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(slots=True)
class MinuteTally:
    at: datetime
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Tallies:
    """All figures begin again when the date (UTC) changes. `load` adds what an earlier process has counted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._day: date | None = None
        self.campaigns: dict[int, CampaignTally] = {}
        self.agents: dict[int, AgentTally] = {}
        self._minutes: dict[int, deque[MinuteTally]] = {}

    def campaign(self, campaign_id: int) -> CampaignTally:
        self._roll()
        return self.campaigns.setdefault(campaign_id, CampaignTally())

    def agent(self, user_id: int) -> AgentTally:
        self._roll()
        return self.agents.setdefault(user_id, AgentTally())

    def _roll(self) -> None:
        today = self._clock.now().date()
        if today != self._day:
            self._day = today
            self.campaigns.clear()
            self.agents.clear()

    def minute(self, tenant_id: int, what: str, number: int = 1) -> None:
        at = self._clock.now().replace(second=0, microsecond=0)
        minutes = self._minutes.setdefault(tenant_id, deque(maxlen=MINUTES))
        if not minutes or minutes[-1].at < at:
            minutes.append(MinuteTally(at))
        minutes[-1].counts[what] += number

    def minutes(self, tenant_id: int) -> list[dict[str, Any]]:
        """The last hour, oldest first."""
        oldest = self._clock.now() - timedelta(minutes=MINUTES)
        names = ("dialed", "answered", "bridged", "abandoned", "promises", "messages")
        return [
            {"at": minute.at.isoformat(), **{name: max(0, minute.counts.get(name, 0)) for name in names}}
            for minute in self._minutes.get(tenant_id, ())
            if minute.at >= oldest
        ]

    def call_moved(self, live: LiveCall, before: CallState) -> None:
        """Count what a call's step into a new state means."""
        if live.campaign_id is None:
            return
        call, tally = live.call, self.campaign(live.campaign_id)
        if before is CallState.COMMITTED and call.state is CallState.DIALING:
            tally.dialed += 1
            tally.launches.append(self._clock.now())
            self.minute(live.tenant_id, "dialed")
        if before is CallState.DIALING and call.state is CallState.ENDED and call.outcome == "cancelled":
            # the node did not take it: nothing was dialed
            tally.dialed -= 1
            self.minute(live.tenant_id, "dialed", -1)
            if tally.launches:
                tally.launches.pop()
        answered = (CallState.WAITING, CallState.DETECTING, CallState.ANNOUNCING)
        if before in (CallState.DIALING, CallState.RINGING) and call.state in answered:
            tally.answered += 1
            self.minute(live.tenant_id, "answered")
        if call.state is CallState.MACHINE_ENDED:
            tally.machines += 1
        if before is CallState.BRIDGING and call.state is CallState.TALKING and call.talked_with is not None:
            tally.bridged += 1
            self.minute(live.tenant_id, "bridged")
            agent = self.agent(call.talked_with)
            agent.calls += 1
            agent.contacts += 1
        if call.state is CallState.ENDED and call.abandoned:
            tally.abandoned += 1
            self.minute(live.tenant_id, "abandoned")

    def disposed(self, live: LiveCall, code: str | None) -> None:
        """The agent's word that a machine answered, where nothing had heard it before."""
        if code == "machine" and live.campaign_id is not None and live.call.answered_by != "machine":
            self.campaign(live.campaign_id).machines += 1

    def denied(self, campaign_id: int, reason: str) -> None:
        denied = self.campaign(campaign_id).denied
        denied[reason] = denied.get(reason, 0) + 1

    def promise(self, tenant_id: int, campaign_id: int | None, user_id: int, minor: int, currency: str) -> None:
        agent = self.agent(user_id)
        agent.promises += 1
        agent.promised[currency] = agent.promised.get(currency, 0) + minor
        self.minute(tenant_id, "promises")
        if campaign_id is not None:
            tally = self.campaign(campaign_id)
            tally.promises += 1
            tally.promised[currency] = tally.promised.get(currency, 0) + minor

    def dial_rate_per_minute(self, campaign_id: int) -> int:
        launches = self.campaign(campaign_id).launches
        since = self._clock.now() - RATE_WINDOW
        while launches and launches[0] < since:
            launches.popleft()
        return len(launches)
