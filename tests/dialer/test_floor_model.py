"""Both lives together on a simulated exchange, event by event: what no single life can promise.

No agent is ever bridged to two calls, every call ends, and a call is abandoned exactly when a person answered and was
not connected in time.
"""

import heapq
import itertools
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import given, settings, strategies as st

from dialer import agent as agents, agent_events as ae, call as calls, call_events as ce
from dialer.agent import Agent, AgentState
from dialer.call import Call, CallRules, CallState
from dialer.matching import FreeAgent, WaitingCall, match
from telephony.exchange import Answered, Destroyed, EnteredBridge, LeftBridge, PlaybackEnded, Ringing
from tests.dialer.samples import at

WAIT_S = 2.0


@dataclass(slots=True)
class Line:
    """The far side's truth about one call."""

    call: Call
    answers_at: float | None
    patience: float
    alive: bool = True
    answered_at: float | None = None
    connected_at: float | None = None
    ended_at: float | None = None
    bridge: str | None = None
    timers: dict[ce.Timer, int] = field(default_factory=dict)


class World:
    """Runs effects against a pretended exchange with random delays."""

    def __init__(self, seed: int, lines: int, seats: int) -> None:
        self.random = Random(seed)  # noqa: S311
        self.now = 0.0
        self.numbers = itertools.count()
        self.queue: list[tuple[float, int, Any]] = []
        self.lines: dict[str, Line] = {}
        self.agents = {n: Agent(n, wrap_up_s=3) for n in range(1, seats + 1)}
        self.timers: dict[tuple[int, ae.AgentTimer], int] = {}
        self.waiting: dict[str, None] = {}
        for number in range(1, seats + 1):
            self.later(self.random.uniform(0, 2), lambda n=number: self.agent(n, ae.ReadyAsked(at(self.now))))
        for number in range(lines):
            self.later(self.random.uniform(0, 20), lambda n=number: self.launch(f"c{n}"))

    def later(self, delay: float, do: Any) -> int:
        number = next(self.numbers)
        heapq.heappush(self.queue, (self.now + delay, number, do))
        return number

    def run(self) -> None:
        while self.queue:
            self.now, _, do = heapq.heappop(self.queue)
            assert self.now < 10_000, "something goes on for ever"
            do()
            self.check()

    def check(self) -> None:
        held: dict[str, str] = {}
        for name, line in self.lines.items():
            if line.alive and line.bridge is not None and line.call.state in (CallState.TALKING, CallState.HELD):
                assert line.bridge not in held, "two debtors in one agent's bridge"
                held[line.bridge] = name

    def launch(self, name: str) -> None:
        answers = self.random.random() < 0.7
        line = Line(
            Call(name, CallRules(answer_wait_ms=int(WAIT_S * 1000))),
            self.random.uniform(1, 8) if answers else None,
            self.random.choice((0.5, 1.5, 3.0, 60.0)),
        )
        self.lines[name] = line
        self.call(name, ce.Launch(at(self.now)))

    def call(self, name: str, event: ce.CallEvent) -> None:
        line = self.lines[name]
        line.call, effects = calls.step(line.call, event)
        for effect in effects:
            getattr(self, f"do_{type(effect).__name__}", lambda *_: None)(name, line, effect)

    def lag(self) -> float:
        return self.random.uniform(0.001, 0.05)

    def do_Dial(self, name: str, line: Line, effect: ce.Dial) -> None:
        self.later(0.5, lambda: self.news(name, Ringing(name, at(self.now))))
        if line.answers_at is None:
            self.later(15.0, lambda: self.gone(name, 19))
        else:
            self.later(line.answers_at, lambda: self.answer(name))

    def answer(self, name: str) -> None:
        line = self.lines[name]
        if not line.alive:
            return
        line.answered_at = self.now
        self.call(name, Answered(name, at(self.now)))
        self.later(line.patience, lambda: self.impatient(name))

    def impatient(self, name: str) -> None:
        line = self.lines[name]
        if line.alive and line.bridge is None:
            self.gone(name, 16)

    def news(self, name: str, event: ce.CallEvent) -> None:
        if self.lines[name].alive:
            self.call(name, event)

    def gone(self, name: str, cause: int) -> None:
        line = self.lines[name]
        if line.alive:
            line.alive, line.ended_at, line.bridge = False, self.now, None
            self.call(name, Destroyed(name, cause, None, at(self.now)))

    def do_ConnectAgent(self, name: str, line: Line, effect: ce.ConnectAgent) -> None:
        self.later(self.lag(), lambda: self.connect(name, effect))

    def connect(self, name: str, effect: ce.ConnectAgent) -> None:
        line = self.lines[name]
        if not line.alive:
            return
        if self.random.random() < 0.1:
            self.call(name, ce.ConnectFailed(effect.agent_id, at(self.now)))
            return
        line.bridge = effect.bridge_id
        self.call(name, EnteredBridge(name, effect.bridge_id, at(self.now)))
        if line.call.state is CallState.TALKING:
            line.connected_at = line.connected_at or self.now
            self.later(self.random.uniform(1, 30), lambda: self.gone(name, 16))

    def do_LeaveBridge(self, name: str, line: Line, effect: ce.LeaveBridge) -> None:
        line.bridge = None
        self.later(self.lag(), lambda: self.news(name, LeftBridge(name, effect.bridge_id, at(self.now))))

    def do_PlayAbandon(self, name: str, line: Line, effect: ce.PlayAbandon) -> None:
        line.bridge = None
        self.later(4.0, lambda: self.news(name, PlaybackEnded("p", name, False, at(self.now))))

    def do_Hangup(self, name: str, line: Line, effect: ce.Hangup) -> None:
        if self.random.random() > 0.1:  # now and then the request is lost
            self.later(self.lag(), lambda: self.gone(name, 16))

    def do_SetTimer(self, name: str, line: Line, effect: ce.SetTimer) -> None:
        delay = max(0.0, (effect.due - at(self.now)).total_seconds())
        number = line.timers[effect.timer] = next(self.numbers)
        self.later(delay + self.lag(), lambda: self.ring(name, effect.timer, number))

    def ring(self, name: str, timer: ce.Timer, number: int) -> None:
        if self.lines[name].timers.get(timer) == number:
            self.call(name, ce.TIMER_EVENTS[timer](at(self.now)))

    def do_CancelTimer(self, name: str, line: Line, effect: ce.CancelTimer) -> None:
        line.timers.pop(effect.timer, None)

    def do_WantAgent(self, name: str, line: Line, effect: ce.WantAgent) -> None:
        self.waiting[name] = None
        self.match()

    def do_DropWant(self, name: str, line: Line, effect: ce.DropWant) -> None:
        self.waiting.pop(name, None)

    def do_AgentConnected(self, name: str, line: Line, effect: ce.AgentConnected) -> None:
        self.agent(effect.agent_id, ae.Connected(name, at(self.now)))

    def do_FreeAgent(self, name: str, line: Line, effect: ce.FreeAgent) -> None:
        event = ae.CallOver if effect.talked else ae.NotConnected
        self.agent(effect.agent_id, event(name, at(self.now)))

    def match(self) -> None:
        now = at(self.now)
        waiting = []
        for name in self.waiting:
            call = self.lines[name].call
            since = call.waiting_since or now
            waiting.append(WaitingCall(name, 1, since, call.wait_limit(since), excluded=call.refused_by))
        free = [FreeAgent(a.user_id, a.since or now, frozenset({1})) for a in self.agents.values() if a.offerable]
        free.sort(key=lambda agent: (agent.idle_since, agent.user_id))
        for pair in match(waiting, free, now):
            self.waiting.pop(pair.attempt_id, None)
            self.agent(pair.user_id, ae.Reserve(pair.attempt_id, now))
            self.call(pair.attempt_id, ce.AgentFound(pair.user_id, f"b{pair.user_id}", now))

    def agent(self, number: int, event: ae.AgentEvent) -> None:
        before = self.agents[number]
        self.agents[number], effects = agents.step(before, event)
        for effect in effects:
            if isinstance(effect, ae.OpenLeg):
                self.later(self.lag(), lambda: self.leg_up(number))
            elif isinstance(effect, ae.LoseCall):
                self.call(effect.attempt_id, ce.AgentLost(number, at(self.now)))
            elif isinstance(effect, ae.StartTimer):
                self.start_timer(number, effect)
            elif isinstance(effect, ae.StopTimer):
                self.timers.pop((number, effect.timer), None)
        if self.agents[number].state is AgentState.TALKING and before.state is not AgentState.TALKING:
            if self.random.random() < 0.3:
                self.later(self.random.uniform(0.1, 3), lambda: self.agent(number, ae.LegDown(at(self.now))))
        if self.agents[number].offerable and not before.offerable:
            self.match()

    def leg_up(self, number: int) -> None:
        self.agent(number, ae.LegUp(at(self.now)))

    def start_timer(self, number: int, effect: ae.StartTimer) -> None:
        key, mark = (number, effect.timer), next(self.numbers)
        self.timers[key] = mark
        delay = max(0.0, (effect.due - at(self.now)).total_seconds())

        def ring() -> None:
            if self.timers.get(key) == mark:
                self.agent(number, ae.AGENT_TIMER_EVENTS[effect.timer](at(self.now)))

        self.later(delay, ring)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 25), st.integers(0, 4))
def test_every_call_ends_no_agent_has_two_and_abandoned_means_what_the_rule_says(
    seed: int, lines: int, seats: int
) -> None:
    world = World(seed, lines, seats)
    world.run()
    assert len(world.lines) == lines
    for line in world.lines.values():
        call = line.call
        assert call.state is CallState.ENDED and not line.alive
        if line.answered_at is None:
            assert not call.abandoned
            continue
        unconnected_until = line.connected_at if line.connected_at is not None else line.ended_at
        assert unconnected_until is not None
        waited = unconnected_until - line.answered_at
        if abs(waited - WAIT_S) > 1e-6:
            assert call.abandoned == (waited > WAIT_S), (call, line.answered_at, line.connected_at)
    for one in world.agents.values():
        assert one.state in (AgentState.READY, AgentState.OFFLINE)
