"""What happened to a debtor, as one row for strategy, statistics and consoles; written with the fact itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db.tables import outcome_event


async def record(
    conn: AsyncConnection,
    kind: str,
    *,
    tenant_id: int,
    at: datetime,
    debtor_id: int,
    campaign_id: int | None = None,
    agent_id: int | None = None,
    attempt_id: UUID | None = None,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """`kind` like promise.recorded; `payload` holds ids, words and numbers, no personal data."""
    await conn.execute(
        insert(outcome_event).values(
            tenant_id=tenant_id, at=at, kind=kind, campaign_id=campaign_id, debtor_id=debtor_id, agent_id=agent_id,
            attempt_id=attempt_id, payload=dict(payload or {}),
        )
    )  # fmt: skip
