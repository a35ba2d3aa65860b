"""Judges a simulated day by its log alone: a second, slow reading of the schema that shares no code with the kernel."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from dialer.simulation.floor import SimulatedFloor
from dialer.simulation.layout import (
    IDLE,
    LOG_ANSWER,
    LOG_CONNECT,
    LOG_DROP,
    LOG_ENDED,
    LOG_LAUNCH,
    LOG_LINE_FREE,
    LOG_SHOWN,
    LOG_STATE,
    LOG_TALK_END,
    LOG_WRAP_END,
    OUT,
    PAUSE,
    TALK,
    WRAP,
)

HUMAN = 0
CLOSE = 1e-6
# what the kernel takes for rounding: a verdict that is a millionth of a second late is late
ROUNDING = 1e-9


@dataclass(slots=True)
class Life:
    """One call as the log tells it."""

    kind: int
    launched: float
    answered: float | None = None
    deadline: float = 0.0
    ends: list[str] = field(default_factory=list)


class Replayed:
    """Reads the log line by line and asserts the rules at each; sums up at the horizon."""

    def __init__(self, floor: SimulatedFloor) -> None:
        self.scenario = floor.scenario
        memory = floor.memory
        self.calls: dict[int, Life] = {}
        self.state = [OUT] * self.scenario.agents.count
        self.since = [0.0] * self.scenario.agents.count
        self.on_call: dict[int, int] = {}
        self.spent: Counter[int] = Counter()
        self.lines = self.peak = 0
        self.launches: list[float] = []
        self.late = 0
        self.stages: dict[int, list[tuple[int, float]]] = {}
        handlers = {
            LOG_LAUNCH: self.launch, LOG_ANSWER: self.answer, LOG_CONNECT: self.connect, LOG_DROP: self.drop,
            LOG_ENDED: self.ended, LOG_TALK_END: self.talk_end, LOG_WRAP_END: self.wrap_end, LOG_STATE: self.change,
            LOG_LINE_FREE: self.line_free, LOG_SHOWN: self.shown,
        }  # fmt: skip
        log = memory.log[: memory.world[0]["n_log"]]
        # a connect is written after the change of state it brings: put it before, where the agent is idle still
        last = 0.0
        for line in _causes_first([tuple(line) for line in log.tolist()]):
            at, what, call, agent, more = line
            assert at >= last
            last = at
            handlers[what](at, call, agent, more)
        for who in range(len(self.state)):
            self.change(self.scenario.horizon_s, -1, who, OUT)

    def launch(self, at: float, call: int, agent: int, kind: float) -> None:
        first, until = self.scenario.dial_window_s
        assert first <= at < until and call == len(self.calls)
        self.calls[call] = Life(int(kind), at)
        self.launches.append(at)
        self.line(1)

    def line(self, by: int) -> None:
        self.lines += by
        self.peak = max(self.peak, self.lines)
        assert self.lines >= 0
        assert self.scenario.max_lines is None or self.lines <= self.scenario.max_lines

    def answer(self, at: float, call: int, agent: int, deadline: float) -> None:
        life = self.calls[call]
        assert life.answered is None and not life.ends
        assert deadline >= at + self.scenario.calls.hold_s - CLOSE
        life.answered, life.deadline = at, deadline

    def end(self, call: int, how: str) -> Life:
        life = self.calls[call]
        assert not life.ends
        life.ends.append(how)
        return life

    def connect(self, at: float, call: int, agent: int, more: float) -> None:
        life = self.end(call, "connected")
        assert life.answered is not None and agent not in self.on_call
        idle = [who for who, state in enumerate(self.state) if state == IDLE]
        assert agent in idle and self.since[agent] <= min(self.since[who] for who in idle)
        self.on_call[agent] = call
        heard = at + self.scenario.agents.connect_s
        self.late += life.kind == HUMAN and heard > life.deadline + ROUNDING

    def drop(self, at: float, call: int, agent: int, more: float) -> None:
        life = self.end(call, "dropped")
        assert life.answered is not None and IDLE not in self.state
        assert at >= life.deadline - self.scenario.agents.connect_s - CLOSE

    def ended(self, at: float, call: int, agent: int, kind: float) -> None:
        life = self.end(call, "ended")
        assert at - life.launched <= 1e9 and (life.answered is None or self.scenario.calls.amd is not None)
        self.line(-1)

    def talk_end(self, at: float, call: int, agent: int, more: float) -> None:
        assert self.on_call[agent] == call and self.state[agent] == TALK
        self.line(-1)

    def wrap_end(self, at: float, call: int, agent: int, more: float) -> None:
        assert self.on_call.pop(agent) == call and self.state[agent] == WRAP

    def line_free(self, at: float, call: int, agent: int, more: float) -> None:
        assert self.calls[call].ends == ["dropped"]
        self.line(-1)

    def shown(self, at: float, call: int, agent: int, stage: float) -> None:
        assert self.on_call[agent] == call and self.state[agent] in (TALK, WRAP)
        known = self.stages.setdefault(call, [])
        assert 1 <= stage <= 5 and all(stage > before for before, _ in known)
        known.append((int(stage), at))

    def change(self, at: float, call: int, agent: int, state: float) -> None:
        self.spent[self.state[agent]] += at - self.since[agent]  # type: ignore[assignment]  # a counter of seconds
        allowed = {
            IDLE: {TALK, PAUSE, OUT},
            TALK: {WRAP, OUT},
            WRAP: {IDLE, PAUSE, OUT},
            PAUSE: {IDLE, OUT},
            OUT: {IDLE, OUT},
        }
        assert state in allowed[self.state[agent]]
        self.state[agent], self.since[agent] = int(state), at

    def count(self, how: str, *, human: bool | None = None) -> int:
        chosen = [life for life in self.calls.values() if human is None or (life.kind == HUMAN) == human]
        return sum(life.ends == [how] for life in chosen)

    def occupancy(self) -> float | None:
        handling = self.spent[TALK] + self.spent[WRAP]
        present = handling + self.spent[IDLE]
        return handling / present if present > 0 else None


def _causes_first(log: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The kernel notes an agent's change to talk just before the connect that brings it: swapped."""
    found = list(log)
    for place in range(1, len(found)):
        one, other = found[place - 1], found[place]
        if other[1] == LOG_CONNECT and one[1] == LOG_STATE and one[3] == other[3] and one[4] == TALK:
            found[place - 1], found[place] = other, one
    return found
