"""Makes a scenario into the tables that the kernel reads: distributions, the list by second, the fixed figures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialer.pacing.interface import STAGES
from dialer.simulation.draws import CONST, EMPIRICAL, EXP, GAMMA, LOGNORMAL, MIXTURE, UNIFORM
from dialer.simulation.layout import DIST, MOST_SHOWS, TERMS
from dialer.simulation.scenario import SINCE, Calls, Dist, Profile, Scenario, TalkClass

KINDS = {
    "const": CONST,
    "uniform": UNIFORM,
    "exp": EXP,
    "gamma": GAMMA,
    "lognormal": LOGNORMAL,
    "empirical": EMPIRICAL,
    "mixture": MIXTURE,
}
SLICE_S = 300.0
"""Length of a slice of the day for the picture."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What is the same for every seed: see `layout.Floor` for the shapes."""

    terms: NDArray[np.void]
    rates: NDArray[np.float64]
    talk: NDArray[np.float64]
    dists: NDArray[np.void]
    pool: NDArray[np.float64]


class DistTable:
    """Distributions numbered in the order they are added; lists of numbers lie in one pool."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, float, float, float, int, int, int]] = []
        self.pool: list[float] = []

    def add(self, dist: Dist) -> int:
        numbers: tuple[float, ...] = ()
        count = 0
        if dist.shape == "empirical":
            numbers, count = dist.xs + dist.qs, len(dist.xs)
        elif dist.shape == "mixture":
            inner = [float(self.add(part)) for _, part in dist.parts]
            numbers, count = (*_cumulated([weight for weight, _ in dist.parts]), *inner), len(inner)
        self.rows.append((dist.a, dist.b, dist.low, dist.high, KINDS[dist.shape], len(self.pool), count))
        self.pool.extend(numbers)
        return len(self.rows) - 1

    def arrays(self) -> tuple[NDArray[np.void], NDArray[np.float64]]:
        return np.array(self.rows, DIST), np.array(self.pool or [0.0], np.float64)


def tables_of(scenario: Scenario) -> Tables:
    calls, table = scenario.calls, DistTable()
    weights = _cumulated([kind.weight for kind in calls.talk])
    talk = np.array(
        [
            (weight, table.add(kind.talk), table.add(kind.wrap), *_shows(kind, table))
            for weight, kind in zip(weights, calls.talk, strict=True)
        ]
    )
    terms = np.zeros(1, TERMS)
    _terms_of_floor(terms, scenario)
    _terms_of_calls(terms, calls, table)
    dists, pool = table.arrays()
    return Tables(terms, rates_of(calls.profile, scenario.horizon_s), talk, dists, pool)


def _shows(kind: TalkClass, table: DistTable) -> list[float]:
    """For each place stage, share, since when, number of the distribution; a share below 0: nothing."""
    found: list[float] = []
    for shown in kind.shows:
        found += [STAGES.index(shown.stage), shown.share, SINCE.index(shown.since), table.add(shown.by)]
    return found + [0.0, -1.0, 0.0, 0.0] * (MOST_SHOWS - len(kind.shows))


def _terms_of_floor(terms: NDArray[np.void], scenario: Scenario) -> None:
    terms["horizon_s"], terms["tick_s"], terms["bin_s"] = scenario.horizon_s, scenario.tick_s, SLICE_S
    terms["from_s"], terms["until_s"] = scenario.dial_window_s
    terms["connect_s"], terms["target"] = scenario.agents.connect_s, scenario.abandon_target
    terms["max_lines"] = -1 if scenario.max_lines is None else scenario.max_lines
    terms["max_cps"] = -1.0 if scenario.max_cps is None else scenario.max_cps


def _terms_of_calls(terms: NDArray[np.void], calls: Calls, table: DistTable) -> None:
    terms["hold_s"], terms["drop_message_s"] = calls.hold_s, calls.drop_message_s
    terms["ring_timeout_s"], terms["n_talk"] = calls.ring_timeout_s, len(calls.talk)
    terms["shows"] = any(kind.shows for kind in calls.talk)
    if calls.blocks is not None:
        terms["block_size"], terms["block_sd"] = calls.blocks.size, calls.blocks.logit_sd
    if calls.segments is not None:
        terms["segment_size"], terms["segment_count"] = calls.segments.size, len(calls.segments.factors)
        terms["segment_first"] = len(table.pool)
        table.pool.extend(calls.segments.factors)
    for name in ("pdd", "ring_human", "ring_machine", "busy_delay", "failed_delay", "greeting"):
        terms[name] = table.add(getattr(calls, name))
    terms["machine_talk"], terms["machine_wrap"] = table.add(calls.machine_talk), table.add(calls.machine_wrap)
    if calls.amd is not None:
        terms["amd"], terms["fp"], terms["fn"] = 1, calls.amd.fp, calls.amd.fn
        terms["delay_human"] = table.add(calls.amd.delay_human)
        terms["delay_machine"] = table.add(calls.amd.delay_machine)


def rates_of(profile: Profile, horizon_s: float) -> NDArray[np.float64]:
    """Row per whole second: human, machine, busy, failed, ring, talk, wrap scale; constant outside the rows."""
    seconds = np.arange(int(np.ceil(horizon_s)) + 1, dtype=np.float64)
    rows = np.array(
        [(r.human, r.machine, r.busy, r.failed, r.ring_scale, r.talk_scale, r.wrap_scale) for r in profile.rows]
    )
    times = np.array([row.t for row in profile.rows])
    if profile.interp == "step":
        return np.ascontiguousarray(rows[np.maximum(np.searchsorted(times, seconds, side="right") - 1, 0)])
    return np.ascontiguousarray(np.stack([np.interp(seconds, times, column) for column in rows.T], axis=1))


def _cumulated(weights: list[float]) -> tuple[float, ...]:
    return tuple(float(share) for share in np.cumsum(weights) / sum(weights))
