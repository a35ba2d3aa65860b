"""`promiseline retention plan|run`: a dry run unless --yes says otherwise."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOW, a_creditor, a_debtor, a_tenant, a_window_group
from tests.dialer.cli.program import Program

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]
ERASED = text("SELECT count(*) FROM debtor WHERE erased_at IS NOT NULL")


async def test_a_plan_and_a_run_without_yes_change_nothing_and_a_run_with_yes_erases(
    program: Program, engine: AsyncEngine
) -> None:
    async with engine.begin() as conn:
        tenant = await a_tenant(conn, "main")
        group = await a_window_group(conn, ("Europe/London",), ("gb",))
        debtor = await a_debtor(
            conn, tenant, await a_creditor(conn, tenant), window_group_id=group, created_at=NOW - timedelta(days=3000)
        )
    plan, dry, spoken = await program.all(
        ["retention", "plan", "--json"], ["retention", "run", "--json"], ["retention", "plan"]
    )
    assert plan.code == dry.code == spoken.code == 0
    for one in (plan.json(), dry.json()):
        assert not one["erased"] and [row["debtor"] for row in one["due"]] == [debtor]
    assert "1 persons would be erased" in spoken.out
    async with engine.connect() as conn:
        assert (await conn.execute(ERASED)).scalar_one() == 0
    done = await program("retention", "run", "--yes", "--json")
    assert done.json()["erased"] and done.json()["counts"] == {"erase": 1}
    async with engine.connect() as conn:
        assert (await conn.execute(ERASED)).scalar_one() == 1
    again = await program("retention", "run", "--yes", "--json")
    assert again.json()["due"] == []
