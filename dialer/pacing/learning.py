"""Learns from one look at the floor: answer level, ages at which calls end, talk, wrap-up, machines. Pure, compiled."""

import math

from dialer.pacing.jit import compiled
from dialer.pacing.level import (
    STEADY_SPAN,
    answer_odds,
    count_failing,
    fast_failing,
    forget,
    level_now,
    most_fail,
    raise_level,
    shape_of,
    suspect,
    weight_of,
    works_share,
)
from dialer.pacing.memory import (
    AGE_STEP_S,
    ANSWERED,
    ASKED_S,
    BUSY,
    CAME,
    DISTRIBUTED_S,
    DROPPED,
    DROUGHT,
    EVENTS,
    EXPOSURE,
    FAILED,
    FIRST_S,
    HALF_HOUR_AT,
    HALF_HOUR_STEP_S,
    HALF_HOUR_STEPS,
    LAST_OUTCOME_S,
    LATELY_ANSWERED,
    LATELY_DROPPED,
    LEFT,
    LIVE,
    LOOKS,
    MACHINE,
    MACHINE_TALKS,
    NOW_S,
    PATIENCE_S,
    PATIENCES,
    RECENT_AT,
    RECENT_TALKS,
    SEEN,
    SILENCES,
    SILENT,
    SLOW_FAILING,
    SUDDEN,
    TALK_EDGES_S,
    TALKS,
    UNWRAPPED,
    WRAP_EDGES_S,
    Figures,
    Memory,
    Rules,
)
from dialer.pacing.shapes import at_age, band_of, bin_of, distribute, ended_by
from dialer.pacing.stages import (
    distribute_stages,
    end_in_stage,
    end_in_wrap,
    fade_talks,
    fade_wraps,
    live_in_stage,
    live_in_wrap,
    move,
    show_in_wrap,
    wrap_row,
)
from dialer.pacing.view import FloorView

LONGEST_STEP_S = 5.0
HORIZON_S = 8.0
LONG_AWAY_S = 900.0
LATELY_S = 1800.0
# a call that has lived so long will not fail any more: to wait for its end would let the failed be heard of first
PAST_FAILING_S = 6.0
SHAPE_CALLS = 6000.0
TALKS_KEPT = 2000.0
DISTRIBUTE_EVERY_S = 10.0
SLOW_FAILING_S = 1200.0
# so many answers may stay away before their absence is taken for an outage and no longer for a poor list
DROUGHT_ANSWERS = 8.0

IDLE, TALK, WRAP = 0, 1, 2
DIALING, RINGING, DETECTING, WAITING = 0, 1, 2, 3
O_BUSY, O_FAILED, O_NO_ANSWER, O_ANSWERED, O_MACHINE, O_CONNECTED, O_DROPPED = 0, 1, 2, 3, 4, 5, 6
TALK_END, WRAP_END, TALK_STAGE, WRAP_STAGE = 0, 1, 2, 3


@compiled
def learn(memory: Memory, rules: Rules, view: FloorView) -> None:
    """Take one look into `memory`, which is changed."""
    marks = memory.marks
    step_s = 0.0
    if marks[LOOKS] > 0:
        if view.now_s - marks[NOW_S] > LONG_AWAY_S:
            forget(memory.level)
            marks[SUDDEN] = 0.0
        step_s = min(max(view.now_s - marks[NOW_S], 0.0), LONGEST_STEP_S)
    else:
        marks[LAST_OUTCOME_S] = marks[FIRST_S] = view.now_s
    if len(view.call_phase) == 0:
        marks[LAST_OUTCOME_S] = view.now_s
    _calls(memory, rules, view, step_s)
    _seats(memory, view, step_s)
    _seat_events(memory, view)
    if view.now_s - marks[DISTRIBUTED_S] >= DISTRIBUTE_EVERY_S or marks[LOOKS] == 0:
        distribute(memory)
        distribute_stages(memory)
        marks[DISTRIBUTED_S] = view.now_s
    marks[NOW_S] = max(marks[NOW_S], view.now_s) if marks[LOOKS] > 0 else view.now_s
    marks[LOOKS] += 1.0


