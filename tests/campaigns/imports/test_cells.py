"""Single cells: what is read, what is refused, and that no refusal repeats the cell."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from campaigns.imports import cells
from campaigns.imports.cells import CellProblem

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["2025-11-30", "20251130", "2025/11/30", "2025.11.30", "2025-11-30T00:00:00"])
def test_iso_dates_are_read(cell: str) -> None:
    assert cells.day(cell) == date(2025, 11, 30)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("2025-02-30", "there is no such day in the calendar"),
        ("2025-13-01", "there is no such day in the calendar"),
        ("0000-00-00", "there is no such day in the calendar"),
        ("03/04/2025", "can be read in several ways"),
        ("31.12.2025", "can be read in several ways"),
        ("yesterday", "this is no date"),
        ("2025-11-30 12:30", "only a date belongs here"),
    ],
)
def test_impossible_and_ambiguous_dates_are_refused(cell: str, says: str) -> None:
    with pytest.raises(CellProblem, match=says):
        cells.day(cell)


def test_dates_of_an_explicit_format_are_read_and_others_refused() -> None:
    assert cells.day("03/04/2025", "%d/%m/%Y") == date(2025, 4, 3)
    assert cells.day("2025-04-03", "%d/%m/%Y") == date(2025, 4, 3)
    with pytest.raises(CellProblem, match="not written as date_format"):
        cells.day("13/13/2025", "%d/%m/%Y")


def test_births_and_payments_lie_between_1900_and_now() -> None:
    assert cells.past_day("1960-05-17", None, NOW.date()) == date(1960, 5, 17)
    with pytest.raises(CellProblem, match="lies in the future"):
        cells.past_day("2027-01-01", None, NOW.date())
    with pytest.raises(CellProblem, match="Gregorian"):
        cells.past_day("1340-05-17", None, NOW.date())
    with pytest.raises(CellProblem, match="impossible for a debt"):
        cells.due_day("2205-01-01", None, NOW.date())


def test_a_consent_of_a_day_counts_from_its_first_moment() -> None:
    assert cells.instant("2026-02-01", None, NOW) == datetime(2026, 2, 1, tzinfo=UTC)
    assert cells.instant("2026-02-01T10:00:00+02:00", None, NOW) == datetime(2026, 2, 1, 8, tzinfo=UTC)
    with pytest.raises(CellProblem, match="future"):
        cells.instant("2026-05-01", None, NOW)
    with pytest.raises(CellProblem, match="future"):
        cells.instant("2026-05-01T00:00:00Z", None, NOW)


def test_states_are_known_by_code_and_by_name_since_rules_hang_on_them() -> None:
    assert cells.region("MA", "US") == cells.region("Massachusetts", "US") == cells.region("US-MA", "US") == "MA"
    assert cells.region("québec", "CA") == "QC"
    assert cells.region("Bayern", "DE") == "Bayern"
    with pytest.raises(CellProblem, match="US has no such region"):
        cells.region("Masachusets", "US")


@pytest.mark.parametrize(
    ("read", "cell", "made"),
    [
        (cells.language, "es-MX", "es"),
        (cells.language, "FA", "fa"),
        (cells.country, "gb", "GB"),
        (cells.currency, "usd", "USD"),
        (cells.phone_kind, "Cell", "mobile"),
        (cells.zone, "Asia/Tehran", "Asia/Tehran"),
        (cells.email, "a.b@example.co", "a.b@example.co"),
        (cells.names, "Bee, Ann Mary", ("Ann Mary", "Bee")),
        (cells.names, "Ann Mary Bee", ("Ann Mary", "Bee")),
        (cells.names, "Cher", ("", "Cher")),
    ],
)
def test_codes_and_names_are_read(read: Callable[[str], Any], cell: str, made: object) -> None:
    assert read(cell) == made


@pytest.mark.parametrize(
    ("read", "cell", "says"),
    [
        (cells.language, "English", "language code"),
        (cells.country, "USA", "ISO 3166-1"),
        (cells.currency, "BTC", "ISO 4217"),
        (cells.phone_kind, "fax", "kind of phone"),
        (cells.zone, "Mars/Base", "IANA"),
        (cells.email, "ann@", "e-mail"),
    ],
)
def test_what_is_no_code_is_refused_without_repeating_it(read: Callable[[str], Any], cell: str, says: str) -> None:
    with pytest.raises(CellProblem, match=says) as caught:
        read(cell)
    assert cell not in str(caught.value)


@pytest.mark.parametrize(("cell", "minor"), [("80.50", 8050), ("80.5", 8050), ("1,234.50", 123450), ("80", 8000)])
def test_amounts_are_whole_minor_units(cell: str, minor: int) -> None:
    assert cells.amount(cell, "USD", None) == minor


def test_the_decimal_mark_of_the_mapping_settles_amounts() -> None:
    assert cells.amount("1,234", "USD", ".") == 123400
    assert cells.amount("1,23", "EUR", ",") == 123
    with pytest.raises(CellProblem, match="decimal_mark"):
        cells.amount("1,234", "USD", None)
    with pytest.raises(CellProblem, match="letters in the amount"):
        cells.amount("12O.00", "USD", None)
