"""What is due is done, by one leader, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.promises.service import GRACE
from campaigns.queue import service as queue
from campaigns.queue.model import PROMISE_PENDING
from dialer.scheduler import LEASE_S, TICK_S, Scheduler
from telephony.clock import ScaledClock
from tests import builders
from tests.builders import NOW

pytestmark = pytest.mark.postgres

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


class HandClock:
    """Time moves when it is told to; every sleep is told to `slept`, and ends at once while any are allowed."""

    speed = 1.0

    def __init__(self) -> None:
        self.at = NOW
        self.slept: asyncio.Queue[float] = asyncio.Queue()

    def now(self) -> Any:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOW).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.slept.put_nowait(seconds)
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class Hall:
    """A tenant with a running campaign, and the scheduler `a`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.clock = HandClock()
        self.scheduler = Scheduler(engine, self.clock, "a")
        self.tenant = self.creditor = self.campaign = 0

    async def open(self) -> None:
        async with self.engine.begin() as conn:
            self.tenant = await builders.a_tenant(conn)
            self.creditor = await builders.a_creditor(conn, self.tenant)
            self.campaign = await builders.a_campaign(conn, self.tenant, self.creditor, state="running")

    async def debtor(self, **row: Any) -> int:
        async with self.engine.begin() as conn:
            debtor = await builders.a_debtor(conn, self.tenant, self.creditor)
            await builders.a_queue_row(conn, self.tenant, self.campaign, debtor, **row)
        return debtor

    async def promise(self, debtor: int, due: Any, **values: Any) -> int:
        async with self.engine.begin() as conn:
            await queue.suspend(conn, debtor, PROMISE_PENDING)
            return await builders.a_promise(
                conn, self.tenant, debtor, due_date=due, campaign_id=self.campaign, **values
            )

    async def row(self, debtor: int) -> Any:
        return await self.one("SELECT * FROM queue_row WHERE debtor_id = :d", d=debtor)

    async def one(self, query: str, **values: Any) -> Any:
        async with self.engine.connect() as conn:
            return (await conn.execute(text(query), values)).mappings().one()

    async def claimed(self, limit: int = 10) -> list[int]:
        async with self.engine.begin() as conn:
            groups = [group.id for group in await queue.groups(conn, self.campaign)]
            rows = await queue.claim(conn, self.campaign, groups, limit, owner="a", lease_s=60, now=self.clock.now())
        return [row.debtor_id for row in rows]


@pytest.fixture
async def hall(engine: AsyncEngine) -> AsyncIterator[Hall]:
    made = Hall(engine)
    await made.open()
    yield made


async def test_rows_whose_wait_is_over_become_ready_and_the_others_wait(hall: Hall) -> None:
    due = await hall.debtor(state="waiting", callable_from=NOW)
    later = await hall.debtor(state="waiting", callable_from=NOW + SECOND)

    assert await hall.scheduler.tick() == 1
    assert ((await hall.row(due))["state"], (await hall.row(later))["state"]) == ("ready", "waiting")

    hall.clock.at += SECOND
    assert await hall.scheduler.tick() == 1
    assert (await hall.row(later))["state"] == "ready"


async def test_a_lease_that_was_lost_frees_its_row_and_its_late_owner_is_fenced(hall: Hall) -> None:
    debtor = await hall.debtor()
    assert await hall.claimed() == [debtor]
    fence = (await hall.row(debtor))["fence"]

    assert await hall.scheduler.tick() == 0, "the lease lives"
    hall.clock.at += timedelta(seconds=61)
    assert await hall.scheduler.tick() == 1

    assert (await hall.row(debtor))["state"] in ("ready", "waiting")
    hall.clock.at += DAY
    await hall.scheduler.tick()
    assert await hall.claimed() == [debtor]
    assert (await hall.row(debtor))["fence"] > fence


