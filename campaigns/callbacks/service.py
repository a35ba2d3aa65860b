"""Calls back that a person agreed to: one pending appointment each, due at an instant, with an agent or with anyone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.db import tables as t
from campaigns.problems import refuse
from campaigns.requests.service import record_request

FARTHEST = timedelta(days=90)
CONSENT_LASTS = timedelta(days=1)  # the agreement covers the agreed call, not later ones


@dataclass(frozen=True, slots=True)
class Callback:
    id: int
    tenant_id: int
    debtor_id: int
    contact_point_id: int
    campaign_id: int | None
    agent_id: int | None  # null: anyone
    due_at: datetime


async def record(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    debtor_id: int,
    contact_point_id: int,
    due_at: datetime,
    command_id: str,
    now: datetime,
    recorded_by: str,
    campaign_id: int | None = None,
    agent_id: int | None = None,
) -> int:
    """The appointment's id; an earlier pending one is cancelled. The person's consent is recorded with it."""
    same = select(t.callback.c.id).where(t.callback.c.tenant_id == tenant_id, t.callback.c.command_id == command_id)
    before = (await conn.execute(same)).scalar_one_or_none()
    if before is not None:
        return int(before)
    if due_at <= now:
        raise refuse("due_at", "the time is past: choose one in the future")
    if due_at > now + FARTHEST:
        raise refuse("due_at", f"too far away: at most {FARTHEST.days} days")
    point = select(t.contact_point.c.id).where(
        t.contact_point.c.id == contact_point_id,
        t.contact_point.c.debtor_id == debtor_id,
        t.contact_point.c.kind != "email",
        t.contact_point.c.status == "good",
    )
    if (await conn.execute(point)).one_or_none() is None:
        raise refuse("contact_point_id", "this person cannot be called there: choose a good number from the file")
    await conn.execute(
        update(t.callback)
        .where(t.callback.c.debtor_id == debtor_id, t.callback.c.state == "pending")
        .values(state="cancelled")
    )
    row = {
        "tenant_id": tenant_id, "debtor_id": debtor_id, "contact_point_id": contact_point_id,
        "campaign_id": campaign_id, "agent_id": agent_id, "due_at": due_at, "command_id": command_id, "created_at": now,
    }  # fmt: skip
    made = int((await conn.execute(insert(t.callback).values(**row).returning(t.callback.c.id))).scalar_one())
    debts = (await conn.execute(select(t.debt.c.id).where(t.debt.c.debtor_id == debtor_id))).scalars().all()
    # 12 CFR 1006.14(b)(3)(i): prior consent given directly to the collector
    await record_request(
        conn, tenant_id=tenant_id, debtor_id=debtor_id, kind="callback_consent", at=now, recorded_by=recorded_by,
        details={"debts": list(debts), "on_date": None, "expires": (due_at + CONSENT_LASTS).isoformat()},
    )  # fmt: skip
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=recorded_by, action="callback.recorded",
        subject=f"debtor:{debtor_id}", detail={"callback_id": made},
    )  # fmt: skip
    return made


async def claim_due(conn: AsyncConnection, now: datetime, limit: int, *, agent_id: int | None = None) -> list[Callback]:
    """Pending appointments that are due, marked as placed; those of `agent_id`, or (null) those for anyone."""
    c = t.callback.c
    due = (
        select(c.id).where(c.state == "pending", c.due_at <= now, c.agent_id.is_not_distinct_from(agent_id))
        .order_by(c.due_at).limit(limit).with_for_update(skip_locked=True)
    )  # fmt: skip
    found = await conn.execute(
        update(t.callback).where(c.id.in_(due)).values(state="placed")
        .returning(c.id, c.tenant_id, c.debtor_id, c.contact_point_id, c.campaign_id, c.agent_id, c.due_at)
    )  # fmt: skip
    return sorted((Callback(*row) for row in found), key=lambda one: one.due_at)


async def finish(
    conn: AsyncConnection,
    callback_id: int,
    state: Literal["pending", "done", "cancelled"],
    *,
    later: datetime | None = None,
) -> None:
    """A placed appointment is over, or (state pending) is tried again at `later`."""
    values = {"state": state, **({"due_at": later} if later is not None else {})}
    await conn.execute(update(t.callback).where(t.callback.c.id == callback_id).values(**values))
