"""A minimum is never cut short, a maximum is obeyed when every minimum is over, and a held file is left alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from compliance.retention import Kept, Limit, Retention, judge, strictest
from compliance.rulebooks.loader import load_rulebooks

TODAY = date(2026, 6, 16)
BOOKS = load_rulebooks()


def _days(days: int, *, from_record: bool = False) -> Limit:
    return Limit(days, from_record, "x", "law")


def _ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("least", "most", "created", "active", "decision"),
    [
        (None, None, 9000, 9000, "keep"),
        (1096, None, 9000, 9000, "keep"),
        (None, 2192, 2192, 2192, "keep"),  # the last day belongs to it
        (None, 2192, 2193, 2193, "erase"),
        (None, 2192, 9000, 2192, "keep"),
        (1096, 2192, 9000, 2193, "erase"),
        (3000, 2192, 9000, 2500, "keep"),  # they contradict each other: the minimum wins
        (3000, 2192, 9000, 3001, "erase"),
    ],
)
def test_each_case(least: int | None, most: int | None, created: int, active: int, decision: str) -> None:
    rules = Retention(_days(least) if least else None, _days(most) if most else None)
    assert judge(rules, Kept(_ago(created), _ago(active)), TODAY).decision == decision


def test_a_maximum_from_the_record_does_not_wait_for_the_last_activity_but_a_minimum_does() -> None:
    person = Kept(_ago(500), _ago(10))
    assert judge(Retention(None, _days(400, from_record=True)), person, TODAY).decision == "erase"
    both = Retention(_days(30, from_record=True), _days(400, from_record=True))
    assert judge(both, person, TODAY).decision == "keep"


def test_who_is_held_is_named_and_not_erased() -> None:
    answer = judge(Retention(None, _days(10)), Kept(_ago(50), _ago(50), "a dispute is open"), TODAY)
    assert answer.decision == "held" and "a dispute is open" in answer.because


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(0, 5000), st.integers(0, 5000), st.booleans())
def test_nobody_is_erased_before_a_minimum_or_within_the_maximum(
    least: int, most: int, created: int, active: int, from_record: bool
) -> None:
    rules = Retention(_days(least), _days(most, from_record=from_record))
    person = Kept(_ago(created), _ago(min(created, active)))
    if judge(rules, person, TODAY).decision == "erase":
        assert TODAY > person.last_activity + timedelta(days=least)
        assert TODAY > (person.created if from_record else person.last_activity) + timedelta(days=most)


def test_the_longest_minimum_and_the_shortest_maximum_of_records_are_taken() -> None:
    versions = [version for name in ("us-federal", "gb", "sa", "ca-on") if (version := BOOKS.get(name).at(TODAY))]
    found = strictest(versions)
    assert found.least is not None and (found.least.days, found.least.book) == (1096, "us-federal")
    assert found.most is not None and (found.most.days, found.most.book) == (2192, "gb")
    assert strictest([]) == Retention()
