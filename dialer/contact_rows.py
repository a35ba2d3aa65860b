"""Reads what the gate needs to know about some debtors: one question, however many they are."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.contact_facts import Known
from dialer.contact_queries import AS_OF, IN_FORCE, LOCK, Reading
from dialer.listed import Hashed, Listings, keys_of, listings

HISTORY = timedelta(days=62)  # the longest rule looks back 60 local dates; a date may start 14 h before UTC's
FOR_EVER = timedelta(days=20_000)


NO_LISTS = Listings()
Rows = list[dict[str, Any]]


class Shelf(Protocol):
    """dialer.number_shelf.NumberShelf: the hashed lists that are open here, by digest."""

    async def opened(self, wanted: Collection[tuple[int, str]]) -> Mapping[str, Hashed]: ...


class WrongIsolation(RuntimeError):
    """admit() was called in a transaction that cannot see what others committed while it waited for the lock."""


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
        locked = (await LOCK.execute(conn, ids=ids)).all()
        if locked and locked[0].isolation not in ("read committed", "serializable"):
            raise WrongIsolation(f"admit() needs READ COMMITTED, this transaction is {locked[0].isolation.upper()}")
        ids = [row.id for row in locked]
    if not ids:
        return {}
    reading = IN_FORCE if lock else AS_OF
    since = now - (FOR_EVER if for_ever else HISTORY)
    found = (await reading.facts.execute(conn, ids=ids, since=since, now=now)).one()
    rows: dict[str, Rows] = {
        name: [dict(zip(names, row, strict=True)) for row in records]
        for (name, names), records in zip(reading.names.items(), found, strict=True)
    }
    known = {row["id"]: Known(row) for row in rows["persons"]}
    for name, put in _PLACES.items():
        for row in rows[name]:
            put(known[row["debtor_id"]], row)
    rows["entries"] += await _other_entries(conn, known, reading, now)
    await _set_listings(known, rows, lists)
    return known


def _attempt(one: Known, row: dict[str, Any]) -> None:
    row["debt_ids"] = [int(debt) for debt in row["debt_ids"].split(",") if debt]
    one.attempts.append(row)
    if row["state"] != "ended" and row["channel"] == "voice" and row["direction"] == "out":
        one.in_call = True


_PLACES: dict[str, Callable[[Known, dict[str, Any]], None]] = {
    "points": lambda one, row: one.points.append(row),
    "addresses": lambda one, row: one.addresses.append(row),
    "requests": lambda one, row: one.requests.append(row),
    "attempts": _attempt,
    "inbound": lambda one, row: one.inbound.append(row),
    "debts": lambda one, row: one.debts.append(row),
    "consents": lambda one, row: one.consents.setdefault(row["contact_point_id"], []).append(row),
    "opt_outs": lambda one, row: one.opt_outs.setdefault(row["address"], []).append(row),
}
"""Where a row belongs: consents and opt-outs by what they hang on."""


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
