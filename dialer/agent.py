"""Decides an agent's day by one table: `step(agent, event) -> (agent, effects)`. Timers are effects, back as events.

The phone's leg has its own small state beside the day's: only an agent who is ready *and* whose leg is up is offered
calls. A pause or logout asked for during a call is a wish, honoured when the call and its wrap-up are over; so is a
planned one whose time comes during a call.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import get_args

from dialer import agent_events as e
from dialer.agent_events import AgentEffect, AgentEvent, AgentTimer
from dialer.lives import Cell, Row, UnexpectedEvent, table, to

LEG_RETRY_AFTER = timedelta(seconds=3)
AWAY_AFTER = timedelta(seconds=30)


class AgentState(StrEnum):
    OFFLINE = "offline"
    READY = "ready"
    PREVIEW = "preview"
    RESERVED = "reserved"
    TALKING = "talking"
    HOLD = "hold"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


class Leg(StrEnum):
    NONE = "none"
    OPENING = "opening"
    UP = "up"


S = AgentState


@dataclass(frozen=True, slots=True)
class Agent:
    """`wish` is pause or logout; `deadline` the end of wrap-up or preview; `attempt_id` the present or last call."""

    user_id: int
    state: AgentState = AgentState.OFFLINE
    since: datetime | None = None
    reason: str | None = None
    wish: str | None = None
    wish_reason: str | None = None
    deadline: datetime | None = None
    attempt_id: str | None = None
    disposition: str | None = None
    leg: Leg = Leg.NONE
    online: bool = True
    per_call: bool = False
    preview_dials: bool = False
    wrap_up_s: int = 20

    @property
    def connectable(self) -> bool:
        """The phone can take a debtor now."""
        return self.online and (self.leg is Leg.UP or self.per_call)

    @property
    def offerable(self) -> bool:
        return self.state is S.READY and self.connectable


Step = tuple[Agent, tuple[AgentEffect, ...]]


def step(agent: Agent, event: AgentEvent) -> Step:
    """The agent after the event and what is to be done. Raises UnexpectedEvent, with nothing changed."""
    cell = TRANSITIONS[agent.state].get(type(event))
    if cell is None or cell.kind == "impossible":
        raise UnexpectedEvent("agent", agent.state, type(event).__name__)
    if cell.handler is None:
        return agent, ()
    done: Step = cell.handler(agent, event)
    return done


def _enter(agent: Agent, state: AgentState, at: datetime, reason: str | None = None) -> Agent:
    return replace(agent, state=state, since=at, reason=reason, deadline=None)


def _refusing(code: str, message: str) -> Cell:
    effects = (e.Refuse(code, message),)
    return Cell(lambda agent, event: (agent, effects), ())


def _ready(agent: Agent, event: e.ReadyAsked) -> Step:
    agent = replace(_enter(agent, S.READY, event.at), wish=None, wish_reason=None)
    return _with_leg(agent)


def _with_leg(agent: Agent) -> Step:
    """Open the leg when it should be up and is not."""
    if agent.per_call or agent.leg is not Leg.NONE:
        return agent, ()
    return replace(agent, leg=Leg.OPENING), (e.OpenLeg(), e.StopTimer(AgentTimer.LEG_RETRY))


def _ready_again(agent: Agent, event: e.ReadyAsked) -> Step:
    return _with_leg(agent)


def _pause(agent: Agent, event: e.PauseAsked) -> Step:
    return _enter(agent, S.PAUSED, event.at, event.reason), ()


def _logout(agent: Agent, event: e.LogoutAsked) -> Step:
    agent = replace(_enter(agent, S.OFFLINE, event.at), wish=None, wish_reason=None, leg=Leg.NONE)
    return agent, (e.StopTimer(AgentTimer.LEG_RETRY), e.StopTimer(AgentTimer.AWAY), e.CloseLeg())


def _wish_pause(agent: Agent, event: e.PauseAsked) -> Step:
    return replace(agent, wish="pause", wish_reason=event.reason), ()


def _wish_logout(agent: Agent, event: e.LogoutAsked) -> Step:
    return replace(agent, wish="logout", wish_reason=None), ()


def _drop_wish(agent: Agent, event: e.ReadyAsked) -> Step:
    return replace(agent, wish=None, wish_reason=None), ()


def _plan_due(agent: Agent, event: e.PlanDue) -> Step:
    if event.kind == "logout":
        return _logout(agent, e.LogoutAsked(event.at))
    return _enter(agent, S.PAUSED, event.at, event.reason), ()


def _plan_due_in_call(agent: Agent, event: e.PlanDue) -> Step:
    """Nothing is cut, the wrap-up neither. A break changes nothing for whom a pause or the end awaits already."""
    if event.kind == "logout":
        return replace(agent, wish="logout", wish_reason=None), ()
    if agent.wish is not None:
        return agent, ()
    return replace(agent, wish="pause", wish_reason=event.reason), ()


def _plan_due_paused(agent: Agent, event: e.PlanDue) -> Step:
    return _plan_due(agent, event) if event.kind == "logout" else (agent, ())


def _next(agent: Agent, at: datetime) -> Step:
    """What follows a call: the wish, else ready."""
    agent = replace(agent, attempt_id=None, disposition=None)
    if agent.wish == "logout":
        return _logout(agent, e.LogoutAsked(at))
    if agent.wish == "pause":
        agent = _enter(agent, S.PAUSED, at, agent.wish_reason)
        return replace(agent, wish=None, wish_reason=None), ()
    return _with_leg(_enter(agent, S.READY, at))


def _console_gone(agent: Agent, event: e.ConsoleGone) -> Step:
    return agent, (e.StartTimer(AgentTimer.AWAY, event.at + AWAY_AFTER),)


def _console_back(agent: Agent, event: e.ConsoleBack) -> Step:
    return agent, (e.StopTimer(AgentTimer.AWAY),)


def _away(agent: Agent, event: e.AwayOver) -> Step:
    return _enter(agent, S.PAUSED, event.at, "away"), ()


def _away_in_call(agent: Agent, event: e.AwayOver) -> Step:
    if agent.wish is not None:
        return agent, ()
    return replace(agent, wish="pause", wish_reason="away"), ()


def _offered(agent: Agent, event: e.PreviewOffered) -> Step:
    agent = replace(_enter(agent, S.PREVIEW, event.at), deadline=event.due, preview_dials=event.dials)
    return agent, (e.StartTimer(AgentTimer.PREVIEW, event.due),)


def _preview_dial(agent: Agent, event: e.PreviewDialAsked) -> Step:
    if not agent.connectable:
        return agent, (e.Refuse("phone_down", "Your phone is not connected: connect it, then dial."),)
    return _enter(agent, S.RESERVED, event.at), (e.StopTimer(AgentTimer.PREVIEW), e.DialPreview())


def _release(agent: Agent, reason: str, done: Step) -> Step:
    after, effects = done
    return after, (e.StopTimer(AgentTimer.PREVIEW), e.ReleasePreview(reason), *effects)


def _preview_skip(agent: Agent, event: e.PreviewSkipAsked) -> Step:
    return _release(agent, event.reason, _next(agent, event.at))


def _preview_over(agent: Agent, event: e.PreviewOver) -> Step:
    # without a phone there is nobody to talk to the person who answers
    if agent.preview_dials and agent.connectable:
        return _preview_dial(agent, e.PreviewDialAsked(event.at))
    return _release(agent, "timer", _next(agent, event.at))


def _preview_pause(agent: Agent, event: e.PauseAsked) -> Step:
    return _release(agent, "pause", _pause(agent, event))


def _preview_logout(agent: Agent, event: e.LogoutAsked) -> Step:
    return _release(agent, "logout", _logout(agent, event))


def _preview_away(agent: Agent, event: e.AwayOver) -> Step:
    return _release(agent, "away", _away(agent, event))


def _preview_plan_due(agent: Agent, event: e.PlanDue) -> Step:
    return _release(agent, event.kind, _plan_due(agent, event))


def _admitted(agent: Agent, event: e.PreviewAdmitted) -> Step:
    return replace(agent, attempt_id=event.attempt_id), ()


def _preview_refused(agent: Agent, event: e.PreviewRefused) -> Step:
    return _next(agent, event.at)


def _reserve(agent: Agent, event: e.Reserve) -> Step:
    return replace(_enter(agent, S.RESERVED, event.at), attempt_id=event.attempt_id, disposition=None), ()


def _connected(agent: Agent, event: e.Connected) -> Step:
    if agent.attempt_id not in (None, event.attempt_id):
        return agent, ()
    return replace(_enter(agent, S.TALKING, event.at), attempt_id=event.attempt_id), ()


def _adopted(agent: Agent, event: e.Connected) -> Step:
    """After a restart: the exchange shows this agent's bridge with that debtor in it."""
    return replace(_enter(agent, S.TALKING, event.at), attempt_id=event.attempt_id, disposition=None), ()


