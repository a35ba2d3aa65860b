"""Lives the agents' days: steps, timers, records, and each agent's phone leg in a bridge of their own."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import structlog

from dialer import agent_events as ae, call_events as ce
from dialer.agent import Agent, AgentState, Leg, step
from dialer.call import CallState
from dialer.lives import UnexpectedEvent
from dialer.pacing.interface import SeatEvent
from dialer.records import Records
from dialer.state import FloorState, LiveAgent, LiveCall, new_id
from dialer.tallies import Tallies
from telephony.exchange import (
    Answered,
    Destroyed,
    EnteredBridge,
    Exchange,
    ExchangeError,
    ExchangeEvent,
    ExchangeRefused,
    LeftBridge,
    NodeHealth,
    RingPhone,
)

log = structlog.get_logger(__name__)
WITHOUT_CALL = (AgentState.READY, AgentState.PAUSED, AgentState.OFFLINE, AgentState.PREVIEW)


class Agents:
    """`feed` is the only way in for what happens to an agent; `leg_event` for what happens to a leg's channel."""

    def __init__(self, state: FloorState, records: Records, tallies: Tallies) -> None:
        self._state = state
        self._records = records
        self._tallies = tallies
        self._inboxes: dict[int, deque[ae.AgentEvent]] = {}
        self._ringing_for: dict[int, LiveCall] = {}
        self.connect: Callable[[LiveCall, int, str], None] = lambda live, agent_id, bridge_id: None
        self.release_preview: Callable[[LiveAgent, str], None] = lambda agent, reason: None
        self.dial_preview: Callable[[LiveAgent], None] = lambda agent: None
        self._do: dict[type, Callable[[LiveAgent, Any], None]] = {
            ae.OpenLeg: lambda live, effect: self._open_leg(live),
            ae.CloseLeg: lambda live, effect: self._close_leg(live),
            ae.StartTimer: self._start_timer,
            ae.StopTimer: lambda live, effect: self._stop_timer(live, effect.timer),
            ae.ReleasePreview: lambda live, effect: self.release_preview(live, effect.reason),
            ae.DialPreview: lambda live, effect: self.dial_preview(live),
            ae.LoseCall: self._lose_call,
            ae.Dispose: self._dispose,
            ae.Refuse: self._refuse,
        }

    def feed(self, live: LiveAgent, event: ae.AgentEvent) -> None:
        """Step the agent; events that the effects cause wait until these are done."""
        inbox = self._inboxes.get(live.user_id)
        if inbox is not None:
            inbox.append(event)
            return
        before = live.agent
        inbox = self._inboxes[live.user_id] = deque([event])
        try:
            while inbox:
                self._step(live, inbox.popleft())
        finally:
            del self._inboxes[live.user_id]
        if live.agent.offerable and not before.offerable:
            self._state.match()
            self._state.wake(None)
        elif live.agent.state is AgentState.WRAP_UP and before.state is not AgentState.WRAP_UP and self._state.waiting:
            self._state.match()

    def cut_wrap_up(self, live: LiveAgent) -> None:
        """For a person who waits; the campaign allows it."""
        self.notice(live, "info", "A person was waiting: your wrap-up ended early.")
        self.feed(live, ae.WrapUpCut(self._state.now()))

    def _step(self, live: LiveAgent, event: ae.AgentEvent) -> None:
        before = live.agent
        try:
            after, effects = step(before, event)
        except UnexpectedEvent as odd:
            self._state.metrics.unexpected.labels(odd.life, odd.state, odd.event).inc()
            log.warning("agent.unexpected_event", user_id=live.user_id, state=odd.state, event_type=odd.event)
            return
        live.agent = after
        self._state.seated(live)
        self._moved(live, before, after, event)
        if after.state is AgentState.READY:
            self.prepare(live)
        for effect in effects:
            self._do[type(effect)](live, effect)
        if live.agent.state in WITHOUT_CALL:
            live.call = live.file = None
        if after is before and not effects:
            return
        if after is not before:
            self._records.session(live)
        self._state.agent_changed(live)

    def _moved(self, live: LiveAgent, before: Agent, after: Agent, event: ae.AgentEvent) -> None:
        if (after.state, after.since) == (before.state, before.since):
            return
        if after.state is not AgentState.PAUSED and after.wish != "pause":
            live.planned = None
        if before.state is AgentState.OFFLINE:
            live.session_id, live.started_at = new_id(), event.at
        elif before.since is not None:
            self._records.state_ended(live, str(before.state), before.reason, before.since, event.at)
            seconds = (event.at - before.since).total_seconds()
            self._tallies.agent(live.user_id).seconds[str(before.state)] += seconds
            self._tell_pacer(live, before, after, event.at)

    def _tell_pacer(self, live: LiveAgent, before: Agent, after: Agent, at: datetime) -> None:
        talked = before.state in (AgentState.TALKING, AgentState.HOLD)
        if not (talked and after.state is AgentState.WRAP_UP) and before.state is not AgentState.WRAP_UP:
            return
        # how long a talk lasts is a matter of the campaign whose call it was, whoever else the agent works for
        campaign = self._state.campaigns.get(live.call.campaign_id or 0) if live.call is not None else None
        if live.call is None or campaign is None:
            return
        call = live.call.call
        # a hold is part of the talk
        began = call.bridged_at if talked and call.bridged_at is not None else before.since
        seconds = (at - began).total_seconds() if began is not None else 0.0
        kind: Literal["talk_end", "wrap_end"] = "talk_end" if talked else "wrap_end"
        staged_at = live.call.staged_at
        known_s = (at - staged_at).total_seconds() if staged_at is not None else 0.0
        # an agent who only says it in the wrap-up says it too late for the pacer, and in time for the ledger
        machine = "machine" in (call.answered_by, before.disposition)
        campaign.hear_seat(SeatEvent(self._state.seconds(), kind, seconds, machine, live.call.stage, max(known_s, 0.0)))

    def _start_timer(self, live: LiveAgent, effect: ae.StartTimer) -> None:
        self.set_timer(live, effect.timer, effect.due)

    def set_timer(self, live: LiveAgent, timer: ae.AgentTimer, due: datetime) -> None:
        self._stop_timer(live, timer)
        event_type = ae.AGENT_TIMER_EVENTS[timer]
        live.timers[timer] = self._state.alarms.set(due, lambda: self.feed(live, event_type(self._state.now())))

    def _stop_timer(self, live: LiveAgent, timer: ae.AgentTimer) -> None:
        alarm = live.timers.pop(timer, None)
        if alarm is not None:
            alarm.cancel()

    def _lose_call(self, live: LiveAgent, effect: ae.LoseCall) -> None:
        call = self._state.calls.get(effect.attempt_id)
        if call is not None:
            self._state.feed_call(call, ce.AgentLost(live.user_id, self._state.now()))

    def _dispose(self, live: LiveAgent, effect: ae.Dispose) -> None:
        if live.call is not None and live.call.attempt_id == effect.attempt_id:
            self._records.disposed(live.call, live.user_id, effect.code)
            self._tallies.disposed(live.call, effect.code)
        if live.agent.per_call:
            self._close_leg(live)

    def _refuse(self, live: LiveAgent, effect: ae.Refuse) -> None:
        live.refusal = (effect.code, effect.message)

    def prepare(self, live: LiveAgent) -> None:
        """Choose the node and, for an agent who is rung for each call, the ids of the next leg."""
        if live.node is None or live.node not in self._state.exchanges:
            live.node = self._quietest_node()
        if live.agent.per_call and live.bridge_id is None:
            self._new_ids(live)

    def _quietest_node(self) -> str | None:
        exchanges = self._state.exchanges
        load = dict.fromkeys(exchanges, 0)
        for agent in self._state.agents.values():
            if agent.node in load and agent.agent.state is not AgentState.OFFLINE:
                load[agent.node] += 1
        order = sorted(load, key=lambda node: (exchanges[node].health is NodeHealth.DOWN, load[node], node))
        return order[0] if order else None

    def _new_ids(self, live: LiveAgent) -> None:
        self._forget_ids(live)
        live.channel_id, live.bridge_id = f"pl-a-{new_id()}", f"pl-b-{new_id()}"
        self._state.legs[live.channel_id] = live

    def _forget_ids(self, live: LiveAgent) -> None:
        if live.channel_id is not None:
            self._state.legs.pop(live.channel_id, None)
        live.channel_id = live.bridge_id = live.leg_opened_at = None

    def _exchange(self, live: LiveAgent) -> Exchange:
        return self._state.exchanges[live.node or ""]

    def _open_leg(self, live: LiveAgent) -> None:
        self.prepare(live)
        if live.endpoint is None or live.node is None:
            log.warning("agent.no_phone", user_id=live.user_id)
            return
        self._new_ids(live)
        channel_id, bridge_id = live.channel_id or "", live.bridge_id or ""
        live.lane.put(lambda: self._raise_leg(live, channel_id, bridge_id))

    async def _raise_leg(self, live: LiveAgent, channel_id: str, bridge_id: str) -> None:
        """Watch the phone, make the bridge, ring the phone. LegUp comes with the bridge's own event."""
        if live.channel_id != channel_id or live.endpoint is None:
            return
        exchange = self._exchange(live)
        try:
            await self.watch(live, exchange, live.endpoint)
            if not live.agent.online:
                self.leg_gone(live, channel_id)
            if live.channel_id != channel_id:
                return
            # the ids must be in the database before the leg is on the node: a restart looks there
            await self._records.written(1.0)
            await exchange.create_bridge(bridge_id)
            await exchange.originate(self._leg_order(live, channel_id))
            if live.channel_id == channel_id:
                live.leg_opened_at = self._state.now()
        except ExchangeRefused as problem:
            log.warning("agent.leg_refused", user_id=live.user_id, status=problem.status)
            self.notice(live, "warning", "The exchange refuses to ring your phone: ask a supervisor to check its name.")
            self.leg_gone(live, channel_id)
        except ExchangeError as problem:
            log.warning("agent.leg_failed", user_id=live.user_id, how=type(problem).__name__)
            self.leg_gone(live, channel_id)

    def _leg_order(self, live: LiveAgent, channel_id: str) -> RingPhone:
        caller = next((c.settings.caller_id for c in self._state.campaigns.values() if c.id in live.campaigns), "")
        return RingPhone(
            channel_id=channel_id,
            endpoint=live.endpoint or "",
            caller_id=caller or "promiseline",
            ring_timeout_s=self._state.settings.agent_ring_s,
            formats=self._state.settings.formats,
        )

    def notice(self, live: LiveAgent, level: str, words: str) -> None:
        """Tell the agent something once, until they dismiss it."""
        if not any(notice["text"] == words for notice in live.notices):
            now = self._state.now()
            live.notices.append({"id": str(new_id()), "at": now.isoformat(), "level": level, "text": words})

    async def watch(self, live: LiveAgent, exchange: Exchange, endpoint: str) -> None:
        if exchange.node in live.watched:
            return
        online = await exchange.watch_endpoint(endpoint)
        live.watched.add(exchange.node)
        self.phone_changed(endpoint, online)

    def phone_changed(self, endpoint: str, online: bool) -> None:
        now = self._state.now()
        for live in self._state.agents.values():
            if live.endpoint == endpoint and live.agent.online is not online:
                self.feed(live, ae.PhoneOnline(now) if online else ae.PhoneOffline(now))

    def leg_gone(self, live: LiveAgent, channel_id: str) -> None:
        if live.channel_id != channel_id:
            return  # an older leg's end
        bridge_id = live.bridge_id
        self._forget_ids(live)
        if bridge_id is not None:
            self._destroy_bridge(live, bridge_id)
        self.feed(live, ae.LegDown(self._state.now()))
        if live.agent.per_call:
            self._failed_ring(live)

    def _close_leg(self, live: LiveAgent) -> None:
        channel_id, bridge_id = live.channel_id, live.bridge_id
        self._forget_ids(live)
        if live.agent.leg is not Leg.NONE:
            live.agent = replace(live.agent, leg=Leg.NONE)
            self._state.seated(live)
        if channel_id is None or live.node is None:
            return
        exchange = self._exchange(live)

        async def job() -> None:
            try:
                await exchange.hangup(channel_id)
            except ExchangeError as problem:
                log.warning("agent.leg_not_closed", user_id=live.user_id, how=type(problem).__name__)

        live.lane.put(job)
        if bridge_id is not None:
            self._destroy_bridge(live, bridge_id)

    def _destroy_bridge(self, live: LiveAgent, bridge_id: str) -> None:
        """Debtors in it have been told AgentLost before; they stay up, and their calls decide about them."""
        self._state.occupancy.destroyed(bridge_id)
        exchange = self._exchange(live)

        async def job() -> None:
            try:
                await exchange.destroy_bridge(bridge_id)
            except ExchangeError as problem:
                log.warning("agent.bridge_not_closed", user_id=live.user_id, how=type(problem).__name__)

        live.lane.put(job)

    def leg_event(self, live: LiveAgent, event: ExchangeEvent) -> None:
        """What the exchange says of the agent's present channel."""
        if isinstance(event, Answered):
            bridge_id, channel_id = live.bridge_id or "", live.channel_id or ""
            live.lane.put(lambda: self.bridge_leg(live, channel_id, bridge_id))
        elif isinstance(event, EnteredBridge):
            if event.bridge_id == live.bridge_id:
                self.leg_found(live)
        elif isinstance(event, LeftBridge):
            if event.bridge_id == live.bridge_id:
                self.check_leg(live)
        elif isinstance(event, Destroyed):
            self.leg_gone(live, event.channel_id)

    def leg_found(self, live: LiveAgent) -> None:
        """The leg is in its bridge."""
        self.feed(live, ae.LegUp(self._state.now()))
        call = self._ringing_for.pop(live.user_id, None)
        if call is not None and call.call.state is CallState.BRIDGING and live.bridge_id is not None:
            self.connect(call, live.user_id, live.bridge_id)

    async def bridge_leg(self, live: LiveAgent, channel_id: str, bridge_id: str) -> None:
        if live.channel_id != channel_id:
            return
        try:
            await self._exchange(live).add_to_bridge(bridge_id, [channel_id])
        except ExchangeError as problem:
            log.warning("agent.leg_not_bridged", user_id=live.user_id, how=type(problem).__name__)
            self._close_leg(live)
            self.feed(live, ae.LegDown(self._state.now()))

    def check_leg(self, live: LiveAgent) -> None:
        """Something is odd about this agent's bridge: look whether the leg is in it, else raise another."""
        bridge_id, channel_id = live.bridge_id, live.channel_id
        if bridge_id is None or channel_id is None or live.agent.leg is not Leg.UP:
            return

        async def look() -> None:
            try:
                bridges = await self._exchange(live).bridges()
            except ExchangeError:
                return  # the reconciliation will look again
            sound = any(bridge.bridge_id == bridge_id and channel_id in bridge.channel_ids for bridge in bridges)
            if not sound and live.bridge_id == bridge_id:
                self._close_leg(live)
                self.feed(live, ae.LegDown(self._state.now()))

        self._state.tasks.spawn(look(), "check-leg")

    def ring_for(self, live: LiveAgent, call: LiveCall) -> None:
        """Ring the phone; when the leg is up the debtor is added. The debtor's waiting time goes on meanwhile."""
        self._ringing_for[live.user_id] = call
        channel_id, bridge_id = live.channel_id or "", live.bridge_id or ""
        live.lane.put(lambda: self._raise_leg(live, channel_id, bridge_id))

    def _failed_ring(self, live: LiveAgent) -> None:
        call = self._ringing_for.pop(live.user_id, None)
        if call is not None:
            self._state.feed_call(call, ce.AgentLost(live.user_id, self._state.now()))
        self.prepare(live)
