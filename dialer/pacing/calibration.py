"""Keeps the forecast honest: compares foretold answers with those that came, and says when it is surprised. Compiled.

One forecast is out at a time: answers within `HORIZON_S` of the calls then in flight. Of a whole number that falls
between two values of the forecast's distribution the due share is counted (non-randomised probability integral
transform; Czado, Gneiting, Held 2009), so a true forecast has 10, 50 and 90 % of the outcomes under its quantiles.
"""

import math

import numpy as np

from dialer.pacing.chance import at_most
from dialer.pacing.forecast import in_flight, levels_of
from dialer.pacing.jit import compiled
from dialer.pacing.learning import HORIZON_S, RINGING
from dialer.pacing.level import works_share
from dialer.pacing.memory import (
    ASKED_DEVIATION,
    ASKED_MEAN,
    ASKED_S,
    ASKED_SKEW,
    QUANTILES,
    SEEN,
    SURPRISED,
    Memory,
    Rules,
)
from dialer.pacing.shapes import ended_by
from dialer.pacing.view import FloorView

# a detected person is known only when the verdict and the wait for an agent are over
LATE_S = 8.0
KEPT = 80.0
LEAST_EXPECTED = 0.2
ALARMED, CALM = 4.0, 2.5


@compiled
def compare(memory: Memory, rules: Rules, view: FloorView) -> None:
    """Close the forecast that is out when its time has come, and make the next one."""
    marks = memory.marks
    late = LATE_S if rules.detects > 0 else 0.0
    if math.isfinite(marks[ASKED_S]):
        if view.now_s < marks[ASKED_S] + HORIZON_S + late:
            return
        if view.now_s < marks[ASKED_S] + HORIZON_S + late + 5.0:
            _count(memory)
    _ask(memory, rules, view)


@compiled
def _count(memory: Memory) -> None:
    marks = memory.marks
    deviation = marks[ASKED_DEVIATION]
    third = marks[ASKED_SKEW]
    under = at_most(marks[ASKED_MEAN], deviation * deviation, third, marks[SEEN] - 1.0) if marks[SEEN] > 0 else 0.0
    upto = at_most(marks[ASKED_MEAN], deviation * deviation, third, marks[SEEN])
    memory.coverage[0, :] *= 1.0 - 1.0 / KEPT
    for row in range(2):
        memory.coverage[row, 0] += 1.0
        for place in range(len(QUANTILES)):
            share = (QUANTILES[place] - under) / (upto - under) if upto > under else 0.5
            memory.coverage[row, place + 1] += min(max(share, 0.0), 1.0)
    worst, compared = 0.0, memory.coverage[0, 0]
    for place in range(len(QUANTILES)):
        due = QUANTILES[place]
        off = abs(memory.coverage[0, place + 1] / compared - due)
        worst = max(worst, off * math.sqrt(compared / (due * (1.0 - due))))
    if compared >= 20 and worst > ALARMED:
        marks[SURPRISED] = 1.0
    elif worst < CALM:
        marks[SURPRISED] = 0.0


@compiled
def _ask(memory: Memory, rules: Rules, view: FloorView) -> None:
    marks = memory.marks
    levels = levels_of(memory, rules)
    chances = in_flight(view, ended_by(memory), levels, works_share(memory.marks), np.full(3, HORIZON_S), RINGING)
    a = chances[0, 1]
    mean, spread = a.sum(), abs(chances[0, 2].sum() - chances[0, 0].sum()) / (2 * 1.7320508)
    marks[ASKED_S] = view.now_s if mean >= LEAST_EXPECTED else -math.inf
    marks[ASKED_MEAN] = mean
    marks[ASKED_DEVIATION] = math.sqrt((a * (1 - a)).sum() + spread * spread)
    marks[ASKED_SKEW] = (a * (1 - a) * (1 - 2 * a)).sum()
    marks[SEEN] = 0.0
