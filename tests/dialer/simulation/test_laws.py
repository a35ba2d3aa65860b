"""VICIdial's adaptive law behaves as its manual says and its users measure: the direction, not the digits."""

from typing import Any

import pytest

from dialer.simulation.confidence import estimate
from dialer.simulation.modes import ModeProblem, mode_of
from dialer.simulation.reading import load
from dialer.simulation.results import pooled
from dialer.simulation.runs import Day, run_days

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def figures(scenario: str, mode: str, **knobs: float) -> tuple[float, float]:
    """Occupancy and pooled abandonment in percent, of three seeds."""
    kind = mode_of(
        mode, ratio=knobs.get("ratio", 2.0), max_level=knobs.get("level", 3.0), available_only=bool(knobs.get("only"))
    )
    runs = [ran.result for ran in run_days([Day(load(scenario), kind, seed) for seed in (1, 2, 3)])]
    return 100 * estimate([run["occupancy"] for run in runs]).mean, 100 * (pooled(runs) or 0.0)


def test_the_hard_limit_switches_about_the_limit_and_gains_little() -> None:
    for scenario, plain in (("std_20", 60.3), ("std_100", 60.9)):
        occupancy, abandoned = figures(scenario, "vici-hard")
        assert plain - 2 < occupancy < plain + 6 and 2.5 < abandoned < 4


def test_average_is_as_the_hard_limit() -> None:
    hard, average = figures("std_100", "vici-hard"), figures("std_100", "vici-average")
    assert average == pytest.approx(hard, abs=2)


def test_tapered_floods_small_floors_until_noon() -> None:
    small, large = figures("std_5", "vici-tapered"), figures("std_300", "vici-tapered")
    assert small[1] > 25 and 3 < large[1] < 12
    assert small[0] > 72 and large[0] > 75


def test_the_available_only_tally_is_a_ratio_of_its_highest_level() -> None:
    adaptive, ratio = figures("std_100", "vici-tapered", only=1), figures("std_100", "ratio", ratio=3)
    # its dialer looks every 2.5 s only
    assert ratio[0] - 3 < adaptive[0] <= ratio[0] and adaptive[1] < 0.5


def test_an_unknown_mode_and_senseless_knobs_are_refused() -> None:
    refused: tuple[dict[str, Any], ...] = (
        {"name": "guess"},
        {"name": "ratio", "ratio": 0.0},
        {"name": "vici-hard", "max_level": 0.5},
    )
    for words in refused:
        with pytest.raises(ModeProblem):
            mode_of(**words)
