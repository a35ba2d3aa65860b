"""Reads verdicts as the audit chain binds them: JSONB as PostgreSQL prints it, beside what became of the attempt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, and_, cast, false, func, literal, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.audit.chain import VERDICT_ERASED
from campaigns.audit.verdicts import StoredVerdict, content_digest
from campaigns.db import tables as t

_v, _a = t.verdict.c, t.attempt.c
# what the gate allowed is what the attempt says: nobody moves an attempt to another person, number or time
_SAME = or_(
    _v.attempt_id.is_(None),  # a refusal has none: a verdict that lost its attempt's id is no longer as sealed
    func.coalesce(
        and_(
            _a.tenant_id == _v.tenant_id,
            _a.debtor_id == _v.debtor_id,
            _a.contact_point_id == _v.contact_point_id,
            _a.channel == _v.channel,
            _a.origin == _v.origin,
            _a.at == _v.at,
            _a.campaign_id.is_not_distinct_from(_v.campaign_id),
        ),
        false(),
    ),
)
_COLUMNS: tuple[Any, ...] = (
    _v.number, _v.id, _v.tenant_id, _v.attempt_id, _v.campaign_id, _v.debtor_id, _v.contact_point_id, _v.channel,
    _v.origin, _v.at, _v.decision, _v.retry_at, _v.tzdb, cast(_v.rulebooks, Text), cast(_v.reasons, Text), _v.flags,
    cast(_v.inputs, Text), _v.salt, _v.content_digest,
)  # fmt: skip
_STORED = select(*_COLUMNS, _SAME).select_from(t.verdict.outerjoin(t.attempt, _a.id == _v.attempt_id))
_BARE = select(*_COLUMNS, literal(True))


async def in_range(
    conn: AsyncConnection, tenant_id: int, first: int, last: int, *, limit: int | None = None, attempts: bool = False
) -> list[StoredVerdict]:
    """The tenant's verdicts numbered `first` to `last`, in order; with `attempts` also whether each is still true."""
    query = (_STORED if attempts else _BARE).where(_v.tenant_id == tenant_id, _v.number.between(first, last))
    rows: Sequence[Any] = (await conn.execute(query.order_by(_v.number).limit(limit))).all()
    return [StoredVerdict(*row) for row in rows]


async def of_attempt(conn: AsyncConnection, tenant_id: int, attempt_id: UUID) -> StoredVerdict | None:
    """The verdict that allowed this attempt; the first, if somebody put others beside it."""
    query = _STORED.where(_v.tenant_id == tenant_id, _v.attempt_id == attempt_id).order_by(_v.number).limit(1)
    found: Any = (await conn.execute(query)).one_or_none()
    return None if found is None else StoredVerdict(*found)


async def erase(conn: AsyncConnection, verdict_id: UUID, *, actor: str, now: datetime) -> bool:
    """Reasons, flags and inputs are gone for good; who was judged, when and how stays. False: they were gone before."""
    found: Any = (await conn.execute(_BARE.where(_v.id == verdict_id).with_for_update())).one_or_none()
    if found is None or (verdict := StoredVerdict(*found)).erased:
        return False
    await conn.execute(
        update(t.verdict)
        .where(_v.id == verdict_id)
        .values(
            reasons=text("'[]'::jsonb"),
            inputs=text("'{}'::jsonb"),
            flags=[],
            salt=None,
            content_digest=content_digest(verdict),
        )
    )
    await audit.record(
        conn, tenant_id=verdict.tenant_id, at=now, actor=actor, action=VERDICT_ERASED,
        subject=f"verdict:{verdict.number}",
    )  # fmt: skip
    return True