def _not_connected(agent: Agent, event: e.NotConnected) -> Step:
    if agent.attempt_id not in (None, event.attempt_id):
        return agent, ()
    return _next(agent, event.at)


def _over_reserved(agent: Agent, event: e.CallOver) -> Step:
    return _not_connected(agent, e.NotConnected(event.attempt_id, event.at))


def _held(agent: Agent, event: e.CallHeld) -> Step:
    return _enter(agent, S.HOLD, event.at), ()


def _resumed(agent: Agent, event: e.CallResumed) -> Step:
    return _enter(agent, S.TALKING, event.at), ()


def _call_over(agent: Agent, event: e.CallOver) -> Step:
    if agent.attempt_id not in (None, event.attempt_id):
        return agent, ()
    return _wrap_up(agent, event.at)


def _wrap_up(agent: Agent, at: datetime) -> Step:
    if agent.wrap_up_s <= 0:
        return _finish(agent, at)
    due = at + timedelta(seconds=agent.wrap_up_s)
    agent = replace(_enter(agent, S.WRAP_UP, at), deadline=due)
    return agent, (e.StartTimer(AgentTimer.WRAP_UP, due),)


def _disposed_in_call(agent: Agent, event: e.Disposed) -> Step:
    return replace(agent, disposition=event.code), ()


