"""Promises in the database: taken once whatever is clicked twice, holding the queue until they are kept or broken."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit, events
from campaigns.db import tables as t
from campaigns.problems import Refused, refuse
from campaigns.promises.model import Limits, Owed, check
from campaigns.queue import service as queue
from campaigns.queue.model import PROMISE_PENDING

GRACE = timedelta(days=3)  # bank transfers take their time: a promise is broken only then


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """`new` is False when the same command had made it before."""

    id: int
    debtor_id: int
    amount_minor: int
    currency: str
    due_date: date
    new: bool


async def record(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    debtor_id: int,
    debt_id: int,
    amount_minor: int,
    currency: str,
    due_date: date,
    command_id: str,
    limits: Limits,
    now: datetime,
    campaign_id: int | None = None,
    attempt_id: UUID | None = None,
    agent_id: int | None = None,
) -> PromiseMade:
    """Take the promise, hold the debtor back in every campaign, tell and audit it. Raises Refused with all reasons."""
    before = await _by_command(conn, tenant_id, command_id)
    if before is not None:
        return before
    owed = await _owed(conn, tenant_id, debtor_id, debt_id)
    before = await _by_command(conn, tenant_id, command_id)  # the debt is locked now: nobody slips between
    if before is not None:
        return before
    problems = check(amount_minor, currency, due_date, owed, limits, now.date())
    if problems:
        raise Refused(*problems)
    row: dict[str, Any] = {
        "tenant_id": tenant_id, "debtor_id": debtor_id, "debt_id": debt_id, "campaign_id": campaign_id,
        "attempt_id": attempt_id, "agent_id": agent_id, "amount_minor": amount_minor, "currency": currency,
        "due_date": due_date, "command_id": command_id, "created_at": now,
    }  # fmt: skip
    made = int((await conn.execute(insert(t.promise).values(**row).returning(t.promise.c.id))).scalar_one())
    await queue.suspend(conn, debtor_id, PROMISE_PENDING)
    detail = {"promise_id": made, "amount_minor": amount_minor, "currency": currency, "due_date": due_date.isoformat()}
    await events.record(
        conn, "promise.recorded", tenant_id=tenant_id, at=now, debtor_id=debtor_id, campaign_id=campaign_id,
        agent_id=agent_id, attempt_id=attempt_id, payload=detail,
    )  # fmt: skip
    actor = f"user:{agent_id}" if agent_id is not None else "system"
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action="promise.recorded", subject=f"debtor:{debtor_id}",
        detail=detail,
    )  # fmt: skip
    return PromiseMade(made, debtor_id, amount_minor, currency, due_date, True)


async def _by_command(conn: AsyncConnection, tenant_id: int, command_id: str) -> PromiseMade | None:
    p = t.promise.c
    found = await conn.execute(
        select(p.id, p.debtor_id, p.amount_minor, p.currency, p.due_date).where(
            p.tenant_id == tenant_id, p.command_id == command_id
        )
    )
    row = found.one_or_none()
    return None if row is None else PromiseMade(*row, new=False)


async def _owed(conn: AsyncConnection, tenant_id: int, debtor_id: int, debt_id: int) -> Owed:
    d = t.debt.c
    pending = exists().where(t.promise.c.debt_id == d.id, t.promise.c.state == "pending")
    found = await conn.execute(
        select(d.balance_minor, d.currency, d.status, pending)
        .where(d.id == debt_id, d.debtor_id == debtor_id, d.tenant_id == tenant_id)
        .with_for_update(of=t.debt)
    )
    row = found.one_or_none()
    if row is None:
        raise refuse("debt_id", "this person has no such debt: choose one of the debts in the file")
    return Owed(*row)


async def settle(conn: AsyncConnection, promise_id: int, state: str, *, actor: str, now: datetime) -> bool:
    """A pending promise becomes kept, broken or cancelled; False when it was no longer pending.

    When it was the person's last pending one the queue goes on; after a broken one before everybody else.
    """
    p = t.promise.c
    found = await conn.execute(
        update(t.promise).where(p.id == promise_id, p.state == "pending").values(state=state)
        .returning(p.tenant_id, p.debtor_id, p.campaign_id)
    )  # fmt: skip
    row = found.one_or_none()
    if row is None:
        return False
    tenant_id, debtor_id, campaign_id = row
    other = select(p.id).where(p.debtor_id == debtor_id, p.state == "pending").limit(1)
    if (await conn.execute(other)).one_or_none() is None:
        await queue.resume(conn, debtor_id, PROMISE_PENDING, now=now, ahead=state == "broken")
    await events.record(
        conn, f"promise.{state}", tenant_id=tenant_id, at=now, debtor_id=debtor_id, campaign_id=campaign_id,
        payload={"promise_id": promise_id},
    )  # fmt: skip
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action=f"promise.{state}", subject=f"debtor:{debtor_id}",
        detail={"promise_id": promise_id},
    )  # fmt: skip
    return True


OVERDUE = text("""
SELECT id FROM promise WHERE state = 'pending' AND due_date < :day ORDER BY due_date LIMIT :limit
FOR UPDATE SKIP LOCKED
""")


async def break_overdue(conn: AsyncConnection, now: datetime, *, grace: timedelta = GRACE, limit: int = 500) -> int:
    """Pending promises whose day and the grace are past become broken; how many."""
    found = await conn.execute(OVERDUE, {"day": (now - grace).date(), "limit": limit})
    late = [int(id_) for id_ in found.scalars()]
    for promise_id in late:
        await settle(conn, promise_id, "broken", actor="system", now=now)
    return len(late)
