"""Reckons with how long things take: when calls end, and when agents become free. Pure, compiled."""

import math

import numpy as np

from dialer.pacing.jit import compiled
from dialer.pacing.memory import (
    AGE_STEP_S,
    EVENTS,
    EXPOSURE,
    LIVE,
    MACHINE,
    TALK_EDGES_S,
    TALKS,
    UNWRAPPED,
    WRAP_AFTER_S,
    WRAP_EDGES_S,
    WRAP_STEP_S,
    Figures,
    Memory,
)

PRIOR_TALK_S = 150.0
PRIOR_WRAP_S = 20.0
PRIOR_CALLS = 40.0


@compiled
def ended_by(memory: Memory) -> Figures:
    """`[kind, edge]`: share of all calls that have ended so by the age of an edge, from hazards of competing ends.

    Hazards are ends over calls at risk, so calls still in the air count too: in the first half minute only the
    quickest answers have come, and a plain count of ends would take them for the usual ones.
    """
    kinds, bins = memory.ends.shape
    scale = np.ones(kinds)
    for kind in (LIVE, MACHINE):
        due = (memory.risk * memory.prior[kind]).sum()
        scale[kind] = min(max((memory.ends[kind].sum() + 2.0) / (due + 2.0), 0.1), 5.0)
    out = np.zeros((kinds, bins + 1))
    hazards = np.empty(kinds)
    alive = 1.0
    for place in range(bins):
        for kind in range(kinds):
            believed = PRIOR_CALLS * scale[kind] * memory.prior[kind, place]
            hazards[kind] = (memory.ends[kind, place] + believed) / (memory.risk[place] + PRIOR_CALLS)
        total = hazards.sum()
        ending = alive * -math.expm1(-total)
        for kind in range(kinds):
            out[kind, place + 1] = out[kind, place] + (ending * hazards[kind] / total if total > 0 else 0.0)
        alive -= ending
    return out


@compiled
def normed(ended: Figures) -> Figures:
    """Each row as a share of the calls that end so."""
    out = ended.copy()
    for kind in range(len(out)):
        last = out[kind, -1]
        if last > 0:
            out[kind] /= last
    return out


@compiled
def at_age(edges: Figures, age_s: float) -> float:
    """A cumulated row at an age, linear between its edges."""
    place = age_s / AGE_STEP_S
    if place <= 0:
        return float(edges[0])
    last = len(edges) - 1
    if place >= last:
        return float(edges[last])
    low = int(place)
    return float(edges[low] + (place - low) * (edges[low + 1] - edges[low]))


@compiled
def bin_of(edges: Figures, value: float) -> int:
    """The bin that begins at or before `value`; the last one has no end."""
    low, high = 0, len(edges)
    while high - low > 1:
        middle = (low + high) // 2
        if edges[middle] <= value:
            low = middle
        else:
            high = middle
    return low


@compiled
def band_of(talk_s: float) -> int:
    band = 0
    for edge in WRAP_AFTER_S:
        if talk_s >= edge:
            band += 1
    return band


@compiled
def talk_hazards(talk: Figures) -> Figures:
    """Ends a second by time in talk, each bin drawn toward the pooled rate by one call's worth."""
    pooled = (talk[:, EVENTS].sum() + 2.0) / (talk[:, EXPOSURE].sum() + 2.0 * PRIOR_TALK_S)
    out = np.empty(len(talk))
    for place in range(len(talk)):
        out[place] = (talk[place, EVENTS] + 1.0) / (talk[place, EXPOSURE] + 1.0 / pooled)
    return out


@compiled
def distribute(memory: Memory) -> None:
    """Write `wrapped` and `finish` anew from the hazards learnt so far."""
    wrap = memory.wrap
    bands, bins, _ = wrap.shape
    events, exposure = wrap[:, :, EVENTS].sum(), wrap[:, :, EXPOSURE].sum()
    pooled = (events + 2.0) / (exposure + 2.0 * PRIOR_WRAP_S)
    hazards = np.empty((bands, bins))
    for place in range(bins):
        both = (wrap[:, place, EVENTS].sum() + 1.0) / (wrap[:, place, EXPOSURE].sum() + 1.0 / pooled)
        for band in range(bands):
            hazards[band, place] = (wrap[band, place, EVENTS] + 2.0) / (wrap[band, place, EXPOSURE] + 2.0 / both)
    steps = memory.wrapped.shape[1] - 1
    for band in range(bands):
        for step in range(steps):
            place = bin_of(WRAP_EDGES_S, (step + 0.5) * WRAP_STEP_S)
            memory.wrapped[band, step + 1] = memory.wrapped[band, step] + hazards[band, place] * WRAP_STEP_S
    _finish(memory, talk_hazards(memory.talk))


@compiled
def _finish(memory: Memory, hazards: Figures) -> None:
    edges, seconds = memory.finish.shape
    bands = len(memory.wrapped)
    over = np.empty((bands, seconds))
    for band in range(bands):
        for second in range(seconds):
            over[band, second] = wrap_over(memory, band, 0.0, second + 0.5)
    for edge in range(edges):
        memory.finish[edge, :] = 0.0
        alive = 1.0
        for second in range(seconds):
            age = TALK_EDGES_S[edge] + second + 0.5
            ending = alive * -math.expm1(-hazards[bin_of(TALK_EDGES_S, age)])
            alive -= ending
            band = band_of(age)
            for later in range(second + 1, seconds):
                memory.finish[edge, later] += ending * over[band, later - second - 1]


@compiled
def wrap_over(memory: Memory, band: int, spent_s: float, within_s: float) -> float:
    """Chance that a wrap-up of that age is over within so many seconds."""
    lived = math.exp(_wrapped(memory, band, spent_s) - _wrapped(memory, band, spent_s + within_s))
    if spent_s > 0:
        return 1.0 - lived
    talks = memory.marks[TALKS]
    return 1.0 - lived * (1.0 - memory.marks[UNWRAPPED] / talks if talks > 20 else 1.0)


@compiled
def unwrapped_share(memory: Memory) -> float:
    """Share of the talks that no wrap-up follows."""
    talks = memory.marks[TALKS]
    return float(memory.marks[UNWRAPPED] / talks) if talks > 20 else 0.0


@compiled
def _wrapped(memory: Memory, band: int, age_s: float) -> float:
    row = memory.wrapped[band]
    place, last = age_s / WRAP_STEP_S, len(row) - 1
    if place >= last:
        return float(row[last] + (place - last) * (row[last] - row[last - 1]))
    low = int(place)
    return float(row[low] + (place - low) * (row[low + 1] - row[low]))


@compiled
def talk_over(memory: Memory, spent_s: float, within_s: float) -> float:
    """Chance that a talk of that age is over, its wrap-up too, within so many seconds."""
    return between(memory.finish, TALK_EDGES_S, spent_s, within_s)


@compiled
def between(table: Figures, edges: Figures, clock_s: float, within_s: float) -> float:
    """A value of a table `[edge, second]`, linear between its edges and seconds."""
    seconds = table.shape[1]
    second = min(max(within_s, 0.0), seconds - 1.001)
    low = int(second)
    part = second - low
    edge = bin_of(edges, clock_s)
    here = table[edge, low] + part * (table[edge, low + 1] - table[edge, low])
    if edge + 1 >= len(table):
        return float(here)
    there = table[edge + 1, low] + part * (table[edge + 1, low + 1] - table[edge + 1, low])
    share = (clock_s - edges[edge]) / (edges[edge + 1] - edges[edge])
    return float(here + share * (there - here))
