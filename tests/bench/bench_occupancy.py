"""Lays the real system's occupancy beside the simulation of the same scenario: 20 agents, predictive, ten minutes.

python -m tests.bench occupancy occupancy_first_day

`tests/bench/real_20.json` is simulated with many seeds and played once on the whole system at real speed: PostgreSQL,
Valkey, the server, the sandbox exchange with debtors drawn from the scenario's distributions, agents who talk and wrap
up as drawn. Both begin with all agents ready and the same pacer, which has learnt for two simulated hours. The real
figure is read from `agent_state_log`, by the simulator's own definition.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop

from campaigns.model import CallStep, CampaignSettings
from compliance.abandonment_ledger import Policy
from dialer.pacers import start_of
from dialer.pacing.stored import predictive, restored, stored
from dialer.simulation.reading import load
from dialer.simulation.scenario import Scenario
from tests.bench import occupancy_real as real
from tests.bench.figures import Figure, Result, below
from tests.bench.occupancy_simulated import Minutes, learnt, simulated
from tests.bench.scenario_people import playable

SCENARIO = Path(__file__).with_name("real_20.json")
GOAL_POINTS = 3.0
MEAN_PDD_S = 2.2  # of the scenario
FEW_SEEDS = 10  # of what takes long and has no goal


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of the scenario: `settle_s` before the measured ones, `learn_s` of the pacer's. `seeds`: simulated."""

    settle_s: float = 300.0
    measured_s: float = 600.0
    learn_s: float = 7200.0
    seeds: int = 100
    speed: float = 1.0
    debtors: int = 10_000


SMOKE = Run(settle_s=10.0, measured_s=30.0, learn_s=600.0, seeds=3, speed=5.0, debtors=2_000)


def settings_of(scenario: Scenario) -> CampaignSettings:
    """The scenario's campaign: a scenario rings after the post-dial delay, an exchange counts it in."""
    calls = scenario.calls
    ring_s = round(calls.ring_timeout_s + MEAN_PDD_S)
    return CampaignSettings(
        mode="predictive", caller_id="+12125550100", ring_timeout_s=ring_s, answer_wait_ms=round(calls.hold_s * 1000),
        wrap_up_s=600, steps=(CallStep(tries=1),),
    )  # fmt: skip


def bench(smoke: bool) -> Result:
    """A campaign with a day behind it, beside the scenario's simulation, which knows nothing of gauges.

    Under the same gauges, which have the real one's pacer aim lower, the scenario is simulated too: it is no goal.
    """
    return _compared("occupancy", SMOKE if smoke else Run(), None)


def first_day(smoke: bool) -> Result:
    """A campaign that begins, under its gauges: their bound allows one abandoned call among the first 200 answers.

    How the day goes on is simulated too: it is no goal.
    """
    return _compared("occupancy_first_day", SMOKE if smoke else Run(seeds=40), Policy())


def _compared(name: str, run: Run, gauges: Policy | None) -> Result:
    scenario = playable(load(str(SCENARIO)))
    settings = settings_of(scenario)
    start = start_of(1, settings, scenario.agents.count, Policy(), None)
    at_s = real.BEGIN.timestamp()
    kept = stored(learnt(scenario, start, at_s, run.learn_s))
    assert kept is not None
    pacer = predictive(restored(kept, settings.mode, settings.lines_per_agent, start))
    assert pacer is not None
    seeds = range(1, run.seeds + 1)
    times = at_s, run.settle_s, run.measured_s
    minutes = simulated(scenario, pacer, *times, seeds, gauges)
    if gauges is None:
        beside = "under the real campaign's gauges", simulated(scenario, pacer, *times, seeds, Policy(), real.BEHIND)
    else:
        longer = simulated(scenario, pacer, at_s, 0.0, run.learn_s, seeds[:FEW_SEEDS], gauges)
        beside = f"the first {run.learn_s:g} s", longer
    measured = uvloop.run(
        real.measure(
            scenario, settings.model_dump(mode="json"), kept, settle_s=run.settle_s, measured_s=run.measured_s,
            speed=run.speed, debtors=run.debtors, history=gauges is None,
        )
    )  # fmt: skip
    return _result(name, minutes, beside, measured, run)


def _result(
    name: str, minutes: list[Minutes], beside: tuple[str, list[Minutes]], measured: real.Measured, run: Run
) -> Result:
    """`beside`: another simulation, and what it is of."""
    each = [100 * one.occupancy for one in minutes]
    mean, spread = statistics.mean(each), statistics.stdev(each)
    got = 100 * measured.occupancy
    what, others = beside
    found = measured.findings
    figures = [
        Figure(f"occupancy, simulated ({len(minutes)} seeds)", round(mean, 2), "%"),
        Figure("its spread from seed to seed (standard deviation)", round(spread, 2), "points"),
        Figure(f"occupancy, simulated, {what}", _percent(one.occupancy for one in others), "%"),
        Figure(f"answers abandoned, simulated, {what}", _abandoned(others), "%"),
        Figure(f"occupancy, real system ({run.measured_s:g} s at speed {run.speed:g})", round(got, 2), "%"),
        below("difference", round(abs(got - mean), 2), "points", GOAL_POINTS),
        Figure("answers abandoned, simulated", _abandoned(minutes), "%"),
        Figure("answers abandoned, real", round(100 * measured.abandoned / max(1, measured.answers), 2), "%"),
        Figure("answers, simulated (mean)", round(statistics.mean(one.answers for one in minutes), 1)),
        Figure("answers, real", measured.answers),
        Figure("calls, simulated (mean)", round(statistics.mean(one.calls for one in minutes), 1)),
        Figure("calls, real", measured.calls),
        _none("violations", len(found.violations)),
        _none("orphans", len(found.orphans)),
        _none("duplicate dials", len(found.duplicate_dials)),
    ]
    strange = found.violations + found.orphans + found.duplicate_dials
    details: dict[str, Any] = {
        "run": asdict(run),
        "simulated": [asdict(one) for one in minutes],
        "real": {
            "seconds": measured.seconds, "outcomes": measured.outcomes, "denied": measured.denied,
            "gauges_uncertain": measured.uncertain, "findings": strange[:50],
            **measured.latencies,
        },
    }  # fmt: skip
    return Result(name, figures, details)


def _percent(shares: Iterable[float]) -> float:
    return round(100 * statistics.mean(shares), 2)


def _abandoned(minutes: Sequence[Minutes]) -> float:
    answers = sum(one.answers for one in minutes)
    return round(100 * sum(one.abandoned for one in minutes) / max(1, answers), 2)


def _none(name: str, number: int) -> Figure:
    return Figure(name, number, "", "0", number == 0)
