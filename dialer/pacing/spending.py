"""Spends the abandonment budget: how risky a launch may be, from what was abandoned and answered so far. Compiled.

The balance is target * answered - abandoned, in calls. The limit of a launch's risk rises and falls with it
exponentially (an integral control of the rate), and a slow drift takes away what offset remains.
"""

import math
from typing import NamedTuple

import numpy as np

from dialer.pacing.jit import compiled
from dialer.pacing.memory import (
    ANSWERED,
    CAME,
    CROWDED,
    DRIFT,
    DROPPED,
    FIRST_S,
    LATELY_ANSWERED,
    LATELY_DROPPED,
    LEFT,
    MACHINE_TALKS,
    NOW_S,
    TALKS,
    Figures,
    Memory,
    Rules,
)
from dialer.pacing.start import PacerStart

LEAST_RISK, MOST_RISK = 1e-4, 0.25
# of the target: what the last calls of a day come to is not known while they ring
AIM, AIM_OF_FEW = 0.975, 1.0
# a half hour of a middling floor has 100 to 250 answers: so few that chance alone takes many of them past twice the
# target where the mean is the target; and a call more there buys little occupancy. Between these seats on a line
AIM_SEATS = np.array([5.0, 10.0, 25.0])
AIM_OF_SEATS = np.array([AIM, 0.85, AIM])
EASY_DEBT = 3.0
FEW_DROPPED = 2.0
FEW_SEATS = 3
# no half hour above so many times the target, where it has so many answers; the rest is for answers that leave it
# before the calls that were abandoned do, and for what is in the air. Not near so many: its share means nothing yet
MOST_OF_HALF_HOUR, HALF_HOUR_ANSWERS, HALF_HOUR_KEPT = 2.0, 100.0, 0.9
NEAR_HALF_HOUR_ANSWERS = 85.0
# so many calls before the last one that may be abandoned the limit begins to fall
HALF_HOUR_EASING = 5.0
# so many never hold anything
HALF_HOUR_FREE = 1.0


class Balance(NamedTuple):
    """`answered`: by persons, and `abandoned` of them, both as far as the floor shows; `saved`: calls left over."""

    answered: float
    abandoned: float
    saved: float


class Spending(NamedTuple):
    """The control's settings. `first`: risk limit at balance 0, as a multiple of the target; `gain` a call saved;
    `drift`: gain of the slow part; `reserve`: calls that stay unspent; `credit`, `debt`: calls beyond which the
    balance is not listened to; `learnt`: answers until the full limit is used;
    `last_gain`, `last_reserve`: what gain rises and reserve falls to as the window closes."""

    first: float
    gain: float
    drift: float
    reserve: float
    credit: float
    debt: float
    learnt: float
    last_gain: float
    last_reserve: float


@compiled
def aim_for(rules: Rules) -> float:
    """So much of the target is spent, by the size of the floor.

    With detection some of the dropped calls that count as persons' were machines', which is reserve enough where a
    day has a handful of abandoned calls in all.
    """
    if rules.detects > 0:
        return AIM_OF_FEW if rules.seats <= FEW_SEATS else AIM
    return float(np.interp(rules.seats, AIM_SEATS, AIM_OF_SEATS))


@compiled
def balance_of(marks: Figures, rules: Rules) -> Balance:
    machines = marks[MACHINE_TALKS] / (marks[TALKS] + 10.0)
    persons = marks[ANSWERED] * (1.0 - machines)
    abandoned = marks[DROPPED] * (1.0 - machines)
    if rules.detects > 0:
        persons /= max(1.0 - rules.false_positives, 0.01)
        abandoned += rules.false_positives * persons
    return Balance(persons, abandoned, aim_for(rules) * rules.target * persons - abandoned)


@compiled
def to_come(marks: Figures, rules: Rules, answered: float) -> float:
    """Persons who will still answer in the dialing window, if they go on as since the first look; 0: not known."""
    if not math.isfinite(rules.closes_s) or marks[NOW_S] <= marks[FIRST_S]:
        return 0.0
    left = max(rules.closes_s - marks[NOW_S], 0.0)
    return float(answered / max(marks[NOW_S] - marks[FIRST_S], 900.0) * left)


