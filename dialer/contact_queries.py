"""The two statements behind every decision on a contact: one locks the persons, one reads all that the gate asks of.

The second is one statement, so what it tells is one snapshot, and a batch is there and back once. It must not lock:
what a statement reads is as old as its beginning, and another's contact may be committed while this one waits.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, collate, false, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import NULLTYPE, BigInteger, Text

from campaigns.consents.service import live
from campaigns.db import tables as t
from campaigns.db.ready import Ready
from campaigns.lists.model import LONGEST_PREFIX
from campaigns.lists.service import ADMISSIONS
from dialer.contact_history import Attempt

# not required: campaigns.db.ready asks for them
_now: BindParameter[datetime] = bindparam("now", required=False)
_since: BindParameter[datetime] = bindparam("since", required=False)


def _asked() -> Any:
    """The persons asked about, so that PostgreSQL keeps one plan: an array it can see is planned anew each time.

    That took longer than the reading.
    """
    asked = select(func.unnest(bindparam("ids", required=False, type_=ARRAY(BigInteger)))).scalar_subquery()
    return func.any(func.array(asked, type_=ARRAY(BigInteger)))


# no array can be decoded inside a record: what is one comes as JSON or as text
_debtor, _point, _attempt = t.debtor.c, t.contact_point.c, t.attempt.c
LOCK = Ready(
    select(
        _debtor.id,
        func.current_setting("transaction_isolation").label("isolation"),
        # evaluated before the row is locked: whoever changes a list waits for us, or we for him (campaigns.lists.bind)
        func.pg_advisory_xact_lock_shared(ADMISSIONS, _debtor.tenant_id).label("lists"),
    )
    .where(_debtor.id == _asked())
    .order_by(_debtor.id)
    # FOR NO KEY UPDATE: admissions of one person wait for each other, foreign keys to the person do not
    .with_for_update(key_share=True, of=t.debtor)
)
_PERSONS = select(
    _debtor.id,
    _debtor.tenant_id,
    _debtor.creditor_id,
    _debtor.language,
    _debtor.own_timezone,
    _debtor.status,
    _debtor.created_at,
    select(func.to_jsonb(t.creditor.c.rulebooks))
    .where(t.creditor.c.id == _debtor.creditor_id)
    .scalar_subquery()
    .label("creditor_rulebooks"),
    select(t.tenant.c.settings["switches"])
    .where(t.tenant.c.id == _debtor.tenant_id)
    .scalar_subquery()
    .label("switches"),
).where(_debtor.id == _asked())
_POINTS = select(_point.id, _point.debtor_id, _point.kind, _point.address, _point.position, _point.status).where(
    _point.debtor_id == _asked()
)
_ADDRESSES = select(
    t.address.c.debtor_id,
    t.address.c.country,
    t.address.c.region,
    t.address.c.timezone,
    t.address.c.city,
    t.address.c.postal_code,
).where(t.address.c.debtor_id == _asked())
_CONSENTS = (
    select(
        _point.debtor_id,
        t.consent.c.contact_point_id,
        t.consent.c.channel,
        t.consent.c.at,
        t.consent.c.by,
        t.consent.c.expires_at,
    )
    .join(t.contact_point, _point.id == t.consent.c.contact_point_id)
    .where(_point.debtor_id == _asked(), live(_now))
)
_OPT_OUTS = (
    select(_point.debtor_id, t.opt_out.c.address, t.opt_out.c.channel, t.opt_out.c.at)
    .join(t.contact_point, and_(_point.tenant_id == t.opt_out.c.tenant_id, _point.address == t.opt_out.c.address))
    .where(_point.debtor_id == _asked(), or_(t.opt_out.c.lifted_at.is_(None), t.opt_out.c.lifted_at > _now))
)
_REQUESTS = select(
    t.person_request.c.id,
    t.person_request.c.debtor_id,
    t.person_request.c.kind,
    t.person_request.c.details,
    t.person_request.c.at,
    t.person_request.c.ends_at,
).where(
    t.person_request.c.debtor_id == _asked(),
    or_(t.person_request.c.ended_at.is_(None), t.person_request.c.ended_at > _now),
)
_AS_TEXT = {"debt_ids": func.array_to_string(_attempt.debt_ids, ",")}
_ATTEMPTS = select(
    _attempt.debtor_id, *(_AS_TEXT.get(name, _attempt[name]).label(name) for name in Attempt._fields)
).where(_attempt.debtor_id == _asked(), or_(_attempt.at >= _since, _attempt.state != "ended"))
_INBOUND = select(
    t.inbound_message.c.debtor_id, t.inbound_message.c.channel, t.inbound_message.c.from_address, t.inbound_message.c.at
).where(t.inbound_message.c.debtor_id == _asked(), t.inbound_message.c.at >= _since)
_DEBTS = select(t.debt.c.debtor_id, t.debt.c.id, t.debt.c.status).where(t.debt.c.debtor_id == _asked())

_entry, _list = t.do_not_contact.c, t.do_not_contact_list.c


def _keys() -> ColumnElement[str]:
    """What to look for in the entries, as dialer.listed.keys_of says it: the address and each prefix that covers it.

    Letters beyond ASCII stay as they are here, whatever the database's language; dialer.contact_rows sees to them.
    """
    longest = func.greatest(1, func.least(func.length(_point.address) - 1, LONGEST_PREFIX + 1))
    last = case((_point.address.startswith("+"), longest), else_=1)
    length = func.generate_series(1, last).column_valued("length", joins_implicitly=True)
    return case((length == 1, func.lower(collate(_point.address, "C"))), else_=func.left(_point.address, length))


def _lists(as_of: bool) -> Select[Any]:
    """The lists of the persons' tenants: in force, or `as_of` the bound instant."""
    on: ColumnElement[bool] = _list.ended_at.is_(None)
    if as_of:
        on = and_(_list.created_at <= _now, or_(on, _list.ended_at > _now))
    return select(
        _list.tenant_id,
        _list.id.label("list_id"),
        _list.name,
        _list.scope,
        _list.creditor_id,
        _list.campaign_id,
        _list.digest,
        func.coalesce(and_(_list.overdue_denies, _list.refresh_by <= _now), false()).label("shut"),
    ).where(_list.tenant_id.in_(select(_debtor.tenant_id).where(_debtor.id == _asked())), on)


