"""What persons ask of us, written down before anything else: requests, opt-outs, do-not-contact, wrong numbers."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit, events
from campaigns.db import tables as t
from campaigns.problems import refuse
from campaigns.queue import service as queue
from campaigns.queue.model import DISPUTE, HARDSHIP, OPTED_OUT

Channel = Literal["voice", "sms", "whatsapp", "email", "all"]
PointStatus = Literal["good", "invalid", "wrong_person", "third_party"]
UNCLEAR_REPLY = "unclear_reply"  # perhaps a STOP: nothing goes out until somebody has read it

# the gate reads these words (compliance.facts.RequestKind and HoldKind); an unknown one would refuse every contact
KINDS = frozenset(
    {
        "inconvenient_time", "inconvenient_place", "stop_calling", "cease_all", "refuses_to_pay", "attorney",
        "dispute", "callback_consent", "callback_consent_revoked", "wrong_number", "third_party_reported",
        "hardship", "deceased", "bankruptcy", "breathing_space", "legal", UNCLEAR_REPLY,
    }
)  # fmt: skip
# which of them take the person out of every queue, and under which word
SUSPENDS = {
    "stop_calling": "no_more_calls", "cease_all": "cease", "attorney": "attorney", "dispute": DISPUTE,
    "hardship": HARDSHIP, "bankruptcy": "bankruptcy", "breathing_space": "breathing_space", "legal": "legal",
    UNCLEAR_REPLY: UNCLEAR_REPLY,
}  # fmt: skip


async def record_request(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    debtor_id: int,
    kind: str,
    at: datetime,
    recorded_by: str,
    details: Mapping[str, Any] | None = None,
) -> int:
    """Write the request down and take the person out of the queues where its kind demands that; its id.

    `at` is the time of receipt; `recorded_by` like user:7; `details` as compliance reads them (debts, form, until ...).
    """
    if kind not in KINDS:
        raise refuse("kind", f"{kind!r} is no kind of request; known are {', '.join(sorted(KINDS))}")
    row = {
        "tenant_id": tenant_id, "debtor_id": debtor_id, "kind": kind, "details": dict(details or {}), "at": at,
        "recorded_by": recorded_by,
    }  # fmt: skip
    made = await conn.execute(insert(t.person_request).values(**row).returning(t.person_request.c.id))
    request_id = int(made.scalar_one())
    if kind in SUSPENDS:
        await queue.suspend(conn, debtor_id, SUSPENDS[kind])
    if kind == "deceased":
        await conn.execute(update(t.debtor).where(t.debtor.c.id == debtor_id).values(status="deceased"))
        await queue.suspend(conn, debtor_id, "deceased")
    await audit.record(
        conn, tenant_id=tenant_id, at=at, actor=recorded_by, action=f"request.{kind}", subject=f"debtor:{debtor_id}",
        detail={"request_id": request_id},
    )  # fmt: skip
    return request_id


async def end_request(conn: AsyncConnection, request_id: int, *, now: datetime, actor: str) -> bool:
    """The request no longer binds; the queues go on. False when it had ended already."""
    r = t.person_request.c
    found = await conn.execute(
        update(t.person_request).where(r.id == request_id, r.ended_at.is_(None)).values(ended_at=now)
        .returning(r.tenant_id, r.debtor_id, r.kind)
    )  # fmt: skip
    row = found.one_or_none()
    if row is None:
        return False
    tenant_id, debtor_id, kind = row
    other = select(r.id).where(r.debtor_id == debtor_id, r.kind == kind, r.ended_at.is_(None)).limit(1)
    if kind in SUSPENDS and (await conn.execute(other)).one_or_none() is None:
        await queue.resume(conn, debtor_id, SUSPENDS[kind], now=now)
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action="request.ended", subject=f"debtor:{debtor_id}",
        detail={"request_id": request_id},
    )  # fmt: skip
    return True


async def record_opt_out(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    address: str,
    channel: Channel,
    at: datetime,
    source: str,
    evidence: str = "",
    actor: str = "system",
    debtor_id: int | None = None,
) -> int:
    """Close an address for a channel, for whoever has it; its id. `evidence` is the id of a message or attempt.

    A person left without any number that may be called leaves the queues.
    """
    row = {
        "tenant_id": tenant_id, "address": address, "channel": channel, "at": at, "source": source,
        "evidence": evidence,
    }  # fmt: skip
    made = int((await conn.execute(insert(t.opt_out).values(**row).returning(t.opt_out.c.id))).scalar_one())
    await conn.execute(
        update(t.message)
        .where(
            t.message.c.tenant_id == tenant_id,
            t.message.c.state == "queued",
            t.message.c.contact_point_id.in_(
                select(t.contact_point.c.id).where(
                    t.contact_point.c.tenant_id == tenant_id, t.contact_point.c.address == address
                )
            ),
            *([] if channel == "all" else [t.message.c.channel == channel]),
        )
        .values(state="cancelled", error_code="opt_out", final_at=at)
    )
    holders = await _holders(conn, tenant_id, address)
    for holder in holders:
        if channel in {"voice", "all"} and not await _callable_point(conn, tenant_id, holder):
            await queue.suspend(conn, holder, OPTED_OUT)
    for holder in holders or ([debtor_id] if debtor_id is not None else []):
        await events.record(
            conn, "opt_out.recorded", tenant_id=tenant_id, at=at, debtor_id=holder,
            payload={"opt_out_id": made, "channel": channel, "source": source},
        )  # fmt: skip
    await audit.record(
        conn, tenant_id=tenant_id, at=at, actor=actor, action="opt_out.recorded", subject=f"opt_out:{made}",
        detail={"channel": channel, "source": source, "evidence": evidence},
    )  # fmt: skip
    return made


async def opt_out_everywhere(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    debtor_id: int,
    channel: Channel,
    at: datetime,
    source: str,
    evidence: str = "",
    actor: str = "system",
) -> int:
    """The person closes a channel on every address we have of them; how many addresses."""
    p = t.contact_point.c
    found = (await conn.execute(select(p.address, p.kind).where(p.debtor_id == debtor_id))).all()
    fits = [a for a, kind in found if channel == "all" or (kind == "email") == (channel == "email")]
    for address in fits:
        await record_opt_out(
            conn, tenant_id=tenant_id, address=address, channel=channel, at=at, source=source, evidence=evidence,
            actor=actor,
        )  # fmt: skip
    return len(fits)


async def lift_opt_out(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    address: str,
    channel: Channel,
    now: datetime,
    actor: str,
    sources: Collection[str] | None = None,
) -> int:
    """The person opened the address again (a START); how many opt-outs ended. `sources`: only what came by these."""
    o = t.opt_out.c
    found = await conn.execute(
        update(t.opt_out)
        .where(o.tenant_id == tenant_id, o.address == address, o.channel == channel, o.lifted_at.is_(None))
        .where(*([] if sources is None else [o.source.in_(sources)]))
        .values(lifted_at=now).returning(o.id)
    )  # fmt: skip
    lifted = found.scalars().all()
    if lifted:
        for holder in await _holders(conn, tenant_id, address):
            if await _callable_point(conn, tenant_id, holder):
                await queue.resume(conn, holder, OPTED_OUT, now=now)
        await audit.record(
            conn, tenant_id=tenant_id, at=now, actor=actor, action="opt_out.lifted", subject=f"opt_out:{lifted[0]}",
            detail={"channel": channel},
        )  # fmt: skip
    return len(lifted)


async def add_do_not_contact(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    list_name: str,
    address: str,
    source: str,
    at: datetime,
    creditor_id: int | None = None,
) -> bool:
    """Put an address on a do-not-contact list; False when it is there already."""
    row = {
        "tenant_id": tenant_id, "list_name": list_name, "address": address, "source": source, "at": at,
        "creditor_id": creditor_id,
    }  # fmt: skip
    made = await conn.execute(
        upsert(t.do_not_contact).values(**row).on_conflict_do_nothing().returning(t.do_not_contact.c.id)
    )
    return made.scalar_one_or_none() is not None


async def mark_contact_point(
    conn: AsyncConnection, contact_point_id: int, status: PointStatus, *, now: datetime, actor: str
) -> bool:
    """What a call found out about the address; True when the person has a good number left."""
    p = t.contact_point.c
    found = await conn.execute(
        update(t.contact_point)
        .where(p.id == contact_point_id)
        .values(status=status)
        .returning(p.tenant_id, p.debtor_id)
    )
    row = found.one_or_none()
    if row is None:
        raise refuse("contact_point_id", "there is no such number or address any more: load the file again")
    await audit.record(
        conn, tenant_id=row[0], at=now, actor=actor, action=f"contact_point.{status}",
        subject=f"contact_point:{contact_point_id}",
    )  # fmt: skip
    left = select(p.id).where(p.debtor_id == row[1], p.kind != "email", p.status == "good").limit(1)
    return (await conn.execute(left)).one_or_none() is not None


async def _holders(conn: AsyncConnection, tenant_id: int, address: str) -> list[int]:
    p = t.contact_point.c
    found = await conn.execute(select(p.debtor_id).where(p.tenant_id == tenant_id, p.address == address).distinct())
    return [int(id_) for id_ in found.scalars()]


async def _callable_point(conn: AsyncConnection, tenant_id: int, debtor_id: int) -> bool:
    """Whether a good number of the person is not closed for calls."""
    p, o = t.contact_point.c, t.opt_out.c
    closed = (
        select(o.id).where(
            o.tenant_id == p.tenant_id, o.address == p.address, o.channel.in_(["voice", "all"]), o.lifted_at.is_(None)
        ).exists()
    )  # fmt: skip
    left = select(p.id).where(p.debtor_id == debtor_id, p.kind != "email", p.status == "good", ~closed).limit(1)
    return (await conn.execute(left)).one_or_none() is not None
