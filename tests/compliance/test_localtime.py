"""Local clocks where they jump and repeat."""

from datetime import UTC, date, datetime

import pytest

from compliance.localtime import next_instant, start_of_date, wall


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "starts"),
    [
        ("America/New_York", date(2026, 3, 8), "2026-03-08T05:00"),
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00"),  # 00:00 is jumped over: the date starts at 01:00
        ("America/Santiago", date(2026, 4, 5), "2026-04-05T04:00"),  # 23:00-24:00 came twice the evening before
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00"),  # 00:00-01:00 comes twice
        ("Asia/Kolkata", date(2026, 6, 1), "2026-05-31T18:30"),
    ],
)
def test_a_date_starts_at_its_first_instant(zone: str, day: date, starts: str) -> None:
    assert start_of_date(zone, day) == utc(starts)
    assert wall(zone, start_of_date(zone, day)).day == day


def test_a_time_that_the_clock_jumps_over_is_reached_at_the_jump() -> None:
    at = next_instant("America/New_York", date(2026, 3, 8), 2 * 3600 + 1800, utc("2026-03-08T05:00"))
    assert at == utc("2026-03-08T07:00")


def test_a_repeated_time_is_reached_twice() -> None:
    half_past_one = 3600 + 1800
    first = next_instant("America/New_York", date(2026, 11, 1), half_past_one, utc("2026-11-01T04:00"))
    second = next_instant("America/New_York", date(2026, 11, 1), half_past_one, first)
    assert (first, second) == (utc("2026-11-01T05:30"), utc("2026-11-01T06:30"))


def test_a_half_hour_jump_is_found() -> None:
    at = next_instant("Australia/Lord_Howe", date(2026, 10, 4), 2 * 3600 + 900, utc("2026-10-03T12:00"))
    assert at == utc("2026-10-03T15:30")


def test_the_wall_reads_like_a_clock() -> None:
    assert str(wall("Asia/Kolkata", utc("2026-06-16T14:00"))) == "19:30 Tue 16 Jun"
