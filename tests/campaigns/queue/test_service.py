"""The queue's promises, one by one, on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import tables as t
from campaigns.queue import service
from campaigns.queue.model import QueueCounts, SettledState, Settlement
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, a_queue_row, a_tenant, a_window_group, an_attempt

HOUR = timedelta(hours=1)


class Floor:
    """One campaign with a few ready rows; `debtors` in order of their score, best first."""

    def __init__(self, tenant: int, campaign: int, debtors: list[int], groups: list[int]) -> None:
        self.tenant, self.campaign, self.debtors, self.groups = tenant, campaign, debtors, groups


async def _floor(conn: AsyncConnection, rows: int = 6, **values: object) -> Floor:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    campaign = await a_campaign(conn, tenant, creditor)
    groups = [await a_window_group(conn), await a_window_group(conn, ["Europe/London"], ["gb"])]
    debtors = []
    for n in range(rows):
        debtor = await a_debtor(conn, tenant, creditor, window_group_id=groups[n % 2])
        await a_queue_row(
            conn, tenant, campaign, debtor, score=90_000 - n, window_group_id=groups[n % 2], **values
        )  # fmt: skip
        debtors.append(debtor)
    await conn.commit()
    return Floor(tenant, campaign, debtors, groups)


async def _claim(conn: AsyncConnection, floor: Floor, limit: int = 100, **values: object) -> list[int]:
    rows = await service.claim(
        conn, floor.campaign, floor.groups, limit, owner="a", lease_s=60, now=NOW
    )  # fmt: skip
    return [row.debtor_id for row in rows]


async def test_the_best_scores_come_first_over_all_open_groups(conn: AsyncConnection) -> None:
    floor = await _floor(conn)
    assert await _claim(conn, floor, 4) == floor.debtors[:4]
    assert await _claim(conn, floor, 4) == floor.debtors[4:]
    assert await _claim(conn, floor, 4) == []


async def test_rows_of_a_closed_group_are_not_claimed(conn: AsyncConnection) -> None:
    floor = await _floor(conn)
    rows = await service.claim(conn, floor.campaign, floor.groups[:1], 10, owner="a", lease_s=60, now=NOW)
    assert [row.debtor_id for row in rows] == floor.debtors[0::2]
    assert await service.claim(conn, floor.campaign, [], 10, owner="a", lease_s=60, now=NOW) == []


async def test_two_claims_at_once_share_the_rows_and_both_get_their_fill(engine: AsyncEngine) -> None:
    async with engine.connect() as first, engine.connect() as second:
        floor = await _floor(first, rows=8)
        one = await _claim(first, floor, 4)  # not committed: its rows are locked
        other = await asyncio.wait_for(_claim(second, floor, 4), 5)
        await first.commit()
        await second.commit()
    assert sorted(one + other) == sorted(floor.debtors)


async def test_settling_with_an_old_fence_changes_nothing(conn: AsyncConnection) -> None:
    floor = await _floor(conn, rows=1)
    (old,) = await service.claim(conn, floor.campaign, floor.groups, 1, owner="a", lease_s=60, now=NOW)
    assert await service.expire_leases(conn, NOW + HOUR) == [(floor.campaign, old.debtor_id)]
    assert not await service.settle(
        conn, floor.campaign, old.debtor_id, old.fence, state="done", callable_from=NOW, step=0, tries=1
    )
    (new,) = await service.claim(conn, floor.campaign, floor.groups, 1, owner="b", lease_s=60, now=NOW + HOUR)
    assert new.fence > old.fence
    stale = Settlement(old.debtor_id, old.fence, "done", NOW, 0, 1)
    fresh = Settlement(new.debtor_id, new.fence, "waiting", NOW + HOUR, 1, 2)
    assert await service.settle_many(conn, floor.campaign, [stale]) == set()
    assert await service.settle_many(conn, floor.campaign, [fresh]) == {new.debtor_id}
    assert await service.counts(conn, floor.campaign) == QueueCounts(waiting=1)


async def test_waiting_rows_become_ready_when_their_time_comes_and_keep_step_and_tries(conn: AsyncConnection) -> None:
    floor = await _floor(conn, rows=1)
    (row,) = await service.claim(conn, floor.campaign, floor.groups, 1, owner="a", lease_s=60, now=NOW)
    await service.settle(
        conn, floor.campaign, row.debtor_id, row.fence, state="waiting", callable_from=NOW + HOUR, step=2, tries=3
    )
    assert await service.promote_due(conn, NOW + timedelta(minutes=59)) == 0
    assert await service.promote_due(conn, NOW + HOUR) == 1
    (again,) = await service.claim(conn, floor.campaign, floor.groups, 1, owner="a", lease_s=60, now=NOW + HOUR)
    assert (again.step, again.tries) == (2, 3)


async def test_released_rows_are_ready_at_once_or_wait_for_the_gates_time(conn: AsyncConnection) -> None:
    floor = await _floor(conn, rows=2)
    one, two = await service.claim(conn, floor.campaign, floor.groups, 2, owner="a", lease_s=60, now=NOW)
    assert await service.release(conn, floor.campaign, [one]) == {one.debtor_id}
    assert await service.release(conn, floor.campaign, [two], later=NOW + HOUR) == {two.debtor_id}
    assert await service.counts(conn, floor.campaign) == QueueCounts(ready=1, waiting=1)
    assert await service.release(conn, floor.campaign, [one]) == set()


async def test_a_renewed_lease_does_not_expire_and_a_lapsed_one_cannot_be_renewed(conn: AsyncConnection) -> None:
    floor = await _floor(conn, rows=1)
    await _claim(conn, floor)
    assert await service.renew(conn, "a", lease_s=7200, now=NOW) == 1
    assert await service.expire_leases(conn, NOW + HOUR) == []
    assert await service.renew(conn, "a", lease_s=60, now=NOW + 3 * HOUR) == 0


async def test_a_lease_does_not_expire_while_its_call_is_still_up(conn: AsyncConnection) -> None:
    floor = await _floor(conn, rows=1)
    (debtor,) = await _claim(conn, floor)
    await an_attempt(conn, floor.tenant, debtor, campaign_id=floor.campaign, state="live", outcome=None, ended_at=None)
    assert await service.expire_leases(conn, NOW + HOUR) == []
    await conn.execute(text("UPDATE attempt SET state = 'ended'"))
    assert await service.expire_leases(conn, NOW + HOUR) == [(floor.campaign, debtor)]


async def test_suspension_holds_every_campaign_and_ends_reason_by_reason(conn: AsyncConnection) -> None:
    floor = await _floor(conn, rows=1)
    other = await a_campaign(conn, floor.tenant, await a_creditor(conn, floor.tenant))
    (debtor,) = floor.debtors
    await a_queue_row(conn, floor.tenant, other, debtor, window_group_id=floor.groups[0])
    assert await service.suspend(conn, debtor, "promise_pending") == 2
    assert await service.suspend(conn, debtor, "dispute") == 2
    assert await service.suspend(conn, debtor, "dispute") == 2
    assert await _claim(conn, floor) == []
    assert await service.resume(conn, debtor, "dispute", now=NOW) == 2
    assert await service.promote_due(conn, NOW) == 0
    assert await service.resume(conn, debtor, "promise_pending", now=NOW) == 2
    assert await service.promote_due(conn, NOW) == 2
    assert await _claim(conn, floor) == [debtor]
    with pytest.raises(ValueError, match="one word"):
        await service.suspend(conn, debtor, "two words")


async def test_a_broken_promise_goes_before_everybody_else(conn: AsyncConnection) -> None:
    floor = await _floor(conn, rows=4)
    last = floor.debtors[-1]
    await service.suspend(conn, last, "promise_pending")
    await service.resume(conn, last, "promise_pending", now=NOW, ahead=True)
    await service.promote_due(conn, NOW)
    assert await _claim(conn, floor, 1) == [last]


@pytest.mark.parametrize(("end", "found"), [("waiting", QueueCounts(suspended=1)), ("done", QueueCounts(done=1))])
async def test_what_is_suspended_during_a_call_stays_so_after_it(
    conn: AsyncConnection, end: str, found: QueueCounts
) -> None:
    floor = await _floor(conn, rows=1)
    (row,) = await service.claim(conn, floor.campaign, floor.groups, 1, owner="a", lease_s=60, now=NOW)
    await service.suspend(conn, row.debtor_id, "promise_pending")
    assert await service.counts(conn, floor.campaign) == QueueCounts(leased=1)
    state: SettledState = "waiting" if end == "waiting" else "done"
    await service.settle(
        conn, floor.campaign, row.debtor_id, row.fence, state=state, callable_from=NOW, step=0, tries=1
    )
    assert await service.counts(conn, floor.campaign) == found


async def test_groups_are_those_with_ready_rows(conn: AsyncConnection) -> None:
    floor = await _floor(conn)
    unused = await a_window_group(conn, ["Asia/Tokyo"], ["default"])
    found = await service.groups(conn, floor.campaign)
    assert [group.id for group in found] == sorted(floor.groups) and unused not in floor.groups
    assert found[1].zones == ("Europe/London",) and found[1].rulebooks == ("gb",)
    assert found[1].creditors == ()
    await conn.execute(update(t.creditor).values(rulebooks=["client-a"]))
    assert {group.creditors for group in await service.groups(conn, floor.campaign)} == {("client-a",)}
    await _claim(conn, floor)
    assert await service.groups(conn, floor.campaign) == []


def test_a_settlement_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="contradict"):
        Settlement(1, 1, "suspended", NOW, 0, 0)
    with pytest.raises(ValueError, match="contradict"):
        Settlement(1, 1, "ready", NOW, 0, 0, "dispute")
