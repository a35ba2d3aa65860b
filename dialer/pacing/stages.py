"""Knows how long a talk or wrap-up still lasts once the console has shown how far the call is. Pure, compiled.

A talk goes from no stage to later ones, and from any of them to its end; a wrap-up ends, or something shows in it
first. Each way has its hazard by seconds since the stage before showed, so that a talk in a stage may end there or by
way of the next. What showed against the order of the stages is not counted. As long as no stage has shown, nothing
here is reckoned and every figure is what it would be without stages.
"""

import math

import numpy as np

from dialer.pacing.interface import STAGES
from dialer.pacing.jit import compiled
from dialer.pacing.memory import (
    EVENTS,
    EXPOSURE,
    SHOWN_IN_WRAP,
    STAGE_EDGES_S,
    TALK_EDGES_S,
    WRAP_AFTER_S,
    WRAP_EDGES_S,
    WRAP_STEP_S,
    Figures,
    Memory,
)
from dialer.pacing.shapes import (
    PRIOR_TALK_S,
    PRIOR_WRAP_S,
    band_of,
    between,
    bin_of,
    talk_hazards,
    unwrapped_share,
    wrap_over,
)

LAST = len(STAGES) - 1
BANDS = len(WRAP_AFTER_S) + 1
IN_WRAP = BANDS + SHOWN_IN_WRAP
# a move is drawn toward its stage's mean rate by so many seconds lived through, and that mean toward none
MOVE_S = 30.0


@compiled
def live_in_stage(memory: Memory, stage: int, since_s: float, step_s: float) -> None:
    """An agent talked for the last `step_s` seconds, or as long as this stage has shown."""
    memory.staged[stage - 1, bin_of(STAGE_EDGES_S, since_s), EXPOSURE] += min(step_s, since_s)


@compiled
def end_in_stage(memory: Memory, stage: int, since_s: float, unseen_s: float) -> None:
    """A talk ended in this stage, `unseen_s` seconds after the last look."""
    memory.staged[stage - 1, bin_of(STAGE_EDGES_S, since_s), EVENTS] += 1.0
    live_in_stage(memory, stage, since_s, unseen_s)


@compiled
def move(memory: Memory, before: int, clock_s: float, unseen_s: float, shows: int) -> None:
    """In a talk of stage `before`, for `clock_s` seconds (of talk, where it is none), the stage `shows` showed."""
    if shows <= before:
        return
    if before == 0:
        place = bin_of(TALK_EDGES_S, clock_s)
        memory.talk[place, EXPOSURE] += min(unseen_s, clock_s)
    else:
        place = bin_of(STAGE_EDGES_S, clock_s)
        live_in_stage(memory, before, clock_s, unseen_s)
    memory.moved[before, place, shows - 1] += 1.0


@compiled
def wrap_row(stage: int, since_s: float, spent_s: float) -> int:
    """The row of `wrap_staged` of a wrap-up with a stage: of the talk, or shown since the talk ended."""
    return stage - 1 if since_s >= spent_s else SHOWN_IN_WRAP


@compiled
def live_in_wrap(memory: Memory, row: int, clock_s: float, step_s: float) -> None:
    memory.wrap_staged[row, bin_of(WRAP_EDGES_S, clock_s), EXPOSURE] += min(step_s, clock_s)


@compiled
def end_in_wrap(memory: Memory, stage: int, since_s: float, spent_s: float, unseen_s: float) -> None:
    """A wrap-up of `spent_s` seconds is over."""
    row, clock = wrap_row(stage, since_s, spent_s), min(since_s, spent_s)
    memory.wrap_staged[row, bin_of(WRAP_EDGES_S, clock), EVENTS] += 1.0
    live_in_wrap(memory, row, clock, unseen_s)


@compiled
def show_in_wrap(memory: Memory, stage: int, since_s: float, spent_s: float, unseen_s: float, band: int) -> None:
    """In a wrap-up of `spent_s` seconds something showed; `band`: by the length of the talk, where it had no stage."""
    place = bin_of(WRAP_EDGES_S, spent_s)
    if stage == 0:
        memory.wrap[band, place, EXPOSURE] += min(unseen_s, spent_s)
        memory.wrap_moved[band, place] += 1.0
    elif since_s >= spent_s:
        live_in_wrap(memory, stage - 1, spent_s, unseen_s)
        memory.wrap_moved[BANDS + stage - 1, place] += 1.0


@compiled
def fade_talks(memory: Memory, keep: float) -> None:
    memory.staged[:] *= keep
    memory.moved[:] *= keep


