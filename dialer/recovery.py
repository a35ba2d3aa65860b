"""Brings our calls and legs in line with what an exchange shows: at start, after each reconnect, and every 10 s."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import structlog

from dialer import agent_events as ae, call_events as ce
from dialer.agent import AgentState, Leg
from dialer.agents import Agents
from dialer.call import CallState
from dialer.reconcile import (
    Adopt,
    DeleteEmptyBridge,
    EndAsLost,
    Finding,
    HangUpUnknown,
    LegFound,
    LegLost,
    OpenCall,
    OpenLeg,
    reconcile,
)
from dialer.records import Records
from dialer.restore import load_agents, restore
from dialer.state import FloorState, LiveAgent
from telephony.exchange import Exchange, ExchangeError, NodeHealth

log = structlog.get_logger(__name__)
NEVER = datetime.max.replace(tzinfo=UTC)
# a channel that has just ended may be off the list before its last event is here
SECOND_LOOK_S = 1.0


class Recovery:
    def __init__(self, state: FloorState, records: Records, agents: Agents) -> None:
        self._state = state
        self._records = records
        self._agents = agents
        self._looking: dict[str, asyncio.Lock] = {}
        self._speed = state.clock.speed

    async def restore(self) -> None:
        """Put on the floor what lived when the last process ended. Nothing is dialed by it."""
        async with self._state.engine.begin() as conn:
            unsettled = await restore(conn, self._state)
            users = {user for campaign in self._state.campaigns.values() for user in campaign.agents}
            await load_agents(conn, self._state, sorted(users))
        for live in unsettled:
            self._records.disposed(live, live.call.talked_with or 0, live.disposition)
        now = self._state.now()
        for agent in list(self._state.agents.values()):
            self._wake_agent(agent, now)
        log.info(
            "floor.restored", calls=len(self._state.calls), agents=len(self._state.agents), unsettled=len(unsettled)
        )

    def _wake_agent(self, live: LiveAgent, now: datetime) -> None:
        """Set the timers again that the last process had set."""
        if live.agent.state is AgentState.OFFLINE:
            return
        if live.agent.state is AgentState.WRAP_UP and live.agent.deadline is not None:
            self._agents.set_timer(live, ae.AgentTimer.WRAP_UP, live.agent.deadline)
        self._agents.feed(live, ae.ConsoleGone(now))
        if live.agent.leg is Leg.NONE and not live.agent.per_call:
            self._agents.feed(live, ae.LegDown(now))
        self._records.session(live)

    async def run(self) -> None:
        """Reconcile every node for ever."""
        while True:
            await self._state.clock.sleep(self._state.settings.reconcile_s)
            for exchange in self._state.exchanges.values():
                if exchange.health is not NodeHealth.DOWN:
                    await self.reconcile(exchange)

    async def reconcile(self, exchange: Exchange) -> None:
        """One look at one node. A node that does not answer is looked at again later."""
        lock = self._looking.setdefault(exchange.node, asyncio.Lock())
        async with lock:
            try:
                await self._watch_phones(exchange)
                asked_at, before = self._state.now(), self._channels(exchange.node)
                channels = await exchange.channels()
                bridges = await exchange.bridges()
            except ExchangeError as problem:
                log.warning("reconcile.no_answer", node=exchange.node, how=type(problem).__name__)
                return
            calls, legs = self._open_calls(exchange.node), self._open_legs(exchange.node)
            findings = reconcile(calls, legs, channels, bridges, asked_at, before)
            lost: list[EndAsLost] = []
            for finding in findings:
                self._state.metrics.reconciled.labels(type(finding).__name__).inc()
                if isinstance(finding, EndAsLost):
                    lost.append(finding)
                else:
                    await self._apply(exchange, finding, asked_at)
            if lost:
                await self._state.clock.sleep(SECOND_LOOK_S * self._speed)
                self._end_lost(lost)

    async def _watch_phones(self, exchange: Exchange) -> None:
        for live in list(self._state.agents.values()):
            if live.node == exchange.node and live.endpoint and live.agent.state is not AgentState.OFFLINE:
                try:
                    await self._agents.watch(live, exchange, live.endpoint)
                except ExchangeError as problem:
                    log.warning("reconcile.phone_not_watched", user_id=live.user_id, how=type(problem).__name__)

    def _channels(self, node: str) -> set[str]:
        calls = {live.channel_id for live in self._state.calls.values() if live.node == node}
        return calls | set(self._state.legs)

    def _open_calls(self, node: str) -> list[OpenCall]:
        return [
            OpenCall(live.attempt_id, live.channel_id, live.dialed_at)
            for live in self._state.calls.values()
            if live.node == node and live.call.state is not CallState.COMMITTED
        ]

    def _open_legs(self, node: str) -> list[OpenLeg]:
        return [
            OpenLeg(
                live.user_id,
                live.channel_id,
                live.bridge_id,
                live.leg_opened_at or NEVER,
                up=live.agent.leg is Leg.UP,
            )
            for live in self._state.agents.values()
            if live.node == node and live.channel_id is not None and live.bridge_id is not None
        ]

    def _end_lost(self, lost: list[EndAsLost]) -> None:
        for finding in lost:
            live = self._state.calls.get(finding.attempt_id)
            if live is not None:
                log.warning("reconcile.call_lost", attempt_id=live.attempt_id, state=live.call.state)
                self._state.feed_call(live, ce.NotFound(self._state.now()))

    async def _apply(self, exchange: Exchange, finding: Finding, asked_at: datetime) -> None:
        if isinstance(finding, Adopt):
            self._adopt(finding, asked_at)
        elif isinstance(finding, LegFound):
            self._leg_found(finding, asked_at)
        elif isinstance(finding, LegLost):
            agent = self._state.agents[finding.user_id]
            if agent.channel_id is not None and agent.leg_opened_at is not None and agent.leg_opened_at < asked_at:
                log.warning("reconcile.leg_lost", user_id=agent.user_id)
                self._agents.leg_gone(agent, agent.channel_id)
        elif isinstance(finding, HangUpUnknown):
            log.warning("reconcile.unknown_channel", node=exchange.node, channel_id=finding.channel_id)
            await self._quietly(exchange.hangup(finding.channel_id))
        elif isinstance(finding, DeleteEmptyBridge):
            await self._quietly(exchange.destroy_bridge(finding.bridge_id))

    async def _quietly(self, request: Awaitable[None]) -> None:
        try:
            await request
        except ExchangeError as problem:
            log.warning("reconcile.request_failed", how=type(problem).__name__)

    def _adopt(self, finding: Adopt, asked_at: datetime) -> None:
        live = self._state.calls.get(finding.attempt_id)
        if live is None or (live.state_since is not None and live.state_since >= asked_at - timedelta(seconds=0.5)):
            return  # it has moved on since the node was asked: its own events are newer
        event = ce.FoundLive(finding.state, finding.agent_id, finding.bridge_id, self._state.now())
        self._state.feed_call(live, event)

    def _leg_found(self, finding: LegFound, asked_at: datetime) -> None:
        live = self._state.agents[finding.user_id]
        if live.channel_id is None or live.bridge_id is None:
            return
        if finding.bridged:
            if live.agent.leg is not Leg.UP:
                self._agents.leg_found(live)
        elif live.agent.leg is Leg.UP:
            if live.leg_opened_at is not None and live.leg_opened_at < asked_at - timedelta(seconds=5):
                self._agents.check_leg(live)
        elif finding.state == "Up":
            channel_id, bridge_id = live.channel_id, live.bridge_id
            live.lane.put(lambda: self._agents.bridge_leg(live, channel_id, bridge_id))
