"""Planned breaks and shift ends of agents: made, cancelled, over; every change audited."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.db import tables as t
from campaigns.problems import Refused, refuse
from campaigns.shifts.model import Kind, Plan, PlanAsked, check_plan, replaced

p = t.planned_end.c
Over = Literal["kept", "passed"]
"""`kept`: the agent was there and was told; `passed`: nobody was there."""
FINISH = text("""
UPDATE planned_end SET over_at = :now, over_because = v.because
FROM unnest(CAST(:ids AS bigint[]), CAST(:because AS text[])) AS v(id, because)
WHERE planned_end.id = v.id AND over_at IS NULL RETURNING planned_end.id, tenant_id, user_id, over_because
""")


async def plan(
    conn: AsyncConnection, *, tenant_id: int, user_id: int, asked: PlanAsked, now: datetime, actor: str
) -> Plan:
    """Store the plan; an earlier shift end gives way to a new one. Raises Refused."""
    await _agent(conn, tenant_id, user_id)
    before = (await open_plans(conn, [user_id])).get(user_id, ())
    problems = check_plan(asked, before, now)
    if problems:
        raise Refused(*problems)
    gone = replaced(asked.kind, before)
    if gone is not None:
        await conn.execute(update(t.planned_end).where(p.id == gone.id).values(over_at=now, over_because="replaced"))
    row = {
        "tenant_id": tenant_id, "user_id": user_id, "kind": asked.kind, "at": asked.at, "minutes": asked.minutes,
        "reason": asked.reason, "planned_at": now, "planned_by": actor,
    }  # fmt: skip
    made = int((await conn.execute(insert(t.planned_end).values(**row).returning(p.id))).scalar_one())
    await _changed(conn, user_id)
    detail = {
        "plan": made, "kind": asked.kind, "at": asked.at.isoformat(), "minutes": asked.minutes,
        "reason": asked.reason, "replaces": gone.id if gone is not None else None,
    }  # fmt: skip
    await _audit(conn, tenant_id, now, actor, "shift.planned", user_id, detail)
    kind: Kind = "pause" if asked.kind == "pause" else "logout"
    return Plan(made, user_id, kind, asked.at, asked.minutes, asked.reason)


async def cancel(
    conn: AsyncConnection, *, tenant_id: int, user_id: int, plan_id: int, now: datetime, actor: str
) -> None:
    """Take back an open plan of this agent. Raises Refused where there is none."""
    await _agent(conn, tenant_id, user_id)
    done = await conn.execute(
        update(t.planned_end).where(p.id == plan_id, p.user_id == user_id, p.over_at.is_(None))
        .values(over_at=now, over_because="cancelled").returning(p.id)
    )  # fmt: skip
    if done.one_or_none() is None:
        raise refuse("plan_id", f"this agent has no open plan {plan_id}")
    await _changed(conn, user_id)
    await _audit(conn, tenant_id, now, actor, "shift.cancelled", user_id, {"plan": plan_id})


async def open_plans(conn: AsyncConnection, user_ids: Collection[int]) -> dict[int, tuple[Plan, ...]]:
    """The open plans of these agents, the next one first; who has none is not in it."""
    query = (
        select(p.id, p.user_id, p.kind, p.at, p.minutes, p.reason)
        .where(p.user_id.in_(list(user_ids)), p.over_at.is_(None)).order_by(p.at, p.id)
    )  # fmt: skip
    found: dict[int, tuple[Plan, ...]] = {}
    for row in await conn.execute(query):
        found[row.user_id] = (*found.get(row.user_id, ()), Plan(*row))
    return found


async def finish(conn: AsyncConnection, over: Mapping[int, Over], now: datetime) -> None:
    """Their time has come, or nobody was there. Those that are over already stay as they are."""
    values = {"ids": list(over), "because": list(over.values()), "now": now}
    for row in (await conn.execute(FINISH, values)).all():
        detail = {"plan": row.id}
        await _audit(conn, row.tenant_id, now, "system", f"shift.{row.over_because}", row.user_id, detail)


async def _agent(conn: AsyncConnection, tenant_id: int, user_id: int) -> None:
    """Locks the agent's row: plans of one agent are made one after the other."""
    u = t.app_user.c
    query = select(u.id).where(u.id == user_id, u.tenant_id == tenant_id, u.role == "agent", u.active)
    if (await conn.execute(query.with_for_update())).one_or_none() is None:
        raise refuse("user_id", f"there is no active agent {user_id}: choose one")


async def _changed(conn: AsyncConnection, user_id: int) -> None:
    """What a floor reads the agent anew by."""
    u = t.app_user.c
    await conn.execute(update(t.app_user).where(u.id == user_id).values(version=u.version + 1))


async def _audit(
    conn: AsyncConnection,
    tenant_id: int,
    now: datetime,
    actor: str,
    action: str,
    user_id: int,
    detail: Mapping[str, object],
) -> None:
    subject = f"user:{user_id}"
    await audit.record(conn, tenant_id=tenant_id, at=now, actor=actor, action=action, subject=subject, detail=detail)
