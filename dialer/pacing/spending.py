"""Spends the abandonment budget: how risky a launch may be, from what was abandoned and answered so far. Compiled.

The balance is target * answered - abandoned, in calls. The limit of a launch's risk rises and falls with it
exponentially (an integral control of the rate), and a slow drift takes away what offset remains.
"""

import math
from typing import NamedTuple

from dialer.pacing.jit import compiled
from dialer.pacing.memory import ANSWERED, DRIFT, DROPPED, MACHINE_TALKS, TALKS, Figures, Memory, Rules

LEAST_RISK, MOST_RISK = 1e-4, 0.25


class Balance(NamedTuple):
    """`answered`: by persons, and `abandoned` of them, both as far as the floor shows; `saved`: calls left over."""

    answered: float
    abandoned: float
    saved: float


class Spending(NamedTuple):
    """The control's settings. `first`: risk limit at balance 0, as a multiple of the target; `gain` a call saved;
    `drift`: gain of the slow part; `reserve`: calls that stay unspent; `credit`, `debt`: calls beyond which the
    balance is not listened to; `learnt`: answers until the full limit is used."""

    first: float
    gain: float
    drift: float
    reserve: float
    credit: float
    debt: float
    learnt: float


@compiled
def balance_of(marks: Figures, rules: Rules) -> Balance:
    machines = marks[MACHINE_TALKS] / (marks[TALKS] + 10.0)
    persons = marks[ANSWERED] * (1.0 - machines)
    abandoned = marks[DROPPED] * (1.0 - machines)
    if rules.detects > 0:
        persons /= max(1.0 - rules.false_positives, 0.01)
        abandoned += rules.false_positives * persons
    return Balance(persons, abandoned, rules.target * persons - abandoned)


@compiled
def risk_limit(marks: Figures, rules: Rules, spending: Spending) -> float:
    balance = balance_of(marks, rules)
    listened = min(max(balance.saved - spending.reserve, -spending.debt), spending.credit)
    spare = max(rules.target - rules.false_positives * rules.detects, 0.0)
    limit = spending.first * spare * math.exp(spending.gain * listened + marks[DRIFT])
    limit *= (20.0 + balance.answered) / (20.0 + balance.answered + spending.learnt)
    return min(max(limit, LEAST_RISK), MOST_RISK)


@compiled
def drift(memory: Memory, rules: Rules, spending: Spending, answered_before: float) -> None:
    """Move the slow part by what the answers since then have shown."""
    marks = memory.marks
    balance = balance_of(marks, rules)
    came = max(balance.answered - answered_before, 0.0)
    listened = min(max(balance.saved - spending.reserve, -spending.debt), spending.credit)
    marks[DRIFT] += spending.drift * listened * rules.target * came
    marks[DRIFT] = min(max(marks[DRIFT], -2.0), 2.0)
