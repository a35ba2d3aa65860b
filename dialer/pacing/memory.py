"""Names what the predictive pacer remembers: arrays of a fixed size, a value that can be copied and stored. Pure.

All counts are decayed sums, so nothing grows with the length of the day. Times are seconds of the caller's clock.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dialer.pacing.interface import STAGES
from dialer.pacing.start import LONGEST_RINGING_S, PacerStart

Figures = NDArray[np.float64]

AGE_STEP_S = 0.5
ANSWER_SPAN_S = 14.0

# what a call can come to, the rows of `Memory.ends`
LIVE, MACHINE, BUSY, FAILED, SILENT = range(5)

# how many expected answers each memory of the answer level looks back
LEVEL_SPANS = np.array([12.0, 40.0, 130.0, 400.0, 1500.0])
LEVEL_ANSWERS, LEVEL_TRIALS, LEVEL_WEIGHT = range(3)

TALK_EDGES_S = np.array(
    [0, 2, 4, 6, 8, 10, 12, 15, 19, 24, 30, 38, 48, 60, 75, 95, 120, 150, 190, 240, 300, 380, 480, 600, 800, 1200.0]
)
WRAP_EDGES_S = np.array([0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 90, 130.0])
# wrap-up is longer after a long talk: what it lasts is learnt apart for these lengths of talk
WRAP_AFTER_S = np.array([15.0, 45.0, 135.0])
EVENTS, EXPOSURE = range(2)
WRAP_STEP_S = 0.5
WRAP_STEPS = 320
RECENT_TALKS = 512
# seconds since a stage showed; its last bin has no end
STAGE_EDGES_S = np.array([0, 1, 2, 3, 5, 7, 10, 14, 20, 28, 40, 60, 90, 140, 220, 400.0])
# rows of `Memory.wrap_staged`: one for each stage that the talk ended in, and one for what shows in the wrap-up itself
SHOWN_IN_WRAP = len(STAGES) - 1

# the places of `Memory.marks`
(
    NOW_S,
    LOOKS,
    LAST_OUTCOME_S,
    DISTRIBUTED_S,
    ANSWERED,
    DROPPED,
    TALKS,
    MACHINE_TALKS,
    UNWRAPPED,
    PATIENCE_S,
    PATIENCES,
    FAST_ENDED,
    FAST_FAILED,
    SLOW_FAILING,
    DROUGHT,
    RECENT_AT,
    DRIFT,
    SPREE,
    EXPECTED,
    EXPECTED_VARIANCE,
    ASKED_S,
    ASKED_MEAN,
    ASKED_DEVIATION,
    ASKED_SKEW,
    SEEN,
    SURPRISED,
    SILENCES,
    FIRST_S,
    CROWDED,
    LATELY_ANSWERED,
    LATELY_DROPPED,
    HALF_HOUR_AT,
    SUDDEN,
) = range(33)
MARKS = 33

# the last half hour by what came in each of these steps, and a step more; its columns
HALF_HOUR_STEP_S, HALF_HOUR_STEPS = 30.0, 61
CAME, LEFT = range(2)

# quantiles of the tracked forecast, and the columns of `Memory.coverage`
QUANTILES = np.array([0.1, 0.5, 0.9])


class Memory(NamedTuple):
    """`marks`: single figures, by the names above. `ends[kind, age]`: calls by what they came to and at what age;
    `risk[age]`: calls that lived through that age; `prior[kind, age]`: hazards believed before any call.
    `level[span]`: answers, trials and log weight of each memory of the answer level. `talk[bin]`, `wrap[after, bin]`:
    ends and seconds lived through by time in the state. `recent`: (instant, seconds) of the latest talks.
    `finish[edge, second]`: chance that a talk of that age is over, wrap-up too, within so many seconds;
    `wrapped[after, step]`: cumulative hazard of wrap-up. `coverage`: forecasts compared, and how many of the
    outcomes were under each quantile; first row decayed, second row since the start. `half_hour[step]`: answers and
    abandoned calls of each step of the last half hour, a ring.

    Of stages (`dialer/pacing/stages.py`), all 0 as long as none has shown: `staged[stage - 1, bin]`: ends and seconds
    lived through by time since the stage showed; `moved[stage, bin, stage - 1]`: talks in which another stage showed,
    by the clock of the stage before. `wrap_staged[row, bin]`, `wrap_moved[band, bin]`: the same of wrap-up.
    `stage_finish[stage - 1, edge, second]`, `wrap_finish[band, edge, second]`: as `finish`.
    """

    marks: Figures
    ends: Figures
    risk: Figures
    prior: Figures
    level: Figures
    talk: Figures
    wrap: Figures
    recent: Figures
    finish: Figures
    wrapped: Figures
    coverage: Figures
    half_hour: Figures
    staged: Figures
    moved: Figures
    wrap_staged: Figures
    wrap_moved: Figures
    stage_finish: Figures
    wrap_finish: Figures

    def copy(self) -> "Memory":
        return Memory(*(part.copy() for part in self))


class Rules(NamedTuple):
    """The start's figures as numbers that compiled code takes.

    `target`: share of abandoned calls over the day; `half_hour_target`: that by which a half hour is judged, whatever
    the day still allows. `detects`: 1 when machines are detected; `closes_s`: end of the dialing window.
    """

    target: float
    half_hour_target: float
    ring_timeout_s: float
    hold_s: float
    connect_s: float
    seats: float
    detects: float
    false_positives: float
    closes_s: float


def rules_of(start: PacerStart) -> Rules:
    return Rules(
        target=float(start.spends),
        half_hour_target=float(start.abandon_target),
        ring_timeout_s=min(float(start.ring_timeout_s), LONGEST_RINGING_S),
        hold_s=float(start.hold_s),
        connect_s=float(start.connect_s),
        seats=float(start.n_agents),
        detects=0.0 if start.amd is None else 1.0,
        false_positives=0.0 if start.amd is None else float(start.amd.est_fp),
        closes_s=float(start.dial_window_s[1]),
    )


def age_bins(ring_timeout_s: float) -> int:
    return math.ceil((ring_timeout_s + ANSWER_SPAN_S) / AGE_STEP_S)


def fresh(rules: Rules) -> Memory:
    """What is believed before the first call: broad, and on the side of caution."""
    bins, bands = age_bins(rules.ring_timeout_s), len(WRAP_AFTER_S) + 1
    marks = np.zeros(MARKS)
    marks[LAST_OUTCOME_S] = marks[DISTRIBUTED_S] = marks[ASKED_S] = -math.inf
    level = np.zeros((len(LEVEL_SPANS), 3))
    stages, wraps, seconds = SHOWN_IN_WRAP, len(WRAP_EDGES_S), bins // 2 + 8
    return Memory(
        marks=marks,
        ends=np.zeros((5, bins)),
        risk=np.zeros(bins),
        prior=_first_hazards(rules, bins),
        level=level,
        talk=np.zeros((len(TALK_EDGES_S), 2)),
        wrap=np.zeros((bands, len(WRAP_EDGES_S), 2)),
        recent=np.full((RECENT_TALKS, 2), -math.inf),
        finish=np.zeros((len(TALK_EDGES_S), seconds)),
        wrapped=np.zeros((bands, WRAP_STEPS + 1)),
        coverage=np.zeros((2, 1 + len(QUANTILES))),
        half_hour=np.zeros((HALF_HOUR_STEPS, 2)),
        staged=np.zeros((stages, len(STAGE_EDGES_S), 2)),
        moved=np.zeros((1 + stages, len(TALK_EDGES_S), stages)),
        wrap_staged=np.zeros((stages + 1, wraps, 2)),
        wrap_moved=np.zeros((bands + stages, wraps)),
        stage_finish=np.zeros((stages, len(STAGE_EDGES_S), seconds)),
        wrap_finish=np.zeros((bands + stages + 1, wraps, seconds)),
    )


def _first_hazards(rules: Rules, bins: int) -> Figures:
    """The usual shapes: post-dial delay about 2 s, about 9 s of ringing until an answer; a quarter answers."""
    ages = (np.arange(bins) + 0.5) * AGE_STEP_S
    rung = np.maximum(ages - 2.2, 1e-3)
    human = np.exp(-0.5 * (np.log(rung / 8.5) / 0.65) ** 2) / rung
    human[ages > rules.ring_timeout_s + 6] = 0
    early = np.where((ages > 2.0) & (ages < 6.0), 1.0, 0.0)
    late = np.where((ages > 6.0) & (ages < rules.ring_timeout_s + 3), 1.0, 0.0)
    short = np.exp(-0.5 * ((ages - 3.3) / 1.2) ** 2)
    silent = np.exp(-0.5 * ((ages - rules.ring_timeout_s - 2.2) / 1.0) ** 2)
    ends = np.zeros((5, bins))
    machines = 0.2 * rules.detects
    ends[LIVE] = 0.25 * _share(human)
    ends[MACHINE] = machines * (0.3 * _share(early) + 0.7 * _share(late))
    ends[BUSY] = 0.04 * _share(short)
    ends[FAILED] = 0.06 * _share(short)
    ends[SILENT] = (0.65 - machines) * _share(silent)
    alive = 1.0 - np.concatenate([[0.0], np.cumsum(ends.sum(axis=0))[:-1]])
    return np.minimum(ends / np.maximum(alive, 1e-3), 3.0)


def _share(weights: Figures) -> Figures:
    return weights / max(float(weights.sum()), 1e-12)