@compiled
def _calls(memory: Memory, rules: Rules, view: FloorView, step_s: float) -> None:
    marks = memory.marks
    begin_step(memory, view.now_s)
    ended = ended_by(memory)
    level, works = level_now(memory.level)[0], works_share(marks)
    odds = answer_odds(ended, level, works)
    trials, answers, unweighed = 0.0, 0.0, 0.0
    for place in range(len(view.call_age_s)):
        if view.call_phase[place] <= RINGING:
            age = view.call_age_s[place]
            lived = min(step_s, age)
            due = at_age(odds, age) - at_age(odds, age - lived)
            unweighed += due
            trials += due * weight_of(ended, level, works, age, view.call_odds[place])
            live_through(memory.risk, age - lived, lived)
            if age - lived < PAST_FAILING_S <= age:
                count_failing(marks, False)
    # of a call that has ended only the time since the last look is left to count: its odds were those of the others
    weight = trials / unweighed if unweighed > 0 else 1.0
    for place in range(len(view.outcome_at_s)):
        tried, answered = _outcome(memory, rules, view, place, odds)
        trials += tried * weight
        answers += answered
    if len(view.outcome_at_s) > 0:
        memory.marks[LAST_OUTCOME_S] = view.now_s
    marks[SLOW_FAILING] += (fast_failing(marks) - marks[SLOW_FAILING]) * -math.expm1(-step_s / SLOW_FAILING_S)
    shape, rate = shape_of(memory.level, STEADY_SPAN)
    marks[DROUGHT] = 0.0 if answers > 0 else marks[DROUGHT] + trials * shape / rate
    if marks[DROUGHT] < DROUGHT_ANSWERS and not (most_fail(marks) and answers == 0):
        suspect(marks, memory.level, rules, max(trials, 0.0), answers)
        raise_level(memory.level, max(trials, 0.0), answers)
    marks[LATELY_ANSWERED] *= math.exp(-step_s / LATELY_S)
    marks[LATELY_DROPPED] *= math.exp(-step_s / LATELY_S)
    marks[LATELY_ANSWERED] += answers
    memory.half_hour[_step(marks), CAME] += answers


@compiled
def _step(marks: Figures) -> int:
    return int(marks[HALF_HOUR_AT]) % HALF_HOUR_STEPS


@compiled
def begin_step(memory: Memory, now_s: float) -> None:
    """Forget what is older than half an hour; a clock that goes back adds to the newest step."""
    marks = memory.marks
    now = math.floor(now_s / HALF_HOUR_STEP_S)
    if marks[LOOKS] == 0:
        marks[HALF_HOUR_AT] = now
    for _ in range(int(min(now - marks[HALF_HOUR_AT], HALF_HOUR_STEPS))):
        marks[HALF_HOUR_AT] += 1.0
        memory.half_hour[_step(marks)] = 0.0
    marks[HALF_HOUR_AT] = max(marks[HALF_HOUR_AT], now)


@compiled
def _outcome(memory: Memory, rules: Rules, view: FloorView, place: int, odds: Figures) -> tuple[float, float]:
    """One thing that became of a call: trials and answers that it adds to the level."""
    marks = memory.marks
    kind, age, extra = view.outcome_kind[place], view.outcome_age_s[place], view.outcome_extra_s[place]
    detects = rules.detects > 0
    if kind == O_CONNECTED or kind == O_DROPPED:
        if kind == O_DROPPED:
            marks[DROPPED] += 1.0
            marks[LATELY_DROPPED] += 1.0
            memory.half_hour[_step(marks), LEFT] += 1.0
            marks[PATIENCE_S] += extra
            marks[PATIENCES] += 1.0
        if not detects:
            return 0.0, 0.0
        marks[ANSWERED] += 1.0
    elif kind == O_ANSWERED:
        if detects:
            return 0.0, 0.0
        marks[ANSWERED] += 1.0
        extra = 0.0
    elif kind != O_MACHINE:
        extra = 0.0
    ended = LIVE
    if kind == O_BUSY:
        ended = BUSY
    elif kind == O_FAILED:
        ended = FAILED
    elif kind == O_NO_ANSWER:
        ended = SILENT
    elif kind == O_MACHINE:
        ended = MACHINE
    answered_s = view.outcome_at_s[place] - extra
    age = max(age - extra, 0.0)
    if ended == LIVE and answered_s - age <= marks[ASKED_S] < answered_s <= marks[ASKED_S] + HORIZON_S:
        marks[SEEN] += 1.0
    keep = 1.0 - 1.0 / SHAPE_CALLS
    memory.ends[:] *= keep
    memory.risk[:] *= keep
    unseen = min(max(answered_s - marks[NOW_S], 0.0), age, LONGEST_STEP_S)
    live_through(memory.risk, age - unseen, unseen)
    _add_end(memory.ends[ended], age)
    if ended == FAILED or age - unseen < PAST_FAILING_S:
        count_failing(marks, ended == FAILED)
    if ended == SILENT:
        marks[SILENCES] += 1.0
    return at_age(odds, age) - at_age(odds, age - unseen), (1.0 if ended == LIVE else 0.0)


