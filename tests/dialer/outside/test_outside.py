"""The second floor comes out where exact theory says: the memoryless model of the pacing reference."""

from collections import Counter
from typing import Any

import pytest

from tests.dialer.outside.floor import OutsideFloor


def memoryless(agents: int, hours: float) -> dict[str, Any]:
    """A quarter answers after exp(12) s, the rest is busy after as long; handling takes exp(122) s; nobody waits."""
    answer = {"dist": "exp", "mean": 12}
    return {
        "horizon_s": hours * 3600, "tick_s": 0.2, "agents": {"groups": [{"count": agents}]},
        "calls": {
            "profile": {"rows": [{"t": 0, "human": 0.25, "busy": 0.75}]},
            "pdd": 0, "ring_human": answer, "busy_delay": answer, "ring_timeout_s": 1e9, "hold_s": 0, "amd": None,
            "talk": [{"name": "any", "weight": 1, "talk": {"dist": "exp", "mean": 122}, "wrap": 0}],
        },
    }  # fmt: skip


def run(agents: int, lines_per_agent: int, hours: float, seed: int) -> OutsideFloor:
    def ask(snapshot: dict[str, Any]) -> int:
        idle: int = sum(agent[0] == "idle" for agent in snapshot["agents"])
        return max(0, lines_per_agent * idle - len(snapshot["calls"]))

    floor = OutsideFloor(memoryless(agents, hours), seed, ask)
    floor.run()
    return floor


@pytest.mark.parametrize(
    ("agents", "lines", "occupancy", "abandoned"),
    [(5, 1, 0.7176, 0.0), (5, 2, 0.8406, 0.0909), (20, 2, 0.8412, 0.0073)],
)
def test_it_agrees_with_the_exact_values_of_the_memoryless_model(
    agents: int, lines: int, occupancy: float, abandoned: float
) -> None:
    floor = run(agents, lines, hours=240 / agents, seed=11)
    live = floor.tally.live
    # the pacer is asked five times a second and not after every event, which costs a little
    assert floor.occupancy() == pytest.approx(occupancy, abs=0.012)
    assert sum(lost for _, lost in live) / len(live) == pytest.approx(abandoned, abs=0.008)
    assert len(live) > 5000


def test_every_call_ends_once_and_every_line_is_given_back() -> None:
    ended: Counter[str] = Counter()

    def ask(snapshot: dict[str, Any]) -> int:
        ended.update(outcome[1] for outcome in snapshot["outcomes"])
        ends = sum(ended[kind] for kind in ("busy", "failed", "no_answer", "amd_machine", "dropped", "connected"))
        assert snapshot["totals"]["launched"] == ends + len(snapshot["calls"])
        assert snapshot["lines_in_use"] == len(snapshot["calls"]) + sum(one[0] == "talk" for one in snapshot["agents"])
        return max(0, 8 - len(snapshot["calls"]))

    floor = OutsideFloor(memoryless(5, hours=4), 3, ask)
    floor.run()
    assert ended["busy"] > 1000 and ended["dropped"] > 100 and ended["connected"] > 100
