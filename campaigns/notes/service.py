"""Notes that agents write into a person's file, saved once whatever is clicked twice."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.problems import refuse

LONGEST = 4000


async def record(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    debtor_id: int,
    body: str,
    command_id: str,
    now: datetime,
    attempt_id: UUID | None = None,
    agent_id: int | None = None,
) -> int:
    """The note's id; the same command gives the same note. Raises Refused for an empty or endless one."""
    body = body.strip()
    if not body:
        raise refuse("text", "the note is empty: write what was said")
    if len(body) > LONGEST:
        raise refuse("text", f"the note has {len(body)} characters; at most {LONGEST} are kept: shorten it")
    row = {
        "tenant_id": tenant_id, "debtor_id": debtor_id, "attempt_id": attempt_id, "agent_id": agent_id, "body": body,
        "command_id": command_id, "created_at": now,
    }  # fmt: skip
    made = await conn.execute(insert(t.note).values(**row).on_conflict_do_nothing().returning(t.note.c.id))
    fresh = made.scalar_one_or_none()
    if fresh is not None:
        return int(fresh)
    same = select(t.note.c.id).where(t.note.c.tenant_id == tenant_id, t.note.c.command_id == command_id)
    return int((await conn.execute(same)).scalar_one())
