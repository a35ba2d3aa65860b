"""Timers ring in order, at their instants, and not after they were cancelled."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from dialer.alarms import Alarms
from telephony.clock import ScaledClock
from tests.builders import NOW


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock(NOW, 100.0)


@pytest.fixture
async def alarms(clock: ScaledClock) -> AsyncIterator[Alarms]:
    made = Alarms(clock)
    made.start()
    yield made
    await made.stop()


async def test_timers_ring_in_the_order_of_their_instants(alarms: Alarms, clock: ScaledClock) -> None:
    rung: asyncio.Queue[str] = asyncio.Queue()
    now = clock.now()
    alarms.set(now + timedelta(seconds=3), lambda: rung.put_nowait("late"))
    await asyncio.sleep(0)
    alarms.set(now + timedelta(seconds=1), lambda: rung.put_nowait("early"))
    assert [await rung.get(), await rung.get()] == ["early", "late"]
    assert clock.now() >= now + timedelta(seconds=3)


async def test_a_timer_of_the_past_rings_at_once(alarms: Alarms, clock: ScaledClock) -> None:
    rung = asyncio.Event()
    alarms.set(clock.now() - timedelta(hours=1), rung.set)
    await asyncio.wait_for(rung.wait(), 1)


async def test_a_cancelled_timer_is_silent(alarms: Alarms, clock: ScaledClock) -> None:
    rung: list[str] = []
    last = asyncio.Event()
    alarms.set(clock.now() + timedelta(seconds=1), lambda: rung.append("cancelled")).cancel()
    alarms.set(clock.now() + timedelta(seconds=2), last.set)
    await asyncio.wait_for(last.wait(), 1)
    assert rung == []


async def test_a_timer_that_fails_does_not_silence_the_others(alarms: Alarms, clock: ScaledClock) -> None:
    rung = asyncio.Event()

    def fail() -> None:
        raise RuntimeError("a fault in a timer")

    alarms.set(clock.now() + timedelta(seconds=1), fail)
    alarms.set(clock.now() + timedelta(seconds=1), rung.set)
    await asyncio.wait_for(rung.wait(), 1)
