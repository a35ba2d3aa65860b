"""Reads what the gate needs to know about some debtors: one question, however many they are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.contact_facts import Known
from dialer.contact_history import Attempt
from dialer.contact_queries import AS_OF, IN_FORCE, LOCK, Reading
from dialer.listed import Hashed, Listings, keys_of, listings

HISTORY = timedelta(days=62)  # the longest rule looks back 60 local dates; a date may start 14 h before UTC's
FOR_EVER = timedelta(days=20_000)


NO_LISTS = Listings()
FREE = "AUTOCOMMIT"  # campaigns.db.engine.reading
Rows = list[dict[str, Any]]


class Shelf(Protocol):
    """dialer.number_shelf.NumberShelf: the hashed lists that are open here, by digest."""

    async def opened(self, wanted: Collection[tuple[int, str]]) -> Mapping[str, Hashed]: ...


class WrongIsolation(RuntimeError):
    """admit() was called where no lock holds, or where what others committed while it waited cannot be seen."""


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
    ids = sorted(set(debtor_ids))
    if lock:
        ids = await _locked(conn, ids)
    if not ids:
        return {}
    reading = IN_FORCE if lock else AS_OF
    since = now - (FOR_EVER if for_ever else HISTORY)
    found = (await reading.facts.execute(conn, ids=ids, since=since, now=now)).one()
    records = dict(zip(reading.names, found, strict=True))
    attempts = records.pop("attempts")
    rows: dict[str, Rows] = {
        name: [dict(zip(reading.names[name], record, strict=True)) for record in of] for name, of in records.items()
    }
    known = _sorted_in(rows)
    _put_attempts(known, attempts)
    rows["entries"] += await _other_entries(conn, known, reading, now)
    await _set_listings(known, rows, lists)
    return known


async def _locked(conn: AsyncConnection, ids: list[int]) -> list[int]:
    """Those that exist, locked; WrongIsolation where that would not hold or the facts after it would be old."""
    if conn.sync_connection is not None and conn.sync_connection.get_execution_options().get("isolation_level") == FREE:
        raise WrongIsolation("admit() needs a transaction, this connection ends one with each statement")
    locked = (await LOCK.execute(conn, ids=ids)).all()
    if locked and locked[0].isolation not in ("read committed", "serializable"):
        raise WrongIsolation(f"admit() needs READ COMMITTED, this transaction is {locked[0].isolation.upper()}")
    return [row.id for row in locked]


def _sorted_in(rows: Mapping[str, Rows]) -> dict[int, Known]:
    """Each row to its person; consents and opt-outs by what they hang on."""
    known = {row["id"]: Known(row) for row in rows["persons"]}
    for name in ("points", "addresses", "requests", "inbound", "debts"):
        for row in rows[name]:
            getattr(known[row["debtor_id"]], name).append(row)
    for row in rows["consents"]:
        known[row["debtor_id"]].consents.setdefault(row["contact_point_id"], []).append(row)
    for row in rows["opt_outs"]:
        known[row["debtor_id"]].opt_outs.setdefault(row["address"], []).append(row)
    return known


def _put_attempts(known: Mapping[int, Known], records: Iterable[Sequence[Any]]) -> None:
    """Each to its debtor, whose id is first. By far the most rows, so they are made in one step each."""
    for record in records:
        debtor_id, *fields = record
        one, attempt = known[debtor_id], Attempt._make(fields)
        one.attempts.append(attempt)
        one.in_call = one.in_call or attempt.in_call


async def _other_entries(conn: AsyncConnection, known: Mapping[int, Known], reading: Reading, now: datetime) -> Rows:
    """Entries under addresses with letters beyond ASCII, of which databases disagree what their small letters are."""
    odd = [point["address"] for one in known.values() for point in one.points if not point["address"].isascii()]
    if not odd:
        return []
    tenants = sorted({one.debtor["tenant_id"] for one in known.values()})
    found = await reading.entries.execute(conn, tenants=tenants, keys=keys_of(odd), now=now)
    return [dict(row) for row in found.mappings()]


async def _set_listings(known: Mapping[int, Known], rows: Mapping[str, Rows], shelf: Shelf | None) -> None:
    wanted = [(row["tenant_id"], row["digest"]) for row in rows["lists"] if row["digest"] is not None]
    hashed = await shelf.opened(wanted) if wanted and shelf is not None else {}
    by_tenant = listings(rows["lists"], rows["entries"], hashed)
    for one in known.values():
        one.listings = by_tenant.get(one.debtor["tenant_id"], NO_LISTS)
