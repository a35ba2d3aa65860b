"""Rows get their places on a real PostgreSQL: writers that commit out of order, sealers that race or are killed."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.audit import sealing
from tests.builders import NOW, a_tenant


async def test_rows_are_sealed_once_in_order_of_id(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    for n in range(3):
        await audit.record(conn, tenant_id=tenant, at=NOW, actor="cli", action="x.done", subject=f"x:{n}")

    assert (await sealing.seal(conn, tenant, now=NOW)).rows == 3
    assert (await sealing.seal(conn, tenant, now=NOW)).rows == 0
    rows = (await conn.execute(text("SELECT seq, subject FROM audit ORDER BY seq"))).all()
    assert [tuple(row) for row in rows] == [(1, "x:0"), (2, "x:1"), (3, "x:2")]
