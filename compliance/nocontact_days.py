"""Which local dates a rulebook closes: a calendar of the `holidays` library or named rules, plus and minus dates."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

import holidays
from msgspec import Struct

from compliance.rulebooks.spec import HolidaySpec

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIXED = re.compile(rf"^({'|'.join(_MONTHS)})-(\d\d?)$")
_NTH_MONDAY = re.compile(rf"^(first|second|third|fourth)-monday-({'|'.join(_MONTHS)})$")
_MONDAY_BEFORE = re.compile(rf"^monday-before-({'|'.join(_MONTHS)})-(\d\d?)$")
_UNLESS_SUNDAY = re.compile(rf"^({'|'.join(_MONTHS)})-(\d\d?)-or-(\d\d?)-if-sunday$")
_NTH = {"first": 0, "second": 1, "third": 2, "fourth": 3}


class NoContactDays(Struct, frozen=True):
    """`name` is said to people; the rest as in the rulebook file."""

    library: str | None
    rules: tuple[str, ...]
    add: tuple[date, ...]
    remove: tuple[date, ...]
    source: str

    @classmethod
    def of(cls, spec: HolidaySpec) -> NoContactDays:
        return cls(spec.library, spec.rules, spec.add, spec.remove, spec.source)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _dates(self, day.year)

    def name_of(self, day: date) -> str:
        """What this date is called, for the sentence to a person."""
        if self.library is not None:
            name = _library(self.library, day.year).get(day)
            if name:
                return name
        return next((rule for rule in self.rules if date_of(rule, day.year) == day), "closed by the rulebook")


def check_library(name: str) -> None:
    """ValueError when the `holidays` library has no such country or subdivision."""
    try:
        _library(name, 2026)
    except NotImplementedError as error:
        raise ValueError(str(error)) from None


def date_of(rule: str, year: int) -> date:
    """The date of a named rule such as `jun-24` or `easter-monday` in a year; ValueError for an unknown rule."""
    if rule in ("good-friday", "easter-monday"):
        return easter(year) + timedelta(days=-2 if rule == "good-friday" else 1)
    if match := _FIXED.match(rule):
        return date(year, _MONTHS.index(match[1]) + 1, int(match[2]))
    if match := _NTH_MONDAY.match(rule):
        first = date(year, _MONTHS.index(match[2]) + 1, 1)
        return first + timedelta(days=-first.weekday() % 7 + 7 * _NTH[match[1]])
    if match := _MONDAY_BEFORE.match(rule):
        last = date(year, _MONTHS.index(match[1]) + 1, int(match[2])) - timedelta(days=1)
        return last - timedelta(days=last.weekday())
    if match := _UNLESS_SUNDAY.match(rule):
        month = _MONTHS.index(match[1]) + 1
        day = date(year, month, int(match[2]))
        return date(year, month, int(match[3])) if day.weekday() == 6 else day
    raise ValueError(f"{rule!r} is not a rule for a date; use for example jan-1, good-friday, first-monday-sep")


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus/Jones/Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - shift + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=512)
def _dates(days: NoContactDays, year: int) -> frozenset[date]:
    dates = {date_of(rule, year) for rule in days.rules} | set(days.add)
    if days.library is not None:
        dates |= set(_library(days.library, year))
    return frozenset(dates - set(days.remove))


@lru_cache(maxsize=512)
def _library(name: str, year: int) -> dict[date, str]:
    country, _, subdivision = name.partition("-")
    return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year).items())
