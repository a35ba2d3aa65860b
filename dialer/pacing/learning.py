"""Learns from one look at the floor: answer level, ages at which calls end, talk, wrap-up, machines. Pure, compiled."""

import math

import numpy as np

from dialer.pacing.jit import compiled
from dialer.pacing.memory import (
    AGE_STEP_S,
    ANSWERED,
    ASKED_S,
    BUSY,
    DISTRIBUTED_S,
    DROPPED,
    DROUGHT,
    EVENTS,
    EXPOSURE,
    FAILED,
    FAST_ENDED,
    FAST_FAILED,
    FIRST_S,
    LAST_OUTCOME_S,
    LEVEL_ANSWERS,
    LEVEL_SPANS,
    LEVEL_TRIALS,
    LEVEL_WEIGHT,
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
    TALK_EDGES_S,
    TALKS,
    UNWRAPPED,
    WRAP_EDGES_S,
    Figures,
    Memory,
    Rules,
)
from dialer.pacing.shapes import at_age, band_of, bin_of, distribute, ended_by, normed
from dialer.pacing.view import FloorView

LONGEST_STEP_S = 2.0
HORIZON_S = 8.0
LONG_AWAY_S, KEPT_AFTER_AWAY = 900.0, 15.0
SHAPE_CALLS = 6000.0
TALKS_KEPT = 2000.0
DISTRIBUTE_EVERY_S = 10.0
FAST_CALLS, SLOW_FAILING_S = 25.0, 1200.0
# so many answers may stay away before their absence is taken for an outage and no longer for a poor list
DROUGHT_ANSWERS = 8.0
STEADY_SPAN = 3
# one forecaster in a hundred answers may change its mind: a fixed share of the weight goes round
SHARE_AROUND = 0.02
PRIOR_ANSWERS, PRIOR_TRIALS = 1.5, 5.0

IDLE, TALK, WRAP = 0, 1, 2
DIALING, RINGING, DETECTING, WAITING = 0, 1, 2, 3
O_BUSY, O_FAILED, O_NO_ANSWER, O_ANSWERED, O_MACHINE, O_CONNECTED, O_DROPPED = 0, 1, 2, 3, 4, 5, 6
TALK_END, WRAP_END = 0, 1


@compiled
def learn(memory: Memory, rules: Rules, view: FloorView) -> None:
    """Take one look into `memory`, which is changed."""
    marks = memory.marks
    step_s = 0.0
    if marks[LOOKS] > 0:
        if view.now_s - marks[NOW_S] > LONG_AWAY_S:
            _forget(memory.level)
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
        marks[DISTRIBUTED_S] = view.now_s
    marks[NOW_S] = max(marks[NOW_S], view.now_s) if marks[LOOKS] > 0 else view.now_s
    marks[LOOKS] += 1.0


@compiled
def _calls(memory: Memory, rules: Rules, view: FloorView, step_s: float) -> None:
    marks = memory.marks
    ended = ended_by(memory)
    odds = answer_odds(ended, level_now(memory.level)[0], works_share(marks))
    trials, answers = 0.0, 0.0
    for place in range(len(view.call_age_s)):
        if view.call_phase[place] <= RINGING:
            age = view.call_age_s[place]
            lived = min(step_s, age)
            trials += at_age(odds, age) - at_age(odds, age - lived)
            live_through(memory.risk, age - lived, lived)
    for place in range(len(view.outcome_at_s)):
        tried, answered = _outcome(memory, rules, view, place, odds)
        trials += tried
        answers += answered
    if len(view.outcome_at_s) > 0:
        memory.marks[LAST_OUTCOME_S] = view.now_s
    marks[SLOW_FAILING] += (_fast_failing(marks) - marks[SLOW_FAILING]) * -math.expm1(-step_s / SLOW_FAILING_S)
    shape, rate = shape_of(memory.level, STEADY_SPAN)
    marks[DROUGHT] = 0.0 if answers > 0 else marks[DROUGHT] + trials * shape / rate
    if marks[DROUGHT] < DROUGHT_ANSWERS:
        raise_level(memory.level, max(trials, 0.0), answers)


@compiled
def _outcome(memory: Memory, rules: Rules, view: FloorView, place: int, odds: Figures) -> tuple[float, float]:
    """One thing that became of a call: trials and answers that it adds to the level."""
    marks = memory.marks
    kind, age, extra = view.outcome_kind[place], view.outcome_age_s[place], view.outcome_extra_s[place]
    detects = rules.detects > 0
    if kind == O_CONNECTED or kind == O_DROPPED:
        if kind == O_DROPPED:
            marks[DROPPED] += 1.0
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
    _failing(marks, ended == FAILED)
    if ended == SILENT:
        marks[SILENCES] += 1.0
    return at_age(odds, age) - at_age(odds, age - unseen), (1.0 if ended == LIVE else 0.0)


