"""Reckons with sums of independent yes-or-no events: exact when they are few, a skewed normal when many. Compiled."""

import math

import numpy as np

from dialer.pacing.jit import compiled
from dialer.pacing.memory import Figures

ROOT_2 = math.sqrt(2.0)
ROOT_2PI = math.sqrt(2.0 * math.pi)


@compiled
def add_event(masses: Figures, filled: int, chance: float) -> None:
    """`masses[0..filled]` is the distribution of a count; one more event makes it `masses[0..filled + 1]`."""
    masses[filled + 1] = masses[filled] * chance
    for count in range(filled, 0, -1):
        masses[count] = masses[count] * (1.0 - chance) + masses[count - 1] * chance
    masses[0] *= 1.0 - chance


@compiled
def count_of(chances: Figures) -> Figures:
    """Distribution of how many of these events happen (Poisson-binomial), exact."""
    masses = np.zeros(len(chances) + 1)
    masses[0] = 1.0
    for place in range(len(chances)):
        add_event(masses, place, chances[place])
    return masses


@compiled
def at_most(mean: float, variance: float, third: float, limit: float) -> float:
    """P(count <= limit) by the refined normal approximation; `third` is the third central moment."""
    if variance < 1e-9:
        return 1.0 if mean <= limit + 0.5 else 0.0
    deviation = math.sqrt(variance)
    x = (limit + 0.5 - mean) / deviation
    density = math.exp(-0.5 * x * x) / ROOT_2PI
    tail = 0.5 * math.erfc(-x / ROOT_2) + third / (variance * deviation) * (1.0 - x * x) * density / 6.0
    return min(max(tail, 0.0), 1.0)