async def test_a_promise_is_broken_after_its_day_and_grace_and_its_debtor_goes_to_the_head(hall: Hall) -> None:
    promised = await hall.debtor(score=1_000)
    best = await hall.debtor(score=99_000)
    promise = await hall.promise(promised, NOW.date())
    assert (await hall.row(promised))["state"] == "suspended"

    hall.clock.at = NOW + GRACE
    await hall.scheduler.tick()
    state = "SELECT state FROM promise WHERE id = :id"
    assert (await hall.one(state, id=promise))["state"] == "pending", "the transfer may still arrive"
    hall.clock.at += DAY
    await hall.scheduler.tick()
    await hall.scheduler.tick()

    assert (await hall.one(state, id=promise))["state"] == "broken"
    event = await hall.one("SELECT * FROM outcome_event WHERE kind = 'promise.broken'")
    assert (event["debtor_id"], event["campaign_id"]) == (promised, hall.campaign)
    assert event["payload"] == {"promise_id": promise}
    assert await hall.claimed(2) == [promised, best], "before everybody else, whatever the score"


async def test_who_has_another_promise_pending_is_left_alone(hall: Hall) -> None:
    debtor = await hall.debtor()
    await hall.promise(debtor, NOW.date())
    await hall.promise(debtor, (NOW + 10 * DAY).date())

    hall.clock.at = NOW + GRACE + DAY
    await hall.scheduler.tick()

    assert (await hall.row(debtor))["state"] == "suspended"
    assert (await hall.one("SELECT count(*) AS n FROM promise WHERE state = 'broken'"))["n"] == 1


async def test_promises_that_were_kept_or_cancelled_are_never_broken(hall: Hall) -> None:
    debtor = await hall.debtor()
    for state in ("kept", "cancelled"):
        await hall.promise(debtor, NOW.date(), state=state)

    hall.clock.at = NOW + 30 * DAY
    await hall.scheduler.tick()

    assert (await hall.one("SELECT count(*) AS n FROM promise WHERE state = 'broken'"))["n"] == 0


async def test_one_leads_and_another_takes_over_when_the_lease_ends(hall: Hall, engine: AsyncEngine) -> None:
    debtor = await hall.debtor(state="waiting", callable_from=NOW + SECOND)
    other = Scheduler(engine, hall.clock, "b")
    await hall.scheduler.tick()
    hall.clock.at += SECOND

    assert await other.tick() == 0
    assert (await hall.row(debtor))["state"] == "waiting", "the other one leads"

    hall.clock.at += timedelta(seconds=LEASE_S)
    assert await other.tick() == 1
    assert (await hall.row(debtor))["state"] == "ready"
    assert await hall.scheduler.tick() == 0, "who was away does not lead any more"


async def test_two_that_tick_at_the_same_instant_do_everything_once(hall: Hall, engine: AsyncEngine) -> None:
    for _ in range(20):
        debtor = await hall.debtor()
        await hall.promise(debtor, NOW.date())
    hall.clock.at = NOW + GRACE + DAY
    schedulers = [Scheduler(engine, hall.clock, owner) for owner in "abcd"]

    await asyncio.gather(*(scheduler.tick() for scheduler in schedulers))

    assert (await hall.one("SELECT count(*) AS n FROM outcome_event WHERE kind = 'promise.broken'"))["n"] == 20


async def test_it_ticks_on_through_a_database_that_is_away(
    hall: Hall, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [ConnectionRefusedError(), TimeoutError(), 0]
    ticked = asyncio.Event()

    async def tick() -> int:
        answer = answers.pop(0) if answers else 0
        if isinstance(answer, Exception):
            raise answer
        ticked.set()
        return answer

    monkeypatch.setattr(hall.scheduler, "tick", tick)
    running = asyncio.create_task(hall.scheduler.run())
    async with asyncio.timeout(5):
        await ticked.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert answers == []
    assert hall.clock.slept.get_nowait() == TICK_S


async def test_it_runs_by_itself_as_fast_as_its_clock(hall: Hall, engine: AsyncEngine) -> None:
    debtor = await hall.debtor(state="waiting", callable_from=NOW + timedelta(seconds=30))
    running = asyncio.create_task(Scheduler(engine, ScaledClock(NOW, 100), "c").run())

    async with asyncio.timeout(20):
        while True:
            if (await hall.row(debtor))["state"] == "ready":
                break
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
