"""Simulates minutes of a scenario's floor under a pacer that has learnt: what `bench_occupancy` compares with."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from compliance.abandonment_ledger import Policy, Subject, Window, judge
from compliance.abandonment_tally import Tally
from dialer.abandonment_guard import LOOK_S, aim, budget
from dialer.pacing.aiming import aimed
from dialer.pacing.interface import UNREAD, AbandonmentBudget, Pacer, PacingDecision, PacingLimits
from dialer.pacing.predictive import PredictivePacer
from dialer.pacing.start import PacerStart
from dialer.pacing.view import FloorView
from dialer.simulation.asking import snapshot_of
from dialer.simulation.floor import SimulatedFloor, ViewPacer
from dialer.simulation.layout import IDLE, TALK, WRAP
from dialer.simulation.scenario import Scenario

LEARN_S, LEARN_SEED = 7200.0, 0
NOTHING = Tally()
DAY = Window("house-24h", "house", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Shifted:
    """A pacer whose clock is `by_s` ahead of the simulated floor's."""

    pacer: ViewPacer
    by_s: float

    def look(self, view: FloorView) -> tuple[Self, PacingDecision]:
        by = self.by_s
        later = view._replace(
            now_s=view.now_s + by, outcome_at_s=view.outcome_at_s + by, event_at_s=view.event_at_s + by
        )
        pacer, decision = self.pacer.look(later)
        return replace(self, pacer=pacer), decision


@dataclass(frozen=True, slots=True)
class Gauged:
    """The pacer under the gauge of a campaign's day, which is read every few seconds as on the floor.

    `floor`: whose answers the gauge counts, besides those `behind`. `read_at_s`: the next reading; `left`, `uncertain`:
    what the last said.
    """

    pacer: Pacer
    floor: SimulatedFloor
    policy: Policy
    start: PacerStart
    behind: Tally
    left: AbandonmentBudget = UNREAD
    uncertain: bool = False
    read_at_s: float = 0.0

    def look(self, view: FloorView) -> tuple[Self, PacingDecision]:
        now = self
        if view.now_s >= self.read_at_s:
            now = self._read(view.now_s)
        snapshot = replace(snapshot_of(view, PacingLimits()), abandonment=now.left)
        pacer, decision = now.pacer.decide(snapshot)
        return replace(now, pacer=pacer), decision

    def _read(self, now_s: float) -> Self:
        w = self.floor.memory.world[0]
        missed = int(w["dropped"] + w["late"])
        tally = self.behind + Tally(persons=int(w["live_answers"]), abandoned=missed, missed=missed)
        gauge = judge(Subject(1, ""), DAY, tally, self.policy, was_uncertain=self.uncertain)
        pacer, start = self.pacer, self.start
        if (wanted := aim([gauge])) is not None:
            pacer, start = aimed(pacer, 1.0, start, wanted)
        return replace(
            self, pacer=pacer, start=start, left=budget([gauge]), uncertain=gauge.uncertain, read_at_s=now_s + LOOK_S
        )


@dataclass(frozen=True, slots=True)
class Minutes:
    """What came of the measured time of one seed. `occupancy` between 0 and 1, the others are counts."""

    seed: int
    occupancy: float
    calls: int
    answers: int
    abandoned: int


def lasting(scenario: Scenario, seconds: float) -> Scenario:
    """The same floor for so long, all of it open for calls."""
    return replace(scenario, horizon_s=seconds, dial_window_s=(0.0, seconds))


def learnt(scenario: Scenario, start: PacerStart, at_s: float, learn_s: float = LEARN_S) -> PredictivePacer:
    """A pacer that has paced this floor for `learn_s` up to `at_s` of its own clock."""
    floor = SimulatedFloor(lasting(scenario, learn_s), LEARN_SEED)
    ended = floor.run_pacer(Shifted(PredictivePacer.begin(start), at_s - learn_s))
    assert isinstance(ended, Shifted) and isinstance(ended.pacer, PredictivePacer)
    return ended.pacer


def simulated(
    scenario: Scenario, pacer: PredictivePacer, at_s: float, settle_s: float, measured_s: float, seeds: Iterable[int],
    gauges: Policy | None = None, behind: Tally = NOTHING,
) -> list[Minutes]:  # fmt: skip
    """`measured_s` seconds after `settle_s`, which begin with all agents ready and no call, for each of the seeds.

    `gauges`: the abandonment gauges of a campaign that has `behind` it today; None: they have no say.
    """
    whole = lasting(scenario, settle_s + measured_s)
    found = []
    for seed in seeds:
        floor = SimulatedFloor(whole, seed)
        asked: ViewPacer = pacer
        if gauges is not None:
            asked = Gauged(pacer, floor, gauges, pacer.start, behind, read_at_s=at_s)
        found.append(_minutes(floor, Shifted(asked, at_s), settle_s))
    return found


def _minutes(floor: SimulatedFloor, pacer: ViewPacer, since_s: float) -> Minutes:
    before: tuple[float, float, int] | None = None
    going = floor.advance()
    while going:
        view = floor.view()
        if before is None and view.now_s >= since_s:
            before = _so_far(floor)
        pacer, decision = pacer.look(view)
        going = floor.advance(decision.launch)
    busy, idle, calls = (
        end - begin for end, begin in zip(_so_far(floor), before or (0.0, 0.0, 0), strict=True)
    )  # fmt: skip
    answers = floor.memory.answers[: floor.memory.world[0]["n_answers"]]
    measured = answers[answers["at"] >= since_s]
    return Minutes(floor.seed, busy / (busy + idle), int(calls), len(measured), int(measured["abandoned"].sum()))


def _so_far(floor: SimulatedFloor) -> tuple[float, float, int]:
    """Seconds of talk and wrap-up, seconds idle, calls; with the states that go on."""
    w, agents = floor.memory.world[0], floor.memory.agents
    lasted = w["now"] - agents["since"]
    busy = w["talk_live_s"] + w["talk_machine_s"] + w["wrap_s"]
    busy += lasted[(agents["state"] == TALK) | (agents["state"] == WRAP)].sum()
    idle = w["idle_s"] + lasted[agents["state"] == IDLE].sum()
    return float(busy), float(idle), int(w["calls"])
