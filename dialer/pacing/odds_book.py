"""Keeps a campaign's odds between its calls: gives each its own at launch, hears its end, learns when all are heard of.

The floor and its simulation keep them by the same book. No I/O, no clock: times are seconds of the pacer's clock.
"""

from collections import deque
from collections.abc import Iterable

from dialer.pacing.interface import OutcomeKind
from dialer.pacing.segments import DIGITS, Cell, Factors, Tried, learnt, odds, tells

# a call that rings out is heard of some seconds after the ringing time: to dial takes its time too
HEARD_OF_S = 4.0
LATELY = 8
MOST_UNLEARNT = 10_000


class OddsBook:
    """`factors`: what was learnt, an immutable value; the rest is only of the last minute."""

    def __init__(self, factors: Factors | None = None) -> None:
        self.factors = factors or Factors()
        self._lately: deque[float] = deque(maxlen=LATELY)
        self._tried: deque[Tried] = deque(maxlen=MOST_UNLEARNT)

    @property
    def next_odds(self) -> float:
        """Of the calls that the queue gives next: like those that it gave last. 1 before the first."""
        return round(sum(self._lately) / len(self._lately), DIGITS) if self._lately else 1.0

    @property
    def unlearnt(self) -> int:
        """Calls that are heard of, while others of their time are not."""
        return len(self._tried)

    def give(self, cell: Cell) -> float:
        """The odds of a call that is launched now."""
        given = odds(self.factors, cell)
        self._lately.append(given)
        return given

    def hear(self, cell: Cell, kind: OutcomeKind, launched_s: float, ring_timeout_s: float, *, detects: bool) -> None:
        """What became of a call. It is learnt once every call launched with it is heard of: answers come first."""
        answered = tells(kind, detects)
        if answered is not None:
            self._tried.append(Tried(launched_s + ring_timeout_s + HEARD_OF_S, cell, answered))

    def learn(self, now_s: float) -> None:
        """From the calls that are due, in the order of their launch."""
        due = sorted((one for one in self._tried if one.due_s <= now_s), key=lambda one: one.due_s)
        if due:
            self.factors = learnt(self.factors, due)
            self._keep(one for one in self._tried if one.due_s > now_s)

    def _keep(self, tried: Iterable[Tried]) -> None:
        self._tried = deque(tried, MOST_UNLEARNT)
