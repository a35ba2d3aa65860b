"""Whether a person's details must still be kept, may go, or must go: the strictest of the rulebooks that bind. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

from msgspec import Struct

from compliance.rulebooks.model import Version

RetentionDecision = Literal["keep", "erase", "held"]


class Limit(Struct, frozen=True):
    """So many days, counted from the last activity or (`from_record`) from when the record was made."""

    days: int
    from_record: bool
    book: str
    source: str


class Retention(Struct, frozen=True):
    """`least`: the longest minimum, `most`: the shortest maximum of records; None: no book that binds names one."""

    least: Limit | None = None
    most: Limit | None = None


class Kept(Struct, frozen=True):
    """What decides about one person. `held_by`: why nothing may be erased now whatever the age; "" for nothing."""

    created: date
    last_activity: date
    held_by: str = ""


class RetentionAnswer(Struct, frozen=True):
    decision: RetentionDecision
    because: str
    rulebook: str = ""


def strictest(versions: Iterable[Version]) -> Retention:
    """Of records alone: recordings are kept and erased by whoever makes them."""
    rules = [(version.book, rule) for version in versions for rule in version.spec.retention if rule.what == "records"]
    least = [
        Limit(rule.min_days, rule.counted_from == "record", book, rule.source) for book, rule in rules if rule.min_days
    ]
    most = [
        Limit(rule.max_days, rule.counted_from == "record", book, rule.source) for book, rule in rules if rule.max_days
    ]
    return Retention(
        max(least, default=None, key=lambda one: one.days), min(most, default=None, key=lambda one: one.days)
    )


def judge(rules: Retention, person: Kept, today: date) -> RetentionAnswer:
    """Erased only when a maximum is over, every minimum too, and nothing holds the person's file.

    Where a minimum and a maximum contradict each other the minimum wins: what was erased too soon never comes back.
    """
    most, least = rules.most, rules.least
    if most is None:
        return RetentionAnswer("keep", "no rulebook that binds names a maximum")
    over = _end(most, person)
    if today <= over:
        return RetentionAnswer("keep", f"{most.book} allows to keep it until {over} ({most.source})", most.book)
    # the later of both beginnings: a minimum is never cut short by how its book counts
    until = max(person.last_activity, person.created) + timedelta(days=least.days) if least else None
    if least is not None and until is not None and today <= until:
        return RetentionAnswer("keep", f"{least.book} wants it kept until {until} ({least.source})", least.book)
    if person.held_by:
        return RetentionAnswer("held", f"over since {over}, but {person.held_by}", most.book)
    return RetentionAnswer("erase", f"{most.book}: over since {over} ({most.source})", most.book)


def _end(limit: Limit, person: Kept) -> date:
    return (person.created if limit.from_record else person.last_activity) + timedelta(days=limit.days)
