"""The retention job erases whole persons whose time is over and nobody else; a second run goes on with the rest."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from compliance.rulebooks.loader import load_rulebooks
from dialer import retention
from dialer.retention import Retention
from telephony.clock import ScaledClock
from tests.builders import (
    NOW,
    a_campaign,
    a_debtor,
    a_message,
    a_queue_row,
    a_window_group,
    an_attempt,
)
from tests.campaigns.audit.shelf import Shelf, opened

pytestmark = pytest.mark.postgres
OLD = NOW - timedelta(days=2300)  # the maximum of gb is 2192 days
YOUNG = NOW - timedelta(days=2000)


@pytest.fixture
async def shelf(engine: AsyncEngine) -> AsyncIterator[Shelf]:
    async with opened(engine) as made:
        yield made


def job(shelf: Shelf) -> Retention:
    return Retention(shelf.engine, ScaledClock(NOW, 1), load_rulebooks(), shelf.tenant, "system", "a")


async def person(shelf: Shelf, since: datetime, books: tuple[str, ...] = ("gb",), **values: Any) -> int:
    async with shelf.engine.begin() as conn:
        creditor = (await conn.execute(text("SELECT min(id) FROM creditor"))).scalar_one()
        group = await a_window_group(conn, ("Europe/London",), books)
        return await a_debtor(
            conn, shelf.tenant, creditor, phones=(f"+4420794600{since.day:02d}",), country="GB", region=None,
            timezone="Europe/London", window_group_id=group, created_at=since, **values,
        )  # fmt: skip


async def test_who_is_past_the_maximum_is_erased_and_what_the_law_wants_stays(shelf: Shelf) -> None:
    old = await person(shelf, OLD, given_name="Oldname", family_name="Oldfamily")
    young = await person(shelf, YOUNG)
    async with shelf.engine.begin() as conn:
        await an_attempt(conn, shelf.tenant, old, at=OLD)
        await a_message(conn, shelf.tenant, old, body="Dear Oldname", created_at=OLD, state="delivered", final_at=OLD)
        await conn.execute(
            text("INSERT INTO opt_out (tenant_id, address, channel, at, source) SELECT tenant_id, address, 'sms', :at,"
                 " 'agent' FROM contact_point WHERE debtor_id = :old"),
            {"at": OLD, "old": old},
        )  # fmt: skip
    plan = await job(shelf).plan()
    assert [debtor for debtor, _ in plan.due] == [old] and not plan.held
    assert await shelf.all("SELECT count(*) FROM debtor WHERE erased_at IS NOT NULL") == [(0,)], (
        "a plan changes nothing"
    )

    done = await job(shelf).erase()
    assert [debtor for debtor, _ in done.due] == [old]
    row = "SELECT given_name, family_name, status, erased_at >= :now FROM debtor WHERE id = :id"
    assert await shelf.all(row, id=old, now=NOW) == [("", "", "closed", True)]
    assert (
        await shelf.all("SELECT address FROM contact_point WHERE debtor_id = :id AND address LIKE '+%'", id=old) == []
    )
    assert await shelf.all("SELECT count(*) FROM address WHERE debtor_id = :id", id=old) == [(0,)]
    assert await shelf.all("SELECT body FROM message") == [(None,)]
    assert await shelf.all("SELECT count(*) FROM attempt WHERE debtor_id = :id", id=old) == [(1,)]
    assert (await shelf.all("SELECT count(*) FROM opt_out WHERE address LIKE '+44%'")) == [(1,)], "a wish binds on"
    assert (await shelf.all("SELECT erased_at FROM debtor WHERE id = :id", id=young)) == [(None,)]
    told = "SELECT subject, detail->>'rulebook' FROM audit WHERE action = 'retention.erased'"
    assert await shelf.all(told) == [(f"debtor:{old}", "gb")]
    assert (await job(shelf).erase()).due == []
    await shelf.seal()
    assert (await shelf.check()).ok


@pytest.mark.parametrize("why", ["activity", "queue", "dispute", "minimum", "no maximum"])
async def test_who_must_or_may_be_kept_is_kept(shelf: Shelf, why: str) -> None:
    books = {"minimum": ("gb", "us-federal"), "no maximum": ("us-federal",)}.get(why, ("gb",))
    since = OLD
    debtor = await person(shelf, since, books)
    async with shelf.engine.begin() as conn:
        if why == "activity":
            await an_attempt(conn, shelf.tenant, debtor, at=YOUNG)
        elif why == "minimum":
            await an_attempt(conn, shelf.tenant, debtor, at=NOW - timedelta(days=1000))
        elif why == "queue":
            creditor = (await conn.execute(text("SELECT min(id) FROM creditor"))).scalar_one()
            await a_queue_row(conn, shelf.tenant, await a_campaign(conn, shelf.tenant, creditor), debtor)
        elif why == "dispute":
            await conn.execute(
                text("INSERT INTO person_request (tenant_id, debtor_id, kind, at, recorded_by)"
                     " VALUES (:tenant, :debtor, 'dispute', :at, 'user:1')"),
                {"tenant": shelf.tenant, "debtor": debtor, "at": OLD},
            )  # fmt: skip
    done = await job(shelf).erase()
    assert done.due == []
    held = [one for one, _ in done.held]
    assert held == ([debtor] if why in ("queue", "dispute") else [])


async def test_a_call_admitted_after_the_plan_keeps_the_person(shelf: Shelf) -> None:
    debtor = await person(shelf, OLD)
    work = job(shelf)
    assert [one for one, _ in (await work.plan()).due] == [debtor]
    async with shelf.engine.begin() as conn:
        await an_attempt(conn, shelf.tenant, debtor, at=NOW)
    assert await work._erase([debtor]) == []


async def test_a_run_that_was_killed_between_batches_is_gone_on_with(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ERASED_AT_ONCE", 2)
    monkeypatch.setattr(retention, "FOUND_AT_ONCE", 3)
    debtors = [await person(shelf, OLD - timedelta(days=number)) for number in range(7)]
    batches: list[int] = []

    def killed(done: int, _total: int) -> None:
        batches.append(done)
        if len(batches) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await job(shelf).erase(killed)
    assert await shelf.all("SELECT count(*) FROM debtor WHERE erased_at IS NOT NULL") == [(4,)]
    assert [debtor for debtor, _ in (await job(shelf).erase()).due] == debtors[4:]


async def test_one_process_a_day_does_the_work(shelf: Shelf) -> None:
    await person(shelf, OLD)
    assert await job(shelf)._daily()
    assert await shelf.all("SELECT count(*) FROM debtor WHERE erased_at IS NOT NULL") == [(1,)]
    await person(shelf, OLD - timedelta(days=1))
    other = Retention(shelf.engine, ScaledClock(NOW, 1), load_rulebooks(), shelf.tenant, "system", "b")
    assert await other._daily(), "another process has the day's lease"
    assert await shelf.all("SELECT count(*) FROM debtor WHERE erased_at IS NOT NULL") == [(1,)]