def _disposed(agent: Agent, event: e.Disposed) -> Step:
    return _finish(replace(agent, disposition=event.code), event.at)


def _finish(agent: Agent, at: datetime) -> Step:
    """End the wrap-up; a call without a disposition gets the campaign's default."""
    final = (e.Dispose(agent.attempt_id, agent.disposition),) if agent.attempt_id is not None else ()
    agent, effects = _next(agent, at)
    return agent, (e.StopTimer(AgentTimer.WRAP_UP), *final, *effects)


def _wrap_up_over(agent: Agent, event: e.WrapUpOver | e.WrapUpCut) -> Step:
    return _finish(agent, event.at)


def _ready_from_wrap_up(agent: Agent, event: e.ReadyAsked) -> Step:
    return _finish(replace(agent, wish=None, wish_reason=None), event.at)


def _pause_in_wrap_up(agent: Agent, event: e.PauseAsked) -> Step:
    agent, effects = _wish_pause(agent, event)
    return (agent, effects) if agent.disposition is None else _finish(agent, event.at)


def _logout_in_wrap_up(agent: Agent, event: e.LogoutAsked) -> Step:
    agent, effects = _wish_logout(agent, event)
    return (agent, effects) if agent.disposition is None else _finish(agent, event.at)


def _leg_up(agent: Agent, event: e.LegUp) -> Step:
    return replace(agent, leg=Leg.UP), (e.StopTimer(AgentTimer.LEG_RETRY),)


def _leg_up_offline(agent: Agent, event: e.LegUp) -> Step:
    return replace(agent, leg=Leg.NONE), (e.CloseLeg(),)


def _leg_down_offline(agent: Agent, event: e.LegDown) -> Step:
    return replace(agent, leg=Leg.NONE), ()


def _leg_down(agent: Agent, event: e.LegDown) -> Step:
    agent = replace(agent, leg=Leg.NONE)
    if agent.per_call:
        return agent, ()
    return agent, (e.StartTimer(AgentTimer.LEG_RETRY, event.at + LEG_RETRY_AFTER),)


def _leg_down_reserved(agent: Agent, event: e.LegDown | e.PhoneOffline) -> Step:
    """The call must look for another agent at once; so does this one's day go on."""
    lost = (e.LoseCall(agent.attempt_id),) if agent.attempt_id is not None else ()
    after, retry = _leg_down(agent, e.LegDown(event.at))
    if agent.attempt_id is None:
        return after, retry  # the previewed debtor is not dialed yet
    after = _enter(replace(after, attempt_id=None), S.READY, event.at)
    if after.wish is None:
        return after, (*lost, *retry)
    after, effects = _next(after, event.at)
    return after, (*lost, *retry, *effects)


