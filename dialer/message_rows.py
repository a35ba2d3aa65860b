"""The messages in PostgreSQL: put one in the queue, claim, move, and keep what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

import structlog
import uuid_utils
from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from dialer.message_life import Event, State, step

log = structlog.get_logger()
m = t.message


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that somebody wants sent. `dedupe_key` names the reason: the same one twice is one message."""

    tenant_id: int
    debtor_id: int
    contact_point_id: int
    channel: Literal["sms", "whatsapp", "email"]
    template: str
    dedupe_key: str
    origin: Literal["message_step", "agent", "reply"] = "message_step"
    campaign_id: int | None = None


async def enqueue(
    conn: AsyncConnection, new: NewMessage, *, now: datetime, not_before: datetime | None = None
) -> UUID | None:
    """Put the message in the queue, in the caller's transaction; None when its dedupe_key is there already."""
    language = select(t.debtor.c.language).where(t.debtor.c.id == new.debtor_id).scalar_subquery()
    row = {
        "id": new_id(),
        "tenant_id": new.tenant_id,
        "dedupe_key": new.dedupe_key,
        "campaign_id": new.campaign_id,
        "debtor_id": new.debtor_id,
        "contact_point_id": new.contact_point_id,
        "channel": new.channel,
        "origin": new.origin,
        "template": new.template,
        "language": language,
        "state": "queued",
        "not_before": not_before or now,
        "created_at": now,
    }
    found = await conn.execute(upsert(m).values(**row).on_conflict_do_nothing().returning(m.c.id))
    made = found.scalar_one_or_none()
    return None if made is None else UUID(str(made))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A queued message whose row is locked by this transaction."""

    id: UUID
    tenant_id: int
    campaign_id: int | None
    debtor_id: int
    contact_point_id: int
    channel: Literal["sms", "whatsapp", "email"]
    origin: Literal["message_step", "agent", "reply"]
    template: str
    language: str
    created_at: datetime
    rulebooks: tuple[str, ...] | None


_CLAIM = (
    select(
        m.c.id,
        m.c.tenant_id,
        m.c.campaign_id,
        m.c.debtor_id,
        m.c.contact_point_id,
        m.c.channel,
        m.c.origin,
        m.c.template,
        t.debtor.c.language,
        m.c.created_at,
        t.campaign.c.settings["rulebooks"].label("rulebooks"),
    )
    .join(t.debtor, t.debtor.c.id == m.c.debtor_id)
    .outerjoin(t.campaign, t.campaign.c.id == m.c.campaign_id)
    .where(m.c.state == "queued")
    .order_by(m.c.not_before, m.c.id)
    .with_for_update(of=m, skip_locked=True)
)


async def claim(
    conn: AsyncConnection, tenant_id: int, channels: Sequence[str], limit: int, now: datetime
) -> list[Claimed]:
    """Lock up to `limit` messages that are due; what another worker has locked is skipped."""
    query = _CLAIM.where(m.c.tenant_id == tenant_id, m.c.not_before <= now, m.c.channel.in_(channels)).limit(limit)
    rows = (await conn.execute(query)).mappings()
    return [
        Claimed(**{**row, "rulebooks": None if row["rulebooks"] is None else tuple(row["rulebooks"])}) for row in rows
    ]


async def lock(conn: AsyncConnection, message_id: UUID) -> Mapping[str, Any] | None:
    """The message's row, locked until the transaction ends."""
    found = await conn.execute(select(m).where(m.c.id == message_id).with_for_update())
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def move(conn: AsyncConnection, row: Mapping[str, Any], event: Event, **values: Any) -> State:
    """Apply the event to a row that this transaction holds, with the values that go with it; the state after it."""
    before = cast(State, row["state"])
    after = step(before, event)
    if after != before or values:
        await conn.execute(update(m).where(m.c.id == row["id"]).values(state=after, **values))
    return after


async def note_event(conn: AsyncConnection, message_id: UUID, status: str, code: str, now: datetime) -> bool:
    """Keep one report for ever; False when the same report came before."""
    row = {"message_id": message_id, "status": status, "error_code": code, "at": now}
    found = await conn.execute(
        upsert(t.message_event).values(**row).on_conflict_do_nothing().returning(t.message_event.c.id)
    )
    return found.scalar_one_or_none() is not None


async def tell(conn: AsyncConnection, row: Mapping[str, Any], kind: str, now: datetime, **payload: Any) -> None:
    """One outcome event for strategy, statistics and consoles; its payload holds no text and no number."""
    await conn.execute(
        insert(t.outcome_event).values(
            tenant_id=row["tenant_id"],
            at=now,
            kind=kind,
            campaign_id=row.get("campaign_id"),
            debtor_id=row.get("debtor_id"),
            attempt_id=row.get("attempt_id"),
            payload={"message_id": str(row["id"]), "channel": row["channel"], **payload},
        )
    )


async def end_attempt(conn: AsyncConnection, attempt_id: UUID | None, outcome: str, now: datetime) -> None:
    """The attempt behind a message is over; an outcome that is known already stays."""
    if attempt_id is not None:
        known = func.coalesce(func.nullif(t.attempt.c.outcome, "unknown"), outcome)
        await conn.execute(
            update(t.attempt).where(t.attempt.c.id == attempt_id).values(state="ended", ended_at=now, outcome=known)
        )


async def attempt_sent(conn: AsyncConnection, attempt_id: UUID | None) -> None:
    """The carrier has the message: the attempt counts as a message sent."""
    if attempt_id is not None:
        await conn.execute(
            update(t.attempt)
            .where(t.attempt.c.id == attempt_id)
            .values(
                outcome="message_sent",
                state=func.coalesce(func.nullif(t.attempt.c.state, "committed"), "sent"),
            )
        )


async def withdraw(conn: AsyncConnection, tenant_id: int, address: str, channels: Sequence[str], now: datetime) -> int:
    """Cancel every queued message to the address on these channels; how many."""
    points = select(t.contact_point.c.id).where(
        t.contact_point.c.tenant_id == tenant_id, t.contact_point.c.address == address
    )
    found = await conn.execute(
        update(m)
        .where(and_(m.c.state == "queued", m.c.channel.in_(channels), m.c.contact_point_id.in_(points)))
        .values(state=step("queued", "withdrawn"), final_at=now)
        .returning(m.c.id)
    )
    return len(found.all())


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def new_id() -> UUID:
    return UUID(int=uuid_utils.uuid7().int)
