"""Which promises may be taken, and what is said of those that may not."""

from datetime import date, timedelta

import pytest

from campaigns.promises.model import Limits, Owed, check

TODAY = date(2026, 3, 4)
OWED = Owed(balance_minor=125_000, currency="USD", status="open")
LIMITS = Limits(min_minor=1_000, max_days=30)


def test_a_promise_within_the_limits_is_taken() -> None:
    assert check(50_000, "USD", TODAY + timedelta(days=7), OWED, LIMITS, TODAY) == ()
    assert check(125_000, "USD", TODAY, OWED, LIMITS, TODAY) == ()
    assert check(1_000, "USD", TODAY + timedelta(days=30), OWED, LIMITS, TODAY) == ()


def test_a_rest_below_the_least_amount_may_be_promised_whole() -> None:
    small = Owed(400, "USD", "open")
    assert check(400, "USD", TODAY, small, LIMITS, TODAY) == ()
    assert [p.field for p in check(399, "USD", TODAY, small, LIMITS, TODAY)] == ["amount_minor"]


@pytest.mark.parametrize(
    ("amount", "currency", "days", "owed", "field", "words"),
    [
        (999, "USD", 1, OWED, "amount_minor", "the least is USD 10.00"),
        (125_001, "USD", 1, OWED, "amount_minor", "no more is owed than USD 1,250.00"),
        (5_000, "EUR", 1, OWED, "currency", "in USD, not EUR"),
        (5_000, "USD", -1, OWED, "due_date", "the earliest is today, 2026-03-04"),
        (5_000, "USD", 31, OWED, "due_date", "until 2026-04-03"),
        (5_000, "USD", 1, Owed(125_000, "USD", "disputed"), "debt_id", "disputed"),
        (5_000, "USD", 1, Owed(125_000, "USD", "open", True), "debt_id", "cancel it first"),
    ],
)
def test_what_stands_against_a_promise_is_said_with_the_way_to_mend_it(
    amount: int, currency: str, days: int, owed: Owed, field: str, words: str
) -> None:
    (problem,) = check(amount, currency, TODAY + timedelta(days=days), owed, LIMITS, TODAY)
    assert problem.field == field and words in problem.message


def test_all_reasons_are_given_at_once() -> None:
    found = check(1, "EUR", TODAY - timedelta(days=1), Owed(5_000, "USD", "returned", True), LIMITS, TODAY)
    assert [p.field for p in found] == ["debt_id", "debt_id", "currency", "amount_minor", "due_date"]