def _leg_down_in_call(agent: Agent, event: e.LegDown | e.PhoneOffline) -> Step:
    lost = (e.LoseCall(agent.attempt_id),) if agent.attempt_id is not None else ()
    agent, retry = _leg_down(agent, e.LegDown(event.at))
    agent, effects = _wrap_up(agent, event.at)
    return agent, (*lost, *retry, *effects)


def _online(agent: Agent, event: e.PhoneOnline) -> Step:
    return _with_leg(replace(agent, online=True))


def _online_offline(agent: Agent, event: e.PhoneOnline) -> Step:
    return replace(agent, online=True), ()


def _phone_gone_offline(agent: Agent, event: e.PhoneOffline) -> Step:
    return replace(agent, online=False), ()


def _phone_gone(agent: Agent, event: e.PhoneOffline) -> Step:
    return replace(agent, online=False, leg=Leg.NONE), (e.CloseLeg(),)


def _phone_gone_reserved(agent: Agent, event: e.PhoneOffline) -> Step:
    agent, effects = _leg_down_reserved(replace(agent, online=False), event)
    return agent, (*effects, e.CloseLeg())


def _phone_gone_in_call(agent: Agent, event: e.PhoneOffline) -> Step:
    agent, effects = _leg_down_in_call(replace(agent, online=False), event)
    return agent, (*effects, e.CloseLeg())


def _leg_retry(agent: Agent, event: e.LegRetry) -> Step:
    return _with_leg(agent) if agent.online else (agent, ())


EVENTS: tuple[type, ...] = get_args(AgentEvent)
_E = frozenset(EVENTS)
_NO_CALL = _refusing("no_call", "There is no call to do this with.")
_NOT_IN = _refusing("offline", "You are logged out: press Start shift first.")
_NO_PREVIEW = {
    e.PreviewDialAsked: _refusing("no_preview", "No debtor is shown to you now."),
    e.PreviewSkipAsked: _refusing("no_preview", "No debtor is shown to you now."),
}
_CONSOLE: dict[type, Cell] = {e.ConsoleGone: to(_console_gone), e.ConsoleBack: to(_console_back)}
_LEG: dict[type, Cell] = {e.LegUp: to(_leg_up), e.PhoneOnline: to(_online), e.LegRetry: to(_leg_retry)}
_IDLE_LEG: dict[type, Cell] = _LEG | {e.LegDown: to(_leg_down), e.PhoneOffline: to(_phone_gone)}
_WISHES: dict[type, Cell] = {
    e.PauseAsked: to(_wish_pause),
    e.LogoutAsked: to(_wish_logout),
    e.ReadyAsked: to(_drop_wish),
    e.PlanDue: to(_plan_due_in_call),
    e.AwayOver: to(_away_in_call),
}
_AFTER = (S.READY, S.PAUSED, S.OFFLINE)
_IN_CALL = (
    _WISHES
    | _CONSOLE
    | _LEG
    | _NO_PREVIEW
    | {
        e.CallOver: to(_call_over, S.WRAP_UP, *_AFTER),
        e.Disposed: to(_disposed_in_call),
        e.LegDown: to(_leg_down_in_call, S.WRAP_UP, *_AFTER),
        e.PhoneOffline: to(_phone_gone_in_call, S.WRAP_UP, *_AFTER),
    }
)
_PREVIEW_NEWS = frozenset({e.PreviewAdmitted, e.PreviewRefused})
_OFFERS = frozenset({e.PreviewOffered, e.Reserve})


def _row(handled: dict[type, Cell], impossible: frozenset[type]) -> Row:
    """The rest, which is ignored, is spelled out by the tests and printed in docs/states.md."""
    return Row(handled, _E - frozenset(handled) - impossible, impossible)


