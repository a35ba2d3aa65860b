"""The figures of one simulated day, and of several seeds together with their confidence. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialer.simulation.layout import Floor
from dialer.simulation.scenario import Scenario

COUNTED = (
    "calls", "busy", "failed", "no_answer", "live_answers", "machine_answers", "amd_released", "amd_fp",
    "machine_to_agent", "machine_dropped", "connects_live", "dropped", "late", "peak_lines",
    "refused_trunk", "refused_cps", "refused_window",
)  # fmt: skip
HOUR_S = 3600.0


def result_of(scenario: Scenario, seed: int, floor: Floor) -> dict[str, Any]:
    """The figures of a day that has reached its horizon. None where there is nothing to divide by.

    Shares are between 0 and 1, `_s` seconds, `rolling_max` by window in seconds; `abandoned` = dropped + late + amd_fp.
    """
    w = floor.world[0]
    counts = {name: int(w[name]) for name in COUNTED}
    talk, machine, wrap = float(w["talk_live_s"]), float(w["talk_machine_s"]), float(w["wrap_s"])
    present = talk + machine + wrap + float(w["idle_s"])
    window = max(0.0, min(scenario.dial_window_s[1], scenario.horizon_s) - scenario.dial_window_s[0])
    live, calls, abandoned = (
        counts["live_answers"],
        counts["calls"],
        counts["dropped"] + counts["late"] + counts["amd_fp"],
    )
    waits, delays = floor.waits[: w["n_waits"]], floor.delays[: w["n_delays"]]
    answers = floor.answers[: w["n_answers"]]
    return {
        "seed": seed,
        "occupancy": _over(talk + machine + wrap, present),
        "talk_min_per_hour": _over(60.0 * talk, present),
        "machine_min_per_hour": _over(60.0 * machine, present),
        "wait_mean_s": _mean(waits),
        **_quantiles("wait", waits, (50, 95)),
        "abandoned": abandoned,
        "abandon_rate": _over(abandoned, live),
        "drop_rate": _over(counts["dropped"], live),
        "late_rate": _over(counts["late"], live),
        "amd_fp_rate": _over(counts["amd_fp"], live),
        "rolling_max": {
            f"{window:g}": rolling_max(answers["at"], answers["abandoned"], window, scenario.window_min_answers)
            for window in scenario.windows_s
        },
        **_quantiles("delay", delays, (50, 95, 99)),
        **counts,
        "calls_per_hour": _over(calls * HOUR_S, window),
        "connects_per_agent_hour": _over(counts["connects_live"] * HOUR_S, present),
        "calls_per_connect": _over(calls, counts["connects_live"]),
        "mean_lines": _over(float(w["line_s"]), scenario.horizon_s),
        "agent_hours": present / HOUR_S,
    }  # fmt: skip


def rolling_max(at: NDArray[np.float64], abandoned: NDArray[np.int64], window_s: float, least: int) -> float | None:
    """The worst share of abandoned answers in (t - window, t] over all t at which a person answered.

    Windows with fewer than `least` answers are left out; None: all of them.
    """
    if not len(at):
        return None
    total = np.concatenate(([0], np.cumsum(abandoned)))
    first = np.searchsorted(at, at - window_s, side="right")
    # answers of one instant belong to one window
    end = np.searchsorted(at, at, side="right")
    answers = end - first
    enough = answers >= max(1, least)
    if not enough.any():
        return None
    return float(((total[end] - total[first])[enough] / answers[enough]).max())


def _over(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if len(values) else None


def _quantiles(name: str, values: NDArray[np.float64], percents: Sequence[int]) -> dict[str, float | None]:
    found = np.percentile(values, percents) if len(values) else [None] * len(percents)
    return {f"{name}_p{p}_s": None if q is None else float(q) for p, q in zip(percents, found, strict=True)}


def pooled(runs: Sequence[Mapping[str, Any]], part: str = "abandoned", whole: str = "live_answers") -> float | None:
    """The campaign's share over all runs: sum over sum."""
    return _over(sum(run[part] for run in runs), sum(run[whole] for run in runs))
