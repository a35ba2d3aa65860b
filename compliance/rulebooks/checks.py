"""What the types of a rulebook file cannot say: gaps, overlaps, unknown names, values that contradict each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import available_timezones

from compliance.facts import CHANNELS
from compliance.nocontact_days import check_library, date_of
from compliance.rulebooks.model import WEEKDAYS, day_index, seconds_of
from compliance.rulebooks.spec import BookSpec, HoursSpec, VersionSpec

Steps = list[str | int]
Refuse = Callable[[Steps, str], Exception]


def check(spec: BookSpec, refuse: Refuse) -> None:
    """Raises what `refuse` makes of the place and the words of the first thing that is wrong."""
    for zone in spec.zones:
        if zone not in available_timezones():
            raise refuse(["zones"], f"zone {zone!r} is unknown; use a name of the IANA database")
    labels = [version.version for version in spec.versions]
    if len(set(labels)) < len(labels):
        raise refuse(["versions"], "two versions have the same label; give each its own")
    order = sorted(range(len(labels)), key=lambda index: spec.versions[index].effective_from or date.min)
    _check_versions(spec, order, refuse)
    for index, version in enumerate(spec.versions):
        ids = [cap.id for cap in version.caps] + [cooloff.id for cooloff in version.cooloffs]
        if len(set(ids)) < len(ids):
            raise refuse(["versions", index], f"rule ids must differ: {', '.join(ids)}")
        _check_hours(index, version, refuse)
        _check_holidays(index, version, refuse)
        _check_caps(index, version, refuse)
        _check_retention(index, version, refuse)
        _check_disclosures(index, version, refuse)


def _check_versions(spec: BookSpec, order: list[int], refuse: Refuse) -> None:
    last: date | None = None
    for place, index in enumerate(order):
        version = spec.versions[index]
        where: Steps = ["versions", index]
        first = version.effective_from
        if first and version.effective_to and version.effective_to < first:
            raise refuse(where, "effective_to is before effective_from; swap them")
        if place:
            if last is None or first is None or first <= last:
                raise refuse(where, "overlap: an earlier version is still in force; end it the day before this starts")
            if first > last + timedelta(days=1):
                raise refuse(where, f"gap: no version from {last + timedelta(days=1)} on; start this one there")
        last = version.effective_to
    if last is not None:
        raise refuse(["versions", order[-1]], f"gap: no version after {last}; drop effective_to or add a version")


def _check_hours(index: int, version: VersionSpec, refuse: Refuse) -> None:
    covered: list[str] = []
    at_work: list[str] = []
    for place, hours in enumerate(version.hours):
        (covered if hours.points == "any" else at_work).extend(hours.channels or CHANNELS)
        _check_days(hours, ["versions", index, "hours", place], refuse)
    for channel in CHANNELS:
        if covered.count(channel) != 1:
            kind = "overlap" if channel in covered else "gap"
            raise refuse(["versions", index], f"{kind}: channel {channel} needs hours exactly once")
        if at_work.count(channel) > 1:
            raise refuse(["versions", index], f"overlap: channel {channel} has hours at work more than once")


def _check_days(hours: HoursSpec, where: Steps, refuse: Refuse) -> None:
    days: list[int] = []
    for key, value in (*hours.windows.items(), *hours.review.items()):
        if isinstance(value, tuple) and seconds_of(value[0]) >= seconds_of(value[1]):
            raise refuse(where, f"window {key} ends before it starts; swap its times or split it at midnight")
    for key in hours.windows:
        if key != "holiday":
            days += _days_of(key, where, refuse)
    for day, name in enumerate(WEEKDAYS):
        if days.count(day) != 1:
            kind = "overlap" if day in days else "gap"
            raise refuse(where, f'{kind}: {name} needs a window exactly once; write {name} = "closed" for none')
    _check_review(hours, where, refuse)


def _check_review(hours: HoursSpec, where: Steps, refuse: Refuse) -> None:
    closed = {
        day for key, value in hours.windows.items() if key != "holiday" and value == "closed" for day in day_index(key)
    }
    seen: set[int] = set()
    for key in hours.review:
        for day in _days_of(key, where, refuse):
            if day in seen:
                raise refuse(where, f"overlap: {WEEKDAYS[day]} has two review windows; keep one")
            if day not in closed:
                raise refuse(
                    where, f'{WEEKDAYS[day]} has a review window and is open; write {WEEKDAYS[day]} = "closed"'
                )
            seen.add(day)


def _days_of(key: str, where: Steps, refuse: Refuse) -> tuple[int, ...]:
    try:
        return day_index(key)
    except ValueError:
        raise refuse(where, f"{key!r} is not a day; use mon, mon-fri, daily or holiday") from None


def _check_holidays(index: int, version: VersionSpec, refuse: Refuse) -> None:
    if version.holidays is None:
        return
    try:
        if version.holidays.library is not None:
            check_library(version.holidays.library)
        for rule in version.holidays.rules:
            date_of(rule, 2026)
    except ValueError as error:
        raise refuse(["versions", index, "holidays"], f"holidays: {error}") from None
    both = set(version.holidays.add) & set(version.holidays.remove)
    if both:
        raise refuse(
            ["versions", index, "holidays"], f"holidays: {min(both)} is added and removed; keep one of the two"
        )


def _check_caps(index: int, version: VersionSpec, refuse: Refuse) -> None:
    for place, cap in enumerate(version.caps):
        if cap.period != "dates" and cap.days != 1:
            where: Steps = ["versions", index, "caps", place, "days"]
            raise refuse(where, f'{cap.id}: days says nothing of a {cap.period}; drop it or write period = "dates"')


def _check_retention(index: int, version: VersionSpec, refuse: Refuse) -> None:
    for place, rule in enumerate(version.retention):
        where: Steps = ["versions", index, "retention", place]
        if rule.min_days is None and rule.max_days is None:
            raise refuse(where, f"retention of {rule.what} has neither min_days nor max_days; give one")
        if rule.min_days is not None and rule.max_days is not None and rule.max_days < rule.min_days:
            raise refuse(where, f"retention of {rule.what}: max_days is below min_days; nothing could be kept so long")


def _check_disclosures(index: int, version: VersionSpec, refuse: Refuse) -> None:
    ids = [rule.id for rule in version.disclosures]
    for place, rule in enumerate(version.disclosures):
        where: Steps = ["versions", index, "disclosures", place]
        if ids.count(rule.id) > 1:
            raise refuse(where, f"two disclosures are called {rule.id!r}; give each its own id")
        if not rule.texts and not rule.requires:
            raise refuse(where, f"disclosure {rule.id!r} says nothing; give its texts, or what a template requires")
