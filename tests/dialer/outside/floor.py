"""A floor written a second time, from the scenario's description alone: slow, plain, and no code of the product.

It judges two things: the product's simulator (both must agree), and `promiseline pacer` (it is driven over its pipe as
a stranger would). Times are seconds from the start of the scenario.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from tests.dialer.outside.draws import draw, row_at


@dataclass(slots=True)
class Seat:
    number: int
    speed: float
    state: str = "out"
    since: float = 0.0
    wanted: str | None = None  # None: at work; "pause" and "out" as soon as the call allows
    busy_s: float = 0.0
    paid_s: float = 0.0  # logged in and not paused

    def turn(self, state: str, now: float) -> None:
        spent = now - self.since
        if self.state in ("talk", "wrap"):
            self.busy_s += spent
        if self.state in ("idle", "talk", "wrap"):
            self.paid_s += spent
        self.state, self.since = state, now


@dataclass(slots=True)
class Call:
    kind: str
    launched: float
    row: dict[str, float]
    phase: str = "dialing"
    rang: float = 0.0
    answered: float = 0.0
    deadline: float = math.inf
    offered: float = 0.0


@dataclass(slots=True)
class Tally:
    calls: int = 0
    live: list[tuple[float, bool]] = field(default_factory=list)  # answered by a person at, abandoned
    delays: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    dropped: int = 0
    false_positives: int = 0
    late: int = 0
    peak_lines: int = 0
    refused: int = 0


class OutsideFloor:
    """`ask(snapshot) -> launches`; `run()` gives the tally."""

    def __init__(self, scenario: dict[str, Any], seed: int, ask: Callable[[dict[str, Any]], int]) -> None:
        self.scenario, self.random, self._ask = scenario, Random(seed), ask  # noqa: S311
        self.calls_of = scenario["calls"]
        self.now, self.tally = 0.0, Tally()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self.flying: dict[int, Call] = {}
        self.waiting: deque[int] = deque()
        self.lines = 0
        self.outcomes: list[list[Any]] = []
        self.seat_events: list[list[Any]] = []
        self.totals = dict.fromkeys(("launched", "answered", "connected", "dropped", "amd_machine"), 0)
        self.seats: list[Seat] = []
        self._block, self._noise, self._noise_at = 0.0, 0.0, -1
        trunks = scenario.get("trunks") or {}
        self.max_lines, self.max_cps = trunks.get("max_lines"), trunks.get("max_cps")
        self._tokens, self._tokens_at = max(1.0, self.max_cps or 1.0), 0.0
        for group in scenario["agents"]["groups"]:
            for _ in range(group["count"]):
                self._hire(group)

    def start(self) -> dict[str, Any]:
        s, amd = self.scenario, self.calls_of.get("amd")
        return {
            "type": "start", "seed": 1, "abandon_target": s.get("pacing", {}).get("abandon_target", 0.03),
            "ring_timeout_s": self.calls_of["ring_timeout_s"], "hold_s": self.calls_of.get("hold_s", 2.0),
            "dial_window_s": s.get("dial_window_s", [0, s["horizon_s"]]), "max_lines": self.max_lines,
            "max_cps": self.max_cps, "amd": amd and {"est_fp": amd["est_fp"], "est_fn": amd["est_fn"]},
            "n_agents": len(self.seats), "connect_s": s["agents"].get("connect_s", 0.0),
        }  # fmt: skip

    def run(self) -> Tally:
        horizon, tick = self.scenario["horizon_s"], self.scenario.get("tick_s", 0.5)
        opens, closes = self.scenario.get("dial_window_s", [0, horizon])
        steps = math.floor(horizon / tick)
        for step in range(steps + 1):
            self._until(step * tick)
            wanted = self._ask(self.snapshot())
            self.outcomes, self.seat_events = [], []
            for _ in range(wanted):
                if opens <= self.now < closes:
                    self._launch()
        self._until(horizon)
        for seat in self.seats:
            seat.turn("out", horizon)
        return self.tally

    def snapshot(self) -> dict[str, Any]:
        agents = []
        for seat in self.seats:
            entry: list[Any] = [seat.state, round(self.now - seat.since, 3)]
            if seat.state in ("talk", "wrap") and seat.wanted is not None:
                entry.append("logout" if seat.wanted == "out" else "pause")
            agents.append(entry)
        return {
            "type": "snapshot", "now": self.now, "agents": agents,
            "calls": [[call.phase, round(self.now - call.launched, 3)] for call in self.flying.values()],
            "outcomes": self.outcomes, "agent_events": self.seat_events, "totals": dict(self.totals),
            "lines_in_use": self.lines,
        }  # fmt: skip

    def occupancy(self) -> float:
        return sum(seat.busy_s for seat in self.seats) / sum(seat.paid_s for seat in self.seats)

    def _at(self, when: float, work: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), work))

    def _until(self, when: float) -> None:
        while self._events and self._events[0][0] <= when:
            self.now, _, work = heapq.heappop(self._events)
            work()
        self.now = when

    # agents

    def _hire(self, group: dict[str, Any]) -> None:
        random, cv = self.random, self.scenario["agents"].get("speed_cv", 0.0)
        variance = math.log(1 + cv * cv)
        seat = Seat(len(self.seats), random.lognormvariate(-variance / 2, math.sqrt(variance)) if cv else 1.0)
        self.seats.append(seat)
        for shift in group.get("shifts") or [group]:
            horizon = self.scenario["horizon_s"]
            begin = shift.get("login_s", 0) + random.random() * shift.get("login_jitter_s", 0)
            end = shift.get("logout_s", horizon) + random.uniform(-1, 1) * shift.get("logout_jitter_s", 0)
            pauses = self._pauses(shift, begin, end)
            self._at(begin, lambda seat=seat: self._wish(seat, None))  # type: ignore[misc]
            for left, right in pauses:
                self._at(left, lambda seat=seat: self._wish(seat, "pause"))  # type: ignore[misc]
                self._at(right, lambda seat=seat: self._wish(seat, None))  # type: ignore[misc]
            self._at(max(end, begin), lambda seat=seat: self._wish(seat, "out"))  # type: ignore[misc]

    def _pauses(self, shift: dict[str, Any], begin: float, end: float) -> list[tuple[float, float]]:
        random, found = self.random, []
        for one in shift.get("breaks", ()):
            at = one["at_s"] + random.uniform(-1, 1) * one.get("jitter_s", 0)
            found.append((at, at + one["dur_s"] * (1 + random.uniform(-1, 1) * one.get("dur_jitter", 0))))
        unscheduled, at = shift.get("unscheduled"), begin
        while unscheduled and unscheduled["per_hour"] > 0:
            at += random.expovariate(unscheduled["per_hour"] / 3600)
            if at >= end:
                break
            found.append((at, at + draw(unscheduled["dur"], random)))
        merged: list[tuple[float, float]] = []
        for left, right in sorted((max(a, begin), min(b, end)) for a, b in found if b > begin and a < end):
            if merged and left <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
            else:
                merged.append((left, right))
        return merged

    def _wish(self, seat: Seat, wanted: str | None) -> None:
        seat.wanted = wanted
        if seat.state not in ("talk", "wrap"):
            self._settle(seat)

    def _settle(self, seat: Seat) -> None:
        seat.turn(seat.wanted or "idle", self.now)
        while seat.state == "idle" and self.waiting:
            call_id = self.waiting.popleft()
            if call_id in self.flying:
                self._connect(call_id, seat)

    # calls

    def _launch(self) -> None:
        random, tally = self.random, self.tally
        if self.max_cps is not None:
            size = max(1.0, self.max_cps)
            self._tokens = min(size, self._tokens + (self.now - self._tokens_at) * self.max_cps)
            self._tokens_at = self.now
        if (self.max_lines is not None and self.lines >= self.max_lines) or (
            self.max_cps is not None and self._tokens < 1
        ):
            tally.refused += 1
            return
        if self.max_cps is not None:
            self._tokens -= 1
        row = self._shifted(row_at(self.calls_of["profile"], self.now))
        classes = ("human", "machine", "busy", "failed")
        rest = max(0.0, 1 - sum(row[name] for name in classes))
        kind = random.choices((*classes, "no_answer"), [*(row[name] for name in classes), rest])[0]
        call_id, call = next(self._numbers), Call(kind, self.now, row)
        self.flying[call_id] = call
        self._take_line()
        tally.calls += 1
        self.totals["launched"] += 1
        call.rang = self.now + draw(self.calls_of["pdd"], random)
        self._at(call.rang, lambda: self._rings(call_id, call))

    def _shifted(self, row: dict[str, float]) -> dict[str, float]:
        shift = self._noise_now()
        blocks = self.calls_of.get("blocks")
        if blocks:
            if self.tally.calls % blocks["size"] == 0:
                self._block = self.random.gauss(0, blocks["logit_sd"])
            shift += self._block
        human = row["human"]
        if not shift or not 0 < human < 1:
            return row
        new = 1 / (1 + math.exp(-(math.log(human / (1 - human)) + shift)))
        scale = (1 - new) / (1 - human)
        return row | {"human": new} | {name: row[name] * scale for name in ("machine", "busy", "failed")}

    def _noise_now(self) -> float:
        noise = self.calls_of.get("noise")
        if not noise:
            return 0.0
        if self._noise_at < 0:
            self._noise, self._noise_at = self.random.gauss(0, noise["logit_sd"]), 0
        keep = math.exp(-1 / noise["tau_s"])
        while self._noise_at < math.floor(self.now):
            self._noise = self._noise * keep + self.random.gauss(0, noise["logit_sd"] * math.sqrt(1 - keep * keep))
            self._noise_at += 1
        return self._noise

    def _rings(self, call_id: int, call: Call) -> None:
        random, of = self.random, self.calls_of
        call.phase = "ringing"
        if call.kind == "busy":
            self._at(self.now + draw(of.get("busy_delay", 1), random), lambda: self._ends(call_id, "busy"))
        elif call.kind == "failed":
            self._at(self.now + draw(of.get("failed_delay", 1), random), lambda: self._ends(call_id, "failed"))
        else:
            rings = math.inf
            if call.kind == "human":
                rings = draw(of["ring_human"], random) * call.row["ring_scale"]
            elif call.kind == "machine":
                rings = draw(of.get("ring_machine", 0), random)
            if rings > of["ring_timeout_s"]:
                self._at(self.now + of["ring_timeout_s"], lambda: self._ends(call_id, "no_answer"))
            else:
                self._at(self.now + rings, lambda: self._answers(call_id, call))

    def _outcome(self, kind: str, call: Call, extra: float) -> None:
        self.outcomes.append([round(self.now, 3), kind, round(self.now - call.launched, 3), round(extra, 3)])

    def _ends(self, call_id: int, kind: str) -> None:
        call = self.flying.pop(call_id)
        self._outcome(kind, call, 0)
        self._free_line()

    def _answers(self, call_id: int, call: Call) -> None:
        of, random = self.calls_of, self.random
        call.answered = self.now
        greeting = draw(of.get("greeting", 0), random)
        call.deadline = self.now + greeting + of.get("hold_s", 2.0)
        self.totals["answered"] += 1
        self._outcome("answered", call, self.now - call.rang)
        amd = of.get("amd")
        if amd is None:
            self._offer(call_id, call)
            return
        call.phase = "detecting"
        if call.kind == "human":
            machine = random.random() < amd["fp"]
            delay = greeting + draw(amd["delay_human"], random)
        else:
            machine = random.random() >= amd["fn"]
            delay = draw(amd["delay_machine"], random)
        self._at(self.now + delay, lambda: self._judged(call_id, call, machine))

    def _judged(self, call_id: int, call: Call, machine: bool) -> None:
        if not machine:
            self._offer(call_id, call)
            return
        del self.flying[call_id]
        self.totals["amd_machine"] += 1
        self._outcome("amd_machine", call, self.now - call.answered)
        self._free_line()
        if call.kind == "human":
            self.tally.false_positives += 1
            self.tally.live.append((call.answered, True))

    def _offer(self, call_id: int, call: Call) -> None:
        call.phase, call.offered = "waiting", self.now
        idle = [seat for seat in self.seats if seat.state == "idle"]
        if idle:
            self._connect(call_id, min(idle, key=lambda seat: seat.since))
            return
        self.waiting.append(call_id)
        last = call.deadline - self.scenario["agents"].get("connect_s", 0.0)
        self._at(max(last, self.now), lambda: self._drops(call_id, call))

    def _drops(self, call_id: int, call: Call) -> None:
        if call_id not in self.flying or call.phase != "waiting":
            return
        del self.flying[call_id]
        self.totals["dropped"] += 1
        self.tally.dropped += 1
        self._outcome("dropped", call, self.now - call.answered)
        self._at(self.now + self.calls_of.get("drop_message_s", 0), self._free_line)
        if call.kind == "human":
            self.tally.live.append((call.answered, True))

    def _connect(self, call_id: int, seat: Seat) -> None:
        random, of = self.random, self.calls_of
        call = self.flying.pop(call_id)
        connect_s = self.scenario["agents"].get("connect_s", 0.0)
        self.totals["connected"] += 1
        self._outcome("connected", call, self.now - call.answered)
        self.tally.waits.append(self.now - seat.since)
        machine = call.kind != "human"
        if machine:
            talk, wrap = draw(of.get("machine_talk", 6), random), draw(of.get("machine_wrap", 2), random)
        else:
            heard = self.now + connect_s
            self.tally.delays.append(heard - call.answered)
            late = heard > call.deadline + 1e-9
            self.tally.late += late
            self.tally.live.append((call.answered, late))
            kind = random.choices(of["talk"], [one["weight"] for one in of["talk"]])[0]
            talk = draw(kind["talk"], random) * call.row["talk_scale"] * seat.speed
            wrap = draw(kind["wrap"], random) * call.row["wrap_scale"] * seat.speed
        seat.turn("talk", self.now)
        self._at(self.now + connect_s + talk, lambda: self._talked(seat, wrap, machine))

    def _talked(self, seat: Seat, wrap: float, machine: bool) -> None:
        self.seat_events.append([round(self.now, 3), "talk_end", round(self.now - seat.since, 3), int(machine)])
        self._free_line()
        seat.turn("wrap", self.now)
        self._at(self.now + wrap, lambda: self._wrapped(seat, machine))

    def _wrapped(self, seat: Seat, machine: bool) -> None:
        self.seat_events.append([round(self.now, 3), "wrap_end", round(self.now - seat.since, 3), int(machine)])
        self._settle(seat)

    def _take_line(self) -> None:
        self.lines += 1
        self.tally.peak_lines = max(self.tally.peak_lines, self.lines)

    def _free_line(self) -> None:
        self.lines -= 1
