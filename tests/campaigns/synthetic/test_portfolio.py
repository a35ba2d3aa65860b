"""The synthetic portfolio: nobody real, the same for the same seed, and good enough for the importer."""

from collections import Counter
from datetime import date
from decimal import Decimal

import phonenumbers
import pytest

from campaigns.synthetic.places import CURRENCY, FICTIONAL_HINT
from campaigns.synthetic.portfolio import COLUMNS, Portfolio

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return list(Portfolio(2000, seed=7, today=TODAY).rows())


def test_the_same_seed_gives_the_same_people(rows: list[dict[str, str]]) -> None:
    assert list(Portfolio(2000, seed=7, today=TODAY).rows()) == rows
    assert list(Portfolio(2000, seed=8, today=TODAY).rows()) != rows


def test_each_row_has_every_column(rows: list[dict[str, str]]) -> None:
    assert all(tuple(row) == COLUMNS for row in rows)


def test_five_countries_and_eight_languages_are_there(rows: list[dict[str, str]]) -> None:
    assert set(Counter(row["country"] for row in rows)) == set(CURRENCY)
    assert {row["language"] for row in rows} == {"en", "es", "fr", "de", "pl", "fa", "ar", "pa"}


def test_every_phone_is_valid_in_form_and_belongs_to_one_person(rows: list[dict[str, str]]) -> None:
    owner: dict[str, str] = {}
    for row in rows:
        for column in ("phone_1", "phone_2"):
            if row[column]:
                assert phonenumbers.is_valid_number(phonenumbers.parse(row[column]))
                assert owner.setdefault(row[column], row["debtor_reference"]) == row["debtor_reference"]


@pytest.mark.parametrize("country", sorted(FICTIONAL_HINT))
def test_numbers_come_from_ranges_for_fiction_where_a_country_has_them(
    rows: list[dict[str, str]], country: str
) -> None:
    phones = [row["phone_1"] for row in rows if row["country"] == country]
    assert phones
    assert all(any(hint in phone for hint in FICTIONAL_HINT[country]) for phone in phones)


def test_amounts_and_dates_make_sense(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert Decimal("0") < Decimal(row["balance"]) <= Decimal(row["principal"])
        assert date.fromisoformat(row["due_date"]) < TODAY
        assert not row["last_payment_date"] or row["due_date"] < row["last_payment_date"] < TODAY.isoformat()
