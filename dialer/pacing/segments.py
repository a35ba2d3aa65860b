"""Learns how much likelier than usual a call is answered: by list, score, hour of the person's day, attempt. Pure.

The chance of an answer is usual * list * score * hour * attempt. The logarithm of each factor is believed with a
variance; what became of a call moves all factors that it had, each by its share of the variance (an extended Kalman
filter with a diagonal covariance; Poisson answers). For one factor alone this is the Gamma-Poisson mean with a prior of
1 / SPREAD ** 2 expected answers; for several it does not give the same fact to each of them in full.
"""

import math
from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from msgspec import Struct

from dialer.pacing.interface import OutcomeKind

Feature = Literal["list", "score", "hour", "attempt"]
FEATURES: tuple[Feature, ...] = get_args(Feature)
# before the first call: the share answered, and how far factors lie apart, both as standard deviations of a logarithm
FIRST_SHARE, FIRST_SPREAD, SPREAD = 0.25, 2.0, 0.4
# so many expected answers are remembered: hours are to follow the day, and what they have in common is not
REMEMBERED: dict[Feature, float] = {"list": 2000.0, "score": 2000.0, "hour": 500.0, "attempt": 2000.0}
USUAL_ANSWERS = 5000.0
LEAST_SHARE = 0.0005
LEAST_ODDS, MOST_ODDS = 0.125, 8.0
LISTS_KEPT = 64
SCORE_BAND = 10_000
LAST_ATTEMPT = 8
DIGITS = 3
"""Odds are told in whole thousandths, as they are recorded."""


class Cell(NamedTuple):
    """What was known of a call at its launch. `list`: the import that brought the person, 0: none; `score`: tenth of
    the scale, 0 to 9; `hour`: of the person's day, 0 to 23; `attempt`: from 1, the last one stands for all later ones.
    """

    list: int
    score: int
    hour: int
    attempt: int


def cell_of(*, list_id: int | None, score: int, hour: int, attempt: int) -> Cell:
    """`score`: of the queue, 0 to 100000."""
    return Cell(list_id or 0, min(max(score // SCORE_BAND, 0), 9), hour % 24, min(max(attempt, 1), LAST_ATTEMPT))


class Tried(NamedTuple):
    """A call of which it is known now whether somebody answered; to be learnt at `due_s` of the pacer's clock."""

    due_s: float
    cell: Cell
    answered: bool


class Believed(NamedTuple):
    """The logarithm of a factor: mean and variance."""

    mean: float = 0.0
    variance: float = SPREAD**2


class Factors(Struct, frozen=True, array_like=True):
    """What is known of a campaign's factors; of one size after a while. `usual`: share answered where all are 1."""

    usual: Believed = Believed(math.log(FIRST_SHARE), FIRST_SPREAD**2)
    known: dict[Feature, dict[int, Believed]] = {}

    def of(self, feature: Feature, value: int) -> Believed:
        return self.known.get(feature, {}).get(value, Believed())

    def varies(self, feature: Feature) -> bool:
        return len(self.known.get(feature, {})) > 1


class Shown(NamedTuple):
    """One factor for people. `sure`: standard deviation of its logarithm, about its relative error."""

    feature: Feature
    value: int
    factor: float
    sure: float


def odds(factors: Factors, cell: Cell) -> float:
    """How likely the call is answered, compared with one of which nothing is known: 1 before anything was learnt.

    A feature that all calls had alike tells nothing, and its factor is left out.
    """
    told = [
        factors.of(feature, value) for feature, value in zip(FEATURES, cell, strict=True) if factors.varies(feature)
    ]
    total = sum(one.mean for one in told)
    return round(min(max(math.exp(total), LEAST_ODDS), MOST_ODDS), DIGITS)


def tells(kind: OutcomeKind, detects: bool) -> bool | None:
    """Whether somebody answered for an agent; None: the outcome does not say, or the call failed and no person was
    asked. `detects`: machines are detected, so an answer is a person's only once it is judged so."""
    match kind:
        case "failed":
            return None
        case "busy" | "no_answer" | "amd_machine":
            return False
        case "answered":
            return None if detects else True
        case "connected" | "dropped":
            return True if detects else None


def learnt(factors: Factors, tried: Iterable[Tried]) -> Factors:
    """The factors after these calls.

    All calls of one time of launch must be told together: those that are answered are known sooner than the others.
    """
    usual, known = factors.usual, {feature: dict(factors.known.get(feature, {})) for feature in FEATURES}
    for one in tried:
        usual = _learn(usual, known, one)
    return Factors(usual, known)


def _learn(usual: Believed, known: dict[Feature, dict[int, Believed]], one: Tried) -> Believed:
    """Changes `known`, gives what is usual now."""
    parts = [known[feature].pop(value, Believed()) for feature, value in zip(FEATURES, one.cell, strict=True)]
    expected = math.exp(min(usual.mean + sum(part.mean for part in parts), 0.0))
    missed = (1.0 if one.answered else 0.0) - expected
    share = 1.0 / (1.0 + expected * (usual.variance + sum(part.variance for part in parts)))
    for feature, value, part in zip(FEATURES, one.cell, parts, strict=True):
        # what was used last stands last
        known[feature][value] = _moved(
            part, missed * share, expected * share, REMEMBERED[feature], (LEAST_ODDS, MOST_ODDS)
        )
    while len(known["list"]) > LISTS_KEPT:
        known["list"].pop(next(iter(known["list"])))
    return _moved(usual, missed * share, expected * share, USUAL_ANSWERS, (LEAST_SHARE, 1.0))


def _moved(part: Believed, surprise: float, weight: float, answers: float, within: tuple[float, float]) -> Believed:
    least, most = within
    mean = min(max(part.mean + part.variance * surprise, math.log(least)), math.log(most))
    return Believed(mean, max(part.variance * (1.0 - part.variance * weight), 1.0 / answers))


def shown(factors: Factors) -> list[Shown]:
    """Every factor that a call has taught, by feature and value."""
    return [
        Shown(feature, value, round(math.exp(one.mean), DIGITS), round(math.sqrt(one.variance), DIGITS))
        for feature in FEATURES
        for value, one in sorted(factors.known.get(feature, {}).items())
    ]
