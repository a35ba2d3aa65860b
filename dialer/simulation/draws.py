"""Draws from the scenario's distributions inside the kernel."""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dialer.simulation.jit import compiled

CONST, UNIFORM, EXP, GAMMA, LOGNORMAL, EMPIRICAL, MIXTURE = range(7)
Array: TypeAlias = NDArray[Any]
Rng: TypeAlias = np.random.Generator


@compiled
def draw(dists: Array, pool: Array, rng: Rng, which: int) -> float:
    """One value, clamped to the distribution's own bounds.

    A mixture's parts are drawn by walking down, for compiled functions that call themselves compile slowly; the
    bounds of a part are first clamped by those around it, which is the same as clamping twice.
    """
    low, high = -math.inf, math.inf
    while True:
        d = dists[which]
        low, high = min(max(d.low, low), high), min(max(d.high, low), high)
        if d.kind != MIXTURE:
            return float(min(max(_plain(dists, pool, rng, which), low), high))
        u = rng.random()
        part = 0
        while part < d.count - 1 and u >= pool[d.first + part]:
            part += 1
        which = int(pool[d.first + d.count + part])


@compiled
def _plain(dists: Array, pool: Array, rng: Rng, which: int) -> float:
    d = dists[which]
    if d.kind == CONST:
        return float(d.a)
    if d.kind == UNIFORM:
        return float(d.a + (d.b - d.a) * rng.random())
    if d.kind == EXP:
        return float(d.a * rng.standard_exponential())
    if d.kind == GAMMA:
        return float(d.b * rng.standard_gamma(d.a))
    if d.kind == LOGNORMAL:
        return math.exp(d.a + d.b * rng.standard_normal())
    return _empirical(dists, pool, rng, which)


@compiled
def _empirical(dists: Array, pool: Array, rng: Rng, which: int) -> float:
    d = dists[which]
    x = pool[d.first : d.first + d.count]
    q = pool[d.first + d.count : d.first + 2 * d.count]
    return float(np.interp(rng.random(), q, x))
