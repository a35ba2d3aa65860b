"""Dates that a rulebook closes, by named rules and by library."""

from datetime import date

import pytest

from compliance.nocontact_days import NoContactDays, date_of, easter
from tests.compliance.cases import books


@pytest.mark.parametrize(("year", "day"), [(2026, (4, 5)), (2027, (3, 28)), (2028, (4, 16)), (2029, (4, 1))])
def test_easter(year: int, day: tuple[int, int]) -> None:
    assert easter(year) == date(year, *day)


@pytest.mark.parametrize(
    ("rule", "day"),
    [
        ("jan-1", date(2026, 1, 1)),
        ("good-friday", date(2026, 4, 3)),
        ("easter-monday", date(2026, 4, 6)),
        ("monday-before-may-25", date(2026, 5, 18)),
        ("jun-24", date(2026, 6, 24)),
        ("jul-1-or-2-if-sunday", date(2026, 7, 1)),
        ("first-monday-sep", date(2026, 9, 7)),
        ("second-monday-oct", date(2026, 10, 12)),
    ],
)
def test_a_named_rule_gives_its_date(rule: str, day: date) -> None:
    assert date_of(rule, 2026) == day


def test_canada_day_moves_from_a_sunday_and_victoria_day_is_before_the_25th() -> None:
    assert date_of("jul-1-or-2-if-sunday", 2029) == date(2029, 7, 2)
    assert date_of("monday-before-may-25", 2026) < date(2026, 5, 25)
    assert date_of("monday-before-may-25", 2027) == date(2027, 5, 24)


def test_quebec_keeps_its_closed_list() -> None:
    days = books().get("ca-qc").versions[0].no_contact_days
    assert days is not None
    closed = [date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 18), date(2026, 6, 24)]
    open_days = [date(2026, 9, 30), date(2026, 11, 11), date(2026, 12, 26), date(2026, 12, 28)]
    assert all(day in days for day in closed)
    assert not any(day in days for day in open_days)
    assert days.name_of(date(2026, 6, 24)) == "jun-24"


def test_a_library_calendar_is_united_with_added_dates_less_removed_ones() -> None:
    days = NoContactDays("CO", (), (date(2026, 3, 3),), (date(2026, 7, 13),), "s")
    assert date(2026, 1, 12) in days and date(2026, 3, 3) in days and date(2026, 7, 13) not in days
    assert days.name_of(date(2026, 3, 3)) == "closed by the rulebook"
    assert "2026-01-12" not in days
