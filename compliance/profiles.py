"""Which rulebooks a person's own state brings: a hardship hold does not stop contact, it tightens what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from msgspec import structs

from compliance.facts import Facts
from compliance.rulebooks.model import Book, Rulebooks, Version

# the kind of hold, and the rulebook that binds while it lasts
TIGHTENS = {"hardship": "hardship"}


class Named(Protocol):
    """A debt of the contact, by all its ids; None: any debt."""

    @property
    def ids(self) -> frozenset[str] | None: ...


class Profile(NamedTuple):
    """A rulebook that binds from `since` up to `until` (aware UTC; None: until somebody ends it)."""

    book: Book
    since: datetime
    until: datetime | None

    def at(self, at: datetime, day: date) -> Version | None:
        """Its version at an instant, which ends with the hold."""
        if at < self.since or (self.until is not None and at >= self.until):
            return None
        version = self.book.at(day)
        if version is None or self.until is None:
            return version
        work = version.at_work and structs.replace(version.at_work, ends=self.until)
        return structs.replace(version, ends=self.until, at_work=work)


def profiles_of(facts: Facts, rulebooks: Rulebooks, debts: Sequence[Named]) -> tuple[Profile, ...]:
    """The profiles of the holds known at the time of the contact that are about one of its debts."""
    ids = frozenset[str]().union(*(key.ids for key in debts if key.ids))
    found = []
    for hold in facts.holds or ():
        book = TIGHTENS.get(hold.kind)
        if book is None or hold.since > facts.contact.at:
            continue
        if not hold.debts or not ids or not ids.isdisjoint(hold.debts):
            found.append(Profile(rulebooks.get(book), hold.since, hold.until))
    return tuple(found)
