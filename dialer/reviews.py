"""Replies that somebody must read: the list of them, and what the reader decides, carried out in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.db import tables as t
from campaigns.problems import refuse
from campaigns.requests.closing import SCOPES, Scope, close, restore
from campaigns.requests.service import end_request, record_request
from campaigns.requests.wishes import UNCLEAR_REPLY
from telephony.number import mask_address

Decision = Literal["stop", "start", "other"]
DECISIONS: tuple[Decision, ...] = ("stop", "start", "other")
OPEN, DECIDED = "open", "decided"
i = t.inbound_message.c


@dataclass(frozen=True, slots=True)
class Review:
    """One reply that waits. `meaning` is what the classifier made of it: unclear, or stop with a limit in its words."""

    id: int
    at: datetime
    age_s: int
    channel: str
    language: str | None  # of the debtor's record; None: nobody has this address
    address_masked: str
    debtor_id: int | None
    meaning: str
    text: str


@dataclass(frozen=True, slots=True)
class Decided:
    """`closed`: addresses and channels closed; `reopened`: opt-outs ended; `freed`: persons who may be contacted again
    as far as this reply goes."""

    review_id: int
    decision: Decision
    closed: int = 0
    reopened: int = 0
    freed: int = 0


async def open_reviews(conn: AsyncConnection, tenant_id: int, now: datetime, limit: int = 200) -> list[Review]:
    """Those that wait longest first."""
    query = (
        select(i.id, i.at, i.channel, t.debtor.c.language, i.from_address, i.debtor_id, i.meaning, i.body)
        .join_from(t.inbound_message, t.debtor, t.debtor.c.id == i.debtor_id, isouter=True)
        .where(i.tenant_id == tenant_id, i.review == OPEN)
        .order_by(i.at, i.id)
        .limit(limit)
    )
    return [
        Review(
            id_, at, int((now - at).total_seconds()), channel, language, mask_address(address), debtor_id, meaning, body
        )
        for id_, at, channel, language, address, debtor_id, meaning, body in (await conn.execute(query)).all()
    ]


class Waiting(NamedTuple):
    """`oldest_at` None: none waits."""

    replies: int
    oldest_at: datetime | None


async def waiting(conn: AsyncConnection, tenant_id: int) -> Waiting:
    """How many replies somebody must read, and since when the oldest waits."""
    query = select(func.count(), func.min(i.at)).where(i.tenant_id == tenant_id, i.review == OPEN)
    return Waiting(*(await conn.execute(query)).one())


async def hold(conn: AsyncConnection, tenant_id: int, debtor_id: int, review_id: int, at: datetime) -> None:
    """Nothing goes out to the person, by any channel or hand, until the reply is decided."""
    await record_request(
        conn,
        tenant_id=tenant_id,
        debtor_id=debtor_id,
        kind=UNCLEAR_REPLY,
        at=at,
        recorded_by="system",
        details={"inbound_message_id": review_id},
    )


async def decide(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    review_id: int,
    decision: Decision,
    scope: Scope | None,
    actor: str,
    now: datetime,
) -> Decided:
    """Carry out what the reader made of the reply. Refused: no such review, decided before, a scope missing or unknown.

    The hold ends last, so that there is no instant between the two at which a contact could slip out.
    """
    row = await _take(conn, tenant_id, review_id)
    _check(decision, scope)
    source = f"{row['channel']}_reply"
    said: dict[str, Any] = {"tenant_id": tenant_id, "address": row["from_address"], "source": source, "actor": actor}
    evidence = f"{row['provider']} {row['provider_id']}"
    closed = reopened = 0
    if decision == "stop" and scope is not None:
        closed = await close(conn, channel=row["channel"], scopes={scope}, at=now, evidence=evidence, **said)
    elif decision == "start":
        reopened = await restore(conn, now=now, evidence=evidence, **said)
    freed = await settle(conn, tenant_id, [review_id], decision, actor=actor, now=now)
    await audit.record(
        conn,
        tenant_id=tenant_id,
        at=now,
        actor=actor,
        action="review.decided",
        subject=f"inbound_message:{review_id}",
        detail={"decision": decision, "scope": scope, "closed": closed, "reopened": reopened},
    )
    await conn.execute(
        insert(t.outcome_event).values(
            tenant_id=tenant_id,
            at=now,
            kind="reply.reviewed",
            debtor_id=row["debtor_id"],
            payload={"inbound_message_id": review_id, "decision": decision, "scope": scope},
        )
    )
    return Decided(review_id, decision, closed, reopened, freed)


async def settle(
    conn: AsyncConnection, tenant_id: int, review_ids: list[int], decision: Decision, *, actor: str, now: datetime
) -> int:
    """Mark them decided and end their holds; how many persons no unclear reply holds any more."""
    values = {"review": DECIDED, "decision": decision, "decided_by": actor, "decided_at": now}
    await conn.execute(update(t.inbound_message).where(i.id.in_(review_ids), i.tenant_id == tenant_id).values(**values))
    r = t.person_request.c
    about = or_(*[r.details["inbound_message_id"].as_integer() == review_id for review_id in review_ids])
    query = select(r.id, r.debtor_id).where(
        r.tenant_id == tenant_id, r.kind == UNCLEAR_REPLY, r.ended_at.is_(None), about
    )
    held = (await conn.execute(query)).all() if review_ids else []
    for request_id, _ in held:
        await end_request(conn, request_id, now=now, actor=actor, because=f"the reply was read: {decision}")
    still = select(r.debtor_id).where(
        r.kind == UNCLEAR_REPLY, r.ended_at.is_(None), r.debtor_id.in_([debtor for _, debtor in held])
    )
    return len({debtor for _, debtor in held} - set((await conn.execute(still)).scalars()))


async def waiting_of(conn: AsyncConnection, tenant_id: int, address: str) -> list[int]:
    """The unclear replies from this address that nobody has read."""
    query = select(i.id).where(
        i.tenant_id == tenant_id, i.from_address == address, i.review == OPEN, i.meaning == "unclear"
    )
    return [int(id_) for id_ in (await conn.execute(query)).scalars()]


async def _take(conn: AsyncConnection, tenant_id: int, review_id: int) -> dict[str, Any]:
    query = select(t.inbound_message).where(i.id == review_id, i.tenant_id == tenant_id).with_for_update()
    row = (await conn.execute(query)).mappings().one_or_none()
    if row is None or row["review"] is None:
        raise refuse("review_id", f"there is no review {review_id}: promiseline reviews list shows those that wait")
    if row["review"] == DECIDED:
        raise refuse("review_id", f"review {review_id} was decided before: {row['decision']}, by {row['decided_by']}")
    return dict(row)


def _check(decision: str, scope: str | None) -> None:
    if decision not in DECISIONS:
        raise refuse("decision", f"{decision!r} is no decision; known are {', '.join(DECISIONS)}")
    if decision == "stop" and scope not in SCOPES:
        raise refuse("scope", f"say what the person wants closed: {', '.join(SCOPES)}")
    if decision != "stop" and scope is not None:
        raise refuse("scope", "a scope belongs to the decision stop")
