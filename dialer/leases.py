"""Makes one process the leader of a campaign: a lease in the database with a fence that only grows."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

TAKE = text("""
INSERT INTO lease AS l (name, owner, fence, until) VALUES (:name, :owner, 1, :until)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until,
    fence = CASE WHEN l.owner = excluded.owner THEN l.fence ELSE l.fence + 1 END
WHERE l.owner = excluded.owner OR l.until <= :now
RETURNING fence
""")
DROP = text("UPDATE lease SET until = :now WHERE owner = :owner AND until > :now")


async def take(conn: AsyncConnection, name: str, owner: str, *, lease_s: float, now: datetime) -> int | None:
    """The fence when the lease is ours (again) until `lease_s` from now; None while another owner holds it."""
    values = {"name": name, "owner": owner, "until": now + timedelta(seconds=lease_s), "now": now}
    return (await conn.execute(TAKE, values)).scalar()


async def drop_all(conn: AsyncConnection, owner: str, now: datetime) -> None:
    """Let others lead at once; for an orderly stop."""
    await conn.execute(DROP, {"owner": owner, "now": now})
