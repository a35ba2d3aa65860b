"""A simulated floor: one scenario, one seed. Any pacer is asked at each tick; the kernel's laws run without Python."""

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from dialer.pacing.interface import PacingDecision, Totals
from dialer.pacing.start import MachineDetection, PacerStart
from dialer.pacing.view import FloorView
from dialer.simulation import chance
from dialer.simulation.kernel import ROOM, advance
from dialer.simulation.layout import (
    AGENT,
    ANSWER,
    AT_END,
    CALL,
    EVENT,
    LAW_NONE,
    LOGGED,
    NEEDS_ROOM,
    OUT,
    OUTCOME,
    SEAT_EVENT,
    SLICE,
    WORLD,
    Floor,
)
from dialer.simulation.scenario import Scenario
from dialer.simulation.segments import Knowledge
from dialer.simulation.tables import Tables, tables_of


class ViewPacer(Protocol):
    """A pacer that takes the floor as arrays; the predictive one is such."""

    def look(self, view: FloorView) -> tuple[Self, PacingDecision]: ...


@dataclass(frozen=True, slots=True)
class Law:
    """A pacer inside the kernel: `layout.LAW_...` and its knobs; `max_level`, `available_only` are VICIdial's."""

    kind: int = LAW_NONE
    ratio: float = 1.0
    max_level: float = 3.0
    available_only: bool = False


class SimulatedFloor:
    """One run. `advance` until it says that the horizon is reached, or `run_law` / `run_pacer` for all of it.

    `tick_s` None: the scenario's; `on_event`: the pacer is asked after every event too; `logging`: keep `log`, the
    list of everything that happened. Make `tables` once for many seeds. `knows`: what the pacer is told of the
    segments of the list; None: nothing.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        law: Law | None = None,
        tick_s: float | None = None,
        on_event: bool = False,
        logging: bool = False,
        tables: Tables | None = None,
        knows: Knowledge | None = None,
    ) -> None:
        law, tables = law or Law(), tables or tables_of(scenario)
        self.scenario, self.seed, self.knows = scenario, seed, knows
        self.tick_s = tick_s or scenario.tick_s
        terms = tables.terms.copy()
        terms["tick_s"], terms["on_event"], terms["logging"] = self.tick_s, on_event, logging
        terms["law"], terms["ratio"], terms["max_level"] = law.kind, law.ratio, law.max_level
        terms["available_only"] = law.available_only
        self.memory = _memory(scenario, seed, terms, tables, logging)

    def start(self) -> PacerStart:
        """What a pacer of this floor is told once."""
        s = self.scenario
        amd = s.calls.amd
        return PacerStart(
            seed=self.seed,
            abandon_target=s.abandon_target,
            ring_timeout_s=s.calls.ring_timeout_s,
            hold_s=s.calls.hold_s,
            dial_window_s=s.dial_window_s,
            max_lines=s.max_lines,
            max_cps=s.max_cps,
            amd=None if amd is None else MachineDetection(amd.est_fp, amd.est_fn),
            n_agents=s.agents.count,
            connect_s=s.agents.connect_s,
        )

    def advance(self, launch: int = 0) -> bool:
        """Launch so many calls now and go on to the pacer's next instant; False: the horizon is reached."""
        code = advance(*self.memory, launch)
        while code == NEEDS_ROOM:
            self.memory = _roomier(self.memory)
            code = advance(*self.memory, 0)
        return code != AT_END

    def run_law(self) -> None:
        """The whole day under the law of the kernel."""
        self.advance()

    def run_pacer(self, pacer: ViewPacer) -> ViewPacer:
        """The whole day under a pacer of Python; gives the pacer as it is at the end."""
        going = self.advance()
        while going:
            pacer, decision = pacer.look(self.view())
            going = self.advance(decision.launch)
        return pacer

    def view(self) -> FloorView:
        """The floor now, and what happened since the last view; the arrays are the reader's own."""
        memory = self.memory
        w = memory.world[0]
        seats, calls = memory.seats_seen, memory.calls_seen[:, : w["n_flying"]]
        outcomes, events = memory.outcomes[: w["n_outcomes"]], memory.events[: w["n_events"]]
        w["n_outcomes"] = w["n_events"] = 0
        odds, next_odds = np.ones(calls.shape[1]), 1.0
        if self.knows is not None:
            numbers = calls[2].astype(np.int64)
            odds, next_odds = self.knows.look(float(w["now"]), int(w["calls"]), numbers, outcomes)
        return FloorView(
            now_s=float(w["now"]),
            seat_state=seats[0].astype(np.int8),
            seat_for_s=seats[1].copy(),
            seat_then=seats[2].astype(np.int8),
            call_phase=calls[0].astype(np.int8),
            call_age_s=calls[1].copy(),
            outcome_kind=outcomes["kind"].astype(np.int8),
            outcome_at_s=outcomes["at"].copy(),
            outcome_age_s=outcomes["age"].copy(),
            outcome_extra_s=outcomes["extra"].copy(),
            event_kind=events["kind"].astype(np.int8),
            event_at_s=events["at"].copy(),
            event_duration_s=events["duration"].copy(),
            event_machine=events["machine"].astype(np.bool_),
            totals=Totals(
                launched=int(w["calls"]),
                answered=int(w["live_answers"] + w["machine_answers"]),
                connected=int(w["connects_live"] + w["machine_to_agent"]),
                dropped=int(w["dropped"] + w["machine_dropped"]),
                amd_machine=int(w["amd_released"] + w["amd_fp"]),
            ),
            lines_in_use=int(w["lines"]),
            call_odds=odds,
            next_odds=next_odds,
            seat_stage=seats[3].astype(np.int8),
            seat_stage_for_s=seats[4].copy(),
            event_stage=events["stage"].astype(np.int8),
            event_stage_for_s=events["known"].copy(),
            event_shows=events["shows"].astype(np.int8),
        )


