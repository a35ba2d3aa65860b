"""When windows open and close: weekdays, holidays, clock changes, several zones; what the queue asks."""

from datetime import UTC, datetime

import pytest

from compliance.rulebooks.loader import load_rulebooks, parse_rulebook
from compliance.rulebooks.model import Rulebooks
from compliance.windows import WindowState, window_state
from tests.compliance.cases import books


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def state(zones: tuple[str, ...], ids: tuple[str, ...], now: str, rulebooks: Rulebooks | None = None) -> WindowState:
    return window_state(zones, ids, "voice", utc(now), rulebooks or books())


@pytest.mark.parametrize(
    ("zones", "ids", "now", "is_open", "until"),
    [
        (("America/New_York",), ("us-federal",), "2026-06-10T16:00", True, "2026-06-11T01:00"),
        (("America/New_York",), ("us-federal",), "2026-06-10T11:59", False, "2026-06-10T12:00"),
        (("America/New_York",), ("us-federal",), "2026-06-11T01:00", False, "2026-06-11T12:00"),
        (("America/New_York", "America/Los_Angeles"), ("us-federal",), "2026-06-10T13:00", False, "2026-06-10T15:00"),
        (("America/New_York", "America/Los_Angeles"), ("us-federal",), "2026-06-10T16:00", True, "2026-06-11T01:00"),
        (("America/Toronto",), ("ca-qc",), "2026-04-03T14:00", False, "2026-04-04T12:00"),
        (("America/Toronto",), ("ca-qc",), "2026-04-05T14:00", False, "2026-04-07T12:00"),
        (("Europe/Warsaw",), ("pl-zpf",), "2026-06-13T10:00", False, "2026-06-15T04:00"),
        (("America/New_York",), ("us-federal", "in"), "2026-06-10T22:00", True, "2026-06-10T23:00"),
        (("America/New_York",), ("us-federal",), "2026-03-08T05:00", False, "2026-03-08T12:00"),
        (("America/New_York",), ("us-federal",), "2026-11-01T05:00", False, "2026-11-01T13:00"),
    ],
)
def test_the_queue_learns_until_when_rows_of_a_group_are_open_or_closed(
    zones: tuple[str, ...], ids: tuple[str, ...], now: str, is_open: bool, until: str
) -> None:
    assert state(zones, ids, now) == WindowState(is_open, utc(until))


def test_no_zone_is_closed_and_nobody_knows_until_when() -> None:
    assert state((), ("us-federal",), "2026-06-10T16:00") == WindowState(False, None)


def test_zones_without_a_common_hour_never_open() -> None:
    assert state(("America/New_York", "Asia/Tokyo", "Europe/London"), ("us-federal",), "2026-06-10T16:00") == (
        WindowState(False, None)
    )


def test_the_dial_stop_margin_closes_earlier() -> None:
    careful = load_rulebooks(dial_stop_margin_s=300)
    assert state(("America/New_York",), ("us-federal",), "2026-06-10T16:00", careful).until == utc("2026-06-11T00:55")


HOLIDAY_WINDOW = """id = "h"
title = "A shorter window on holidays"
[[versions]]
version = "1"
[[versions.hours]]
windows = { daily = ["00:00", "24:00"], holiday = ["10:00", "12:00"] }
source = "s"
confidence = "memory"
[versions.holidays]
rules = ["jun-10"]
add = [2026-06-12]
source = "s"
confidence = "memory"
"""


def test_a_holiday_window_replaces_the_ban() -> None:
    book = parse_rulebook(HOLIDAY_WINDOW, "h.toml")
    rulebooks = Rulebooks({"h": book})
    assert state(("UTC",), ("h",), "2026-06-10T09:00", rulebooks) == WindowState(False, utc("2026-06-10T10:00"))
    assert state(("UTC",), ("h",), "2026-06-10T11:00", rulebooks) == WindowState(True, utc("2026-06-10T12:00"))
    assert state(("UTC",), ("h",), "2026-06-12T13:00", rulebooks) == WindowState(False, utc("2026-06-13T00:00"))
    assert state(("UTC",), ("h",), "2026-06-11T11:00", rulebooks).until == utc("2026-06-12T00:00")
