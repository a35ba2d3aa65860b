"""Asks a pacer, changed or not, about recorded ticks and counts where it decides otherwise. Pure.

It is an open loop: each tick shows the floor that the recorded decisions led to, whatever the other pacer would have
done before. So the difference of one decision is true, and their sum is no forecast of the day: for that there is the
simulation.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from dialer.pacing.interface import Pacer
from dialer.pacing.start import PacerStart
from dialer.pacing.stored import NotStored, restored
from dialer.ticks.model import Begun, Record, Tick

Make = Callable[[str, float, PacerStart], Pacer]
HOUR_S = 3600
FIRST = 20


@dataclass(frozen=True, slots=True)
class Changes:
    """What the pacer shall have otherwise; None and empty: as recorded. `start`: fields of PacerStart."""

    mode: str | None = None
    lines_per_agent: float | None = None
    start: tuple[tuple[str, Any], ...] = ()

    def of(self, begun: Begun) -> tuple[str, float, PacerStart]:
        lines = self.lines_per_agent if self.lines_per_agent is not None else begun.lines_per_agent
        return self.mode or begun.mode, lines, replace(begun.start, **dict(self.start))


@dataclass(frozen=True, slots=True)
class Difference:
    """One tick on which the two do not agree; `at_s` of the pacer's clock."""

    campaign: int
    at_s: float
    launched: int
    now: int
    because: str
    because_now: str


@dataclass(slots=True)
class Hour:
    campaign: int
    hour: int  # since 1970, or since the beginning of a clock of its own
    ticks: int = 0
    differ: int = 0
    launched: int = 0
    now: int = 0


@dataclass(slots=True)
class Replay:
    """Figures of all ticks. `notes`: what stood in the way of an exact comparison."""

    ticks: int = 0
    differ: int = 0
    launched: int = 0
    now: int = 0
    hours: dict[tuple[int, int], Hour] = field(default_factory=dict)
    first: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, tick: Tick, launch: int, because: str) -> None:
        key = (tick.campaign, int(tick.now_s // HOUR_S))
        hour = self.hours.setdefault(key, Hour(*key))
        other = launch != tick.launch
        for figures in (self, hour):
            figures.ticks += 1
            figures.differ += other
            figures.launched += tick.launch
            figures.now += launch
        if other and len(self.first) < FIRST:
            self.first.append(Difference(tick.campaign, tick.now_s, tick.launch, launch, tick.because, because))


@dataclass(slots=True)
class _Course:
    """One campaign's pacer on its way through the ticks."""

    paced_by: tuple[str, float, PacerStart]
    pacer: Pacer
    at_s: float | None = None


def replay(records: Iterable[Record], make: Make, changes: Changes, progress: Callable[[], None]) -> Replay:
    """`make` gives the fresh pacer of a mode, lines for each agent, and start."""
    done, courses = Replay(), dict[int, _Course]()
    for record in records:
        if isinstance(record, Begun):
            _begin(courses, record, make, changes, done)
            continue
        course = courses.get(record.campaign)
        if course is None:
            _note(done, f"campaign {record.campaign}: ticks before their first record of how it was paced are left out")
            continue
        course.pacer, decision = course.pacer.decide(record.snapshot())
        course.at_s = record.now_s
        done.add(record, decision.launch, decision.because)
        progress()
    return done


def _begin(courses: dict[int, _Course], begun: Begun, make: Make, changes: Changes, done: Replay) -> None:
    """A file that goes on where the one before ended changes nothing; a new mode, limit or a restart does."""
    paced_by = changes.of(begun)
    there = courses.get(begun.campaign)
    if there is not None and there.paced_by == paced_by and begun.learnt is None:
        return
    pacer = make(*paced_by)
    if begun.learnt is not None:
        try:
            pacer = restored(begun.learnt, *paced_by)
        except NotStored as problem:
            _note(done, f"campaign {begun.campaign}: the {paced_by[0]} pacer begins with nothing learnt: {problem}")
            if there is not None and there.paced_by == paced_by:
                return
    courses[begun.campaign] = _Course(paced_by, pacer)


def _note(done: Replay, words: str) -> None:
    if words not in done.notes:
        done.notes.append(words)
