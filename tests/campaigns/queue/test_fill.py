"""Filling a queue takes whom it may take, says whom it may not, and does nothing twice."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.queue import service
from campaigns.queue.model import FillReport, QueueCounts
from tests.builders import NOW, a_campaign, a_creditor, a_debt, a_debtor, a_promise, a_tenant, a_window_group


async def test_debtors_with_phone_debt_and_hours_get_a_row_and_the_others_are_counted(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    campaign = await a_campaign(conn, tenant, creditor)
    good = await a_debtor(conn, tenant, creditor)
    await a_debtor(conn, tenant, creditor, window_group_id=None)
    await a_debtor(conn, tenant, creditor, phones=())
    await a_debtor(conn, tenant, creditor, balances=())
    await a_debtor(conn, tenant, creditor, status="deceased")
    await a_debtor(conn, tenant, await a_creditor(conn, tenant))
    seen: list[tuple[int, int]] = []
    report = await service.fill(conn, campaign, NOW, progress=lambda *step: seen.append(step))
    assert report == FillReport(added=1, already_there=0, ended=0, zone_unknown=1, no_phone=1, no_open_debt=1)
    assert seen == [(4, 8), (5, 8), (8, 8)], "all are looked at, then the rows are laid, then it is done"
    again = await service.fill(conn, campaign, NOW)
    assert (again.added, again.already_there) == (0, 1)
    row = (await conn.execute(text("SELECT debtor_id, state, score, score_parts FROM queue_row"))).one()
    assert row[:2] == (good, "ready") and row[2] == sum(row[3].values()) > 0


async def test_a_pending_promise_is_suspended_from_the_start(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    campaign = await a_campaign(conn, tenant, creditor)
    await a_promise(conn, tenant, await a_debtor(conn, tenant, creditor))
    await service.fill(conn, campaign, NOW)
    assert await service.counts(conn, campaign) == QueueCounts(suspended=1)


async def test_rows_of_closed_or_paid_debtors_end(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    campaign = await a_campaign(conn, tenant, creditor)
    closed, paid, _ = [await a_debtor(conn, tenant, creditor) for _ in range(3)]
    await service.fill(conn, campaign, NOW)
    await conn.execute(text("UPDATE debtor SET status = 'closed' WHERE id = :id"), {"id": closed})
    await conn.execute(text("UPDATE debt SET status = 'paid', balance_minor = 0 WHERE debtor_id = :id"), {"id": paid})
    assert (await service.fill(conn, campaign, NOW)).ended == 2
    assert await service.counts(conn, campaign) == QueueCounts(ready=1, done=2)


async def test_rescoring_changes_only_what_has_changed(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    campaign = await a_campaign(conn, tenant, creditor)
    one, two = [await a_debtor(conn, tenant, creditor) for _ in range(2)]
    await service.fill(conn, campaign, NOW)
    await a_debt(conn, tenant, one, creditor, balance_minor=400_000)
    assert await service.rescore(conn, campaign, NOW) == 1
    assert await service.rescore(conn, campaign, NOW) == 0
    assert await service.rescore(conn, campaign, NOW + timedelta(days=400), debtor_ids=[two]) == 1
    best = (await conn.execute(text("SELECT debtor_id FROM queue_row ORDER BY score DESC LIMIT 1"))).scalar_one()
    assert best == one


async def test_rows_lie_in_the_order_in_which_they_will_be_claimed(conn: AsyncConnection) -> None:
    """So that a claim of a hundred changes a few pages of the table: the benchmark `claim` rests on it."""
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    campaign = await a_campaign(conn, tenant, creditor)
    groups = [await a_window_group(conn, (zone,)) for zone in ("America/New_York", "Europe/Madrid")]
    for n in (3, 1, 4, 1, 5, 9, 2, 6):
        await a_debtor(conn, tenant, creditor, window_group_id=groups[n % 2], balances=(n * 100_000,))
    await service.fill(conn, campaign, NOW)
    laid = (await conn.execute(text("SELECT window_group_id, -score, debtor_id FROM queue_row ORDER BY ctid"))).all()
    assert len(laid) == 8 and laid == sorted(laid)
