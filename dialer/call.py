"""Decides a call's life by one table: `step(call, event) -> (call, effects)`. Timers are effects, back as events.

Node events (up, down, slow) and the agents' phones are not a call's: what follows from them reaches a call as
FoundLive, NotFound or AgentLost. A call is abandoned exactly when a person (or unknown, which counts as one) answered
and was not connected within `answer_wait_ms`; who hangs up before that was not abandoned.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, get_args

from dialer import call_events as e
from dialer.call_events import CallEffect, CallEvent, Timer
from dialer.lives import Row, UnexpectedEvent, table, to
from dialer.outcomes import unanswered
from telephony import exchange as x

RING_GRACE = timedelta(seconds=5)
VERDICT_LIMIT = timedelta(seconds=8)
MESSAGE_LIMIT = timedelta(seconds=60)
ANNOUNCEMENT_LIMIT = timedelta(seconds=180)
OPT_OUT_KEY = "9"
END_LIMIT = timedelta(seconds=5)
ALONE_LIMIT = timedelta(seconds=1)


class CallState(StrEnum):
    COMMITTED = "committed"
    DIALING = "dialing"
    RINGING = "ringing"
    DETECTING = "detecting"
    WAITING = "waiting"
    BRIDGING = "bridging"
    TALKING = "talking"
    HELD = "held"
    ABANDON_MESSAGE = "abandon_message"
    ANNOUNCING = "announcing"
    MACHINE_ENDED = "machine_ended"
    ENDING = "ending"
    ENDED = "ended"


S = CallState


@dataclass(frozen=True, slots=True)
class CallRules:
    """What the campaign says about this call; fixed at launch. `ring_min_s`: nobody gives up earlier once it rings.

    `announces`: whoever answers hears a recording and no agent is wanted.
    """

    ring_timeout_s: int = 22
    answer_wait_ms: int = 2000
    amd: bool = False
    ring_min_s: int = 15
    announces: bool = False
    announces_to_machines: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """`agent_id` is the agent at work on it now, `talked_with` the last one connected, `for_agent` who chose it."""

    attempt_id: str
    rules: CallRules
    state: CallState = CallState.COMMITTED
    for_agent: int | None = None
    agent_id: int | None = None
    bridge_id: str | None = None
    talked_with: int | None = None
    refused_by: frozenset[int] = frozenset()
    progress: bool = False
    launched_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    greeting_at: datetime | None = None
    waiting_since: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    answered_by: str | None = None
    abandoned: bool = False
    announced: bool = False  # the recording was heard to its end, or to the key that ends it
    hung_up_by: str | None = None
    outcome: str | None = None
    cause: int | None = None
    tech_cause: int | None = None

    def wait_limit(self, since: datetime) -> datetime:
        return since + timedelta(milliseconds=self.rules.answer_wait_ms)


Step = tuple[Call, tuple[CallEffect, ...]]


def step(call: Call, event: CallEvent) -> Step:
    """The call after the event and what is to be done. Raises UnexpectedEvent, with nothing changed."""
    cell = TRANSITIONS[call.state].get(type(event))
    if cell is None or cell.kind == "impossible":
        raise UnexpectedEvent("call", call.state, type(event).__name__)
    if cell.handler is None:
        return call, ()
    done: Step = cell.handler(call, event)
    return done


def _launch(call: Call, event: e.Launch) -> Step:
    due = event.at + timedelta(seconds=call.rules.ring_timeout_s) + RING_GRACE
    return replace(call, state=S.DIALING, launched_at=event.at), (e.SetTimer(Timer.RING, due), e.Dial())


def _ringing(call: Call, event: x.Ringing | x.EarlyMedia) -> Step:
    return replace(call, state=S.RINGING, progress=True, ringing_at=call.ringing_at or event.at), ()


def _refused(call: Call, event: e.DialRefused) -> Step:
    if event.status == 409:
        return call, ()  # our id is alive on the node: it was dialed, and its events will come
    return _end(call, event.at, outcome="failed")


def _unavailable(call: Call, event: e.DialUnavailable) -> Step:
    return _end(call, event.at, outcome="cancelled")


def _answered(call: Call, event: x.Answered) -> Step:
    call = replace(call, answered_at=event.at, answered_by="unknown", progress=True)
    record = e.Record({"state": "live", "answered_at": event.at, "ringing_at": call.ringing_at})
    if call.rules.amd:
        call = replace(call, state=S.DETECTING)
        return call, (
            e.CancelTimer(Timer.RING),
            e.SetTimer(Timer.VERDICT, event.at + VERDICT_LIMIT),
            e.StartAmd(),
            record,
        )
    call, effects = _offer(call, event.at)
    return call, (e.CancelTimer(Timer.RING), *effects, record)


def _offer(call: Call, at: datetime) -> Step:
    """To an agent, or to the recording."""
    return _announce(call, at) if call.rules.announces else _wait(call, at)


def _announce(call: Call, at: datetime) -> Step:
    limit = e.SetTimer(Timer.MESSAGE, at + ANNOUNCEMENT_LIMIT)
    return replace(call, state=S.ANNOUNCING), (e.PlayAnnouncement(), limit)


def _announced(call: Call, event: x.PlaybackEnded) -> Step:
    call, effects = _hang_up(replace(call, announced=not event.failed), event.at, by="message")
    return call, (e.CancelTimer(Timer.MESSAGE), *effects)


def _pressed(call: Call, event: x.Dtmf) -> Step:
    if event.digit != OPT_OUT_KEY:
        return call, ()
    call, effects = _hang_up(replace(call, announced=True), event.at, by="debtor")
    return call, (e.OptOut(), e.CancelTimer(Timer.MESSAGE), *effects)


def _ring_over(call: Call, event: e.RingOver) -> Step:
    return _hang_up(call, event.at, by="ring_timer")


def _hangup_unanswered(call: Call, event: e.HangupAsked) -> Step:
    return _hang_up(call, event.at, by=event.by)


def _never_dialed(call: Call, event: e.HangupAsked) -> Step:
    return _end(call, event.at, outcome="cancelled")


def _forget_chooser(call: Call, event: e.AgentLost) -> Step:
    if call.for_agent != event.agent_id:
        return call, ()
    return replace(call, for_agent=None), ()


def _destroyed_unanswered(call: Call, event: x.Destroyed) -> Step:
    call = replace(call, cause=event.cause, tech_cause=event.tech_cause)
    rang = event.at - (call.launched_at or event.at)
    outcome = unanswered(
        event.cause, event.tech_cause, progress=call.progress, rang=rang, ring_timeout_s=call.rules.ring_timeout_s
    )
    return _end(call, event.at, outcome=outcome)


def _verdict(call: Call, event: x.AmdVerdict) -> Step:
    if event.result == "machine" and call.rules.announces and call.rules.announces_to_machines:
        call, effects = _announce(replace(call, answered_by="machine"), event.at)
        return call, (e.CancelTimer(Timer.VERDICT), *effects)
    if event.result == "machine":
        call, effects = _hang_up(replace(call, answered_by="machine"), event.at, by="machine", state=S.MACHINE_ENDED)
        return call, (e.CancelTimer(Timer.VERDICT), *effects)
    by = "person" if event.result == "person" else "unknown"
    call = replace(call, answered_by=by, greeting_at=_greeting_at(call, event))
    # "within two seconds of the person's completed greeting": the silence that detection heard is part of the wait
    call, effects = _offer(call, call.greeting_at or event.at)
    record = (e.Record({"greeting_at": call.greeting_at}),) if call.greeting_at is not None else ()
    return call, (e.CancelTimer(Timer.VERDICT), *effects, *record)


def _greeting_at(call: Call, event: x.AmdVerdict) -> datetime | None:
    if event.result != "person" or event.silence_ms is None:
        return None
    over = event.at - timedelta(milliseconds=event.silence_ms)
    return max(over, call.answered_at or over)


def _verdict_over(call: Call, event: e.VerdictOver) -> Step:
    call, effects = _offer(call, event.at)  # unknown counts as a person
    return call, (e.CancelTimer(Timer.VERDICT), *effects)


def _wait(call: Call, at: datetime) -> Step:
    """The person waits for an agent from `at` on."""
    call = replace(call, state=S.WAITING, waiting_since=at, agent_id=None, bridge_id=None)
    return call, (e.SetTimer(Timer.WAIT, call.wait_limit(at)), e.WantAgent())


def _agent_found(call: Call, event: e.AgentFound) -> Step:
    call = replace(call, state=S.BRIDGING, agent_id=event.agent_id, bridge_id=event.bridge_id)
    return call, (e.ConnectAgent(event.agent_id, event.bridge_id), e.DropWant())


def _give_back(call: Call, event: e.AgentFound) -> Step:
    """Too late: the debtor does not wait any more."""
    if event.agent_id == call.agent_id:
        return call, ()
    return call, (e.FreeAgent(event.agent_id, talked=False),)


def _abandon(call: Call, event: e.WaitOver | e.HangupAsked) -> Step:
    if call.rules.announces:  # nobody was to be connected
        call, effects = _hang_up(call, event.at, by="system")
        return call, (e.CancelTimer(Timer.VERDICT), *effects)
    # connected once and lost again is no abandonment: the person was with an agent in time
    abandoned = call.abandoned or call.bridged_at is None
    agent_id = call.agent_id if call.agent_id is not None else call.for_agent
    freed = (e.FreeAgent(agent_id, talked=False),) if agent_id is not None else ()
    left: tuple[CallEffect, ...] = ()
    if call.bridge_id is not None:
        left = (e.LeaveBridge(call.bridge_id),)
    call = replace(call, state=S.ABANDON_MESSAGE, agent_id=None, bridge_id=None, for_agent=None, abandoned=abandoned)
    timers = (
        e.CancelTimer(Timer.WAIT),
        e.CancelTimer(Timer.VERDICT),
        e.SetTimer(Timer.MESSAGE, event.at + MESSAGE_LIMIT),
    )
    return call, (e.DropWant(), *freed, *left, e.PlayAbandon(), *timers, e.Record({"abandoned": abandoned}))


def _destroyed_waiting(call: Call, event: x.Destroyed) -> Step:
    call = _judge_wait(replace(call, cause=event.cause, tech_cause=event.tech_cause), event.at)
    return _end(call, event.at, outcome=_answered_outcome(call))


def _judge_wait(call: Call, at: datetime) -> Call:
    """Who was still unconnected when the limit passed was abandoned, whichever news came first."""
    late = call.waiting_since is not None and at > call.wait_limit(call.waiting_since)
    return replace(call, abandoned=True) if late and call.bridged_at is None else call


def _entered(call: Call, event: x.EnteredBridge) -> Step:
    if event.bridge_id != call.bridge_id or call.agent_id is None:
        return call, ()  # the bridge of an agent who was lost meanwhile
    # connected, but later than the rule allows: a talk, and an abandoned call all the same
    call = _judge_wait(call, event.at)
    call = replace(
        call, state=S.TALKING, bridged_at=call.bridged_at or event.at, talked_with=call.agent_id, progress=True
    )
    record = e.Record({"bridged_at": call.bridged_at, "agent_id": call.agent_id, "abandoned": call.abandoned})
    return call, (e.CancelTimer(Timer.WAIT), e.AgentConnected(call.agent_id or 0), record)


def _connect_failed(call: Call, event: e.ConnectFailed) -> Step:
    if event.agent_id != call.agent_id:
        return call, ()
    call = replace(
        call,
        state=S.WAITING,
        agent_id=None,
        bridge_id=None,
        for_agent=None,
        refused_by=call.refused_by | {event.agent_id},
    )
    return call, (e.FreeAgent(event.agent_id, talked=False), e.WantAgent())


def _lost_while_bridging(call: Call, event: e.AgentLost) -> Step:
    if event.agent_id != call.agent_id:
        return _forget_chooser(call, event)
    call = replace(call, state=S.WAITING, agent_id=None, bridge_id=None, for_agent=None)
    return call, (e.WantAgent(),)  # the first wait goes on: its timer still runs


def _lost_while_talking(call: Call, event: e.AgentLost) -> Step:
    if event.agent_id != call.agent_id:
        return call, ()
    return _to_another(call, event.at)


def _to_another(call: Call, at: datetime) -> Step:
    """Never dead air: another agent within the limit, else the message."""
    held: tuple[CallEffect, ...] = ()
    if call.state is S.HELD and call.agent_id is not None:
        held = (e.ResumeLine(call.agent_id),)
    call, effects = _wait(replace(call, for_agent=None, hung_up_by=None), at)
    return call, (*held, e.CancelTimer(Timer.ALONE), *effects)


def _left(call: Call, event: x.LeftBridge) -> Step:
    if event.bridge_id != call.bridge_id:
        return call, ()
    return call, (e.SetTimer(Timer.ALONE, event.at + ALONE_LIMIT),)  # the usual next event is Destroyed


def _back(call: Call, event: x.EnteredBridge) -> Step:
    return call, (e.CancelTimer(Timer.ALONE),) if event.bridge_id == call.bridge_id else ()


def _alone(call: Call, event: e.AloneOver) -> Step:
    agent_id = call.agent_id
    call, effects = _to_another(call, event.at)
    freed = (e.FreeAgent(agent_id, talked=True),) if agent_id is not None else ()
    return call, (*freed, *effects)


def _hold(call: Call, event: e.HoldAsked) -> Step:
    return replace(call, state=S.HELD), (e.HoldLine(call.agent_id or 0),)


def _unhold(call: Call, event: e.UnholdAsked) -> Step:
    return replace(call, state=S.TALKING), (e.ResumeLine(call.agent_id or 0),)


def _hangup_talk(call: Call, event: e.HangupAsked) -> Step:
    agent_id = call.agent_id
    call, effects = _hang_up(replace(call, agent_id=None, bridge_id=None), event.at, by=event.by)
    freed = (e.FreeAgent(agent_id, talked=True),) if agent_id is not None else ()
    return call, (*effects, e.CancelTimer(Timer.ALONE), *freed)


def _destroyed_answered(call: Call, event: x.Destroyed) -> Step:
    call = replace(call, cause=event.cause, tech_cause=event.tech_cause)
    return _end(call, event.at, outcome=_answered_outcome(call))


def _message_done(call: Call, event: x.PlaybackEnded | e.MessageOver) -> Step:
    call, effects = _hang_up(call, event.at, by="message")
    return call, (e.CancelTimer(Timer.MESSAGE), *effects)


def _hangup_message(call: Call, event: e.HangupAsked) -> Step:
    call, effects = _hang_up(call, event.at, by=event.by)
    return call, (e.CancelTimer(Timer.MESSAGE), *effects)


def _hang_up(call: Call, at: datetime, *, by: str, state: CallState = CallState.ENDING) -> Step:
    call = replace(call, state=state, hung_up_by=call.hung_up_by or by)
    return call, (e.CancelTimer(Timer.RING), e.Hangup(), e.SetTimer(Timer.END, at + END_LIMIT))


def _hang_up_again(call: Call, event: e.EndOver) -> Step:
    return call, (e.Hangup(), e.SetTimer(Timer.END, event.at + END_LIMIT))


def _answered_too_late(call: Call, event: x.Answered) -> Step:
    """The person picked up while our hang-up was on its way: answered, and never to be connected."""
    if call.answered_at is not None:
        return call, ()
    abandoned = not call.rules.announces
    return replace(call, answered_at=event.at, answered_by="unknown", abandoned=abandoned), ()


def _destroyed_ending(call: Call, event: x.Destroyed) -> Step:
    if call.answered_at is None:
        by_timer = call.hung_up_by == "ring_timer"
        outcome = ("no_answer" if call.progress else "failed") if by_timer else "cancelled"
        return _end(replace(call, cause=event.cause, tech_cause=event.tech_cause), event.at, outcome=outcome)
    return _destroyed_answered(call, event)


def _answered_outcome(call: Call) -> str:
    if call.bridged_at is not None:
        return "conversation"
    if call.announced:
        return "announced"
    if call.abandoned:
        return "abandoned"
    return "amd_machine" if call.answered_by == "machine" else "answered_dropped"


def _end(call: Call, at: datetime, *, outcome: str) -> Step:
    freed: tuple[CallEffect, ...] = ()
    if call.agent_id is not None:
        freed = (e.FreeAgent(call.agent_id, talked=call.state in (S.TALKING, S.HELD)),)
    elif call.for_agent is not None and call.talked_with is None:
        freed = (e.FreeAgent(call.for_agent, talked=False),)
    call = replace(call, state=S.ENDED, ended_at=at, outcome=outcome, agent_id=None, bridge_id=None)
    return call, (*(e.CancelTimer(timer) for timer in Timer), e.DropWant(), *freed, e.Ended())


def _not_found(call: Call, event: e.NotFound) -> Step:
    """Ended while nobody listened: what is known stays known, the rest is `unknown`, which counts as a call placed."""
    if call.state in (S.WAITING, S.BRIDGING):
        call = _judge_wait(call, event.at)
    known = call.abandoned or call.announced or call.bridged_at is not None or call.answered_by == "machine"
    return _end(call, event.at, outcome=_answered_outcome(call) if known else "unknown")


def _found_unanswered(call: Call, event: e.FoundLive) -> Step:
    if event.agent_id is not None:
        return _adopt_talk(replace(call, answered_at=event.at, answered_by="unknown"), event.agent_id, event)
    if event.state == "Up":
        return _answered(call, x.Answered("", event.at))
    due = (call.launched_at or event.at) + timedelta(seconds=call.rules.ring_timeout_s) + RING_GRACE
    state = S.RINGING if event.state == "Ringing" else call.state
    return replace(call, state=state, progress=call.progress or state is S.RINGING), (e.SetTimer(Timer.RING, due),)


def _adopt_talk(call: Call, agent_id: int, event: e.FoundLive) -> Step:
    bridge_id = event.bridge_id or ""
    call = replace(call, agent_id=agent_id, bridge_id=bridge_id)
    call, effects = _entered(call, x.EnteredBridge("", bridge_id, event.at))
    record = e.Record({"state": "live", "answered_at": call.answered_at, "ringing_at": call.ringing_at})
    return call, (e.CancelTimer(Timer.RING), e.DropWant(), *effects, record)


def _found_detecting(call: Call, event: e.FoundLive) -> Step:
    return call, (e.SetTimer(Timer.VERDICT, (call.answered_at or event.at) + VERDICT_LIMIT),)


def _found_waiting(call: Call, event: e.FoundLive) -> Step:
    if event.agent_id is not None:
        return _adopt_talk(call, event.agent_id, event)
    since = call.waiting_since or call.answered_at or event.at
    call = replace(call, waiting_since=since)
    return call, (e.SetTimer(Timer.WAIT, call.wait_limit(since)), e.WantAgent())


def _found_bridging(call: Call, event: e.FoundLive) -> Step:
    if event.bridge_id is not None and event.bridge_id == call.bridge_id:
        return _entered(call, x.EnteredBridge("", event.bridge_id, event.at))
    return call, ()


def _found_talking(call: Call, event: e.FoundLive) -> Step:
    if event.bridge_id == call.bridge_id and event.agent_id is not None:
        return call, ()
    return call, (e.SetTimer(Timer.ALONE, event.at + ALONE_LIMIT),)


def _found_message(call: Call, event: e.FoundLive) -> Step:
    since = call.waiting_since or call.answered_at or event.at
    return call, (e.SetTimer(Timer.MESSAGE, since + MESSAGE_LIMIT),)


def _found_announcing(call: Call, event: e.FoundLive) -> Step:
    since = call.answered_at or event.at
    return call, (e.SetTimer(Timer.MESSAGE, since + ANNOUNCEMENT_LIMIT),)


def _found_ending(call: Call, event: e.FoundLive) -> Step:
    return call, (e.Hangup(), e.SetTimer(Timer.END, event.at + END_LIMIT))


EVENTS: tuple[type, ...] = get_args(CallEvent)
_TIMERS = frozenset(get_args(e.TimerEvent))
_COMMANDS = frozenset({e.HoldAsked, e.UnholdAsked})
# replies to the originate may come after the events that prove it was done
_REPLIES = frozenset({e.DialRefused, e.DialUnavailable, e.DialLost})
_PROGRESS = frozenset({x.Ringing, x.EarlyMedia})
_BRIDGE = frozenset({x.EnteredBridge, x.LeftBridge})
_ANY_SOUND: frozenset[Any] = frozenset({x.Dtmf, x.PlaybackEnded})
_LATE = _REPLIES | _PROGRESS | _COMMANDS
_ANSWER_NEWS = frozenset({x.Answered, x.AmdVerdict, e.ConnectFailed})

_BEFORE_ANSWER = {
    x.Answered: to(_answered, S.WAITING, S.DETECTING, S.ANNOUNCING),
    x.Destroyed: to(_destroyed_unanswered, S.ENDED),
    e.HangupAsked: to(_hangup_unanswered, S.ENDING),
    e.RingOver: to(_ring_over, S.ENDING),
    e.AgentLost: to(_forget_chooser),
    e.AgentFound: to(_give_back),
    e.FoundLive: to(_found_unanswered, S.RINGING, S.WAITING, S.DETECTING, S.TALKING, S.ANNOUNCING),
    e.NotFound: to(_not_found, S.ENDED),
}
_IN_TALK = {
    x.Destroyed: to(_destroyed_answered, S.ENDED),
    e.HangupAsked: to(_hangup_talk, S.ENDING),
    e.AgentLost: to(_lost_while_talking, S.WAITING),
    e.AgentFound: to(_give_back),
    x.LeftBridge: to(_left),
    x.EnteredBridge: to(_back),
    e.AloneOver: to(_alone, S.WAITING),
    e.FoundLive: to(_found_talking),
    e.NotFound: to(_not_found, S.ENDED),
}
_IN_END = {
    x.Destroyed: to(_destroyed_ending, S.ENDED),
    e.EndOver: to(_hang_up_again),
    e.AgentFound: to(_give_back),
    x.Answered: to(_answered_too_late),
    e.FoundLive: to(_found_ending),
    e.NotFound: to(_not_found, S.ENDED),
}
_TALK_IGNORES = (_LATE - _COMMANDS) | _ANY_SOUND | (_TIMERS - {e.AloneOver}) | _ANSWER_NEWS

TRANSITIONS = table(
    EVENTS,
    {
        S.COMMITTED: Row(
            {
                e.Launch: to(_launch, S.DIALING),
                e.HangupAsked: to(_never_dialed, S.ENDED),
                e.AgentLost: to(_forget_chooser),
                e.AgentFound: to(_give_back),
            },
            ignored=_COMMANDS,
            # nothing was sent: no news of a channel, and reconciliation asks only about calls that were launched
            impossible=frozenset(EVENTS) - {e.Launch, e.HangupAsked, e.AgentLost, e.AgentFound} - _COMMANDS,
        ),
        S.DIALING: Row(
            _BEFORE_ANSWER
            | dict.fromkeys(_PROGRESS, to(_ringing, S.RINGING))
            | {e.DialRefused: to(_refused, S.ENDED), e.DialUnavailable: to(_unavailable, S.ENDED)},
            ignored=_COMMANDS | (_TIMERS - {e.RingOver}) | {e.DialLost, x.Dtmf},
            impossible=_BRIDGE | {e.Launch, x.AmdVerdict, e.ConnectFailed, x.PlaybackEnded},
        ),
        S.RINGING: Row(
            _BEFORE_ANSWER,
            ignored=_LATE | (_TIMERS - {e.RingOver}) | {x.Dtmf},
            impossible=_BRIDGE | {e.Launch, x.AmdVerdict, e.ConnectFailed, x.PlaybackEnded},
        ),
        S.DETECTING: Row(
            {
                x.AmdVerdict: to(_verdict, S.WAITING, S.MACHINE_ENDED, S.ANNOUNCING),
                e.VerdictOver: to(_verdict_over, S.WAITING, S.ANNOUNCING),
                x.Destroyed: to(_destroyed_waiting, S.ENDED),
                e.HangupAsked: to(_abandon, S.ABANDON_MESSAGE, S.ENDING),
                e.AgentLost: to(_forget_chooser),
                e.AgentFound: to(_give_back),
                e.FoundLive: to(_found_detecting),
                e.NotFound: to(_not_found, S.ENDED),
            },
            ignored=_LATE | (_TIMERS - {e.VerdictOver}) | {x.Answered, x.Dtmf},
            impossible=_BRIDGE | {e.Launch, e.ConnectFailed, x.PlaybackEnded},
        ),
        S.WAITING: Row(
            {
                e.AgentFound: to(_agent_found, S.BRIDGING),
                e.WaitOver: to(_abandon, S.ABANDON_MESSAGE),
                e.HangupAsked: to(_abandon, S.ABANDON_MESSAGE),
                x.Destroyed: to(_destroyed_waiting, S.ENDED),
                e.AgentLost: to(_forget_chooser),
                e.FoundLive: to(_found_waiting, S.TALKING),
                e.NotFound: to(_not_found, S.ENDED),
            },
            # the bridge of a lost agent may still send its news
            ignored=_LATE | (_TIMERS - {e.WaitOver}) | _BRIDGE | _ANY_SOUND | _ANSWER_NEWS,
            impossible=frozenset({e.Launch}),
        ),
        S.BRIDGING: Row(
            {
                x.EnteredBridge: to(_entered, S.TALKING),
                e.ConnectFailed: to(_connect_failed, S.WAITING),
                e.AgentLost: to(_lost_while_bridging, S.WAITING),
                e.AgentFound: to(_give_back),
                e.WaitOver: to(_abandon, S.ABANDON_MESSAGE),
                e.HangupAsked: to(_abandon, S.ABANDON_MESSAGE),
                x.Destroyed: to(_destroyed_waiting, S.ENDED),
                e.FoundLive: to(_found_bridging, S.TALKING),
                e.NotFound: to(_not_found, S.ENDED),
            },
            ignored=_LATE | (_TIMERS - {e.WaitOver}) | _ANY_SOUND | {x.Answered, x.AmdVerdict, x.LeftBridge},
            impossible=frozenset({e.Launch}),
        ),
        S.TALKING: Row(
            _IN_TALK | {e.HoldAsked: to(_hold, S.HELD)},
            ignored=_TALK_IGNORES | {e.UnholdAsked},
            impossible=frozenset({e.Launch}),
        ),
        S.HELD: Row(
            _IN_TALK | {e.UnholdAsked: to(_unhold, S.TALKING)},
            ignored=_TALK_IGNORES | {e.HoldAsked},
            impossible=frozenset({e.Launch}),
        ),
        S.ABANDON_MESSAGE: Row(
            {
                x.PlaybackEnded: to(_message_done, S.ENDING),
                e.MessageOver: to(_message_done, S.ENDING),
                e.HangupAsked: to(_hangup_message, S.ENDING),
                x.Destroyed: to(_destroyed_answered, S.ENDED),
                e.AgentFound: to(_give_back),
                e.FoundLive: to(_found_message),
                e.NotFound: to(_not_found, S.ENDED),
            },
            ignored=_LATE
            | (_TIMERS - {e.MessageOver})
            | _BRIDGE
            | {x.Answered, x.AmdVerdict, e.ConnectFailed, e.AgentLost, x.Dtmf},
            impossible=frozenset({e.Launch}),
        ),
        S.ANNOUNCING: Row(
            {
                x.PlaybackEnded: to(_announced, S.ENDING),
                e.MessageOver: to(_message_done, S.ENDING),
                x.Dtmf: to(_pressed, S.ENDING),
                e.HangupAsked: to(_hangup_message, S.ENDING),
                x.Destroyed: to(_destroyed_answered, S.ENDED),
                e.AgentFound: to(_give_back),
                e.FoundLive: to(_found_announcing),
                e.NotFound: to(_not_found, S.ENDED),
            },
            # no agent is ever asked for, so none can be lost or refuse; late news of the beginning changes nothing
            ignored=_LATE | (_TIMERS - {e.MessageOver}) | _BRIDGE | _ANSWER_NEWS | {e.AgentLost},
            impossible=frozenset({e.Launch}),
        ),
        S.MACHINE_ENDED: Row(
            _IN_END,
            ignored=_LATE
            | (_TIMERS - {e.EndOver})
            | _BRIDGE
            | _ANY_SOUND
            | {x.AmdVerdict, e.ConnectFailed, e.AgentLost, e.HangupAsked},
            impossible=frozenset({e.Launch}),
        ),
        S.ENDING: Row(
            _IN_END,
            ignored=_LATE
            | (_TIMERS - {e.EndOver})
            | _BRIDGE
            | _ANY_SOUND
            | {x.AmdVerdict, e.ConnectFailed, e.AgentLost, e.HangupAsked},
            impossible=frozenset({e.Launch}),
        ),
        S.ENDED: Row(
            {e.AgentFound: to(_give_back)},
            ignored=frozenset(EVENTS) - {e.AgentFound, e.Launch},
            impossible=frozenset({e.Launch}),
        ),
    },
)
