"""Forecasts whether the answers of the calls in the air find free agents, and how many more calls may go. Compiled.

A call launched now is answered after u seconds, if it is. Then the agents free for it are: idle ones, less the calls
that wait, plus the busy ones that finish within u and the time a person may wait, less the answers until u of the
calls in flight and of the other calls launched now. The chance that this is nobody is its risk.
"""

import math
from typing import NamedTuple

import numpy as np

from dialer.pacing.chance import add_event, at_most, count_of
from dialer.pacing.jit import compiled
from dialer.pacing.learning import DETECTING, IDLE, RINGING, TALK, WAITING, WRAP, talk_before
from dialer.pacing.level import MOST_LEVEL, STEADY_SPAN, at_odds, level_now, shape_of, suddenly, suspicion, works_share
from dialer.pacing.memory import (
    AGE_STEP_S,
    BUSY,
    FAILED,
    LIVE,
    MACHINE,
    PATIENCE_S,
    PATIENCES,
    SILENT,
    Figures,
    Memory,
    Rules,
)
from dialer.pacing.shapes import at_age, band_of, ended_by, normed, talk_over, wrap_over
from dialer.pacing.stages import shows_in_wrap, staged_talk_over, staged_wrap_over
from dialer.pacing.view import FloorView

# where in the answer times of a new call it is looked at, as quantiles of equal weight
LOOKS_AT = np.array([0.15, 0.5, 0.85])
# the level's own uncertainty: Gauss-Hermite points, in standard deviations; the last point is a list that has
# suddenly become a better one
LEVEL_POINTS = np.array([-1.7320508, 0.0, 1.7320508])
LEVEL_SHARES = np.array([1 / 6, 2 / 3, 1 / 6])
POINTS = 4
EXACT_EVENTS = 56
GREETING_S = 0.8
LEAST_OF_STEADY = 0.35


class Outlook(NamedTuple):
    """What is expected at the three looks ahead, for four levels: `answers[look, level]`, `finished[look]`.

    `free`: idle agents less waiting calls. `each[look, level]`: chance that a call launched now has been answered.
    `second[...]`, `third[...]`: central moments of free agents. `shares[level]`: how likely each level is. `events`:
    chances of the busy agents and of the calls in flight, where they are few enough to be reckoned exactly. `level`,
    `next_level`: share of the calls in flight, and of those launched now, that somebody answers.
    """

    free: int
    flying: int
    ahead_s: Figures
    finished: Figures
    answers: Figures
    second: Figures
    third: Figures
    shares: Figures
    each: Figures
    exact: bool
    agents: Figures
    calls: Figures
    level: float
    next_level: float


@compiled
def look_ahead(memory: Memory, rules: Rules, view: FloorView) -> Outlook:
    ended = ended_by(memory)
    cdf = normed(ended)
    works = works_share(memory.marks)
    levels = levels_of(memory, rules)
    ahead = np.array([_age_at(cdf[LIVE], quantile) for quantile in LOOKS_AT])
    free, busy = 0, 0
    for place in range(len(view.seat_state)):
        if view.seat_then[place] == 0:
            state = view.seat_state[place]
            free += 1 if state == IDLE else 0
            busy += 1 if state == TALK or state == WRAP else 0
    flying, flying_odds = 0, 0.0
    for place in range(len(view.call_phase)):
        if view.call_phase[place] == WAITING:
            free -= 1
        else:
            flying += 1
            flying_odds += view.call_odds[place]
    agents = _agents(memory, view, busy, ahead + patience_s(memory, rules))
    calls = in_flight(view, ended, levels, works, ahead, DETECTING)
    finished = np.empty(3)
    answers, second, third = np.empty((3, POINTS)), np.empty((3, POINTS)), np.empty((3, POINTS))
    each = np.empty((3, POINTS))
    for look in range(3):
        r = agents[look]
        finished[look] = r.sum()
        for point in range(POINTS):
            a = calls[look, point]
            answers[look, point] = a.sum()
            second[look, point] = (r * (1 - r)).sum() + (a * (1 - a)).sum()
            third[look, point] = (r * (1 - r) * (1 - 2 * r)).sum() - (a * (1 - a) * (1 - 2 * a)).sum()
            each[look, point] = at_odds(levels[point], view.next_odds) * works * LOOKS_AT[look]
    exact = busy + flying <= EXACT_EVENTS
    next_level = at_odds(levels[1], view.next_odds) * works
    level = at_odds(levels[1], flying_odds / flying) * works if flying > 0 else next_level
    return Outlook(
        free,
        flying,
        ahead,
        finished,
        answers,
        second,
        third,
        shares_of(memory, rules),
        each,
        exact,
        agents,
        calls,
        level,
        next_level,
    )


