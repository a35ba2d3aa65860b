"""Erases what audit rows and verdicts say of a person, in a way that the chain survives and a later row tells of."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, and_, cast, null, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.audit import sealing, verdict_rows
from campaigns.audit.chain import AUDIT_ERASED, OUTCOMES_SEALED, VERDICT_ERASED, VERDICTS_SEALED
from campaigns.db import tables as t
from campaigns.problems import refuse

KEPT = (VERDICTS_SEALED, OUTCOMES_SEALED, AUDIT_ERASED, VERDICT_ERASED)  # they hold proofs and no person


@dataclass(frozen=True, slots=True)
class Erased:
    """How many details of audit rows, and the content of how many verdicts."""

    details: int
    verdicts: int


async def erase_details(
    conn: AsyncConnection, tenant_id: int, subjects: list[str], *, actor: str, now: datetime
) -> int:
    """Details and salts of all rows about the subjects (like debtor:9) are gone for good; how many. Seals first."""
    while (await sealing.seal(conn, tenant_id, now=now)).more:
        pass
    c = t.audit.c
    found = await conn.execute(
        update(t.audit)
        .where(c.tenant_id == tenant_id, c.subject.in_(subjects), c.seq.is_not(None), c.salt.is_not(None))
        .where(c.action.not_in(KEPT))
        .values(detail=null(), salt=null())
        .returning(c.seq)
    )
    erased = sorted(found.scalars())
    for seq in erased:
        subject = f"audit:{seq}"
        await audit.record(conn, tenant_id=tenant_id, at=now, actor=actor, action=AUDIT_ERASED, subject=subject)
    return len(erased)


async def erase_person(conn: AsyncConnection, tenant_id: int, debtor_id: int, *, actor: str, now: datetime) -> Erased:
    """Everything that the trail and the verdicts say about a debtor beyond numbers, actions and times.

    To be called before the debtor's numbers are deleted: by them the rows are found. Raises Refused.
    """
    d, v = t.debtor.c, t.verdict.c
    if (await conn.execute(select(d.id).where(d.id == debtor_id, d.tenant_id == tenant_id))).first() is None:
        raise refuse("--debtor", f"this tenant has no debtor {debtor_id}")
    details = await erase_details(conn, tenant_id, await _subjects(conn, debtor_id), actor=actor, now=now)
    verdicts = (await conn.execute(select(v.id).where(v.debtor_id == debtor_id, v.salt.is_not(None)))).scalars().all()
    done = [await verdict_rows.erase(conn, verdict_id, actor=actor, now=now) for verdict_id in verdicts]
    return Erased(details, sum(done))


async def _subjects(conn: AsyncConnection, debtor_id: int) -> list[str]:
    p, o = t.contact_point.c, t.opt_out.c
    shared = t.opt_out.join(t.contact_point, and_(p.tenant_id == o.tenant_id, p.address == o.address))
    found = union(
        select("contact_point:" + cast(p.id, String)).where(p.debtor_id == debtor_id),
        select("opt_out:" + cast(o.id, String)).select_from(shared).where(p.debtor_id == debtor_id),
    )
    return [f"debtor:{debtor_id}", *(await conn.execute(found)).scalars()]
