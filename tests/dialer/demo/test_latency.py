"""What the demonstration measures of itself."""

import asyncio
import time

from dialer.demo.latency import Stolen, percentiles


def test_percentiles_are_by_nearest_rank_and_nothing_gives_nothing() -> None:
    values = [float(n) for n in range(1, 101)]

    assert percentiles(values, (50, 95, 99)) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles(values[::-1], (50,)) == {"p50": 50.0}
    assert percentiles([3.0], (50, 99)) == {"p50": 3.0, "p99": 3.0}
    assert percentiles([], (50, 99)) == {"p50": None, "p99": None}


async def test_time_that_was_stolen_counts_and_own_work_does_not() -> None:
    stolen = Stolen()
    watching = asyncio.create_task(stolen.watch())
    await asyncio.sleep(0)
    time.sleep(0.5)  # noqa: ASYNC251 - stands for a machine that runs others
    await asyncio.sleep(0.05)
    away = stolen.worst_s
    stolen.worst_s = 0.0
    until = time.process_time() + 0.5
    while time.process_time() < until:
        pass
    await asyncio.sleep(0.05)
    watching.cancel()

    assert away > 0.4
    # beside other programs the wall runs ahead of our own time
    assert stolen.worst_s < 2.0
