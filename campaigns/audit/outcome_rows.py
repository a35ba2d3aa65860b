"""Reads outcomes as the audit chain binds them, beside what their attempts and messages say now."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.audit.outcomes import StoredOutcome

_BARE = text("""
SELECT number, tenant_id, kind, of_id, content::text, true FROM outcome
WHERE tenant_id = :tenant AND number BETWEEN :first AND :last ORDER BY number LIMIT CAST(:limit AS integer)
""")
# an earlier one was corrected since: the last one says what must be there now
_COMPARED = text("""
SELECT o.number, o.tenant_id, o.kind, o.of_id, o.content::text,
    EXISTS (SELECT FROM outcome later WHERE later.of_id = o.of_id AND later.kind = o.kind AND later.number > o.number)
    OR coalesce(o.content = CASE o.kind WHEN 'attempt' THEN attempt_outcome(a) ELSE message_outcome(m) END, false)
FROM outcome o
    LEFT JOIN attempt a ON o.kind = 'attempt' AND a.id = o.of_id AND a.tenant_id = o.tenant_id
    LEFT JOIN message m ON o.kind = 'message' AND m.id = o.of_id AND m.tenant_id = o.tenant_id
WHERE o.tenant_id = :tenant AND o.number BETWEEN :first AND :last ORDER BY o.number LIMIT CAST(:limit AS integer)
""")

_ABOUT = text("""
SELECT number, tenant_id, kind, of_id, content::text, true FROM outcome
WHERE tenant_id = :tenant AND of_id = ANY(:ids) ORDER BY number
""")


async def about(conn: AsyncConnection, tenant_id: int, ids: Sequence[UUID]) -> list[StoredOutcome]:
    """All that was written down of these attempts and messages, the earliest first."""
    rows = await conn.execute(_ABOUT, {"tenant": tenant_id, "ids": list(ids)})
    return [StoredOutcome(*row) for row in rows]


async def in_range(
    conn: AsyncConnection, tenant_id: int, first: int, last: int, *, limit: int | None = None, compared: bool = False
) -> list[StoredOutcome]:
    """The tenant's outcomes numbered `first` to `last`, in order; with `compared` also whether each is still true."""
    values = {"tenant": tenant_id, "first": first, "last": last, "limit": limit}
    rows = await conn.execute(_COMPARED if compared else _BARE, values)
    return [StoredOutcome(*row) for row in rows]
