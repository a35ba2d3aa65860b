"""Reads what the gate needs to know about some debtors: a constant number of queries, however many they are."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger

from campaigns.db import tables as t
from dialer.contact_facts import Known, Row

HISTORY = timedelta(days=62)  # the longest rule looks back 60 local dates; a date may start 14 h before UTC's
FOR_EVER = timedelta(days=20_000)


class WrongIsolation(RuntimeError):
    """admit() was called in a transaction that cannot see what others committed while it waited for the lock."""


def _ids() -> Any:
    return func.any(bindparam("ids", type_=ARRAY(BigInteger)))


_LOCK = (
    select(
        t.debtor.c.id,
        t.debtor.c.tenant_id,
        t.debtor.c.creditor_id,
        t.debtor.c.language,
        t.debtor.c.own_timezone,
        t.debtor.c.status,
        t.debtor.c.created_at,
        select(t.creditor.c.rulebooks)
        .where(t.creditor.c.id == t.debtor.c.creditor_id)
        .scalar_subquery()
        .label("creditor_rulebooks"),
        select(t.tenant.c.settings["switches"])
        .where(t.tenant.c.id == t.debtor.c.tenant_id)
        .scalar_subquery()
        .label("switches"),
        func.current_setting("transaction_isolation").label("isolation"),
    )
    .where(t.debtor.c.id == _ids())
    .order_by(t.debtor.c.id)
    # FOR NO KEY UPDATE: admissions of one person wait for each other, foreign keys to the person do not
    .with_for_update(key_share=True, of=t.debtor)
)
_point = t.contact_point
_POINTS = select(_point.c.id, _point.c.debtor_id, _point.c.kind, _point.c.address, _point.c.position, _point.c.status)
_POINTS = _POINTS.where(_point.c.debtor_id == _ids())
_ADDRESSES = select(
    t.address.c.debtor_id,
    t.address.c.country,
    t.address.c.region,
    t.address.c.timezone,
    t.address.c.city,
    t.address.c.postal_code,
).where(t.address.c.debtor_id == _ids())
_CONSENTS = (
    select(
        _point.c.debtor_id,
        t.consent.c.contact_point_id,
        t.consent.c.channel,
        t.consent.c.at,
        t.consent.c.by,
        t.consent.c.expires_at,
    )
    .join(_point, _point.c.id == t.consent.c.contact_point_id)
    .where(_point.c.debtor_id == _ids())
)
_OPT_OUTS = (
    select(_point.c.debtor_id, t.opt_out.c.address, t.opt_out.c.channel, t.opt_out.c.at)
    .join(_point, and_(_point.c.tenant_id == t.opt_out.c.tenant_id, _point.c.address == t.opt_out.c.address))
    .where(_point.c.debtor_id == _ids(), t.opt_out.c.lifted_at.is_(None))
)
_dnc = t.do_not_contact
_LISTED = (
    select(_point.c.debtor_id, _dnc.c.address, _dnc.c.list_name)
    .join(_point, and_(_point.c.tenant_id == _dnc.c.tenant_id, _point.c.address == _dnc.c.address))
    .join(t.debtor, t.debtor.c.id == _point.c.debtor_id)
    .where(
        _point.c.debtor_id == _ids(),
        or_(_dnc.c.creditor_id.is_(None), _dnc.c.creditor_id == t.debtor.c.creditor_id),
    )
)
_REQUESTS = select(
    t.person_request.c.id,
    t.person_request.c.debtor_id,
    t.person_request.c.kind,
    t.person_request.c.details,
    t.person_request.c.at,
    t.person_request.c.ends_at,
).where(
    t.person_request.c.debtor_id == _ids(),
    or_(t.person_request.c.ended_at.is_(None), t.person_request.c.ended_at > bindparam("now")),
)
_attempt = t.attempt
_ATTEMPTS = select(
    _attempt.c.debtor_id,
    _attempt.c.contact_point_id,
    _attempt.c.debt_ids,
    _attempt.c.channel,
    _attempt.c.direction,
    _attempt.c.at,
    _attempt.c.state,
    _attempt.c.ringing_at,
    _attempt.c.answered_at,
    _attempt.c.bridged_at,
    _attempt.c.outcome,
    _attempt.c.cause,
).where(
    _attempt.c.debtor_id == _ids(),
    or_(_attempt.c.at >= bindparam("since"), _attempt.c.state != "ended"),
)
_INBOUND = select(
    t.inbound_message.c.debtor_id, t.inbound_message.c.channel, t.inbound_message.c.from_address, t.inbound_message.c.at
).where(t.inbound_message.c.debtor_id == _ids(), t.inbound_message.c.at >= bindparam("since"))
_DEBTS = select(t.debt.c.debtor_id, t.debt.c.id, t.debt.c.status).where(t.debt.c.debtor_id == _ids())


async def lock_and_read(
    conn: AsyncConnection, debtor_ids: Sequence[int], *, now: datetime, for_ever: bool = False
) -> dict[int, Known]:
    """What is known of each debtor, with the debtors' rows locked; debtors that do not exist are absent.

    `for_ever`: read the whole history and not the last 62 days.
    """
    ids = {"ids": sorted(set(debtor_ids))}
    locked = (await conn.execute(_LOCK, ids)).mappings().all()
    if locked and locked[0]["isolation"] not in ("read committed", "serializable"):
        raise WrongIsolation(f"admit() needs READ COMMITTED, this transaction is {locked[0]['isolation'].upper()}")
    known = {row["id"]: Known(dict(row)) for row in locked}
    if not known:
        return known
    since = ids | {"since": now - (FOR_EVER if for_ever else HISTORY)}
    await _fill(conn, known, _POINTS, ids, "points")
    await _fill(conn, known, _ADDRESSES, ids, "addresses")
    await _fill(conn, known, _REQUESTS, ids | {"now": now}, "requests")
    await _fill(conn, known, _ATTEMPTS, since, "attempts")
    await _fill(conn, known, _INBOUND, since, "inbound")
    await _fill(conn, known, _DEBTS, ids, "debts")
    for row in await _rows(conn, _CONSENTS, ids):
        known[row["debtor_id"]].consents.setdefault(row["contact_point_id"], []).append(row)
    for row in await _rows(conn, _OPT_OUTS, ids):
        known[row["debtor_id"]].opt_outs.setdefault(row["address"], []).append(row)
    for row in await _rows(conn, _LISTED, ids):
        known[row["debtor_id"]].listed.setdefault(row["address"], []).append(row["list_name"])
    for one in known.values():
        one.in_call = any(
            row["channel"] == "voice" and row["direction"] == "out" and row["state"] != "ended" for row in one.attempts
        )
    return known


async def _rows(conn: AsyncConnection, query: Select[Any], values: dict[str, Any]) -> list[Row]:
    return [dict(row) for row in (await conn.execute(query, values)).mappings()]


async def _fill(
    conn: AsyncConnection, known: dict[int, Known], query: Select[Any], values: dict[str, Any], name: str
) -> None:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in await _rows(conn, query, values):
        found[row["debtor_id"]].append(row)
    for debtor_id, rows in found.items():
        setattr(known[debtor_id], name, rows)
