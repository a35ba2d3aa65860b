"""Whether local clocks allow a contact: windows by weekday, no-contact dates, and when they open or close next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from compliance.facts import Channel
from compliance.localtime import Wall, next_instant, start_of_date, wall
from compliance.rulebooks.model import Hours, Rulebooks, Version, Window, next_date
from compliance.situation import Finding, book_reason
from compliance.verdict import Reason, ReasonCode

_SEARCH = timedelta(days=400)


class WindowState(NamedTuple):
    """`open` now, and `until` when that cannot change before (aware UTC); None: never opens, or no zone is known."""

    open: bool
    until: datetime | None


def window_findings(version: Version, here: Wall, channel: Channel, margin_s: int = 0) -> Iterator[Finding]:
    """The window rules of one rulebook on one wall. On a closed day or date, hours are not asked."""
    hours = version.hours[channel]
    window = hours.days[here.weekday]
    closed_day = window is None
    days = version.no_contact_days
    closed_date = days is not None and here.day in days
    if closed_date and hours.holiday is not None:
        window, closed_date, closed_day = hours.holiday, False, False
    if days is not None and closed_date:
        text = f"{here.day} is {days.name_of(here.day)}, a date without contact"
        yield _finding(version, "holiday", days.source, text, here)
    if closed_day:
        yield _closed_day(version, hours, here)
    elif window is not None and not closed_date:
        if here.seconds < window.start:
            opens = next_instant(here.zone, here.day, window.start, here.at)
            yield Finding(_hours_reason(version, hours, window, here), opens)
        elif here.seconds >= window.end - margin_s:
            yield Finding(_hours_reason(version, hours, window, here), _tomorrow(here))


def window_state(
    zones: tuple[str, ...], rulebook_ids: tuple[str, ...], channel: Channel, now: datetime, books: Rulebooks
) -> WindowState:
    """Whether the windows of all rulebooks are open in all zones, and until when that holds.

    Open: `until` is the earliest moment at which a window may close. Closed: the moment at which all are open.
    """
    if not zones:
        return WindowState(False, None)
    margin_s = books.dial_stop_margin_s if channel == "voice" else 0
    found = list(_closed(zones, rulebook_ids, channel, now, books, margin_s))
    if not found:
        return WindowState(True, _closes(zones, rulebook_ids, channel, now, books, margin_s))
    at = now
    while found and at < now + _SEARCH:
        at = max(finding.until for finding in found if finding.until is not None)
        found = list(_closed(zones, rulebook_ids, channel, at, books, margin_s))
    return WindowState(False, None if found else at)


def _closed(
    zones: tuple[str, ...], ids: tuple[str, ...], channel: Channel, at: datetime, books: Rulebooks, margin_s: int
) -> Iterator[Finding]:
    for zone in zones:
        here = wall(zone, at)
        for version in _in_force(ids, here, books):
            yield from window_findings(version, here, channel, margin_s)


def _closes(
    zones: tuple[str, ...], ids: tuple[str, ...], channel: Channel, at: datetime, books: Rulebooks, margin_s: int
) -> datetime:
    ends = []
    for zone in zones:
        here = wall(zone, at)
        for version in _in_force(ids, here, books):
            hours = version.hours[channel]
            window = hours.days[here.weekday]
            if version.no_contact_days is not None and here.day in version.no_contact_days:
                window = hours.holiday
            if window is not None:
                ends.append(next_instant(zone, here.day, window.end - margin_s, at))
        ends.append(_tomorrow(here))
    return min(ends)


def _in_force(ids: tuple[str, ...], here: Wall, books: Rulebooks) -> list[Version]:
    return [version for book_id in ids if (version := books.get(book_id).at(here.day)) is not None]


def _closed_day(version: Version, hours: Hours, here: Wall) -> Finding:
    review = hours.review[here.weekday]
    by_person = review is not None and review.start <= here.seconds < review.end
    text = f"{here.day:%A} has no window under {version.book}"
    if by_person:
        text += f"; from {review} a person must decide"
    return _finding(version, "weekday", hours.source, text, here, review=by_person)


def _finding(version: Version, code: ReasonCode, source: str, text: str, here: Wall, review: bool = False) -> Finding:
    reason = book_reason(version, code, f"{version.book}.{code}", source, f"{text} ({here.zone})")
    return Finding(reason, _tomorrow(here), review)


def _hours_reason(version: Version, hours: Hours, window: Window, here: Wall) -> Reason:
    text = f"it is {here} in {here.zone}, and {version.book} allows {window}"
    return book_reason(version, "hours", f"{version.book}.hours", hours.source, text)


def _tomorrow(here: Wall) -> datetime:
    return start_of_date(here.zone, next_date(here.day))
