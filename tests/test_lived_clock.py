"""The tests' fast clock: it keeps time with a loop that runs and stands still with one that does not."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from tests.lived_clock import STEP_S, LivedClock

START = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.fixture
async def clock() -> LivedClock:
    made = LivedClock(START, 10.0)
    made.start()
    return made


async def test_it_keeps_time_with_a_loop_that_runs(clock: LivedClock) -> None:
    began, real = clock.now(), time.monotonic()
    await clock.sleep(2.0)
    lived = (clock.now() - began).total_seconds()
    assert 2.0 <= lived <= (time.monotonic() - real) * 10.0 + 0.01
    clock.stop()


async def test_a_pause_of_the_whole_process_is_one_step(clock: LivedClock) -> None:
    began = clock.monotonic()
    time.sleep(0.3)  # noqa: ASYNC251 - a stalled machine is what is tried
    assert clock.monotonic() - began <= STEP_S * 10.0 + 0.01
    clock.stop()


async def test_who_sleeps_through_a_pause_sleeps_on(clock: LivedClock) -> None:
    began = clock.monotonic()
    asyncio.get_running_loop().call_later(0.01, time.sleep, 0.3)
    await clock.sleep(2.0)
    assert clock.monotonic() - began >= 2.0
    clock.stop()
