"""The upper bound of a share: published values, exact arithmetic for small n, order, and coverage."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, strategies as st

from compliance.binomial import may_exceed, tail, upper_bound

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def exact_tail(k: int, n: int, p: Fraction) -> Fraction:
    return sum((comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k + 1)), Fraction(0))


@pytest.mark.parametrize(
    ("k", "n", "confidence", "bound"),
    [
        # Clopper and Pearson's two-sided 95 % limits (one-sided 97.5 %), as R's binom.test prints them
        (0, 10, 0.975, 0.3084971),
        (5, 10, 0.975, 0.8129140),
        (10, 100, 0.975, 0.1762226),
        (1, 1000, 0.975, 0.0055589),
        # one-sided 95 %: the "rule of three" exactly, and R's binom.test(x, n, alternative = "less")
        (0, 100, 0.95, 0.0295130),
        (5, 20, 0.95, 0.4555824),
        (10, 100, 0.95, 0.1637176),
    ],
)
def test_published_limits(k: int, n: int, confidence: float, bound: float) -> None:
    assert upper_bound(k, n, confidence) == pytest.approx(bound, abs=5e-7)


@given(counts, st.fractions(Fraction(1, 1000), Fraction(999, 1000), max_denominator=1000))
def test_the_tail_is_the_exact_sum(count: tuple[int, int], p: Fraction) -> None:
    k, n = count
    assert tail(k, n, float(p)) == pytest.approx(float(exact_tail(k, n, p)), rel=1e-9, abs=1e-300)


@given(counts, st.sampled_from([0.5, 0.8, 0.95, 0.99, 0.999]))
def test_the_bound_is_where_the_exact_tail_is_what_may_be_missed(count: tuple[int, int], confidence: float) -> None:
    k, n = count
    bound = upper_bound(k, n, confidence)
    if k == n:
        assert bound == 1
        return
    missed = float(exact_tail(k, n, Fraction(bound)))
    assert missed == pytest.approx(1 - confidence, rel=1e-8)
    assert bound > k / n


@pytest.mark.parametrize("n", [1, 7, 20, 45])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_whatever_the_true_share_is_the_bound_covers_it_often_enough(n: int, confidence: float) -> None:
    """Not by drawing: the probability of every outcome is summed exactly."""
    bounds = [upper_bound(k, n, confidence) for k in range(n + 1)]
    for hundredth in range(1, 400):
        p = Fraction(hundredth, 400)
        covered = sum(
            (comb(n, k) * p**k * (1 - p) ** (n - k) for k, bound in enumerate(bounds) if bound >= p), Fraction(0)
        )
        assert covered >= Fraction(confidence) - Fraction(1, 10**9)


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_the_bound_grows_with_the_count_and_falls_with_the_trials(count: tuple[int, int], confidence: float) -> None:
    k, n = count
    assert upper_bound(k, n + 1, confidence) <= upper_bound(k, n, confidence)
    if k < n:
        assert upper_bound(k, n, confidence) < upper_bound(k + 1, n, confidence)
    assert upper_bound(k, n, confidence) <= upper_bound(k, n, 0.999)


@given(
    st.integers(0, 3000).flatmap(lambda n: st.tuples(st.integers(0, min(n, 200)), st.just(n))),
    st.sampled_from([0.01, 0.025, 0.03, 0.2]),
)
def test_the_question_about_a_limit_is_answered_as_the_bound_says(count: tuple[int, int], limit: float) -> None:
    k, n = count
    bound = 1.0 if n == 0 else upper_bound(k, n, 0.95)
    if abs(bound - limit) > 1e-9:
        assert may_exceed(k, n, limit, 0.95) == (bound > limit)


def test_nothing_of_nothing_may_be_everything() -> None:
    assert upper_bound(0, 0, 0.95) == 1 and may_exceed(0, 0, 0.03, 0.95)


@pytest.mark.parametrize(("k", "share"), [(0, 2.9957e-7), (300_000, 0.030088), (5_000_000, 0.50026), (10**7, 1.0)])
def test_ten_million_trials_are_counted_too(k: int, share: float) -> None:
    """The normal approximation is good there; for no success the exact form is known."""
    assert upper_bound(k, 10**7, 0.95) == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize(("k", "n", "confidence"), [(-1, 5, 0.95), (6, 5, 0.95), (1, 5, 1.0), (1, 5, 0.2)])
def test_a_count_or_confidence_that_cannot_be_is_refused(k: int, n: int, confidence: float) -> None:
    with pytest.raises(ValueError, match=r"must lie between|write it like"):
        upper_bound(k, n, confidence)
    with pytest.raises(ValueError, match=r"must lie between|write it like"):
        may_exceed(k, n, 0.03, confidence)