TRANSITIONS = table(
    EVENTS,
    {
        S.OFFLINE: _row(
            {
                e.ReadyAsked: to(_ready, S.READY),
                e.PauseAsked: _NOT_IN,
                e.Disposed: _NO_CALL,
                e.LegUp: to(_leg_up_offline),
                e.LegDown: to(_leg_down_offline),
                e.PhoneOnline: to(_online_offline),
                e.PhoneOffline: to(_phone_gone_offline),
                **_NO_PREVIEW,
            },
            impossible=_OFFERS | _PREVIEW_NEWS | {e.Connected},
        ),
        S.READY: _row(
            {
                e.ReadyAsked: to(_ready_again),
                e.PauseAsked: to(_pause, S.PAUSED),
                e.LogoutAsked: to(_logout, S.OFFLINE),
                e.PlanDue: to(_plan_due, S.PAUSED, S.OFFLINE),
                e.PreviewOffered: to(_offered, S.PREVIEW),
                e.Reserve: to(_reserve, S.RESERVED),
                e.Connected: to(_adopted, S.TALKING),
                e.Disposed: _NO_CALL,
                e.AwayOver: to(_away, S.PAUSED),
                **_NO_PREVIEW,
                **_CONSOLE,
                **_IDLE_LEG,
            },
            impossible=_PREVIEW_NEWS,
        ),
        S.PREVIEW: _row(
            {
                e.PreviewDialAsked: to(_preview_dial, S.RESERVED),
                e.PreviewSkipAsked: to(_preview_skip, S.READY),
                e.PreviewOver: to(_preview_over, S.READY, S.RESERVED),
                e.PauseAsked: to(_preview_pause, S.PAUSED),
                e.LogoutAsked: to(_preview_logout, S.OFFLINE),
                e.PlanDue: to(_preview_plan_due, S.PAUSED, S.OFFLINE),
                e.AwayOver: to(_preview_away, S.PAUSED),
                e.Disposed: _NO_CALL,
                **_CONSOLE,
                **_IDLE_LEG,
            },
            impossible=_OFFERS | _PREVIEW_NEWS | {e.Connected},
        ),
        S.RESERVED: _row(
            {
                e.PreviewAdmitted: to(_admitted),
                e.PreviewRefused: to(_preview_refused, *_AFTER),
                e.Connected: to(_connected, S.TALKING),
                e.NotConnected: to(_not_connected, *_AFTER),
                e.CallOver: to(_over_reserved, *_AFTER),
                e.Disposed: _NO_CALL,
                e.LegDown: to(_leg_down_reserved, *_AFTER),
                e.PhoneOffline: to(_phone_gone_reserved, *_AFTER),
                **_WISHES,
                **_CONSOLE,
                **_LEG,
                **_NO_PREVIEW,
            },
            impossible=_OFFERS,
        ),
        S.TALKING: _row(_IN_CALL | {e.CallHeld: to(_held, S.HOLD)}, impossible=_OFFERS | _PREVIEW_NEWS),
        S.HOLD: _row(_IN_CALL | {e.CallResumed: to(_resumed, S.TALKING)}, impossible=_OFFERS | _PREVIEW_NEWS),
        S.WRAP_UP: _row(
            {
                e.ReadyAsked: to(_ready_from_wrap_up, S.READY),
                e.PauseAsked: to(_pause_in_wrap_up, S.PAUSED),
                e.LogoutAsked: to(_logout_in_wrap_up, S.OFFLINE),
                e.PlanDue: to(_plan_due_in_call),
                e.Disposed: to(_disposed, *_AFTER),
                e.WrapUpOver: to(_wrap_up_over, *_AFTER),
                e.WrapUpCut: to(_wrap_up_over, *_AFTER),
                e.AwayOver: to(_away_in_call),
                e.Connected: to(_adopted, S.TALKING),
                **_NO_PREVIEW,
                **_CONSOLE,
                **_IDLE_LEG,
            },
            impossible=_OFFERS | _PREVIEW_NEWS,
        ),
        S.PAUSED: _row(
            {
                e.ReadyAsked: to(_ready, S.READY),
                e.PauseAsked: to(_pause, S.PAUSED),
                e.LogoutAsked: to(_logout, S.OFFLINE),
                e.PlanDue: to(_plan_due_paused, S.OFFLINE),
                e.Connected: to(_adopted, S.TALKING),
                e.Disposed: _NO_CALL,
                **_NO_PREVIEW,
                **_CONSOLE,
                **_IDLE_LEG,
            },
            impossible=_OFFERS | _PREVIEW_NEWS,
        ),
    },
)
