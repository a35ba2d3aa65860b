"""Plans in the database: made, replaced, cancelled, over; audited, and heard of by a floor."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.problems import Refused
from campaigns.shifts import service as shifts
from campaigns.shifts.model import Plan, PlanAsked
from tests.builders import NOW, a_tenant, a_user

pytestmark = pytest.mark.postgres
LATER = NOW + timedelta(hours=2)


async def someone(conn: AsyncConnection, **values: Any) -> dict[str, Any]:
    tenant = await a_tenant(conn)
    return {"tenant_id": tenant, "user_id": await a_user(conn, tenant, **values), "now": NOW, "actor": "user:1"}


async def version(conn: AsyncConnection, user_id: int) -> int:
    return int((await conn.execute(select(t.app_user.c.version).where(t.app_user.c.id == user_id))).scalar_one())


async def actions(conn: AsyncConnection) -> list[tuple[str, dict[str, Any]]]:
    return [tuple(row) for row in await conn.execute(select(t.audit.c.action, t.audit.c.detail).order_by("id"))]


async def test_a_plan_is_stored_audited_and_raises_the_version_that_a_floor_looks_at(conn: AsyncConnection) -> None:
    who = await someone(conn)
    made = await shifts.plan(conn, asked=PlanAsked("pause", LATER, 15, "lunch"), **who)
    assert await shifts.open_plans(conn, [who["user_id"]]) == {who["user_id"]: (made,)}
    assert made == Plan(made.id, who["user_id"], "pause", LATER, 15, "lunch")
    assert await version(conn, who["user_id"]) == 2
    detail = {"kind": "pause", "at": LATER.isoformat(), "minutes": 15, "reason": "lunch", "replaces": None}
    assert await actions(conn) == [("shift.planned", {"plan": made.id, **detail})]


async def test_a_new_end_of_the_shift_takes_the_place_of_the_old_one(conn: AsyncConnection) -> None:
    who = await someone(conn)
    old = await shifts.plan(conn, asked=PlanAsked("logout", LATER), **who)
    new = await shifts.plan(conn, asked=PlanAsked("logout", LATER + timedelta(hours=1)), **who)
    assert await shifts.open_plans(conn, [who["user_id"]]) == {who["user_id"]: (new,)}
    assert (await actions(conn))[-1][1]["replaces"] == old.id


async def test_a_cancelled_plan_is_gone_and_cannot_be_cancelled_twice(conn: AsyncConnection) -> None:
    who = await someone(conn)
    made = await shifts.plan(conn, asked=PlanAsked("logout", LATER), **who)
    await shifts.cancel(conn, plan_id=made.id, **who)
    assert await shifts.open_plans(conn, [who["user_id"]]) == {}
    assert await version(conn, who["user_id"]) == 3
    with pytest.raises(Refused, match="no open plan"):
        await shifts.cancel(conn, plan_id=made.id, **who)


async def test_plans_are_of_active_agents_of_ones_own_tenant(conn: AsyncConnection) -> None:
    asked = PlanAsked("logout", LATER)
    boss = await someone(conn, role="supervisor")
    gone = await someone(conn, active=False)
    mine, other = await someone(conn), await someone(conn)
    for who in (boss, gone, {**mine, "tenant_id": other["tenant_id"]}):
        with pytest.raises(Refused, match="no active agent"):
            await shifts.plan(conn, asked=asked, **who)
    made = await shifts.plan(conn, asked=asked, **mine)
    with pytest.raises(Refused, match="no active agent"):
        await shifts.cancel(conn, plan_id=made.id, **{**mine, "tenant_id": other["tenant_id"]})
    with pytest.raises(Refused, match="no open plan"):
        await shifts.cancel(conn, plan_id=made.id, **other)


async def test_what_is_over_stays_as_it_was_told_first(conn: AsyncConnection) -> None:
    who = await someone(conn)
    made = await shifts.plan(conn, asked=PlanAsked("logout", LATER), **who)
    await shifts.finish(conn, {made.id: "kept"}, LATER)
    await shifts.finish(conn, {made.id: "passed"}, LATER + timedelta(hours=1))
    row = (await conn.execute(text("SELECT over_at, over_because FROM planned_end"))).one()
    assert tuple(row) == (LATER, "kept")
    assert [action for action, _ in await actions(conn)] == ["shift.planned", "shift.kept"]
