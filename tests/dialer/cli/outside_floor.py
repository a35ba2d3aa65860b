"""A floor as somebody outside would write it for the pacer protocol: crude, irregular, forgetful, and not ours."""

import math
from random import Random
from typing import Any

RING_TIMEOUT_S, PATIENCE_S = 22.0, 2.0
START: dict[str, Any] = {
    "type": "start",
    "seed": 1,
    "abandon_target": 0.03,
    "ring_timeout_s": RING_TIMEOUT_S,
    "hold_s": PATIENCE_S,
    "dial_window_s": [0, 1e9],
    "max_lines": 40,
    "max_cps": 5,
    "amd": None,
    "n_agents": 12,
    "connect_s": 0,
}


class Call:
    def __init__(self, at: float, chance: Random) -> None:
        self.launched, self.rings_at = at, at + chance.uniform(1, 3)
        self.ends_at = self.rings_at + min(chance.expovariate(1 / 10), RING_TIMEOUT_S)
        draw = chance.random()
        self.kind = "answered" if draw < 0.3 else "busy" if draw < 0.35 else "no_answer"
        if self.kind == "no_answer":
            self.ends_at = self.rings_at + RING_TIMEOUT_S
        self.answered = False


class OutsideFloor:
    """`seats`: `[state, since, until]` each. `step(launch)` lives until the next look and gives the line to say."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311
        self.now = 0.0
        self.seats: list[list[Any]] = [["idle", 0.0, math.inf] for _ in range(START["n_agents"])]
        self.calls: list[Call] = []
        self.totals = dict.fromkeys(("launched", "answered", "connected", "dropped", "amd_machine"), 0)
        self.outcomes: list[list[Any]] = []
        self.events: list[list[Any]] = []

    def lines(self) -> int:
        return len(self.calls) + len([seat for seat in self.seats if seat[0] == "talk"])

    def step(self, launch: int) -> dict[str, Any]:
        self.call(launch)
        self.totals["launched"] += launch
        self.now += self.chance.choice((0.1, 0.25, 0.5, 1, 2, 5))
        self.outcomes, self.events = [], []
        self._work()
        for call in sorted(self.calls, key=lambda call: call.ends_at):
            self._live(call)
        # who writes a floor with queues of its own tells things in the order in which they come out of them
        self.chance.shuffle(self.outcomes)
        self.chance.shuffle(self.events)
        return self.line()

    def call(self, count: int) -> None:
        self.calls += [Call(self.now, self.chance) for _ in range(count)]

    def line(self) -> dict[str, Any]:
        return {
            "type": "snapshot",
            "now": self.now,
            "agents": [[state, int(self.now - since)] for state, since, _ in self.seats],
            "calls": [[self._phase(call), self.now - call.launched] for call in self.calls],
            "outcomes": self.outcomes,
            "agent_events": self.events,
            "totals": self.totals,
            "lines_in_use": self.lines(),
            "comment": "no part of the protocol",
        }

    def _phase(self, call: Call) -> str:
        return "waiting" if call.answered else "dialing" if self.now < call.rings_at else "ringing"

    def _work(self) -> None:
        for seat in self.seats:
            state, since, until = seat
            if state == "talk" and until <= self.now:
                self.events.append([until, "talk_end", until - since, 0])
                seat[:] = ["wrap", until, until + 10]
            elif state == "wrap" and until <= self.now:
                self.events.append([until, "wrap_end", until - since, 0])
                seat[:] = ["idle", until, math.inf]

    def _live(self, call: Call) -> None:
        if call.ends_at > self.now:
            return
        age = call.ends_at - call.launched
        if call.kind != "answered":
            self.outcomes.append([call.ends_at, call.kind, age, 0])
            self.calls.remove(call)
            return
        if not call.answered:
            call.answered = True
            self.totals["answered"] += 1
            self.outcomes.append([call.ends_at, "answered", age, call.ends_at - call.rings_at])
        idle = [seat for seat in self.seats if seat[0] == "idle"]
        waited = self.now - call.ends_at
        if idle:
            talk_s = self.chance.expovariate(1 / 60)
            idle[0][:] = ["talk", self.now, self.now + talk_s]
            self._end(call, "connected", waited)
        elif waited > PATIENCE_S:
            self._end(call, "dropped", waited)

    def _end(self, call: Call, kind: str, waited: float) -> None:
        self.totals[kind] += 1
        self.outcomes.append([self.now, kind, self.now - call.launched, waited])
        self.calls.remove(call)
