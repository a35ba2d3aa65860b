"""Shows supervisors the floor: the stream `floor:<tenant id>`, in the shape of SupervisorBoard in protocol.ts.

Changes are gathered and sent at most four times a second; queues and messages are counted every few seconds.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from dialer.abandonment_guard import WATCHED, abandonment_alarms
from dialer.agent import AgentState
from dialer.call import Call
from dialer.console import back_at, iso, money, nodes_view, plans_view
from dialer.pacing_view import detection_alarm, pacing_view, surprise_alarms
from dialer.state import FloorState, LiveAgent, LiveCall, LiveCampaign
from dialer.streams import REMOVED, Op
from dialer.tallies import AgentTally, Tallies
from telephony.exchange import NodeHealth
from telephony.number import mask

log = structlog.get_logger(__name__)
GATHER_S = 0.25
FIGURES_S = 5.0
QUEUES = text("SELECT campaign_id, state, count(*) FROM queue_row GROUP BY campaign_id, state")
MESSAGES = text("""
SELECT campaign_id, count(*) FILTER (WHERE sent_at IS NOT NULL),
       count(*) FILTER (WHERE state = 'delivered')
FROM message WHERE campaign_id IS NOT NULL AND created_at >= :since GROUP BY campaign_id
""")
TODAY = text("""
SELECT campaign_id, count(*), count(answered_at),
       count(*) FILTER (WHERE answered_at IS NOT NULL AND (answered_by = 'machine' OR outcome = 'amd_machine')),
       count(bridged_at), count(*) FILTER (WHERE abandoned)
FROM attempt WHERE channel = 'voice' AND direction = 'out' AND campaign_id IS NOT NULL AND at >= :since
  AND (outcome IS DISTINCT FROM 'cancelled' OR ringing_at IS NOT NULL) GROUP BY campaign_id
