"""Reads what the gate needs to know about some debtors: a constant number of queries, however many they are."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NULLTYPE, BigInteger

from campaigns.consents.service import live
from campaigns.db import tables as t
from campaigns.lists.service import ADMISSIONS
from dialer.contact_facts import Known
from dialer.listed import Hashed, Listings, keys_of, listings

HISTORY = timedelta(days=62)  # the longest rule looks back 60 local dates; a date may start 14 h before UTC's
FOR_EVER = timedelta(days=20_000)


NO_LISTS = Listings()


class Shelf(Protocol):
    """dialer.number_shelf.NumberShelf: the hashed lists that are open here, by digest."""

    async def opened(self, wanted: Collection[tuple[int, str]]) -> Mapping[str, Hashed]: ...


class WrongIsolation(RuntimeError):
    """admit() was called in a transaction that cannot see what others committed while it waited for the lock."""


def _ids() -> Any:
    """The persons asked about, so that PostgreSQL keeps one plan: an array it can see is planned anew each time.

    That took longer than the reading.
    """
    asked = select(func.unnest(bindparam("ids", type_=ARRAY(BigInteger)))).scalar_subquery()
    return func.any(func.array(asked, type_=ARRAY(BigInteger)))


_PERSONS = (
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
    )
    .where(t.debtor.c.id == _ids())
    .order_by(t.debtor.c.id)
)
_LOCK = _PERSONS.add_columns(
    func.current_setting("transaction_isolation").label("isolation"),
    # evaluated before the row is locked: whoever changes a list waits for us, or we for him (campaigns.lists.bind)
    func.pg_advisory_xact_lock_shared(ADMISSIONS, t.debtor.c.tenant_id).label("lists"),
    # FOR NO KEY UPDATE: admissions of one person wait for each other, foreign keys to the person do not
).with_for_update(key_share=True, of=t.debtor)
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
    .where(_point.c.debtor_id == _ids(), live(bindparam("now")))
)
_OPT_OUTS = (
    select(_point.c.debtor_id, t.opt_out.c.address, t.opt_out.c.channel, t.opt_out.c.at)
    .join(_point, and_(_point.c.tenant_id == t.opt_out.c.tenant_id, _point.c.address == t.opt_out.c.address))
    .where(
        _point.c.debtor_id == _ids(),
        or_(t.opt_out.c.lifted_at.is_(None), t.opt_out.c.lifted_at > bindparam("now")),
    )
)
_dnc, _list = t.do_not_contact.c, t.do_not_contact_list.c


def _listed(as_of: bool) -> CompoundSelect[Any]:
    """The lists of some tenants and their entries for some keys: in force, or `as_of` the bound instant."""
    now: BindParameter[datetime] = bindparam("now")
    tenants = bindparam("tenants", type_=ARRAY(Integer))
    on: ColumnElement[bool] = _list.ended_at.is_(None)
    at: ColumnElement[bool] = _dnc.ended_at.is_(None)
    if as_of:
        on = and_(_list.created_at <= now, or_(on, _list.ended_at > now))
        at = and_(_dnc.at <= now, or_(at, _dnc.ended_at > now))
    return union_all(
        select(
            literal("list").label("kind"),
            _list.tenant_id,
            _list.id.label("list_id"),
            null().cast(Text).label("address"),
            _list.name,
            _list.scope,
            _list.creditor_id,
            _list.campaign_id,
            _list.digest,
            func.coalesce(and_(_list.overdue_denies, _list.refresh_by <= now), false()).label("shut"),
        ).where(_list.tenant_id == func.any(tenants), on),
        select(
            _dnc.kind,
            _dnc.tenant_id,
            _dnc.list_id,
            _dnc.address,
            *(null().cast(of) for of in (Text, Text, BigInteger, BigInteger, Text, Boolean)),
        ).where(
            _dnc.tenant_id == func.any(tenants),
            _dnc.address == func.any(bindparam("keys", type_=ARRAY(Text))),
            at,
        ),
    )


_LISTED, _LISTED_AS_OF = _listed(as_of=False), _listed(as_of=True)
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
    func.array_to_string(_attempt.c.debt_ids, ",").label("debt_ids"),  # no array can be decoded inside a record
    _attempt.c.channel,
    _attempt.c.direction,
    _attempt.c.at,
    _attempt.c.state,
    _attempt.c.ended_at,
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
_PARTS: dict[str, Select[Any]] = {
    "points": _POINTS,
    "addresses": _ADDRESSES,
    "requests": _REQUESTS,
    "attempts": _ATTEMPTS,
    "inbound": _INBOUND,
    "debts": _DEBTS,
    "consents": _CONSENTS,
    "opt_outs": _OPT_OUTS,
}
"""What is read of persons, by the fields of Known."""
_NAMES = {name: tuple(column.name for column in part.selected_columns) for name, part in _PARTS.items()}


def _as_array(part: Select[Any]) -> ColumnElement[Any]:
    """All rows as one array of records, which asyncpg decodes: eight questions in the time of one."""
    rows = part.subquery()
    return func.array(select(func.row(*rows.c)).scalar_subquery(), type_=NULLTYPE)


_FACTS = select(*(_as_array(part).label(name) for name, part in _PARTS.items()))


async def lock_and_read(
    conn: AsyncConnection,
    debtor_ids: Sequence[int],
    *,
    now: datetime,
    for_ever: bool = False,
    lock: bool = True,
    lists: Shelf | None = None,
) -> dict[int, Known]:
    """What is known of each debtor, with the debtors' rows locked; debtors that do not exist are absent.

    `for_ever`: read the whole history and not the last 62 days. `lock` False: for a look that decides nothing; it locks
    nothing, neither the persons nor the lists, and reads the lists as they were at `now`. `lists` opens hashed
    do-not-contact lists; without it one that is in force counts as not looked up.
    """
    ids = {"ids": sorted(set(debtor_ids))}
    locked = (await conn.execute(_LOCK if lock else _PERSONS, ids)).mappings().all()
    if lock and locked and locked[0]["isolation"] not in ("read committed", "serializable"):
        raise WrongIsolation(f"admit() needs READ COMMITTED, this transaction is {locked[0]['isolation'].upper()}")
    known = {row["id"]: Known(dict(row)) for row in locked}
    if not known:
        return known
    since = ids | {"since": now - (FOR_EVER if for_ever else HISTORY)}
    found = (await conn.execute(_FACTS, since | {"now": now})).one()
    for name, rows in zip(_PARTS, found, strict=True):
        _sort_in(known, name, [dict(zip(_NAMES[name], row, strict=True)) for row in rows])
    await _read_lists(conn, known, now, lists, _LISTED if lock else _LISTED_AS_OF)
    for one in known.values():
        one.in_call = any(
            row["channel"] == "voice" and row["direction"] == "out" and row["state"] != "ended" for row in one.attempts
        )
    return known


async def _read_lists(
    conn: AsyncConnection, known: dict[int, Known], now: datetime, shelf: Shelf | None, query: CompoundSelect[Any]
) -> None:
    addresses = {point["address"] for one in known.values() for point in one.points}
    tenants = sorted({one.debtor["tenant_id"] for one in known.values()})
    values = {"tenants": tenants, "keys": keys_of(addresses), "now": now}
    rows = [dict(row) for row in (await conn.execute(query, values)).mappings()]
    wanted = [(row["tenant_id"], row["digest"]) for row in rows if row["digest"] is not None]
    hashed = await shelf.opened(wanted) if wanted and shelf is not None else {}
    by_tenant = listings(rows, hashed)
    for one in known.values():
        one.listings = by_tenant.get(one.debtor["tenant_id"], NO_LISTS)


def _sort_in(known: dict[int, Known], name: str, rows: list[dict[str, Any]]) -> None:
    """Each row to its person; consents and opt-outs by what they hang on."""
    for row in rows:
        one = known[row["debtor_id"]]
        if name == "consents":
            one.consents.setdefault(row["contact_point_id"], []).append(row)
        elif name == "opt_outs":
            one.opt_outs.setdefault(row["address"], []).append(row)
        else:
            if name == "attempts":
                row["debt_ids"] = [int(debt) for debt in row["debt_ids"].split(",") if debt]
            getattr(one, name).append(row)