@compiled
def fade_wraps(memory: Memory, keep: float) -> None:
    memory.wrap_staged[:] *= keep
    memory.wrap_moved[:] *= keep


@compiled
def shows_in_wrap(memory: Memory) -> bool:
    return bool(memory.wrap_moved.sum() > 0.0)


@compiled
def distribute_stages(memory: Memory) -> None:
    """Write `stage_finish`, `wrap_finish` and, with the stages that may show, `finish` anew; after `distribute`."""
    shown = memory.moved.sum() + memory.staged[:, :, EXPOSURE].sum()
    shown += memory.wrap_moved.sum() + memory.wrap_staged[:, :, EXPOSURE].sum()
    if shown > 0.0:
        _finish_wraps(memory)
        over = _wraps_over(memory)
        _finish_stages(memory, over)
        if memory.moved[0].sum() > 0.0:
            _finish_unstaged(memory, over)


@compiled
def _finish_wraps(memory: Memory) -> None:
    staged, moved, table = memory.wrap_staged, memory.wrap_moved, memory.wrap_finish
    bins, seconds = table.shape[1], table.shape[2]
    hazards = _wrap_hazards(memory)
    for band in range(IN_WRAP, -1, -1):
        moves = np.zeros(bins)
        if band < IN_WRAP:
            lived = memory.wrap[band, :, EXPOSURE] if band < BANDS else staged[band - BANDS, :, EXPOSURE]
            moves = _move_hazards(moved[band], lived)
        for edge in range(bins):
            table[band, edge, :] = 0.0
            alive = 1.0
            for second in range(seconds):
                age = WRAP_EDGES_S[edge] + second + 0.5
                place = bin_of(WRAP_EDGES_S, age)
                ends = hazards[band - BANDS, place] if band >= BANDS else _wrap_rate(memory, band, age)
                total = ends + moves[place]
                ending = alive * -math.expm1(-total)
                alive -= ending
                shows = ending * moves[place] / total if total > 0.0 else 0.0
                for later in range(second + 1, seconds):
                    table[band, edge, later] += ending - shows + shows * _half(table[IN_WRAP, 0], later - second - 1)


@compiled
def _wrap_hazards(memory: Memory) -> Figures:
    """`[row, bin]`: ends a second; rows of stages drawn toward what all wrap-ups do at that age, the last toward its
    own mean."""
    staged, wrap = memory.wrap_staged, memory.wrap
    rows, bins, _ = staged.shape
    events, lived = staged[:, :, EVENTS].sum() + wrap[:, :, EVENTS].sum(), wrap[:, :, EXPOSURE].sum()
    pooled = (events + 2.0) / (lived + staged[:, :, EXPOSURE].sum() + 2.0 * PRIOR_WRAP_S)
    last = staged[SHOWN_IN_WRAP]
    own = (last[:, EVENTS].sum() + 2.0) / (last[:, EXPOSURE].sum() + 2.0 / pooled)
    out = np.empty((rows, bins))
    for place in range(bins):
        ended = wrap[:, place, EVENTS].sum() + staged[:SHOWN_IN_WRAP, place, EVENTS].sum()
        lasted = wrap[:, place, EXPOSURE].sum() + staged[:SHOWN_IN_WRAP, place, EXPOSURE].sum()
        both = (ended + 1.0) / (lasted + 1.0 / pooled)
        for row in range(SHOWN_IN_WRAP):
            out[row, place] = (staged[row, place, EVENTS] + 2.0) / (staged[row, place, EXPOSURE] + 2.0 / both)
        out[SHOWN_IN_WRAP, place] = (last[place, EVENTS] + 1.0) / (last[place, EXPOSURE] + 1.0 / own)
    return out


@compiled
def _wrap_rate(memory: Memory, band: int, age_s: float) -> float:
    """Ends a second of a wrap-up after a talk without a stage."""
    row = memory.wrapped[band]
    place = min(int(age_s / WRAP_STEP_S), len(row) - 2)
    return float((row[place + 1] - row[place]) / WRAP_STEP_S)


@compiled
def _move_hazards(moved: Figures, lived: Figures) -> Figures:
    """Moves a second by bin; exactly 0 where there was none."""
    mean = moved.sum() / (lived.sum() + MOVE_S)
    out = np.empty(len(lived))
    for place in range(len(lived)):
        out[place] = (moved[place] + mean * MOVE_S) / (lived[place] + MOVE_S)
    return out


@compiled
def _half(row: Figures, second: int) -> float:
    """Halfway between two whole seconds: what begins in the middle of one is looked at at the end of another."""
    return float(0.5 * (row[second] + row[second + 1]))


