"""Says what share of abandoned calls a pacer that forecasts may aim at, so that no gauge ever has to hold it. Pure.

A gauge judges by an upper bound (ADR 8): 200 answers may have one abandoned call among them, 1,000 may have 21. A pacer
that aims at the limit itself spends that at once, is held at 1:1 until hundreds have answered, and begins again.
"""

import math
from dataclasses import replace
from typing import NamedTuple

from dialer.pacing.interface import Pacer
from dialer.pacing.start import PacerStart
from dialer.pacing.stored import adapted, predictive

SPARE = 3
"""Calls that the aim leaves unspent: the control's own swing."""
LEAST = 0.002
CREDIT = 2.0
"""Calls at most that earlier answers leave to spend: what a good day saved would else be spent in minutes."""
STEP = 0.001
"""A new aim is a new beginning in the recorded ticks, so it moves by steps."""


class Aim(NamedTuple):
    """`target`: share of answers that may be abandoned. `answered`, `abandoned`: of the gauge that sets it."""

    target: float
    answered: int
    abandoned: int


def aim_of(allowed: int, among: int, answered: int, abandoned: int, limit: float) -> Aim:
    """The aim under a gauge that lets `allowed` of `among` answers, those so far with them, be abandoned."""
    share = (allowed - SPARE) / max(1, among)
    target = min(limit, max(LEAST, math.floor(share / STEP + 1e-9) * STEP))
    return Aim(round(target, 4), answered, abandoned)


def aimed(pacer: Pacer, lines_per_agent: float, start: PacerStart, aim: Aim) -> tuple[Pacer, PacerStart]:
    """The pacer with this aim, and its figures now; both as they were where nothing changes or nothing is forecast.

    What it has spent and earned is taken from the gauge, which keeps the account: another aim would else judge what is
    long past. What was left unspent counts as spent but for `CREDIT`. With machine detection nothing changes: the pacer
    reckons with persons cut, whom no gauge sees.
    """
    if start.amd is not None or aim.target == start.spends:
        return pacer, start
    start, before = replace(start, aim=aim.target), start
    learnt = predictive(adapted(pacer, lines_per_agent, start))
    if learnt is None:
        return pacer, before
    from dialer.pacing.memory import ANSWERED, DROPPED, MACHINE_TALKS, TALKS
    from dialer.pacing.spending import aim_for

    memory = learnt.memory.copy()
    marks = memory.marks
    persons = 1.0 - marks[MACHINE_TALKS] / (marks[TALKS] + 10.0)
    spent = max(aim.abandoned, aim_for(learnt.rules) * aim.target * aim.answered - CREDIT)
    marks[ANSWERED], marks[DROPPED] = aim.answered / persons, spent / persons
    return replace(learnt, memory=memory), start
