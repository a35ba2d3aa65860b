"""Reckons means over seeds with their confidence by Student's t. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and the half-width of its two-sided confidence interval; None: a single value has no spread."""

    mean: float
    half_width: float | None


def estimate(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Of at least one value."""
    count = len(values)
    mean = math.fsum(values) / count
    if count < 2:
        return Estimate(mean, None)
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    return Estimate(mean, t_quantile(confidence, count - 1) * math.sqrt(variance / count))


@cache
def t_quantile(confidence: float, freedom: int) -> float:
    """The t that a Student variable's absolute value stays under with this confidence, between 0 and 1."""
    low, high = 0.0, 1.0
    while within(high, freedom) < confidence:
        high *= 2.0
    for _ in range(80):
        middle = (low + high) / 2.0
        if within(middle, freedom) < confidence:
            low = middle
        else:
            high = middle
    return high


def within(t: float, freedom: int) -> float:
    """P(|T| <= t) for whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan2(t, math.sqrt(freedom))
    cosine, odd = math.cos(angle), freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for step in range(odd + 2, freedom + 1, 2):
        total += term
        term *= cosine**2 * (step - 1) / step
    if not odd:
        return math.sin(angle) * total
    return 2.0 / math.pi * (angle + math.sin(angle) * total)