""")
PROMISED = text("""
SELECT campaign_id, agent_id, currency, count(*), sum(amount_minor) FROM promise WHERE created_at >= :since
GROUP BY campaign_id, agent_id, currency
""")
WORKED = text("""
SELECT user_id, state, sum(extract(epoch FROM to_at - from_at)) FROM agent_state_log WHERE from_at >= :since
GROUP BY user_id, state
""")
HANDLED = text("""
SELECT agent_id, count(*), count(right_party_at) FROM attempt
WHERE bridged_at >= :since AND agent_id IS NOT NULL AND channel = 'voice' GROUP BY agent_id
""")
ALARM_TEXTS = {
    "database": "The database does not answer: no dialing. Calls in progress go on; dialing starts again by itself.",
    "node": "Exchange node {node} is {health}: no dialing through it. It starts again by itself when the node is back.",
    "list": "Do-not-contact list {name} {words}.",
    "list_denies": "Do-not-contact list {name} {words}: nobody is contacted until that is mended.",
}
OCCUPIED = ("talking", "hold", "wrap_up")


def stream_of(tenant_id: int) -> str:
    return f"floor:{tenant_id}"


class Board:
    def __init__(self, state: FloorState, tallies: Tallies) -> None:
        self._state = state
        self._tallies = tallies
        self._shown: dict[int, dict[str, Any]] = {}
        self._dirty = asyncio.Event()
        self._queues: dict[int, dict[str, int]] = {}
        self._sent_before: dict[int, int] = {}
        self._alarms: dict[int, dict[str, dict[str, Any]]] = {}  # by tenant
        # a call's or an agent's view with the values that it was made of: most have not changed since the last time
        self._call_views: dict[str, tuple[Call, datetime | None, dict[str, Any]]] = {}
        self._agent_views: dict[int, tuple[tuple[Any, ...], dict[str, Any]]] = {}
        self._speed = state.clock.speed

    def touch(self) -> None:
        self._dirty.set()

    async def load_today(self) -> None:
        """What earlier processes counted today."""
        since = {"since": _midnight(self._state.now())}
        async with self._state.engine.connect() as conn:
            for campaign_id, dialed, answered, machines, bridged, abandoned in await conn.execute(TODAY, since):
                tally = self._tallies.campaign(campaign_id)
                tally.dialed, tally.answered, tally.machines = dialed, answered, machines
                tally.bridged, tally.abandoned = bridged, abandoned
            for campaign_id, agent_id, currency, number, total in await conn.execute(PROMISED, since):
                self._add_promises(campaign_id, agent_id, currency, number, int(total))
            for user_id, agent_state, seconds in await conn.execute(WORKED, since):
                self._tallies.agent(user_id).seconds[agent_state] += float(seconds)
            for agent_id, number, right_party in await conn.execute(HANDLED, since):
                agent = self._tallies.agent(agent_id)
                agent.calls = agent.contacts = number
                agent.right_party = right_party

    def _add_promises(
        self, campaign_id: int | None, agent_id: int | None, currency: str, number: int, sum_: int
    ) -> None:
        tallies: list[Any] = []
        if campaign_id is not None:
            tallies.append(self._tallies.campaign(campaign_id))
        if agent_id is not None:
            tallies.append(self._tallies.agent(agent_id))
        for tally in tallies:
            tally.promises += number
            tally.promised[currency] = tally.promised.get(currency, 0) + sum_

    async def read_figures(self) -> None:
        """Queues and messages, which other processes change too."""
        since = {"since": _midnight(self._state.now())}
        async with self._state.engine.connect() as conn:
            queues: dict[int, dict[str, int]] = {}
            for campaign_id, queue_state, number in await conn.execute(QUEUES):
                queues.setdefault(campaign_id, {})[queue_state] = number
            messages = (await conn.execute(MESSAGES, since)).all()
        self._queues = queues
        for campaign_id, sent, delivered in messages:
            tally = self._tallies.campaign(campaign_id)
            new = sent - tally.messages_sent
            tally.messages_sent, tally.messages_delivered = sent, delivered
            campaign = self._state.campaigns.get(campaign_id)
            if campaign is not None and new > 0 and campaign_id in self._sent_before:
                self._tallies.minute(campaign.tenant_id, "messages", new)
            self._sent_before[campaign_id] = sent
        self.touch()

    async def run_figures(self) -> None:
        while True:
            try:
                await self.read_figures()
            except (SQLAlchemyError, OSError) as problem:
                log.warning("board.figures_failed", problem=type(problem).__name__)
            await self._state.clock.sleep(FIGURES_S * self._speed)

    async def run(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self.show_all()
            await self._state.clock.sleep(GATHER_S * self._speed)

    def show_all(self) -> None:
        tenants = {c.tenant_id for c in self._state.campaigns.values()}
        tenants |= {a.tenant_id for a in self._state.agents.values()}
        if self._state.tenant_id is not None:
            # a fresh server has nodes and alarms to show before its first campaign
            tenants.add(self._state.tenant_id)
        self._state.metrics.in_flight.set(len(self._state.calls))
        for tenant_id in tenants:
            self._show(tenant_id)
        for gone in self._call_views.keys() - self._state.calls.keys():
            del self._call_views[gone]

    def _show(self, tenant_id: int) -> None:
        now = self.view(tenant_id)
        before = self._shown.get(tenant_id)
        self._shown[tenant_id] = now
        if before is None:
            self._state.hub.publish(stream_of(tenant_id), [Op((key,), value) for key, value in now.items()])
            return
        ops: list[Op] = []
        for key in ("campaigns", "agents", "calls", "nodes"):
            ops += _changes(key, before[key], now[key])
        ops += [Op((key,), now[key]) for key in ("totals", "minutes", "alarms") if now[key] != before[key]]
        self._state.hub.publish(stream_of(tenant_id), ops)

    def view(self, tenant_id: int) -> dict[str, Any]:
        """The whole board of one tenant."""
        campaigns = [c for c in self._state.campaigns.values() if c.tenant_id == tenant_id]
        agents = [a for a in self._state.agents.values() if a.tenant_id == tenant_id]
        calls = [c for c in self._state.calls.values() if c.tenant_id == tenant_id]
        flying: dict[int, int] = {}
        for call in calls:
            flying[call.campaign_id or 0] = flying.get(call.campaign_id or 0, 0) + 1
        return {
            "campaigns": {str(c.id): self._campaign(c, flying.get(c.id, 0)) for c in campaigns},
            "agents": {str(a.user_id): self._agent(a) for a in agents},
            "calls": {c.attempt_id: self._call(c) for c in calls},
            "nodes": nodes_view(self._state),
            "totals": self._totals(campaigns, agents, len(calls)),
            "minutes": self._tallies.minutes(tenant_id),
            "alarms": self._alarm_list(tenant_id, campaigns),
        }

    def _campaign(self, campaign: LiveCampaign, in_flight: int) -> dict[str, Any]:
        tally = self._tallies.campaign(campaign.id)
        queue = self._queues.get(campaign.id, {})
        on_floor = (AgentState.OFFLINE,)
        agents = sum(
            1
            for agent in self._state.agents.values()
            if campaign.id in agent.campaigns and agent.agent.state not in on_floor
        )
        return {
            "id": campaign.id,
            "name": campaign.name,
            "creditor": campaign.creditor,
            "mode": campaign.settings.mode,
            "lines_per_agent": campaign.settings.lines_per_agent,
            "state": campaign.state,
            "agents": agents,
            "queue": {
                "ready": queue.get("ready", 0) + queue.get("leased", 0),
                "waiting": queue.get("waiting", 0),
                "suspended": queue.get("suspended", 0),
                "done": queue.get("done", 0),
            },
            "in_flight": in_flight,
            "dialed": tally.dialed,
            "answered": tally.answered,
            "machines": tally.machines,
            "bridged": tally.bridged,
            "abandoned": tally.abandoned,
            "abandon_rate": round(tally.abandon_rate, 5),
            "promises": tally.promises,
            "promised": money(tally.promised),
            "messages_sent": tally.messages_sent,
            "messages_delivered": tally.messages_delivered,
            "denied": dict(tally.denied),
            "dial_rate_per_minute": self._tallies.dial_rate_per_minute(campaign.id),
            "because": campaign.because,
            "priority": campaign.settings.priority,
            "skills": list(campaign.settings.skills),
            "staffing": campaign.settings.staffing,
            "pacing": pacing_view(campaign),
        }

    def _agent(self, live: LiveAgent) -> dict[str, Any]:
        tally = self._tallies.agent(live.user_id)
        made_of = (
            id(tally), live.agent.state, live.agent.since, live.agent.reason, live.agent.online, tally.calls,
            tally.promises, live.call.campaign_id if live.call else None, live.campaigns,
            live.skills, live.lacks, live.plans, live.planned,
        )  # fmt: skip
        held = self._agent_views.get(live.user_id)
        if held is None or held[0] != made_of:
            held = self._agent_views[live.user_id] = (made_of, self._agent_view(live, tally))
        return held[1]

    def _agent_view(self, live: LiveAgent, tally: AgentTally) -> dict[str, Any]:
        campaign = self._state.campaigns.get(live.call.campaign_id or 0) if live.call else None
        theirs = [self._state.campaigns[c].name for c in sorted(live.campaigns) if c in self._state.campaigns]
        return {
            "id": live.user_id,
            "name": live.name,
            "state": str(live.agent.state),
            "since": iso(live.agent.since) or iso(self._state.now()),
            "reason": live.agent.reason,
            "campaign": campaign.name if campaign else (theirs[0] if theirs else None),
            "calls": tally.calls,
            "promises": tally.promises,
            "talk_s": round(tally.seconds["talking"] + tally.seconds["hold"]),
            "occupancy": _occupancy([tally.seconds]),
            "phone_online": live.agent.online,
            "simulated": live.simulated,
            "skills": list(live.skills),
            "lacks": self._lacks(live),
            "planned": plans_view(live.plans),
            "back_at": iso(back_at(live)),
        }

    def _lacks(self, live: LiveAgent) -> list[dict[str, Any]]:
        """The campaigns that the agent is assigned to and takes no calls of, with what is missing."""
        named = ((self._state.campaigns.get(campaign_id), missing) for campaign_id, missing in live.lacks)
        return [{"campaign": campaign.name, "skills": list(missing)} for campaign, missing in named if campaign]

    def _call(self, live: LiveCall) -> dict[str, Any]:
        held = self._call_views.get(live.attempt_id)
        if held is None or held[0] is not live.call or held[1] != live.state_since:
            held = self._call_views[live.attempt_id] = (live.call, live.state_since, self._call_view(live))
        return held[2]

    def _call_view(self, live: LiveCall) -> dict[str, Any]:
        call = live.call
        return {
            "attempt_id": live.attempt_id,
            "campaign_id": live.campaign_id or 0,
            "state": str(call.state),
            "since": iso(live.state_since or call.launched_at) or iso(self._state.now()),
            "agent_id": call.agent_id,
            "phone_masked": mask(live.phone),
        }

    def _totals(self, campaigns: list[LiveCampaign], agents: list[LiveAgent], in_flight: int) -> dict[str, Any]:
        tallies = [self._tallies.campaign(campaign.id) for campaign in campaigns]
        persons = sum(tally.persons for tally in tallies)
        abandoned = sum(tally.abandoned for tally in tallies)
        promised: dict[str, int] = {}
        for tally in tallies:
            for currency, minor in tally.promised.items():
                promised[currency] = promised.get(currency, 0) + minor
        return {
            "dialed": sum(tally.dialed for tally in tallies),
            "answered": sum(tally.answered for tally in tallies),
            "bridged": sum(tally.bridged for tally in tallies),
            "abandoned": abandoned,
            "abandon_rate": round(abandoned / persons, 5) if persons else 0.0,
            "promises": sum(tally.promises for tally in tallies),
            "promised": money(promised),
            "occupancy": _occupancy([self._tallies.agent(agent.user_id).seconds for agent in agents]),
            "in_flight": in_flight,
        }

    def _alarm_list(self, tenant_id: int, campaigns: list[LiveCampaign]) -> list[dict[str, Any]]:
        """One alarm for each thing that is wrong now; it keeps its first instant."""
        wrong: dict[str, tuple[str, str]] = {}
        if self._state.database_down:
            wrong["database"] = ("error", ALARM_TEXTS["database"])
        for node, exchange in self._state.exchanges.items():
            if exchange.health is not NodeHealth.UP:
                level = "error" if exchange.health is NodeHealth.DOWN else "warning"
                wrong[f"node:{node}"] = (level, ALARM_TEXTS["node"].format(node=node, health=exchange.health))
        shelf = self._state.gate.lists
        for trouble in shelf.troubles if shelf is not None else ():
            if trouble.tenant_id == tenant_id:
                words = ALARM_TEXTS["list_denies" if trouble.denies else "list"]
                level = "error" if trouble.denies else "warning"
                wrong[f"list:{trouble.name}"] = (level, words.format(name=trouble.name, words=trouble.words))
        for campaign in campaigns:
            held = detection_alarm(campaign) if campaign.state in WATCHED else None
            if held is not None:
                wrong[held[0]] = ("warning", held[1])
        before = self._alarms.get(tenant_id, {})
        self._alarms[tenant_id] = {
            key: before.get(key) or {"id": key, "at": iso(self._state.now()), "level": level, "text": words}
            for key, (level, words) in wrong.items()
        }
        return [*self._alarms[tenant_id].values(), *abandonment_alarms(campaigns), *surprise_alarms(campaigns)]


def _changes(key: str, before: dict[str, Any], now: dict[str, Any]) -> list[Op]:
    ops = [
        Op((key, name), value) for name, value in now.items() if (old := before.get(name)) is not value and old != value
    ]
    return ops + [Op((key, name), REMOVED) for name in before if name not in now]


def _occupancy(all_seconds: list[dict[str, float]]) -> float:
    """(talk + hold + wrap-up) / (that + ready)."""
    busy = sum(seconds.get(name, 0.0) for seconds in all_seconds for name in OCCUPIED)
    free = sum(seconds.get(name, 0.0) for seconds in all_seconds for name in ("ready", "reserved"))
    return round(busy / (busy + free), 4) if busy + free > 0 else 0.0


def _midnight(now: datetime) -> datetime:
    return now - timedelta(hours=now.hour, minutes=now.minute, seconds=now.second, microseconds=now.microsecond)