def _entries(as_of: bool) -> Select[Any]:
    """The columns of an entry that is in force, or was at the bound instant; which, the caller says."""
    at: ColumnElement[bool] = _entry.ended_at.is_(None)
    if as_of:
        at = and_(_entry.at <= _now, or_(at, _entry.ended_at > _now))
    return select(_entry.tenant_id, _entry.kind, _entry.list_id, _entry.address).where(at)


def _of_points(entries: Select[Any]) -> Select[Any]:
    return entries.where(_point.debtor_id == _asked(), _entry.tenant_id == _point.tenant_id, _entry.address == _keys())


def _of_keys(entries: Select[Any]) -> Select[Any]:
    tenants = bindparam("tenants", required=False, type_=ARRAY(BigInteger))
    keys = bindparam("keys", required=False, type_=ARRAY(Text))
    return entries.where(_entry.tenant_id == func.any(tenants), _entry.address == func.any(keys))


_PARTS: dict[str, Select[Any]] = {
    "persons": _PERSONS,
    "points": _POINTS,
    "addresses": _ADDRESSES,
    "requests": _REQUESTS,
    "attempts": _ATTEMPTS,
    "inbound": _INBOUND,
    "debts": _DEBTS,
    "consents": _CONSENTS,
    "opt_outs": _OPT_OUTS,
}


def _as_array(part: Select[Any]) -> ColumnElement[Any]:
    """All rows as one array of records, which asyncpg decodes: eleven questions in the time of one."""
    rows = part.subquery()
    return func.array(select(func.row(*rows.c)).scalar_subquery(), type_=NULLTYPE)


class Reading:
    """The statement that reads all of some persons (`ids`, `since`, `now`), and what its columns hold.

    `names`: of each column, the fields of its records. `entries`: those of other keys (`tenants`, `keys`, `now`).
    `as_of`: the do-not-contact lists as they were at `now`, and not as they are.
    """

    def __init__(self, *, as_of: bool) -> None:
        entries = _entries(as_of)
        parts = _PARTS | {"lists": _lists(as_of), "entries": _of_points(entries)}
        self.facts = Ready(select(*(_as_array(part).label(name) for name, part in parts.items())))
        self.names = {name: tuple(column.name for column in part.selected_columns) for name, part in parts.items()}
        self.entries = Ready(_of_keys(entries))


IN_FORCE, AS_OF = Reading(as_of=False), Reading(as_of=True)
