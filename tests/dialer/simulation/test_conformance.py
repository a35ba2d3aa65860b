"""The simulator agrees with exact values and with the published means of the reference, within their confidence.

The whole comparison, all scenarios: `make pacing-conformance`.
"""

import pytest

from dialer.simulation.floor import Law, SimulatedFloor
from dialer.simulation.layout import LAW_RATIO
from dialer.simulation.results import pooled, result_of
from tests.bench.pacing_conformance import KEPT_BY_CHANCE, REFERENCE, compare
from tests.dialer.simulation.small import exponential

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
EXACT = [(5, 1.0, 0.7176, 0.0), (20, 1.0, 0.7176, 0.0), (5, 2.0, 0.8406, 0.0909), (20, 2.0, 0.8412, 0.0073)]


@pytest.mark.parametrize(("agents", "ratio", "occupancy", "abandoned"), EXACT)
def test_the_memoryless_model_gives_the_exact_values(
    agents: int, ratio: float, occupancy: float, abandoned: float
) -> None:
    """Of a Markov chain: control after every event, nobody waits."""
    scenario = exponential(agents, 2_000_000 / agents)
    runs = []
    for seed in range(8):
        floor = SimulatedFloor(scenario, seed, law=Law(LAW_RATIO, ratio), on_event=True)
        floor.run_law()
        runs.append(result_of(scenario, seed, floor.memory))
    # 16 million agent seconds: three standard errors are 0.002 of occupancy and 0.0015 of abandonment
    assert sum(run["occupancy"] for run in runs) / len(runs) == pytest.approx(occupancy, abs=0.002)
    assert pooled(runs) == pytest.approx(abandoned, abs=0.0015)


@pytest.mark.parametrize("name", ["std_20", "p01_tiny2", "p03_survey20", "p04_collect50", "p10_churn25_2day"])
@pytest.mark.parametrize("ratio", [1, 2])
def test_fixed_ratios_agree_with_the_reference(name: str, ratio: int) -> None:
    found = compare(name, ratio, seeds=5)
    assert found.agrees, found


def test_the_reference_covers_every_scenario_that_ships() -> None:
    from dialer.simulation.reading import names

    assert set(REFERENCE) == set(names()) and KEPT_BY_CHANCE < 0.01
