"""Tells what a pacer forecasts and how well its forecasts held, for the board and the alarms. Pure."""

from typing import NamedTuple

from dialer.pacing.interface import Pacer


class Foretold(NamedTuple):
    """`answers`, `free`: expected answers of the calls in flight, and agents expected to be free when they come.

    `under`: shares of the latest forecasts whose 10, 50 and 90 % quantile the answers did not exceed, None before the
    first; `forecasts`: how many were compared since the pacer began.
    """

    answers: float
    free: float
    forecasts: int
    under: tuple[float | None, float | None, float | None]
    surprised: bool


def foretold(pacer: Pacer) -> Foretold | None:
    """None: this pacer forecasts nothing."""
    return None
