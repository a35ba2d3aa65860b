"""How `python -m tests.bench lines` climbs: what counts as held, how often a rate is tried, and when it ends."""

from collections.abc import Sequence

import pytest

from tests.bench.bench_lines import Step, ceiling, climb


def step(rate: float, p99_ms: float, *, answered: float = 1.0) -> Step:
    return Step(rate, rate, answered, {"p99": p99_ms}, {})


class Machine:
    """Answers each try of a rate with the next of these overheads, then with the last again."""

    def __init__(self, **p99_ms: Sequence[float]) -> None:
        self.p99_ms = {float(rate[2:]): list(overheads) for rate, overheads in p99_ms.items()}
        self.asked: list[float] = []

    async def hold(self, rate: float) -> Step:
        self.asked.append(rate)
        left = self.p99_ms[rate]
        return step(rate, left.pop(0) if len(left) > 1 else left[0])


async def test_a_rate_that_fails_is_tried_again_and_its_best_try_counts() -> None:
    machine = Machine(at10=[90, 20], at20=[80, 70, 90])
    steps = await climb((10, 20), 3, machine.hold)
    assert machine.asked == [10, 10, 20, 20, 20]
    assert [(one.rate, one.overhead_ms["p99"], one.held) for one in steps] == [(10, 20, True), (20, 70, False)]


async def test_it_ends_after_two_rates_in_a_row_that_are_not_held() -> None:
    machine = Machine(at10=[20], at20=[90], at30=[20], at40=[90], at50=[90], at60=[20])
    steps = await climb((10, 20, 30, 40, 50, 60), 1, machine.hold)
    assert machine.asked == [10, 20, 30, 40, 50]
    best = ceiling(steps)
    assert best is not None and best.rate == 30


@pytest.mark.parametrize(
    ("found", "held"),
    [(step(10, 49.9), True), (step(10, 50), False), (step(10, 20, answered=0.99), False),
     (Step(10, 9.7, 1.0, {"p99": 20.0}, {}), True), (Step(10, 9.6, 1.0, {"p99": 20.0}, {}), False)],
)  # fmt: skip
def test_held_is_rate_answers_and_overhead_at_once(found: Step, held: bool) -> None:
    assert found.held is held