@compiled
def _wraps_over(memory: Memory) -> Figures:
    """`[band, second]`: chance that the wrap-up after a talk is over within so many seconds and a half."""
    table, seconds = memory.wrap_finish, memory.wrap_finish.shape[2]
    over = np.empty((IN_WRAP, seconds))
    none = unwrapped_share(memory)
    shows = shows_in_wrap(memory)
    for band in range(IN_WRAP):
        for second in range(seconds):
            if band < BANDS and not shows:
                over[band, second] = wrap_over(memory, band, 0.0, second + 0.5)
            else:
                lasts = 1.0 - _half(table[band, 0], min(second, seconds - 2))
                over[band, second] = 1.0 - lasts * (1.0 - none)
    return over


@compiled
def _finish_stages(memory: Memory, over: Figures) -> None:
    staged, table = memory.staged, memory.stage_finish
    events = memory.talk[:, EVENTS].sum() + staged[:, :, EVENTS].sum()
    lived = memory.talk[:, EXPOSURE].sum() + staged[:, :, EXPOSURE].sum()
    pooled = (events + 2.0) / (lived + 2.0 * PRIOR_TALK_S)
    bins = len(STAGE_EDGES_S)
    for stage in range(LAST, 0, -1):
        mine = staged[stage - 1]
        own = (mine[:, EVENTS].sum() + 2.0) / (mine[:, EXPOSURE].sum() + 2.0 / pooled)
        ends = np.empty(bins)
        for place in range(bins):
            ends[place] = (mine[place, EVENTS] + 1.0) / (mine[place, EXPOSURE] + 1.0 / own)
        moves = _moves_of(memory, stage, mine[:, EXPOSURE])
        for edge in range(bins):
            after = over[BANDS + stage - 1]
            table[stage - 1, edge] = _course(
                memory, STAGE_EDGES_S, STAGE_EDGES_S[edge], ends, moves, stage, over, after
            )


@compiled
def _finish_unstaged(memory: Memory, over: Figures) -> None:
    ends = talk_hazards(memory.talk)
    moves = _moves_of(memory, 0, memory.talk[:, EXPOSURE])
    for edge in range(len(TALK_EDGES_S)):
        memory.finish[edge] = _course(memory, TALK_EDGES_S, TALK_EDGES_S[edge], ends, moves, 0, over, over[0])


@compiled
def _moves_of(memory: Memory, stage: int, lived: Figures) -> Figures:
    """`[bin, stage - 1]`: moves a second out of a stage."""
    moves = np.zeros((len(lived), LAST))
    for to in range(stage, LAST):
        moves[:, to] = _move_hazards(memory.moved[stage, : len(lived), to], lived)
    return moves


@compiled
def _course(
    memory: Memory,
    edges: Figures,
    clock_s: float,
    ends: Figures,
    moves: Figures,
    stage: int,
    over: Figures,
    after: Figures,
) -> Figures:
    """By second: chance that a talk whose stage's clock stands at `clock_s` is over, its wrap-up too. `after`: of its
    wrap-up; without a stage that goes by the length of the talk."""
    seconds = memory.stage_finish.shape[2]
    out = np.zeros(seconds)
    alive = 1.0
    for second in range(seconds):
        age = clock_s + second + 0.5
        place = bin_of(edges, age)
        total = ends[place] + moves[place].sum()
        ending = alive * -math.expm1(-total)
        alive -= ending
        wrap = over[band_of(age)] if stage == 0 else after
        for later in range(second + 1, seconds):
            out[later] += ending * ends[place] / total * wrap[later - second - 1]
        for to in range(stage, LAST):
            if moves[place, to] > 0.0:
                for later in range(second + 1, seconds):
                    out[later] += (
                        ending * moves[place, to] / total * _half(memory.stage_finish[to, 0], later - second - 1)
                    )
    return out


@compiled
def staged_talk_over(memory: Memory, stage: int, since_s: float, within_s: float) -> float:
    """Chance that a talk whose stage showed so long ago is over, its wrap-up too, within so many seconds."""
    return between(memory.stage_finish[stage - 1], STAGE_EDGES_S, since_s, within_s)


@compiled
def staged_wrap_over(memory: Memory, stage: int, since_s: float, spent_s: float, band: int, within_s: float) -> float:
    """Chance that a wrap-up of that age is over; `band`: by the length of the talk, where it had no stage."""
    if stage > 0:
        band = BANDS + wrap_row(stage, since_s, spent_s)
    clock = spent_s if band < IN_WRAP else since_s
    return between(memory.wrap_finish[band], WRAP_EDGES_S, clock, within_s)
