"""One sample of each event, and a call and an agent in each state."""

from datetime import UTC, datetime, timedelta

from dialer import agent_events as ae, call_events as ce
from dialer.agent import Agent, AgentState, Leg
from dialer.call import Call, CallRules, CallState
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

T0 = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
RULES = CallRules(ring_timeout_s=22, answer_wait_ms=2000)
LINE = "pl-c-a"
BRIDGE = "pl-b-7"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


CALL_SAMPLES: tuple[ce.CallEvent, ...] = (
    Ringing(LINE, at(10)),
    EarlyMedia(LINE, at(10)),
    Answered(LINE, at(10)),
    AmdVerdict(LINE, "person", "HUMAN", at(10)),
    EnteredBridge(LINE, BRIDGE, at(10)),
    LeftBridge(LINE, BRIDGE, at(10)),
    PlaybackEnded("p", LINE, False, at(10)),
    Destroyed(LINE, 16, None, at(10)),
    Dtmf(LINE, "1", at(10)),
    ce.Launch(at(10)),
    ce.DialRefused(400, at(10)),
    ce.DialUnavailable(at(10)),
    ce.DialLost(at(10)),
    ce.AgentFound(7, BRIDGE, at(10)),
    ce.ConnectFailed(7, at(10)),
    ce.AgentLost(7, at(10)),
    ce.HoldAsked(at(10)),
    ce.UnholdAsked(at(10)),
    ce.HangupAsked("agent", at(10)),
    ce.RingOver(at(10)),
    ce.WaitOver(at(10)),
    ce.VerdictOver(at(10)),
    ce.MessageOver(at(10)),
    ce.EndOver(at(10)),
    ce.AloneOver(at(10)),
    ce.FoundLive("Up", None, None, at(10)),
    ce.NotFound(at(10)),
)

AGENT_SAMPLES: tuple[ae.AgentEvent, ...] = (
    ae.ReadyAsked(at(10)),
    ae.PauseAsked("lunch", at(10)),
    ae.LogoutAsked(at(10)),
    ae.PlanDue("pause", "lunch", at(10)),
    ae.PreviewOffered(at(40), at(10)),
    ae.PreviewDialAsked(at(10)),
    ae.PreviewSkipAsked("not_now", at(10)),
    ae.PreviewAdmitted("a", at(10)),
    ae.PreviewRefused(at(10)),
    ae.Reserve("a", at(10)),
    ae.Connected("a", at(10)),
    ae.NotConnected("a", at(10)),
    ae.CallOver("a", at(10)),
    ae.CallHeld(at(10)),
    ae.CallResumed(at(10)),
    ae.Disposed("promise", at(10)),
    ae.LegUp(at(10)),
    ae.LegDown(at(10)),
    ae.PhoneOnline(at(10)),
    ae.PhoneOffline(at(10)),
    ae.WrapUpOver(at(10)),
    ae.WrapUpCut(at(10)),
    ae.PreviewOver(at(10)),
    ae.LegRetry(at(10)),
    ae.AwayOver(at(10)),
    ae.ConsoleBack(at(10)),
    ae.ConsoleGone(at(10)),
)

_DIALED = (CallState.DIALING, CallState.RINGING)
_CONNECTED = (CallState.BRIDGING, CallState.TALKING, CallState.HELD)


def a_call(state: CallState, rules: CallRules = RULES) -> Call:
    """A call as it would be in this state: launched at 0, ringing at 2, answered at 8, bridged at 9 seconds."""
    call = Call("a", rules, state=state)
    if state is CallState.COMMITTED:
        return call
    facts = {"launched_at": T0}
    if state is not CallState.DIALING:
        facts["ringing_at"] = at(2)
    if state not in _DIALED and state is not CallState.ENDING:
        facts["answered_at"] = at(8)
        if state not in (CallState.DETECTING, CallState.ANNOUNCING):
            facts["waiting_since"] = at(8)
    if state in (CallState.TALKING, CallState.HELD):
        facts["bridged_at"] = at(9)
    call = _replaced(call, facts)
    if state in _CONNECTED:
        talked = None if state is CallState.BRIDGING else 7
        call = Call(
            **{name: getattr(call, name) for name in Call.__slots__}
            | {"agent_id": 7, "bridge_id": BRIDGE, "talked_with": talked}
        )
    return call


def _replaced(call: Call, facts: dict[str, datetime]) -> Call:
    return Call(**{name: getattr(call, name) for name in Call.__slots__} | facts | {"progress": True})


def an_agent(state: AgentState) -> Agent:
    """An agent with a leg that is up (none when offline), in the call `a` when in any."""
    busy = state in (AgentState.RESERVED, AgentState.TALKING, AgentState.HOLD, AgentState.WRAP_UP)
    return Agent(
        7,
        state=state,
        since=T0,
        leg=Leg.NONE if state is AgentState.OFFLINE else Leg.UP,
        attempt_id="a" if busy else None,
    )