@compiled
def live_through(risk: Figures, from_s: float, for_s: float) -> None:
    """A call lived through these seconds of its age: in calls for each bin."""
    upto = from_s + for_s
    place = int(from_s / AGE_STEP_S)
    while place < len(risk) and place * AGE_STEP_S < upto:
        begins = max(from_s, place * AGE_STEP_S)
        risk[place] += (min(upto, (place + 1) * AGE_STEP_S) - begins) / AGE_STEP_S
        place += 1


@compiled
def _add_end(row: Figures, age_s: float) -> None:
    last = len(row) - 1
    place = min(int(age_s / AGE_STEP_S), last)
    row[place] += 1.0


@compiled
def _seats(memory: Memory, view: FloorView, step_s: float) -> None:
    if step_s <= 0:
        return
    for place in range(len(view.seat_state)):
        state, spent = view.seat_state[place], view.seat_for_s[place]
        stage, since = view.seat_stage[place], view.seat_stage_for_s[place]
        if state == TALK and stage > 0:
            live_in_stage(memory, stage, since, step_s)
        elif state == WRAP and stage > 0:
            live_in_wrap(memory, wrap_row(stage, since, spent), min(since, spent), step_s)
        elif state == TALK:
            memory.talk[bin_of(TALK_EDGES_S, spent), EXPOSURE] += min(step_s, spent)
        elif state == WRAP:
            band = band_of(talk_before(memory, view.now_s - spent))
            memory.wrap[band, bin_of(WRAP_EDGES_S, spent), EXPOSURE] += min(step_s, spent)


@compiled
def _seat_events(memory: Memory, view: FloorView) -> None:
    marks = memory.marks
    for place in range(len(view.event_at_s)):
        duration, at_s = max(view.event_duration_s[place], 0.0), view.event_at_s[place]
        unseen = min(max(at_s - marks[NOW_S], 0.0), duration, LONGEST_STEP_S)
        kind, stage, since = view.event_kind[place], view.event_stage[place], max(view.event_stage_for_s[place], 0.0)
        if kind == TALK_STAGE:
            move(memory, stage, since if stage > 0 else duration, unseen, view.event_shows[place])
        elif kind == WRAP_STAGE:
            show_in_wrap(memory, stage, since, duration, unseen, band_of(talk_before(memory, at_s - duration)))
        elif kind == TALK_END:
            keep = 1.0 - 1.0 / TALKS_KEPT
            memory.talk[:] *= keep
            fade_talks(memory, keep)
            if stage > 0:
                end_in_stage(memory, stage, since, unseen)
            else:
                memory.talk[bin_of(TALK_EDGES_S, duration), EVENTS] += 1.0
                memory.talk[bin_of(TALK_EDGES_S, duration), EXPOSURE] += unseen
            marks[TALKS] = marks[TALKS] * keep + 1.0
            marks[MACHINE_TALKS] = marks[MACHINE_TALKS] * keep + (1.0 if view.event_machine[place] else 0.0)
            marks[UNWRAPPED] = marks[UNWRAPPED] * keep + 1.0
            head = int(marks[RECENT_AT])
            memory.recent[head, 0] = at_s
            memory.recent[head, 1] = duration
            marks[RECENT_AT] = (head + 1) % RECENT_TALKS
        else:
            memory.wrap[:] *= 1.0 - 1.0 / TALKS_KEPT
            fade_wraps(memory, 1.0 - 1.0 / TALKS_KEPT)
            if stage > 0:
                end_in_wrap(memory, stage, since, duration, unseen)
            else:
                band = band_of(talk_before(memory, at_s - duration))
                memory.wrap[band, bin_of(WRAP_EDGES_S, duration), EVENTS] += 1.0
                memory.wrap[band, bin_of(WRAP_EDGES_S, duration), EXPOSURE] += unseen
            marks[UNWRAPPED] = max(marks[UNWRAPPED] - 1.0, 0.0)


@compiled
def talk_before(memory: Memory, ended_s: float) -> float:
    """How long the talk lasted that ended nearest to this instant; a middling one where none is known."""
    head = int(memory.marks[RECENT_AT])
    best, found = 0.3, 30.0
    for back in range(1, RECENT_TALKS + 1):
        place = (head - back) % RECENT_TALKS
        at_s = memory.recent[place, 0]
        gap = abs(at_s - ended_s)
        if gap < best:
            best, found = gap, memory.recent[place, 1]
        if at_s < ended_s - 2.0:
            break
    return found
