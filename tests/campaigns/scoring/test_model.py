"""The score is the sum of its parts, each part says why, and more debt or newer payments never lower it."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from campaigns.model import ScoreWeights
from campaigns.scoring.model import FULL_SCORE_MILLI, ScoreFacts, points, score

TODAY = date(2026, 3, 4)
WEIGHTS = ScoreWeights()
facts = st.builds(
    ScoreFacts,
    balances=st.lists(
        st.tuples(st.sampled_from(["USD", "EUR", "PLN", "JPY", "KWD", "XXX"]), st.integers(1, 10**12)), max_size=3
    ).map(tuple),
    oldest_due=st.none() | st.dates(date(2015, 1, 1), date(2027, 1, 1)),
    last_payment=st.none() | st.dates(date(2015, 1, 1), TODAY),
    promises_kept=st.integers(0, 9),
    promises_broken=st.integers(0, 9),
    conversations=st.integers(0, 30),
    unanswered=st.integers(0, 300),
)
weights = st.builds(ScoreWeights, **dict.fromkeys(ScoreWeights.model_fields, st.floats(0, 1000)))


@given(facts, weights)
def test_the_total_is_the_sum_of_its_parts_and_within_its_range(known: ScoreFacts, chosen: ScoreWeights) -> None:
    found = score(known, chosen, TODAY)
    assert 0 <= found.total_milli <= FULL_SCORE_MILLI
    assert found.total_milli == sum(part.points for part in found.parts)
    assert {part.name: part.points for part in found.parts} == points(known, chosen, TODAY)
    assert all(part.because for part in found.parts)


@given(facts, st.integers(1, 10**9))
def test_more_debt_never_lowers_the_score(known: ScoreFacts, more: int) -> None:
    richer = ScoreFacts((*known.balances, ("USD", more)), known.oldest_due)
    poorer = ScoreFacts(known.balances, known.oldest_due)
    assert points(richer, WEIGHTS, TODAY)["amount"] >= points(poorer, WEIGHTS, TODAY)["amount"]


def test_the_same_worth_in_another_currency_counts_about_the_same() -> None:
    dollars = points(ScoreFacts((("USD", 100_000),), TODAY), WEIGHTS, TODAY)["amount"]
    zloty = points(ScoreFacts((("PLN", 400_000),), TODAY), WEIGHTS, TODAY)["amount"]
    yen = points(ScoreFacts((("JPY", 150_000),), TODAY), WEIGHTS, TODAY)["amount"]
    dinar = points(ScoreFacts((("KWD", 310_000),), TODAY), WEIGHTS, TODAY)["amount"]
    assert dollars == zloty == yen == dinar > 0


@pytest.mark.parametrize(
    ("days", "share"), [(-5, 0.2), (1, 0.6), (30, 0.6), (31, 0.9), (90, 1.0), (91, 0.7), (365, 0.4), (366, 0.2)]
)
def test_the_age_of_the_oldest_debt_counts_by_its_bucket(days: int, share: float) -> None:
    only_age = ScoreWeights(amount=0, age_of_debt=7, payment_history=0, promise_history=0, contact_history=0)
    known = ScoreFacts((("USD", 1),), TODAY - timedelta(days=days))
    assert points(known, only_age, TODAY)["age_of_debt"] == int(FULL_SCORE_MILLI * share)


def test_a_weight_of_zero_takes_its_part_out_and_no_weights_at_all_score_nothing() -> None:
    known = ScoreFacts((("USD", 100_000),), TODAY)
    assert points(known, ScoreWeights(amount=0), TODAY)["amount"] == 0
    none = ScoreWeights(amount=0, age_of_debt=0, payment_history=0, promise_history=0, contact_history=0)
    assert score(known, none, TODAY).total_milli == 0


def test_reasons_name_the_figures() -> None:
    known = ScoreFacts((("USD", 125_000),), TODAY - timedelta(days=62), TODAY - timedelta(days=9), 2, 1, 0, 3, 4)
    reasons = {part.name: part.because for part in score(known, WEIGHTS, TODAY).parts}
    assert reasons["age_of_debt"] == "62 days past due: 61 to 90 days counts 1.0 of 1"
    assert reasons["payment_history"] == "last payment 9 days ago"
    assert reasons["promise_history"] == "2 promises kept, 1 broken"
    assert reasons["contact_history"] == "3 conversations and 4 calls without one in 90 days"
    assert "USD" in reasons["amount"]
