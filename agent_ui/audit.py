"""The audit trail's rows: who did what to what, in the transaction that did it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db.tables import audit


async def record(
    connection: AsyncConnection,
    *,
    tenant_id: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """`actor` like user:7, `action` like user.logged_in, `subject` like user:7; `detail` holds no secrets."""
    await connection.execute(
        insert(audit).values(
            tenant_id=tenant_id, at=at, actor=actor, action=action, subject=subject, detail=dict(detail or {})
        )
    )
