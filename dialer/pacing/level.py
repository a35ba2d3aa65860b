"""Knows the answer level: which share of the calls somebody answers for an agent, and how sure that is. Compiled."""

import math

import numpy as np

from dialer.pacing.jit import compiled
from dialer.pacing.memory import (
    BUSY,
    FAILED,
    FAST_ENDED,
    FAST_FAILED,
    LEVEL_ANSWERS,
    LEVEL_SPANS,
    LEVEL_TRIALS,
    LEVEL_WEIGHT,
    LIVE,
    MACHINE,
    SILENT,
    SLOW_FAILING,
    SUDDEN,
    Figures,
    Rules,
)
from dialer.pacing.shapes import at_age, normed

MOST_LEVEL = 0.97
MOST_WEIGHT = 100.0
KEPT_AFTER_AWAY = 15.0
FAST_CALLS = 25.0
MOST_FAILING = 0.6
# of the spans of `Memory.level`: what a list has been like for a while
STEADY_SPAN = 3
# for every expected answer so much of the memories' weight goes round, so that none is ever out
SHARE_AROUND = 0.002
PRIOR_ANSWERS, PRIOR_TRIALS = 1.5, 5.0
# a list that has suddenly become a better one answers so many times as often; the chance of it before any evidence is
# that of one seat over the seats, since a floor of a hundred has ten times the answers of one of ten between two steps.
# Between these seats on a line: what makes a large floor stop sooner makes a small one's half hours no better
SUDDEN_SEATS = np.array([30.0, 50.0])
SUDDENLY_OF_SEATS, SUDDEN_OF_A_SEAT = np.array([2.5, 3.0]), np.array([0.1, 0.15])
MOST_SUSPECTED = 9.0
# a floor so small seldom dials more than one call beyond its agents: the suspicion cost p01_tiny2 0.3 points of
# occupancy, and no half hour of it has a hundred answers
SEATS_WITHOUT_SUSPICION = 3.0


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
    return min(mean, MOST_LEVEL), math.sqrt(variance) / mean


@compiled
def at_odds(level: float, odds: float) -> float:
    """The level of a call that is so many times as likely to be answered as the usual one."""
    return min(level * odds, MOST_LEVEL)


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
def suddenly(level: float, rules: Rules) -> float:
    """The level of a list that has suddenly become a better one."""
    return min(float(np.interp(rules.seats, SUDDEN_SEATS, SUDDENLY_OF_SEATS)) * level, MOST_LEVEL)


@compiled
def suspect(marks: Figures, level: Figures, rules: Rules, trials: float, answers: float) -> None:
    """Page's test (1954): how much better what came since some instant suits a sudden step than the level believed.

    The memories' weights say the same some ten answers later: they must find out how high the new level is.
    """
    mean, _ = level_now(level)
    times = suddenly(mean, rules) / mean
    evidence = answers * math.log(times) - (times - 1.0) * mean * trials
    marks[SUDDEN] = min(max(marks[SUDDEN] + evidence, 0.0), MOST_SUSPECTED)


@compiled
def suspicion(marks: Figures, rules: Rules) -> float:
    """The chance that the list has just become a better one and the level does not know it yet.

    Under a gauge's aim it counts less by as much as the aim is under the limit: who may abandon one call of 500 keeps
    agents in reserve for a step anyway, and its chance before any evidence would be more than all that may be risked.
    """
    if rules.seats <= SEATS_WITHOUT_SUSPICION or rules.half_hour_target <= 0:
        return 0.0
    aimed = rules.target / rules.half_hour_target
    before = float(np.interp(rules.seats, SUDDEN_SEATS, SUDDEN_OF_A_SEAT)) / rules.seats
    likely = aimed * before * math.exp(marks[SUDDEN])
    return float(likely / (1.0 + likely))


@compiled
def forget(level: Figures) -> None:
    """After a long time away the level is what it was, but no surer than a few answers make it."""
    for span in range(len(level)):
        if level[span, LEVEL_ANSWERS] > KEPT_AFTER_AWAY:
            keep = KEPT_AFTER_AWAY / level[span, LEVEL_ANSWERS]
            level[span, LEVEL_ANSWERS] *= keep
            level[span, LEVEL_TRIALS] *= keep
        level[span, LEVEL_WEIGHT] = 0.0


@compiled
def works_share(marks: Figures) -> float:
    """Share of calls that do not fail, the higher of the last calls' and the last half hour's: a network that failed a
    minute ago may be back."""
    return float(1.0 - min(fast_failing(marks), marks[SLOW_FAILING]))


@compiled
def fast_failing(marks: Figures) -> float:
    """Share of the last calls that failed."""
    return float((marks[FAST_FAILED] + 0.5) / (marks[FAST_ENDED] + 10.0))


@compiled
def most_fail(marks: Figures) -> bool:
    """Whether most of the last calls failed and it is not the list's nature: what the others come to, or do not, says
    nothing of the list either."""
    failing = marks[FAST_FAILED] / (marks[FAST_ENDED] + 5.0) > MOST_FAILING
    return bool(failing and marks[SLOW_FAILING] < 0.75 * MOST_FAILING)


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
def weight_of(ended: Figures, level: float, works: float, age_s: float, odds: float) -> float:
    """Answers to be expected of a call of these odds at this age, over those of a usual one that is still in the air.

    It is less than the odds for likely calls: one that ought to have been answered by now is the likelier to be so.
    """
    if odds == 1.0:
        return 1.0
    own = at_odds(level, odds)
    usual, this = _still_up(ended, level, works, age_s), _still_up(ended, own, works, age_s)
    return min(own / level * usual / this, MOST_WEIGHT)


@compiled
def _still_up(ended: Figures, level: float, works: float, age_s: float) -> float:
    """Chance that a call of this level has not ended by this age."""
    others = max(ended[MACHINE, -1] + ended[BUSY, -1] + ended[SILENT, -1], 1e-9)
    gone = at_age(ended[MACHINE], age_s) + at_age(ended[BUSY], age_s) + at_age(ended[SILENT], age_s)
    failed = at_age(ended[FAILED], age_s) / max(ended[FAILED, -1], 1e-9)
    live = at_age(ended[LIVE], age_s) / max(ended[LIVE, -1], 1e-9)
    return float(max(1.0 - (1.0 - works) * failed - works * (level * live + (1.0 - level) * gone / others), 1e-3))


@compiled
def count_failing(marks: Figures, failed: bool) -> None:
    """Of one more call it is known whether it failed."""
    one = 1.0 if failed else 0.0
    marks[FAST_ENDED] = marks[FAST_ENDED] * (1 - 1 / FAST_CALLS) + 1.0
    marks[FAST_FAILED] = marks[FAST_FAILED] * (1 - 1 / FAST_CALLS) + one
