"""What a pacer is told of a simulated list's segments: what its calls have taught, as on the floor, or the truth."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dialer.pacing.odds_book import OddsBook
from dialer.pacing.segments import Cell, cell_of
from dialer.pacing.view import OUTCOME_KINDS
from dialer.simulation.scenario import Scenario, Segments

Odds = NDArray[np.float64]
HOUR_S = 3600.0


class Knowledge(Protocol):
    """Asked once at each look. Calls are known by their number, from 0 in the order of launch."""

    def look(
        self, now_s: float, launched: int, flying: NDArray[np.int64], outcomes: NDArray[np.void]
    ) -> tuple[Odds, float]:
        """The odds of each call in `flying` and of those launched now. `launched`: calls so far; `outcomes`:
        layout.OUTCOME, of the calls that have come to something since the last look."""
        ...


def segment_of(segments: Segments, call: int) -> int:
    return call // segments.size % len(segments.factors)


class Learning:
    """By the product's own book: segments stand for lists, hours are those since the start."""

    def __init__(self, scenario: Scenario, segments: Segments) -> None:
        self.book = OddsBook()
        self._segments, self._detects = segments, scenario.calls.amd is not None
        self._ring_timeout_s = min(scenario.calls.ring_timeout_s, scenario.horizon_s)
        self._cells: list[Cell] = []
        self._odds: list[float] = []

    def look(
        self, now_s: float, launched: int, flying: NDArray[np.int64], outcomes: NDArray[np.void]
    ) -> tuple[Odds, float]:
        for call in range(len(self._cells), launched):
            segment = segment_of(self._segments, call) + 1
            cell = cell_of(list_id=segment, score=0, hour=int(now_s // HOUR_S), attempt=1)
            self._cells.append(cell)
            self._odds.append(self.book.give(cell))
        for seen in outcomes:
            cell, began_s = self._cells[seen["call"]], float(seen["at"] - seen["age"])
            kind = OUTCOME_KINDS[seen["kind"]]
            self.book.hear(cell, kind, began_s, self._ring_timeout_s, detects=self._detects)  # type: ignore[arg-type]
        self.book.learn(now_s)
        return np.array([self._odds[call] for call in flying], np.float64), self.book.next_odds


class Truth:
    """The scenario's own factors, over their mean."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._odds = np.array(segments.factors) / max(np.mean(segments.factors), 1e-9)

    def look(
        self, now_s: float, launched: int, flying: NDArray[np.int64], outcomes: NDArray[np.void]
    ) -> tuple[Odds, float]:
        told = self._odds[flying // self._segments.size % len(self._odds)]
        return told, float(self._odds[segment_of(self._segments, launched)])
