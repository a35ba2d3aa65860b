"""Wishes that end by themselves, and those that a supervisor must look at again."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.db import tables as t
from campaigns.problems import refuse
from campaigns.requests.service import end_request

r = t.person_request.c


async def end_due(conn: AsyncConnection, now: datetime, limit: int = 1000) -> int:
    """End what ends by itself up to `now`, and let the queues go on; how many."""
    due = (
        select(r.id).where(r.ended_at.is_(None), r.ends_at <= now).order_by(r.ends_at, r.id).limit(limit)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    found = (await conn.execute(due)).scalars().all()
    for request_id in found:
        await end_request(conn, request_id, now=now, actor="system", because="its date was reached")
    return len(found)


async def reviews_due(conn: AsyncConnection, tenant_id: int, today: date, limit: int = 500) -> list[dict[str, Any]]:
    """Wishes in force whose review date has come, the oldest first."""
    query = (
        select(r.id, r.debtor_id, r.kind, r.at, r.review_on, r.recorded_by)
        .where(r.tenant_id == tenant_id, r.ended_at.is_(None), r.review_on <= today)
        .order_by(r.review_on, r.id).limit(limit)
    )  # fmt: skip
    return [
        {
            "id": row.id, "debtor_id": row.debtor_id, "kind": row.kind, "at": row.at.isoformat(),
            "review_on": row.review_on.isoformat(), "days_over": (today - row.review_on).days,
            "recorded_by": row.recorded_by,
        }
        for row in await conn.execute(query)
    ]  # fmt: skip


async def wishes_of(conn: AsyncConnection, debtor_id: int) -> list[dict[str, Any]]:
    """All wishes of a person, those in force first, the newest first."""
    query = (
        select(r.id, r.kind, r.details, r.at, r.ends_at, r.review_on, r.ended_at, r.recorded_by, r.ended_by,
               r.ended_because)
        .where(r.debtor_id == debtor_id).order_by(r.ended_at.isnot(None), r.at.desc(), r.id.desc())
    )  # fmt: skip
    return [_plain(dict(row)) for row in (await conn.execute(query)).mappings()]


async def review_again(
    conn: AsyncConnection, tenant_id: int, request_id: int, *, review_on: date, because: str, now: datetime, actor: str
) -> None:
    """Keep the wish, and look at it again on that date. Raises Refused."""
    if review_on <= now.date():
        raise refuse("review_on", "the date has passed: give a later one, or end the wish")
    if not because.strip():
        raise refuse("because", "say why it goes on")
    found = await conn.execute(
        update(t.person_request).where(r.id == request_id, r.tenant_id == tenant_id, r.ended_at.is_(None))
        .values(review_on=review_on).returning(r.debtor_id)
    )  # fmt: skip
    debtor_id = found.scalar_one_or_none()
    if debtor_id is None:
        raise refuse("id", f"there is no wish {request_id} in force")
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action="request.reviewed", subject=f"debtor:{debtor_id}",
        detail={"request_id": request_id, "review_on": review_on.isoformat(), "because": because.strip()},
    )  # fmt: skip


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {str(name): value for name, value in row.items()}  # a column's own name is no plain str for JSON
    for name in ("at", "ends_at", "review_on", "ended_at"):
        plain[name] = None if plain[name] is None else plain[name].isoformat()
    return plain
