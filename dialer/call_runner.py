"""Lives the calls: one inbox for each, effects done in order, answers matched with agents at once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from dialer import agent_events as ae, call_events as ce
from dialer.agent import AgentState
from dialer.call import Call, CallState, step
from dialer.lives import UnexpectedEvent
from dialer.matching import FreeAgent, WaitingCall, match
from dialer.odds import hear_odds
from dialer.pacing_facts import heard
from dialer.records import Records
from dialer.state import FloorState, LiveAgent, LiveCall
from dialer.tallies import Tallies
from telephony.exchange import (
    Destroyed,
    EnteredBridge,
    Exchange,
    ExchangeError,
    ExchangeRefused,
    ExchangeUnavailable,
    ExchangeUnknown,
    LeftBridge,
    Originate,
    PlaybackEnded,
)

log = structlog.get_logger(__name__)
S = CallState
DEFAULT_MESSAGE = "sound:promiseline/abandon-en"


class CallRunner:
    """`feed` is the only way in. Requests to the exchange run in the call's lane and come back as events."""

    def __init__(self, state: FloorState, records: Records, tallies: Tallies) -> None:
        self._state = state
        self._records = records
        self._tallies = tallies
        self.ring_agent: Callable[[LiveAgent, LiveCall], None] = lambda agent, live: None
        self.suspect_agent: Callable[[LiveAgent], None] = lambda agent: None
        self.opted_out: Callable[[LiveCall], None] = lambda live: None
        self.cut_wrap_up: Callable[[LiveAgent], None] = lambda agent: None
        self._do: dict[type, Callable[[LiveCall, Any], None]] = {
            ce.Dial: self._dial,
            ce.StartAmd: self._start_amd,
            ce.ConnectAgent: self._connect,
            ce.LeaveBridge: self._leave,
            ce.PlayAbandon: self._play_abandon,
            ce.PlayAnnouncement: self._play_announcement,
            ce.OptOut: lambda live, effect: self.opted_out(live),
            ce.HoldLine: self._hold,
            ce.ResumeLine: self._resume,
            ce.Hangup: self._hangup,
            ce.SetTimer: self._set_timer,
            ce.CancelTimer: self._cancel_timer,
            ce.WantAgent: self._want,
            ce.DropWant: self._drop,
            ce.AgentConnected: self._connected,
            ce.FreeAgent: self._free,
            ce.Record: self._record,
            ce.Ended: self._ended,
        }

    def feed(self, live: LiveCall, event: ce.CallEvent) -> None:
        """Step the call; events that its own effects cause wait in its inbox until these are done."""
        live.inbox.append(event)
        if live.stepping:
            return
        live.stepping = True
        try:
            while live.inbox:
                self._step(live, live.inbox.popleft())
        finally:
            live.stepping = False

    def _step(self, live: LiveCall, event: ce.CallEvent) -> None:
        made_free = self._moved(live, event)
        self._live_on(live, event)
        if made_free:
            self.match()
            self._state.wake(live.campaign_id)

    def _moved(self, live: LiveCall, event: ce.CallEvent) -> bool:
        """Note who is in which bridge. True when a bridge became free."""
        occupancy = self._state.occupancy
        if isinstance(event, EnteredBridge) or (isinstance(event, ce.FoundLive) and event.bridge_id):
            occupancy.enter(event.bridge_id or "", live.attempt_id)
        elif isinstance(event, LeftBridge):
            return occupancy.leave(event.bridge_id, live.attempt_id)
        elif isinstance(event, Destroyed | ce.NotFound):
            return occupancy.ended(live.attempt_id)
        return False

    def _live_on(self, live: LiveCall, event: ce.CallEvent) -> None:
        before = live.call
        try:
            live.call, effects = step(before, event)
        except UnexpectedEvent as odd:
            self._state.metrics.unexpected.labels(odd.life, odd.state, odd.event).inc()
            log.warning("call.unexpected_event", attempt_id=live.attempt_id, state=odd.state, event_type=odd.event)
            return
        if live.call.state is not before.state:
            live.state_since = event.at
            self._count(live, before.state)
            self._tell_pacer(live, before, event.at)
        for effect in effects:
            self._do[type(effect)](live, effect)
        if live.call is not before:
            self._state.call_changed(live)

    def _count(self, live: LiveCall, before: CallState) -> None:
        call = live.call
        if before is S.DIALING and call.launched_at is not None:
            first = call.ringing_at or call.answered_at
            if first is not None:
                self._state.metrics.originate_to_event.observe((first - call.launched_at).total_seconds())
        self._tallies.call_moved(live, before)

    def _tell_pacer(self, live: LiveCall, before: Call, at: datetime) -> None:
        campaign = self._state.campaigns.get(live.campaign_id or 0)
        if campaign is not None and live.origin == "dialer":
            seen = heard(before, live.call, at, self._state.seconds())
            if seen is not None:
                campaign.hear(seen)
                hear_odds(campaign, live, seen)

    def _exchange(self, live: LiveCall) -> Exchange:
        return self._state.exchanges[live.node]

    def _ask(
        self,
        live: LiveCall,
        what: str,
        request: Callable[[], Awaitable[None]],
        *,
        refused: Callable[[int], ce.CallEvent | None] | None = None,
        unavailable: Callable[[], ce.CallEvent | None] | None = None,
        unknown: Callable[[], ce.CallEvent | None] | None = None,
    ) -> None:
        """One request in the call's lane; what goes wrong comes back as the event that the caller names, if any."""

        async def job() -> None:
            event: ce.CallEvent | None = None
            try:
                await request()
                return
            except ExchangeRefused as problem:
                event = refused(problem.status) if refused else None
                how = "refused"
            except ExchangeUnavailable:
                event = unavailable() if unavailable else None
                how = "unavailable"
            except ExchangeUnknown:
                event = unknown() if unknown else None
                how = "unknown"
            except ExchangeError:
                how = "error"
            self._state.metrics.requests_failed.labels(what, how).inc()
            log.info("call.request_failed", attempt_id=live.attempt_id, what=what, how=how)
            if event is not None:
                self.feed(live, event)

        live.lane.put(job)

    def _dial(self, live: LiveCall, effect: ce.Dial) -> None:
        state, now = self._state, self._state.now
        campaign = state.campaigns.get(live.campaign_id or 0)
        if live.permit is None:
            # only a call that was admitted in this life of the process is ever launched
            log.error("call.without_permit", attempt_id=live.attempt_id)
            self.feed(live, ce.DialRefused(403, now()))
            return
        order = Originate(
            channel_id=live.channel_id,
            endpoint=state.settings.endpoint.format(number=live.phone.removeprefix("+")),
            caller_id=campaign.settings.caller_id if campaign else "",
            ring_timeout_s=live.call.rules.ring_timeout_s,
            permit=live.permit,
            formats=state.settings.formats,
        )

        async def originate() -> None:
            try:
                await self._exchange(live).originate(order)
            finally:
                live.dialed_at = now()

        self._ask(
            live,
            "originate",
            originate,
            refused=lambda status: ce.DialRefused(status, now()),
            unavailable=lambda: ce.DialUnavailable(now()),
            unknown=lambda: ce.DialLost(now()),
        )

    def _start_amd(self, live: LiveCall, effect: ce.StartAmd) -> None:
        def failed(status: int = 0) -> ce.CallEvent:
            return ce.VerdictOver(self._state.now())

        channel = live.channel_id
        self._ask(
            live, "start_amd", lambda: self._exchange(live).start_amd(channel), refused=failed, unavailable=failed
        )

    def _connect(self, live: LiveCall, effect: ce.ConnectAgent) -> None:
        agent = self._state.agents.get(effect.agent_id)
        if agent is not None and agent.agent.per_call and agent.channel_id is not None and not self._leg_up(agent):
            self.ring_agent(agent, live)
            return
        self.add_to_bridge(live, effect.agent_id, effect.bridge_id)

    def _leg_up(self, agent: LiveAgent) -> bool:
        return agent.agent.leg.value == "up"

    def add_to_bridge(self, live: LiveCall, agent_id: int, bridge_id: str) -> None:
        """The one request between an answer and an agent."""

        def failed(status: int = 0) -> ce.CallEvent:
            self._state.occupancy.leave(bridge_id, live.attempt_id)
            agent = self._state.agents.get(agent_id)
            if agent is not None and status:
                self.suspect_agent(agent)
            return ce.ConnectFailed(agent_id, self._state.now())

        channel = live.channel_id
        self._state.occupancy.enter(bridge_id, live.attempt_id)
        self._ask(
            live,
            "connect",
            lambda: self._exchange(live).add_to_bridge(bridge_id, [channel]),
            refused=failed,
            unavailable=failed,
        )

    def _leave(self, live: LiveCall, effect: ce.LeaveBridge) -> None:
        async def leave() -> None:
            await self._exchange(live).remove_from_bridge(effect.bridge_id, [live.channel_id])
            if self._state.occupancy.leave(effect.bridge_id, live.attempt_id):
                self.match()

        self._ask(live, "leave", leave)

    def _play_abandon(self, live: LiveCall, effect: ce.PlayAbandon) -> None:
        campaign = self._state.campaigns.get(live.campaign_id or 0)
        self._play(live, campaign.settings.abandon_message if campaign else DEFAULT_MESSAGE)

    def _play_announcement(self, live: LiveCall, effect: ce.PlayAnnouncement) -> None:
        campaign = self._state.campaigns.get(live.campaign_id or 0)
        self._play(live, campaign.settings.announcement if campaign else DEFAULT_MESSAGE)

    def _play(self, live: LiveCall, media: str) -> None:
        playback = live.playback_id = f"pl-m-{live.attempt_id}"

        def failed(status: int = 0) -> ce.CallEvent:
            return PlaybackEnded(playback, live.channel_id, True, self._state.now())

        self._ask(
            live,
            "play",
            lambda: self._exchange(live).play(live.channel_id, media, playback),
            refused=failed,
            unavailable=failed,
        )

    def _hold(self, live: LiveCall, effect: ce.HoldLine) -> None:
        self._ask(live, "hold", lambda: self._exchange(live).start_hold(live.channel_id))
        self._tell_agent(effect.agent_id, ae.CallHeld(self._state.now()))

    def _resume(self, live: LiveCall, effect: ce.ResumeLine) -> None:
        self._ask(live, "unhold", lambda: self._exchange(live).stop_hold(live.channel_id))
        self._tell_agent(effect.agent_id, ae.CallResumed(self._state.now()))

    def _hangup(self, live: LiveCall, effect: ce.Hangup) -> None:
        self._ask(live, "hangup", lambda: self._exchange(live).hangup(live.channel_id))

    def _set_timer(self, live: LiveCall, effect: ce.SetTimer) -> None:
        self._cancel(live, effect.timer)
        event_type = ce.TIMER_EVENTS[effect.timer]
        live.timers[effect.timer] = self._state.alarms.set(
            effect.due, lambda: self.feed(live, event_type(self._state.now()))
        )

    def _cancel_timer(self, live: LiveCall, effect: ce.CancelTimer) -> None:
        self._cancel(live, effect.timer)

    def _cancel(self, live: LiveCall, timer: ce.Timer) -> None:
        alarm = live.timers.pop(timer, None)
        if alarm is not None:
            alarm.cancel()

    def _record(self, live: LiveCall, effect: ce.Record) -> None:
        self._records.attempt(live.attempt_id, effect.fields)

    def _ended(self, live: LiveCall, effect: ce.Ended) -> None:
        self._state.calls.pop(live.attempt_id, None)
        self._state.occupancy.ended(live.attempt_id)
        self._state.metrics.calls.labels(live.call.outcome or "unknown").inc()
        self._records.ended(live)
        self._state.wake(live.campaign_id)

    def _tell_agent(self, agent_id: int, event: ae.AgentEvent) -> None:
        agent = self._state.agents.get(agent_id)
        if agent is not None:
            self._state.feed_agent(agent, event)

    def _connected(self, live: LiveCall, effect: ce.AgentConnected) -> None:
        agent = self._state.agents.get(effect.agent_id)
        if agent is None:
            return
        agent.call = live
        campaign = self._state.campaigns.get(live.campaign_id or 0)
        if campaign is not None and agent.agent.wrap_up_s != campaign.settings.wrap_up_s:
            agent.agent = replace(agent.agent, wrap_up_s=campaign.settings.wrap_up_s)
        call = live.call
        if call.waiting_since is not None and call.bridged_at is not None:
            waited = max(timedelta(), call.bridged_at - call.waiting_since)
            self._state.metrics.answer_to_agent.observe(waited.total_seconds())
        self._state.feed_agent(agent, ae.Connected(live.attempt_id, self._state.now()))

    def _free(self, live: LiveCall, effect: ce.FreeAgent) -> None:
        now = self._state.now()
        event = ae.CallOver(live.attempt_id, now) if effect.talked else ae.NotConnected(live.attempt_id, now)
        self._tell_agent(effect.agent_id, event)

    def _want(self, live: LiveCall, effect: ce.WantAgent) -> None:
        self._state.waiting[live.attempt_id] = live
        self.match()

    def _drop(self, live: LiveCall, effect: ce.DropWant) -> None:
        self._state.waiting.pop(live.attempt_id, None)

    def match(self) -> None:
        """Give waiting calls to free agents of the same node, as long as there are both."""
        state = self._state
        if not state.waiting:
            return
        for live in list(state.waiting.values()):
            if live.call.for_agent is not None:
                self._to_chooser(live, live.call.for_agent)
        for node in {live.node for live in state.waiting.values()}:
            self._match_on(node)
            self._cut_for_waiting(node)

    def _to_chooser(self, live: LiveCall, agent_id: int) -> None:
        agent = self._state.agents.get(agent_id)
        now = self._state.now()
        theirs = (
            agent is not None
            and agent.agent.state is AgentState.RESERVED
            and agent.agent.attempt_id == live.attempt_id
            and agent.agent.connectable
            and agent.node == live.node
            and agent.bridge_id is not None
        )
        if theirs and agent is not None and agent.bridge_id is not None:
            self._state.waiting.pop(live.attempt_id, None)
            agent.call = live
            self.feed(live, ce.AgentFound(agent_id, agent.bridge_id, now))
        else:
            self.feed(live, ce.AgentLost(agent_id, now))

    def _match_on(self, node: str) -> None:
        state, now = self._state, self._state.now()
        if not state.idle:
            return
        free = (
            FreeAgent(agent.user_id, since, agent.campaigns)
            for since, user_id in state.idle
            if (agent := state.agents[user_id]).node == node and state.takes_calls(agent)
        )
        calls = [self._waiting(live) for live in state.waiting.values() if live.node == node]
        for pair in match(calls, free, now):
            live, agent = state.calls[pair.attempt_id], state.agents[pair.user_id]
            state.waiting.pop(pair.attempt_id, None)
            agent.call = live
            state.feed_agent(agent, ae.Reserve(pair.attempt_id, now))
            self.feed(live, ce.AgentFound(pair.user_id, agent.bridge_id or "", now))

    def _cut_for_waiting(self, node: str) -> None:
        """Whom no free agent took gets the agent who has been in wrap-up longest, where that may be cut short."""
        state, now = self._state, self._state.now()
        calls = [self._waiting(live) for live in state.waiting.values() if live.node == node]
        if not calls:
            return
        wrapping = [agent for agent in state.agents.values() if agent.node == node and self._may_be_cut(agent)]
        wrapping.sort(key=lambda agent: (agent.agent.since or now, agent.user_id))
        offers = (FreeAgent(agent.user_id, agent.agent.since or now, agent.campaigns) for agent in wrapping)
        for pair in match(calls, offers, now):
            agent = state.agents[pair.user_id]
            if self._may_be_cut(agent):  # the one before may have freed this one too
                self.cut_wrap_up(agent)

    def _may_be_cut(self, live: LiveAgent) -> bool:
        agent, call = live.agent, live.call
        campaign = self._state.campaigns.get(call.campaign_id or 0) if call is not None else None
        return (
            agent.state is AgentState.WRAP_UP
            and campaign is not None
            and campaign.settings.wrap_up_cut_for_waiting
            and agent.wish is None
            and agent.connectable
            and live.bridge_id is not None
            and self._state.occupancy.free(live.bridge_id)
        )

    def _waiting(self, live: LiveCall) -> WaitingCall:
        call = live.call
        since = call.waiting_since or self._state.now()
        campaign = self._state.campaigns.get(live.campaign_id or 0)
        return WaitingCall(
            live.attempt_id,
            live.campaign_id or 0,
            since,
            call.wait_limit(since),
            only=call.for_agent,
            excluded=call.refused_by,
            priority=campaign.settings.priority if campaign is not None else 0,
        )
