"""Builds a life as a table: every pair of state and event is handled, ignored on purpose or impossible."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class UnexpectedEvent(Exception):
    """This event cannot come in this state; nothing was changed. Holds only names, no personal data."""

    def __init__(self, life: str, state: str, event: str) -> None:
        super().__init__(f"{event} cannot come to a {life} that is {state}")
        self.life = life
        self.state = state
        self.event = event


@dataclass(frozen=True, slots=True)
class Cell:
    """What one event does in one state. `targets`: the states it may lead to; `kind` handled, ignored or impossible."""

    handler: Callable[[Any, Any], Any] | None
    targets: tuple[str, ...] = ()
    kind: str = "handled"


IGNORED = Cell(None, (), "ignored")
IMPOSSIBLE = Cell(None, (), "impossible")


@dataclass(frozen=True, slots=True)
class Row:
    """One state's decisions; together the three parts name every event exactly once."""

    handled: Mapping[type, Cell]
    ignored: frozenset[type] = field(default_factory=frozenset)
    impossible: frozenset[type] = field(default_factory=frozenset)


def to(handler: Callable[[Any, Any], Any], *targets: str) -> Cell:
    return Cell(handler, tuple(targets))


def table(events: Iterable[type], rows: Mapping[str, Row]) -> dict[str, dict[type, Cell]]:
    """The whole table. Raises ValueError when a cell is missing or decided twice: nobody may forget one."""
    every = set(events)
    made: dict[str, dict[type, Cell]] = {}
    for state, row in rows.items():
        parts = [set(row.handled), set(row.ignored), set(row.impossible)]
        named = set().union(*parts)
        if named != every or sum(map(len, parts)) != len(every):
            wrong = sorted(event.__name__ for event in every ^ named)
            twice = sorted(e.__name__ for e in every if sum(e in part for part in parts) > 1)
            raise ValueError(f"state {state}: undecided or unknown {wrong}, decided twice {twice}")
        cells: dict[type, Cell] = dict(row.handled)
        cells.update(dict.fromkeys(row.ignored, IGNORED))
        cells.update(dict.fromkeys(row.impossible, IMPOSSIBLE))
        made[state] = cells
    return made
