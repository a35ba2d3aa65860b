"""The sealer beside the scheduler: one leader, verdicts only when nobody can write below them, a signature an hour."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.sealer import LEASE_S, Sealer, seal_all
from telephony.clock import SystemClock
from tests.builders import NOW
from tests.campaigns.audit.chains import KEY
from tests.campaigns.audit.shelf import Shelf, opened
from tests.dialer.test_scheduler import HandClock

pytestmark = pytest.mark.postgres


@pytest.fixture
async def shelf(engine: AsyncEngine) -> AsyncIterator[Shelf]:
    async with opened(engine) as made:
        yield made


async def test_rows_are_sealed_at_the_next_tick_and_signed_each_hour(shelf: Shelf) -> None:
    clock = HandClock()
    sealer = Sealer(shelf.engine, clock, "a", KEY)
    await shelf.record(2)
    assert await sealer.tick() == 2
    assert await sealer.tick() == 0
    clock.at += timedelta(minutes=59, seconds=59)
    await sealer.tick()
    assert await shelf.all("SELECT number, seq, at FROM audit_checkpoint") == [(1, 2, NOW)]
    clock.at += timedelta(seconds=1)
    await sealer.tick()
    assert await shelf.all("SELECT number, seq, at FROM audit_checkpoint") == [(1, 2, NOW), (2, 2, clock.at)]
    assert (await shelf.check()).ok


async def test_a_sealer_that_starts_anew_goes_on_with_the_hour(shelf: Shelf) -> None:
    clock = HandClock()
    await shelf.record()
    await Sealer(shelf.engine, clock, "a", KEY).tick()
    clock.at += timedelta(minutes=30)
    await Sealer(shelf.engine, clock, "a", KEY).tick()
    assert await shelf.all("SELECT number FROM audit_checkpoint") == [(1,)]


async def test_verdicts_follow_a_tick_later_and_wait_for_an_open_transaction(shelf: Shelf) -> None:
    sealer = Sealer(shelf.engine, HandClock(), "a", KEY)
    async with shelf.engine.begin() as slow:
        await shelf.verdict(slow)
        await shelf.verdicts(2)
        for _ in range(3):
            assert await sealer.tick() == 0
    assert await sealer.tick() == 2, "a row for the verdicts, one for the outcomes of their attempts"
    report = await shelf.check()
    assert report.ok and (report.verdicts, report.outcomes) == (3, 3)
    await shelf.verdicts(600)
    await sealer.tick()
    assert await sealer.tick() == 5, "three batches of 200 verdicts, two of 500 outcomes"
    assert (await shelf.check()).verdicts == 603


async def test_one_leads_and_another_takes_over(shelf: Shelf) -> None:
    clock = HandClock()
    one, other = Sealer(shelf.engine, clock, "a", KEY), Sealer(shelf.engine, clock, "b", KEY)
    await one.tick()
    await shelf.record()
    assert await other.tick() == 0
    clock.at += timedelta(seconds=LEASE_S)
    assert await other.tick() == 1


async def test_two_at_the_same_instant_and_the_command_beside_them_seal_everything_once(shelf: Shelf) -> None:
    await shelf.record(500)
    await shelf.verdicts(20)
    sealers = [Sealer(shelf.engine, SystemClock(), owner, KEY) for owner in "ab"]
    done = await asyncio.gather(
        *(sealer.tick() for sealer in sealers), *(seal_all(shelf.engine, SystemClock(), KEY) for _ in range(3))
    )
    assert sum(done) == 502
    report = await shelf.check()
    assert report.ok and (report.rows, report.verdicts, report.unsigned) == (502, 20, 0)


async def test_it_goes_on_through_a_database_that_is_away_and_a_broken_chain(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.record()
    await shelf.seal()
    await shelf.tamper("DELETE FROM audit_head")
    await shelf.record()
    clock = HandClock()
    sealer = Sealer(shelf.engine, clock, "a", KEY)
    task = asyncio.ensure_future(sealer.run())
    async with asyncio.timeout(10):
        assert await clock.slept.get() == 1.0, "the broken chain was logged, and it waits for its next look"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    monkeypatch.setattr(sealer, "tick", _away)
    clock.slept = asyncio.Queue()
    task = asyncio.ensure_future(sealer.run())
    async with asyncio.timeout(10):
        await clock.slept.get()
        await clock.slept.get()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _away() -> int:
    raise ConnectionRefusedError
