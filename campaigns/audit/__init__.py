"""The audit trail: who did what to what, written in the transaction that did it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db.tables import audit


async def record(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """`actor` like user:7, system or cli; `action` like campaign.started; `subject` like campaign:3.

    `detail` holds no secret and no personal data: ids, words and numbers only.
    """
    await conn.execute(
        insert(audit).values(
            tenant_id=tenant_id, at=at, actor=actor, action=action, subject=subject, detail=dict(detail or {})
        )
    )
