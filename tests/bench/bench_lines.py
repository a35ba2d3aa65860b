"""Measures calls per second of the whole system against a bare ARI loop on the same Asterisk and SIPp, in one run.

python -m tests.bench lines

Both sides face the same debtors: every call rings 0.5 s, is answered by a person and lasts 1 s. The bare loop hears
every event and hangs up by itself; the quiet one, a figure beside it, does not ask for the events that say nothing. The
whole system admits each call by the gate in PostgreSQL, connects it with an agent's leg, shows it to the agent's
console and writes its outcome; the debtor hangs up. A step is held when the calls asked for in its measured seconds are
at least 97 of 100 of the rate, all are answered, and the p99 of their overhead is under 50 ms.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import uvloop

from campaigns.model import CallStep, CampaignSettings
from tests.bench import cpu
from tests.bench.bare_loop import BareLoop
from tests.bench.consoles import Consoles
from tests.bench.figures import Figure, Result, at_least, below, percentile, spread
from tests.bench.lines_lab import RING_S, LinesLab, lines_lab
from tests.bench.whole import Whole, whole_system

GOAL_RATIO, GOAL_P99_MS = 0.5, 50.0
HELD_SHARE = 0.97
BROWSERS_NICE = 5  # this process plays the agents' browsers, which are other machines than the server's
SETTLE_S = 4.0  # the server reads a changed campaign within two seconds


@dataclass(frozen=True, slots=True)
class Plan:
    """Rates in calls a second; `hold_s` measured seconds of each step, `tries` at most: others may use the machine.

    `agents` at telephones: more than talk at any time, or power dialing would stop and go with those who come free.
    """

    bare: Sequence[float] = (100, 200, *range(300, 601, 20))
    whole: Sequence[float] = (50, 100, *range(150, 351, 10))
    hold_s: float = 10.0
    agents: int = 420
    tries: int = 3


SMOKE = Plan(bare=(5,), whole=(5,), hold_s=2.0, agents=12, tries=1)


@dataclass(frozen=True, slots=True)
class Step:
    """What one rate did. `cpu_ms`: of each process for one call; `events`: that the bare loop heard of one call."""

    rate: float
    got: float
    answered: float
    overhead_ms: dict[str, float]
    cpu_ms: dict[str, float]
    events: float | None = None

    @property
    def held(self) -> bool:
        enough = self.got >= HELD_SHARE * self.rate and self.answered >= 0.999
        return enough and self.overhead_ms["p99"] < GOAL_P99_MS


def _step(
    rate: float, span: float, overheads: list[float], asked: int, used: dict[str, float], events: float | None = None
) -> Step:
    share = round(len(overheads) / max(1, asked), 4)
    return Step(rate, round(asked / span, 1), share, spread(overheads), used, events)


async def climb(rates: Sequence[float], tries_of_each: int, hold: Callable[[float], Awaitable[Step]]) -> list[Step]:
    """Up until two steps in a row are not held."""
    steps: list[Step] = []
    for rate in rates:
        tries: list[Step] = []
        while len(tries) < tries_of_each and not any(step.held for step in tries):
            tries.append(await hold(rate))
        step = next((step for step in tries if step.held), min(tries, key=lambda one: one.overhead_ms["p99"]))
        steps.append(step)
        _say(step)
        if len(steps) > 1 and not any(one.held for one in steps[-2:]):
            break
    return steps


def ceiling(steps: Sequence[Step]) -> Step | None:
    """The highest step held with no failed step below it, but for a single one between two that were held."""
    best: Step | None = steps[0] if steps and steps[0].held else None
    for before, after in pairwise(steps):
        if after.held:
            best = after
        elif not before.held:
            break
    return best


def _say(step: Step) -> None:
    print(f"    {step.rate:5g}/s asked, {step.got:6.1f}/s got, overhead {step.overhead_ms}, cpu ms {step.cpu_ms}"
          f"{'' if step.held else '  NOT HELD'}", flush=True)  # fmt: skip


async def bare_steps(lab: LinesLab, plan: Plan, *, quiet: bool = False) -> list[Step]:
    async with BareLoop(lab.asterisk, quiet=quiet) as loop:

        async def hold(rate: float) -> Step:
            roots = {"loop": os.getpid(), **lab.pids()}
            before, began = cpu.seconds(roots), time.perf_counter()
            held = await loop.hold(rate, 2 + plan.hold_s)
            used = cpu.each_ms(before, cpu.seconds(roots), len(held.asked))
            since, until = began + 2, began + 2 + plan.hold_s
            asked = sum(since <= at < until for at in held.asked.values())
            events = round(held.events / max(1, held.ended), 1)
            return _step(rate, plan.hold_s, held.overheads_ms(since, until), asked, _summed(used), events)

        return await climb(plan.bare, plan.tries, hold)


async def whole_steps(whole: Whole, plan: Plan) -> list[Step]:
    async def hold(rate: float) -> Step:
        await whole.set(calls_per_second=rate)
        await asyncio.sleep(SETTLE_S)
        before, since = cpu.seconds(whole.pids), time.time()
        await asyncio.sleep(plan.hold_s)
        after, until = cpu.seconds(whole.pids), time.time()
        await asyncio.sleep(RING_S + 1.5)
        noted = whole.server.noted()
        asked = {call: at for call, at in noted.asked.items() if since <= at < until}
        overheads = [
            (noted.answered[call] - at - RING_S) * 1000 for call, at in asked.items() if call in noted.answered
        ]
        return _step(rate, until - since, overheads, len(asked), _summed(cpu.each_ms(before, after, len(asked))))

    await whole.set(calls_per_second=plan.whole[0])
    await whole.state("running")
    steps = await climb(plan.whole, plan.tries, hold)
    await whole.state("paused")
    await asyncio.sleep(SETTLE_S)
    return steps


def _summed(used: dict[str, float]) -> dict[str, float]:
    sipp = round(sum(ms for name, ms in used.items() if name.startswith("sipp")), 2)
    return {name: ms for name, ms in used.items() if not name.startswith("sipp")} | {"sipp": sipp}


def campaign(agents: int) -> CampaignSettings:
    """Power dialing far beyond the agents, so that only `calls_per_second` limits."""
    return CampaignSettings(
        mode="power", lines_per_agent=10, caller_id="+12125550100", wrap_up_s=0, max_lines=5000, calls_per_second=1,
        steps=(CallStep(tries=3),),
    )  # fmt: skip


async def measure(lab: LinesLab, plan: Plan) -> Result:
    print("  bare ARI loop", flush=True)
    bare = await bare_steps(lab, plan)
    print("  bare ARI loop, quiet", flush=True)
    quiet = await bare_steps(lab, plan, quiet=True)
    debtors = int(sum(plan.whole) * (plan.hold_s + SETTLE_S + 4) * 2) + 1000
    async with whole_system(lab, debtors, campaign(plan.agents), over_ws=True) as whole:
        async with Consoles(whole.engine, whole.server.url, whole.tenant, whole.agents) as consoles:
            os.nice(BROWSERS_NICE)
            await consoles.all_ready(whole)
            print("  whole system", flush=True)
            steps = await whole_steps(whole, plan)
        bridged = await whole.rows(
            "SELECT extract(epoch FROM bridged_at - answered_at) * 1000 AS ms FROM attempt WHERE bridged_at IS NOT NULL"
        )
        outcomes = await whole.rows(
            "SELECT outcome, count(*) AS n FROM attempt WHERE campaign_id IS NOT NULL GROUP BY outcome"
        )
    return _result(
        bare, quiet, steps, {str(row["outcome"]): row["n"] for row in outcomes}, [float(r["ms"]) for r in bridged]
    )


def _result(
    bare: list[Step], quiet: list[Step], steps: list[Step], outcomes: dict[str, int], bridged_ms: list[float]
) -> Result:
    low, high, hushed = ceiling(steps), ceiling(bare), ceiling(quiet)
    figures = [
        Figure("bare loop: calls held", high.got if high else 0.0, "/s"),
        Figure("bare loop: overhead p99 there", high.overhead_ms["p99"] if high else float("nan"), "ms"),
        Figure("whole system: calls held", low.got if low else 0.0, "/s"),
        below("whole system: overhead p99 there", low.overhead_ms["p99"] if low else float("nan"), "ms", GOAL_P99_MS),
        at_least("whole system / bare loop", round(low.got / high.got, 2) if low and high else 0.0, "", GOAL_RATIO),
        Figure("bare loop, quiet: calls held", hushed.got if hushed else 0.0, "/s"),
        Figure("CPU of a call, bare loop", round(sum(high.cpu_ms.values()), 1) if high else float("nan"), "ms"),
        Figure("CPU of a call, whole system", round(sum(low.cpu_ms.values()), 1) if low else float("nan"), "ms"),
    ]
    details: dict[str, Any] = {
        "bare": [asdict(step) | {"held": step.held} for step in bare],
        "quiet": [asdict(step) | {"held": step.held} for step in quiet],
        "whole": [asdict(step) | {"held": step.held} for step in steps],
        "outcomes": outcomes,
        "answer_to_bridged_ms": spread(bridged_ms) if bridged_ms else {},
        "median_bridged_ms": percentile(bridged_ms, 50),
    }
    return Result("lines", figures, details)


def bench(smoke: bool) -> Result:
    plan = SMOKE if smoke else Plan()
    before = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        with lines_lab(plan.agents, answered=1.0) as lab:
            return uvloop.run(measure(lab, plan))
    finally:
        with suppress(PermissionError):  # only root may take back what was given
            os.setpriority(os.PRIO_PROCESS, 0, before)
