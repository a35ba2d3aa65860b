"""Tells what a pacer forecasts and how well its forecasts held, for the board and the alarms. Pure."""

from typing import NamedTuple

from dialer.pacing.interface import Pacer, PacingSnapshot
from dialer.pacing.stored import predictive

MIDDLE = 1  # of the three looks ahead, and of the answer levels: the one believed


class Foretold(NamedTuple):
    """`answers`, `free`: expected answers of the calls in flight, and agents expected to be free, in `ahead_s` seconds.

    `expected`, `came`: the forecast that is out, of answers within `within_s` of the calls that flew when it was made;
    None: none is out. `under`: shares of the latest forecasts whose 10, 50 and 90 % quantile the answers did not
    exceed, None before the first; `forecasts`: how many were compared since the pacer began.
    """

    answers: float
    free: float
    ahead_s: float
    expected: float | None
    came: float | None
    within_s: float
    forecasts: int
    under: tuple[float | None, float | None, float | None]
    surprised: bool


def foretold(pacer: Pacer, seen: PacingSnapshot | None) -> Foretold | None:
    """Of the floor as the pacer saw it last. None: this pacer forecasts nothing, or has not looked yet."""
    learnt = predictive(pacer)
    if learnt is None or seen is None:
        return None
    from dialer.pacing.forecast import look_ahead
    from dialer.pacing.learning import HORIZON_S
    from dialer.pacing.memory import ASKED_MEAN, ASKED_S, LOOKS, SEEN, SURPRISED
    from dialer.pacing.view import view_of

    memory = learnt.memory
    marks, latest, ever = memory.marks, memory.coverage[0], memory.coverage[1]
    if marks[LOOKS] == 0:
        return None
    outlook = look_ahead(memory, learnt.rules, view_of(seen))
    out = marks[ASKED_S] > 0
    under = [float(latest[place] / latest[0]) if latest[0] > 0 else None for place in (1, 2, 3)]
    return Foretold(
        answers=float(outlook.answers[MIDDLE, MIDDLE]),
        free=max(0.0, float(outlook.free + outlook.finished[MIDDLE])),
        ahead_s=float(outlook.ahead_s[MIDDLE]),
        expected=float(marks[ASKED_MEAN]) if out else None,
        came=float(marks[SEEN]) if out else None,
        within_s=HORIZON_S,
        forecasts=int(ever[0]),
        under=(under[0], under[1], under[2]),
        surprised=bool(marks[SURPRISED]),
    )
