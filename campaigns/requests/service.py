"""What persons ask of us, written down before anything else: requests, opt-outs, wrong numbers."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit, events
from campaigns.db import tables as t
from campaigns.problems import refuse
from campaigns.queue import service as queue
from campaigns.queue.model import OPTED_OUT
from campaigns.requests.wishes import RESUMES, check_wish

Channel = Literal["voice", "sms", "whatsapp", "email", "all"]
PointStatus = Literal["good", "invalid", "wrong_person", "third_party"]


async def record_request(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    debtor_id: int,
    kind: str,
    at: datetime,
    recorded_by: str,
    details: Mapping[str, Any] | None = None,
    ends_at: datetime | None = None,
    review_on: date | None = None,
) -> int:
    """Write the request down and take the person out of the queues where its kind demands that; its id.

    `at` is the time of receipt; `recorded_by` like user:7; `details` as compliance reads them (debts, form, until ...);
    `ends_at`: when it ends by itself; `review_on`: when a supervisor must look at it again. Raises Refused.
    """
    wish = check_wish(kind, details or {}, at, ends_at=ends_at, review_on=review_on)
    row = {
        "tenant_id": tenant_id, "debtor_id": debtor_id, "kind": kind, "details": dict(wish.details), "at": at,
        "recorded_by": recorded_by, "ends_at": wish.ends_at, "review_on": wish.review_on,
    }  # fmt: skip
    made = await conn.execute(insert(t.person_request).values(**row).returning(t.person_request.c.id))
    request_id = int(made.scalar_one())
    if wish.suspends is not None:
        await queue.suspend(conn, debtor_id, wish.suspends)
    if kind == "deceased":
        await conn.execute(update(t.debtor).where(t.debtor.c.id == debtor_id).values(status="deceased"))
    await audit.record(
        conn, tenant_id=tenant_id, at=at, actor=recorded_by, action=f"request.{kind}", subject=f"debtor:{debtor_id}",
        detail={"request_id": request_id},
    )  # fmt: skip
    return request_id


async def end_request(
    conn: AsyncConnection, request_id: int, *, now: datetime, actor: str, because: str, tenant_id: int | None = None
) -> bool:
    """The request no longer binds; the queues go on. False when it had ended already. Raises Refused without a reason.

    `tenant_id`: only a request of this tenant.
    """
    if not because.strip():
        raise refuse("because", "say why it ends: an auditor will ask")
    r = t.person_request.c
    mine = [] if tenant_id is None else [r.tenant_id == tenant_id]
    found = await conn.execute(
        update(t.person_request).where(r.id == request_id, r.ended_at.is_(None), *mine)
        .values(ended_at=now, ended_by=actor, ended_because=because.strip())
        .returning(r.tenant_id, r.debtor_id, r.kind)
    )  # fmt: skip
    row = found.one_or_none()
    if row is None:
        return False
    owner, debtor_id, kind = row
    other = select(r.id).where(r.debtor_id == debtor_id, r.kind == kind, r.ended_at.is_(None)).limit(1)
    if kind in RESUMES and (await conn.execute(other)).one_or_none() is None:
        if kind == "deceased":
            d = t.debtor.c
            await conn.execute(update(t.debtor).where(d.id == debtor_id, d.status == "deceased").values(status="open"))
        await queue.resume(conn, debtor_id, RESUMES[kind], now=now)
    await audit.record(
        conn, tenant_id=owner, at=now, actor=actor, action="request.ended", subject=f"debtor:{debtor_id}",
        detail={"request_id": request_id, "because": because.strip()},
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
