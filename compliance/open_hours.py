"""When contacts are open in a week, by zone: the windows of rulebooks together and alone, holidays, clock changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from compliance.facts import Channel
from compliance.localtime import start_of_date, wall, zone_info
from compliance.rulebooks.model import Rulebooks
from compliance.windows import window_state

DAYS = 7


class Span(NamedTuple):
    """Open from `start` up to `end`, aware UTC."""

    start: datetime
    end: datetime


class Note(NamedTuple):
    """Something about a local date: `kind` is holiday or clock."""

    day: date
    kind: str
    text: str


class WeekOf(Struct, frozen=True):
    """One week in one zone under some rulebooks together; the week is seven local dates from `first` on."""

    zone: str
    rulebooks: tuple[str, ...]
    first: date
    start: datetime
    end: datetime
    spans: tuple[Span, ...]
    notes: tuple[Note, ...]

    @property
    def hours(self) -> float:
        return sum((span.end - span.start).total_seconds() for span in self.spans) / 3600


class WallSpan(NamedTuple):
    """Minutes of a local date as its clock shows them, `[start, end)`; 1440 is its end."""

    start: int
    end: int


class WallDay(NamedTuple):
    """The open times of one local date."""

    day: date
    open: tuple[WallSpan, ...]


def weeks(
    rulebooks: Sequence[str], zones: Sequence[str], day: date, channel: Channel, books: Rulebooks
) -> Iterator[WeekOf]:
    """For each zone: the rulebooks combined, then (of several) each alone. The week is that of `day`, from its Monday.

    Raises UnknownRulebook; an unknown zone raises ZoneInfoNotFoundError.
    """
    first = day - timedelta(days=day.weekday())
    together = tuple(rulebooks)
    for zone in zones:
        yield week_of(zone, together, first, channel, books)
        if len(together) > 1:
            for alone in together:
                yield week_of(zone, (alone,), first, channel, books)


def week_of(zone: str, rulebooks: tuple[str, ...], first: date, channel: Channel, books: Rulebooks) -> WeekOf:
    start, end = start_of_date(zone, first), start_of_date(zone, first + timedelta(days=DAYS))
    spans = tuple(open_spans((zone,), rulebooks, channel, start, end, books))
    return WeekOf(zone, rulebooks, first, start, end, spans, tuple(_notes(zone, rulebooks, first, books)))


def wall_days(week: WeekOf) -> Iterator[WallDay]:
    """The week's seven local dates, for a picture; an hour that the clock shows twice is drawn once."""
    for step in range(DAYS):
        day = week.first + timedelta(days=step)
        start, end = start_of_date(week.zone, day), start_of_date(week.zone, day + timedelta(days=1))
        found = []
        for span in week.spans:
            first, last = max(span.start, start), min(span.end, end)
            if first < last:
                ends = 24 * 60 if last == end else _minute(week.zone, last)
                found.append(WallSpan(_minute(week.zone, first), ends))
        yield WallDay(day, tuple(span for span in found if span.start < span.end))


def _minute(zone: str, at: datetime) -> int:
    shown = at.astimezone(zone_info(zone))
    return shown.hour * 60 + shown.minute


def open_spans(
    zones: tuple[str, ...],
    rulebooks: tuple[str, ...],
    channel: Channel,
    start: datetime,
    end: datetime,
    books: Rulebooks,
) -> Iterator[Span]:
    """The open times in `[start, end)`, in order and as long as they are."""
    opened: datetime | None = None
    at = start
    while at < end:
        state = window_state(zones, rulebooks, channel, at, books)
        if state.open:
            opened = opened or at
        elif opened is not None:
            yield Span(opened, at)
            opened = None
        if state.until is None:
            return
        at = min(state.until, end)
    if opened is not None:
        yield Span(opened, end)


def _notes(zone: str, rulebooks: tuple[str, ...], first: date, books: Rulebooks) -> Iterator[Note]:
    for step in range(DAYS):
        day = first + timedelta(days=step)
        here = wall(zone, start_of_date(zone, day))
        names: dict[str, str] = {}
        for book_id in rulebooks:
            version = books.get(book_id).at(here.day)
            if version is not None and version.no_contact_days is not None and day in version.no_contact_days:
                names.setdefault(version.no_contact_days.name_of(day), book_id)
        yield from (Note(day, "holiday", f"{name} ({book_id})") for name, book_id in names.items())
        before, after = (
            start_of_date(zone, each).astimezone(zone_info(zone)).utcoffset() for each in (day, day + timedelta(days=1))
        )
        if before is not None and after is not None and before != after:
            minutes = int((after - before).total_seconds()) // 60
            yield Note(day, "clock", f"clocks go {'forward' if minutes > 0 else 'back'} {abs(minutes)} minutes")
