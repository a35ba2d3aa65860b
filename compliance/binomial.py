"""Bounds a share from a count: the one-sided upper limit of Clopper and Pearson (1934), exact for every n. Pure.

No library: the beta quantile is the only thing that would be used of SciPy's 100 MB.
"""

from functools import lru_cache
from math import exp, expm1, lgamma, log, log1p, sqrt

NEGLIGIBLE = 1e-14
PRECISE = 1e-11


def tail(successes: int, trials: int, share: float) -> float:
    """P(X <= successes) for X ~ Binomial(trials, share); relative error below 1e-7 up to ten million trials.

    Sums from `successes` downwards, so it is quick where that lies below the mean, as with every upper bound.
    """
    if successes >= trials or share <= 0:
        return 1.0
    if successes < 0 or share >= 1:
        return 0.0
    k, n = successes, trials
    top = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(share) + (n - k) * log1p(-share)
    odds = (1 - share) / share
    term = total = 1.0
    for number in range(k, 0, -1):
        term *= number / (n - number + 1) * odds
        total += term
        if term < NEGLIGIBLE * total and number / (n - number + 1) * odds < 1:
            break
    return exp(min(0.0, top + log(total)))


@lru_cache(maxsize=4096)
def upper_bound(successes: int, trials: int, confidence: float) -> float:
    """The largest share that `successes` of `trials` does not yet refute at this confidence; 1 of nothing.

    Whatever the true share is, with at least this probability the bound is not below it.
    """
    _check(successes, trials)
    miss = _miss(confidence)
    if successes >= trials:
        return 1.0
    if successes == 0:
        return -expm1(log(miss) / trials)
    low = high = successes / trials
    while high < 1 and tail(successes, trials, high) > miss:
        low, high = high, min(1.0, high + 2 * sqrt(high * (1 - high) / trials) + 1 / trials)
    while high - low > PRECISE * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if tail(successes, trials, middle) > miss else (low, middle)
    return high


def may_exceed(successes: int, trials: int, limit: float, confidence: float) -> bool:
    """Whether the upper bound lies above `limit`: the same answer as by `upper_bound`, for one sum instead of forty."""
    _check(successes, trials)
    miss = _miss(confidence)
    if limit >= 1:
        return False
    return successes > trials * limit or tail(successes, trials, limit) > miss


def _check(successes: int, trials: int) -> None:
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no count: it must lie between 0 and {trials}")


def _miss(confidence: float) -> float:
    if not 0.5 <= confidence < 1:
        raise ValueError(f"confidence {confidence} is not in [0.5, 1); write it like 0.95")
    return 1 - confidence