@compiled
def _listened(saved: float, spending: Spending) -> float:
    """The balance as the control hears it: a debt beyond a few calls counts double, so that it is repaid soon."""
    if saved < -EASY_DEBT:
        saved = 2.0 * saved + EASY_DEBT
    return min(max(saved, -spending.debt), spending.credit)


@compiled
def risk_limit(marks: Figures, rules: Rules, spending: Spending) -> float:
    balance = balance_of(marks, rules)
    spare = max(aim_for(rules) * rules.target - rules.false_positives * rules.detects, 0.0)
    gain, reserve = spending.gain, spending.reserve
    coming = spare * to_come(marks, rules, balance.answered)
    if coming > 0:
        # what is left over or owed has to be made good by the answers that are still to come
        gain = max(gain, min(1.0 / coming, spending.last_gain))
        reserve = min(reserve, spending.last_reserve + 0.1 * coming)
    limit = spending.first * spare * math.exp(gain * _listened(balance.saved - reserve, spending) + marks[DRIFT])
    limit *= (20.0 + balance.answered) / (20.0 + balance.answered + spending.learnt)
    limit *= _calm(marks, spare)
    return float(min(max(limit, LEAST_RISK), MOST_RISK))


@compiled
def launch_limit(memory: Memory, rules: Rules, spending: Spending) -> float:
    """The most risk that a launch may carry now: what the budget allows, as far as the last half hour has room."""
    room = half_hour_room(memory.half_hour, rules)
    return max(risk_limit(memory.marks, rules, spending) * room, LEAST_RISK)


@compiled
def _calm(marks: Figures, spare: float) -> float:
    """1 while the last minutes were near the target, falling to 0 at twice of it: a burst that nobody could foresee
    must not be followed by ordinary spending within the same half hour."""
    due = spare * max(marks[LATELY_ANSWERED], 40.0)
    if due <= 0:
        return 1.0
    share = (marks[LATELY_DROPPED] - FEW_DROPPED) / due
    return float(min(max((2.0 - share) / 0.7, 0.0), 1.0))


@compiled
def half_hour_room(half_hour: Figures, rules: Rules) -> float:
    """1 while the last half hour has room for abandoned calls, falling to 0: on a small floor a handful is all that it
    may have, and chance alone would bring more."""
    answered, dropped = half_hour[:, CAME].sum(), half_hour[:, LEFT].sum()
    if answered < NEAR_HALF_HOUR_ANSWERS or dropped <= HALF_HOUR_FREE:
        return 1.0
    share = MOST_OF_HALF_HOUR * rules.half_hour_target - rules.false_positives * rules.detects
    allowed = HALF_HOUR_KEPT * share * max(answered, HALF_HOUR_ANSWERS)
    return float(min(max((allowed - dropped - 0.5) / HALF_HOUR_EASING, 0.0), 1.0))


@compiled
def drift(marks: Figures, rules: Rules, spending: Spending, answered_before: float) -> None:
    """Move the slow part by what the answers since then have shown."""
    balance = balance_of(marks, rules)
    came = max(balance.answered - answered_before, 0.0)
    listened = _listened(balance.saved - spending.reserve, spending)
    if listened > 0 and marks[CROWDED] > 0:
        # lines or calls a second held the launches: what is left over is not the limit's doing
        listened = 0.0
    marks[DRIFT] += spending.drift * listened * rules.target * came
    marks[DRIFT] = min(max(marks[DRIFT], -2.0), 2.0)


def spending_for(start: PacerStart) -> Spending:
    """Settings by the size of the floor, found in simulation (docs/pacing.md).

    On a small floor few launches carry any risk, so each may carry more of it for the same rate; and its day has so
    few abandoned calls that each must move the limit more.
    """
    seats = max(start.n_agents, 1)
    few = seats <= FEW_SEATS
    return Spending(
        first=min(1.0 + 3.0 / seats, 2.2),
        gain=0.45 if few else max(0.5 / math.sqrt(seats), 0.06),
        drift=0.004,
        reserve=1.0,
        credit=8.0 + 0.1 * seats,
        debt=30.0,
        learnt=min(max(8.0 * seats - 20.0, 15.0), 150.0),
        last_gain=1.5 if few else 1.0,
        last_reserve=0.6 if few else 0.9,
    )