@compiled
def _forget(level: Figures) -> None:
    """After a long time away the level is what it was, but no surer than a few answers make it."""
    for span in range(len(level)):
        if level[span, LEVEL_ANSWERS] > KEPT_AFTER_AWAY:
            keep = KEPT_AFTER_AWAY / level[span, LEVEL_ANSWERS]
            level[span, LEVEL_ANSWERS] *= keep
            level[span, LEVEL_TRIALS] *= keep
        level[span, LEVEL_WEIGHT] = 0.0


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
def _failing(marks: Figures, failed: bool) -> None:
    one = 1.0 if failed else 0.0
    marks[FAST_ENDED] = marks[FAST_ENDED] * (1 - 1 / FAST_CALLS) + 1.0
    marks[FAST_FAILED] = marks[FAST_FAILED] * (1 - 1 / FAST_CALLS) + one


@compiled
def shape_of(level: Figures, span: int) -> tuple[float, float]:
    """Gamma shape and rate of one memory's level; a short one is drawn toward the longest by an answer's worth."""
    last = len(level) - 1
    shape = level[last, LEVEL_ANSWERS] + PRIOR_ANSWERS
    rate = level[last, LEVEL_TRIALS] + PRIOR_TRIALS
    if span == last:
        return shape, rate
    return level[span, LEVEL_ANSWERS] + 1.5, level[span, LEVEL_TRIALS] + 1.5 * rate / shape


@compiled
def level_now(level: Figures) -> tuple[float, float]:
    """Share of the calls that will be answered by somebody for an agent, and its coefficient of variation."""
    spans = len(level)
    weights, means, spreads = np.empty(spans), np.empty(spans), np.empty(spans)
    top = level[:, LEVEL_WEIGHT].max()
    for span in range(spans):
        answers, trials = shape_of(level, span)
        weights[span] = math.exp(level[span, LEVEL_WEIGHT] - top)
        means[span] = answers / trials
        spreads[span] = means[span] * means[span] / answers
    weights /= weights.sum()
    mean = (weights * means).sum()
    variance = (weights * (spreads + (means - mean) ** 2)).sum()
    return min(mean, 0.97), math.sqrt(variance) / mean


@compiled
def works_share(marks: Figures) -> float:
    """Share of calls that do not fail, the higher of the last calls' and the last half hour's: a network that failed a
    minute ago may be back."""
    return float(1.0 - min(_fast_failing(marks), marks[SLOW_FAILING]))


@compiled
def _fast_failing(marks: Figures) -> float:
    return float((marks[FAST_FAILED] + 0.5) / (marks[FAST_ENDED] + 10.0))


@compiled
def answer_odds(ended: Figures, level: float, works: float) -> Figures:
    """Cumulated chance by age of an answer of a call still in the air, for a level of 1: what answers are held
    against, so that a call that ended otherwise says no more than that it was not answered until then."""
    cdf = normed(ended)
    others = max(ended[MACHINE, -1] + ended[BUSY, -1] + ended[SILENT, -1], 1e-9)
    odds = np.zeros(ended.shape[1])
    for place in range(1, len(odds)):
        gone = ended[MACHINE, place - 1] + ended[BUSY, place - 1] + ended[SILENT, place - 1]
        alive = 1.0 - (1.0 - works) * cdf[FAILED, place - 1]
        alive -= works * (level * cdf[LIVE, place - 1] + (1.0 - level) * gone / others)
        step = cdf[LIVE, place] - cdf[LIVE, place - 1]
        odds[place] = odds[place - 1] + min(works * step / max(alive, 1e-3), 1.0)
    return odds


@compiled
def raise_level(level: Figures, trials: float, answers: float) -> None:
    """Gamma-Poisson memories of several lengths, weighed by how well each foretold what came (fixed share)."""
    if trials <= 0 and answers <= 0:
        return
    spans = len(level)
    mean, _ = level_now(level)
    expected = mean * trials
    for span in range(spans):
        shape, rate = shape_of(level, span)
        likely = shape * math.log(rate / (rate + trials)) - answers * math.log(rate + trials)
        for seen in range(int(answers)):
            likely += math.log((shape + seen) / (seen + 1.0))
        level[span, LEVEL_WEIGHT] += likely
    level[:, LEVEL_WEIGHT] -= level[:, LEVEL_WEIGHT].max()
    weights = np.exp(level[:, LEVEL_WEIGHT])
    weights /= weights.sum()
    share = 1.0 - (1.0 - SHARE_AROUND) ** max(expected, answers)
    weights = (1.0 - share) * weights + share / spans
    for span in range(spans):
        keep = math.exp(-0.5 * (expected + answers) / LEVEL_SPANS[span])
        level[span, LEVEL_ANSWERS] = level[span, LEVEL_ANSWERS] * keep + answers
        level[span, LEVEL_TRIALS] = level[span, LEVEL_TRIALS] * keep + trials
        level[span, LEVEL_WEIGHT] = math.log(weights[span])


@compiled
def _seats(memory: Memory, view: FloorView, step_s: float) -> None:
    if step_s <= 0:
        return
    for place in range(len(view.seat_state)):
        state, spent = view.seat_state[place], view.seat_for_s[place]
        if state == TALK:
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
        if view.event_kind[place] == TALK_END:
            keep = 1.0 - 1.0 / TALKS_KEPT
            memory.talk[:] *= keep
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
