"""A promise is saved once, holds the queue, and ends kept, broken or cancelled."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.problems import Refused
from campaigns.promises import service
from campaigns.promises.model import Limits
from campaigns.promises.service import PromiseMade
from campaigns.queue import service as queue
from campaigns.queue.model import QueueCounts
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, a_queue_row, a_tenant, a_user, next_number

WEEK = timedelta(days=7)


class Case:
    def __init__(self, tenant: int, debtor: int, debt: int, campaign: int, agent: int) -> None:
        self.tenant, self.debtor, self.debt, self.campaign, self.agent = tenant, debtor, debt, campaign, agent


async def _case(conn: AsyncConnection) -> Case:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    debtor = await a_debtor(conn, tenant, creditor)
    campaign = await a_campaign(conn, tenant, creditor)
    await a_queue_row(conn, tenant, campaign, debtor)
    debt = int((await conn.execute(text("SELECT id FROM debt"))).scalar_one())
    return Case(tenant, debtor, debt, campaign, await a_user(conn, tenant))


async def _promise(conn: AsyncConnection, case: Case, **values: Any) -> PromiseMade:
    given: dict[str, Any] = {
        "tenant_id": case.tenant, "debtor_id": case.debtor, "debt_id": case.debt, "amount_minor": 5_000,
        "currency": "USD", "due_date": (NOW + WEEK).date(), "command_id": f"c{next_number()}", "limits": Limits(),
        "now": NOW, "campaign_id": case.campaign, "agent_id": case.agent,
    }  # fmt: skip
    return await service.record(conn, **{**given, **values})


async def test_a_promise_holds_the_queue_and_leaves_an_event_and_an_audit_row(conn: AsyncConnection) -> None:
    case = await _case(conn)
    made = await _promise(conn, case)
    assert made.new
    assert await queue.counts(conn, case.campaign) == QueueCounts(suspended=1)
    event = (await conn.execute(text("SELECT kind, agent_id, payload->>'amount_minor' FROM outcome_event"))).one()
    assert tuple(event) == ("promise.recorded", case.agent, "5000")
    row = (await conn.execute(text("SELECT actor, action, subject FROM audit"))).one()
    assert tuple(row) == (f"user:{case.agent}", "promise.recorded", f"debtor:{case.debtor}")


async def test_the_same_click_twice_saves_once(conn: AsyncConnection) -> None:
    case = await _case(conn)
    first = await _promise(conn, case, command_id="click")
    again = await _promise(conn, case, command_id="click", amount_minor=1)
    assert again.id == first.id and not again.new and again.amount_minor == 5_000
    assert (await conn.execute(text("SELECT count(*) FROM outcome_event"))).scalar_one() == 1


async def test_two_clicks_at_once_save_once(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        case = await _case(conn)
    async with engine.connect() as one, engine.connect() as other:
        first = await _promise(one, case, command_id="click")
        await one.commit()
        second = await _promise(other, case, command_id="click")
    assert second.id == first.id


async def test_a_refused_promise_changes_nothing(conn: AsyncConnection) -> None:
    case = await _case(conn)
    with pytest.raises(Refused) as refused:
        await _promise(conn, case, amount_minor=999_999)
    assert refused.value.problems[0].field == "amount_minor"
    assert await queue.counts(conn, case.campaign) == QueueCounts(ready=1)


async def test_a_debt_of_somebody_else_is_refused(conn: AsyncConnection) -> None:
    case, other = await _case(conn), await a_tenant(conn)
    creditor = await a_creditor(conn, other)
    stranger = await a_debtor(conn, other, creditor)
    with pytest.raises(Refused, match="no such debt"):
        await _promise(conn, case, debtor_id=stranger)


@pytest.mark.parametrize(("end", "score"), [("kept", 50_000), ("cancelled", 50_000), ("broken", 99_000)])
async def test_the_queue_goes_on_after_the_promise_and_a_broken_one_jumps_it(
    conn: AsyncConnection, end: str, score: int
) -> None:
    case = await _case(conn)
    made = await _promise(conn, case)
    assert await service.settle(conn, made.id, end, actor="system", now=NOW + WEEK)
    assert not await service.settle(conn, made.id, end, actor="system", now=NOW + WEEK)
    await queue.promote_due(conn, NOW + WEEK)
    row = (await conn.execute(text("SELECT state, score FROM queue_row"))).one()
    assert tuple(row) == ("ready", score)


async def test_overdue_promises_break_after_the_grace(conn: AsyncConnection) -> None:
    case = await _case(conn)
    await _promise(conn, case)
    assert await service.break_overdue(conn, NOW + WEEK + timedelta(days=3)) == 0
    assert await service.break_overdue(conn, NOW + WEEK + timedelta(days=4)) == 1
    assert (await conn.execute(text("SELECT state FROM promise"))).scalar_one() == "broken"
