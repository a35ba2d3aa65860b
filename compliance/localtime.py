"""Local clocks: the wall time of an instant in a zone, and the first instant at which a wall time is reached."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Wall(Struct, frozen=True):
    """What the clock on the wall shows in `zone` at the instant `at`; `seconds` of the day, Monday is weekday 0."""

    zone: str
    at: datetime
    day: date
    weekday: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.seconds // 3600:02d}:{self.seconds % 3600 // 60:02d} {_DAYS[self.weekday]} {spoken(self.day)}"


@lru_cache(maxsize=4096)
def zone_info(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def wall(zone: str, at: datetime) -> Wall:
    local = at.astimezone(zone_info(zone))
    return Wall(zone, at, local.date(), local.weekday(), local.hour * 3600 + local.minute * 60 + local.second)


def local_date(zone: str, at: datetime) -> date:
    """The date alone of `wall()`, at a third of its price."""
    return at.astimezone(zone_info(zone)).date()


@lru_cache(maxsize=65536)
def start_of_date(zone: str, day: date) -> datetime:
    """The first instant of a local date; on some days of clock changes that is not 00:00."""
    return _instants(zone, day, 0)[0]


def next_instant(zone: str, day: date, seconds: int, after: datetime) -> datetime:
    """The first instant later than `after` at which the wall shows this time, or the clock jumps over it.

    A repeated hour shows it twice. When it is past for good, the start of the next date.
    """
    for instant in _instants(zone, day, seconds):
        if instant > after:
            return instant
    return start_of_date(zone, wall(zone, after).day + timedelta(days=1))


def spoken(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"


@lru_cache(maxsize=65536)
def _instants(zone: str, day: date, seconds: int) -> tuple[datetime, ...]:
    info = zone_info(zone)
    if seconds >= 86400:
        return (start_of_date(zone, day + timedelta(days=1)),)
    naive = datetime.combine(day, time.min) + timedelta(seconds=seconds)
    early, late = (naive.replace(tzinfo=info, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(info).replace(tzinfo=None) == naive:
        return (early,) if early == late else (early, late)
    return (_jump(info, late, early),)  # in a gap fold 1 gives the earlier instant


def _jump(info: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The instant in (low, high] at which the offset changes, to the second."""
    before = low.astimezone(info).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if middle.astimezone(info).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