@compiled
def levels_of(memory: Memory, rules: Rules) -> Figures:
    """The answer level at three points of its own uncertainty, and a suddenly higher one; never far below what the last
    hour or so has shown, since a network that brings no answers for a while may bring them again."""
    level, spread = level_now(memory.level)
    shape, rate = shape_of(memory.level, STEADY_SPAN)
    level = max(level, LEAST_OF_STEADY * shape / rate)
    wide = math.sqrt(math.log(1.0 + spread * spread))
    levels = np.empty(POINTS)
    for point in range(POINTS - 1):
        levels[point] = min(level * math.exp(LEVEL_POINTS[point] * wide - 0.5 * wide * wide), MOST_LEVEL)
    levels[POINTS - 1] = suddenly(levels[1], rules)
    return levels


@compiled
def shares_of(memory: Memory, rules: Rules) -> Figures:
    """How likely each of the levels is."""
    sudden = suspicion(memory.marks, rules)
    shares = np.empty(POINTS)
    shares[: POINTS - 1] = (1.0 - sudden) * LEVEL_SHARES
    shares[POINTS - 1] = sudden
    return shares


@compiled
def patience_s(memory: Memory, rules: Rules) -> float:
    """Seconds from the answer until the person counts as abandoned: greeting and hold, less the time to connect."""
    first = max(rules.hold_s - rules.connect_s, 0.0) + GREETING_S
    marks = memory.marks
    return float((marks[PATIENCE_S] + 4.0 * first) / (marks[PATIENCES] + 4.0))


@compiled
def _age_at(edges: Figures, share: float) -> float:
    for place in range(1, len(edges)):
        if edges[place] >= share:
            step = edges[place] - edges[place - 1]
            part = (share - edges[place - 1]) / step if step > 0 else 0.0
            return (place - 1 + part) * AGE_STEP_S
    return (len(edges) - 1) * AGE_STEP_S


@compiled
def _agents(memory: Memory, view: FloorView, busy: int, within: Figures) -> Figures:
    """`[look, agent]`: chance that a busy agent is free within so many seconds."""
    chances = np.empty((3, busy))
    agent = 0
    shows = shows_in_wrap(memory)
    for place in range(len(view.seat_state)):
        state, spent = view.seat_state[place], view.seat_for_s[place]
        stage, since = view.seat_stage[place], view.seat_stage_for_s[place]
        if view.seat_then[place] != 0 or not (state == TALK or state == WRAP):
            continue
        band = band_of(talk_before(memory, view.now_s - spent)) if state == WRAP else 0
        for look in range(3):
            if state == TALK and stage > 0:
                chances[look, agent] = staged_talk_over(memory, stage, since, within[look])
            elif state == TALK:
                chances[look, agent] = talk_over(memory, spent, within[look])
            elif stage > 0 or shows:
                chances[look, agent] = staged_wrap_over(memory, stage, since, spent, band, within[look])
            else:
                chances[look, agent] = wrap_over(memory, band, spent, within[look])
        agent += 1
    return chances