def _memory(scenario: Scenario, seed: int, terms: NDArray[np.void], tables: Tables, logging: bool) -> Floor:
    """The floor before the first second: everybody out, no call."""
    of_agents, of_list, of_calls = chance.streams(seed)
    count = scenario.agents.count
    agents = np.zeros(count, AGENT)
    agents["state"], agents["before"], agents["after"], agents["serial"] = OUT, -1, -1, -1
    agents["speed"] = chance.speeds(scenario, of_agents)
    due = chance.schedule(scenario, of_agents)
    calls = np.zeros(64 + 8 * count, CALL)
    world = np.zeros(1, WORLD)
    for link in ("idle_first", "idle_last", "wait_first", "wait_last", "fly_first", "fly_last", "free_first"):
        world[link] = -1
    world["tokens"] = max(1.0, scenario.max_cps or 0.0)
    world["level"] = 1.0
    memory = Floor(
        terms=terms,
        world=world,
        agents=agents,
        calls=calls,
        heap=np.zeros(len(due) + 2 * len(calls) + 8 * count + 64, EVENT),
        answers=np.zeros(1024, ANSWER),
        waits=np.zeros(1024),
        delays=np.zeros(1024),
        outcomes=np.zeros(256 + 8 * count, OUTCOME),
        events=np.zeros(256 + 8 * count, SEAT_EVENT),
        log=np.zeros(4096 if logging else 1, LOGGED),
        slices=np.zeros(max(1, int(np.ceil(scenario.horizon_s / terms["bin_s"][0]))), SLICE),
        rates=tables.rates,
        noise=chance.drift(scenario.calls.noise, scenario.horizon_s, of_list),
        talk=tables.talk,
        dists=tables.dists,
        pool=tables.pool,
        seats_seen=np.zeros((5, count)),
        calls_seen=np.zeros((3, len(calls))),
        rng=of_calls,
    )
    _free(memory.calls, memory.world[0], 0)
    # what is sorted is a heap
    memory.heap[: len(due)] = [(at, place, what, who, more) for place, (at, what, who, more) in enumerate(due)]
    world["n_heap"] = world["order"] = len(due)
    return memory


def _free(calls: NDArray[np.void], world: Any, first: int) -> None:
    """Chain the places from `first` on in front of the free ones."""
    calls["serial"][first:] = -1
    calls["after"][first:-1] = np.arange(first + 1, len(calls))
    calls["after"][-1] = world["free_first"]
    world["free_first"] = first
    world["n_free"] += len(calls) - first


def _roomier(memory: Floor) -> Floor:
    """The same floor with twice the room in every list that is nearly full."""
    w = memory.world[0]
    new: dict[str, Any] = {}
    for name, used in (
        ("heap", "n_heap"), ("answers", "n_answers"), ("waits", "n_waits"), ("delays", "n_delays"),
        ("outcomes", "n_outcomes"), ("events", "n_events"), ("log", "n_log"),
    ):  # fmt: skip
        old = getattr(memory, name)
        if w[used] + 3 * ROOM >= len(old):
            new[name] = np.concatenate([old, np.zeros(len(old) + 4 * ROOM, old.dtype)])
    if w["n_free"] == 0:
        calls = np.concatenate([memory.calls, np.zeros_like(memory.calls)])
        _free(calls, w, len(memory.calls))
        new["calls"], new["calls_seen"] = calls, np.zeros((3, len(calls)))
    return memory._replace(**new)