@compiled
def in_flight(view: FloorView, ended: Figures, levels: Figures, works: float, ahead: Figures, upto: int) -> Figures:
    """`[look, level, call]`: chance that a call in flight has been answered for an agent after so many seconds.

    `upto`: the last phase whose calls are looked at.
    """
    flying = 0
    for place in range(len(view.call_phase)):
        flying += 1 if view.call_phase[place] <= upto else 0
    cdf = normed(ended)
    others = np.array([ended[kind, -1] for kind in (MACHINE, BUSY, SILENT)])
    others /= max(others.sum(), 1e-9)
    chances = np.empty((3, POINTS, flying))
    call = 0
    for place in range(len(view.call_phase)):
        phase, age = view.call_phase[place], view.call_age_s[place]
        if phase > upto:
            continue
        over = at_age(cdf[LIVE], age)
        gone = others[0] * at_age(cdf[MACHINE], age) + others[1] * at_age(cdf[BUSY], age)
        gone += others[2] * at_age(cdf[SILENT], age)
        failed = at_age(cdf[FAILED], age)
        for point in range(POINTS):
            p = at_odds(levels[point], view.call_odds[place])
            left = 1.0 - (1.0 - works) * failed - works * (p * over + (1.0 - p) * gone)
            left = max(left, works * p * (1.0 - over), 1e-3)
            for look in range(3):
                if phase <= RINGING:
                    chance = works * p * (at_age(cdf[LIVE], age + ahead[look]) - over) / left
                else:
                    chance = _person(cdf, p, others[0], age)
                chances[look, point, call] = min(max(chance, 0.0), 1.0)
        call += 1
    return chances


@compiled
def _person(cdf: Figures, level: float, machines: float, age_s: float) -> float:
    """Chance that a call under detection is for an agent: it was answered within the last seconds."""
    live = level * (at_age(cdf[LIVE], age_s) - at_age(cdf[LIVE], age_s - 2.5)) + 1e-4
    machine = (1.0 - level) * machines * (at_age(cdf[MACHINE], age_s) - at_age(cdf[MACHINE], age_s - 2.5)) + 1e-4
    return live / (live + machine)


@compiled
def risk_of(outlook: Outlook, more: int) -> float:
    """Chance that a person who answers the last of `more` calls launched now finds no agent."""
    total = 0.0
    for look in range(3):
        for point in range(POINTS):
            if outlook.shares[point] > 0:
                total += outlook.shares[point] / 3.0 * _nobody(outlook, look, point, more - 1)
    return total


@compiled
def _nobody(outlook: Outlook, look: int, point: int, siblings: int) -> float:
    each = outlook.each[look, point]
    if not outlook.exact or outlook.flying + siblings > 2 * EXACT_EVENTS:
        mean = outlook.free + outlook.finished[look] - outlook.answers[look, point] - siblings * each
        own = siblings * each * (1.0 - each)
        variance = outlook.second[look, point] + own
        third = outlook.third[look, point] - own * (1.0 - 2.0 * each)
        return at_most(mean, variance, third, 0.0)
    masses = _free_masses(outlook, look, point, siblings)
    filled = outlook.agents.shape[1] + outlook.flying
    for _ in range(siblings):
        add_event(masses, filled, 1.0 - each)
        filled += 1
    # free agents are this count, plus `free`, less all calls
    return float(masses[: max(outlook.flying + siblings - outlook.free + 1, 0)].sum())


@compiled
def _free_masses(outlook: Outlook, look: int, point: int, siblings: int) -> Figures:
    agents, calls = outlook.agents[look], outlook.calls[look, point]
    chances = np.concatenate((agents, 1.0 - calls))
    masses = np.zeros(len(chances) + siblings + 1)
    masses[: len(chances) + 1] = count_of(chances)
    return masses


@compiled
def most_calls(outlook: Outlook, limit: float, cap: int) -> int:
    """How many calls may go now so that the last one's risk stays within `limit`; at most `cap`."""
    if cap < 1 or risk_of(outlook, 1) > limit:
        return 0
    low, high = 1, 2
    while high <= cap and risk_of(outlook, high) <= limit:
        low, high = high, 2 * high
    high = min(high, cap + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if risk_of(outlook, middle) <= limit:
            low = middle
        else:
            high = middle
    return low
