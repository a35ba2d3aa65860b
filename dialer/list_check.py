"""Says of one address on which do-not-contact lists it is, how it came there, when and by whom; for a person to see."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.lists import service as lists
from campaigns.lists.model import Entry, NumberList, prefixes_of
from campaigns.problems import refuse
from compliance.number_list import false_positive
from dialer.number_shelf import NumberShelf
from telephony.number import NumberProblem, mask, mask_address, parse

E164_SHAPE = re.compile(r"\+[1-9][0-9]{6,14}")


def address_of(written: str, *, prefix: bool = False) -> str:
    """What somebody wrote as lists keep it: E.164, e-mail in lower case, or a beginning of numbers. Raises Refused."""
    if prefix:
        return written.strip().replace(" ", "")
    if "@" in written:
        return written.strip().lower()
    found = parse(written)
    if isinstance(found, NumberProblem):
        if E164_SHAPE.fullmatch(written.strip()):
            return written.strip()  # in no use now, and closed in case it ever is
        raise refuse("number", f"{mask(written.strip())}: {found.message}")
    return found.text


async def check_address(
    conn: AsyncConnection, tenant_id: int, address: str, shelf: NumberShelf | None, now: datetime
) -> dict[str, Any]:
    """`lists`: where it is, `ended`: where it was, `unread`: lists that could not be asked. The address is masked."""
    everything = await lists.everything(conn, tenant_id)
    found = await lists.entries_of(conn, tenant_id, [address, *prefixes_of(address)])
    fits = [entry for entry in found if entry.kind == "prefix" or entry.address == address]
    by_name = {one.name: one for one in everything}
    on = [_entry(entry, by_name[entry.list_name]) for entry in fits if entry.ended_at is None]
    ended = [_entry(entry, by_name[entry.list_name]) for entry in fits if entry.ended_at is not None]
    unread: list[str] = []
    hashed = [one for one in everything if one.digest is not None and one.ended_at is None]
    opened = {} if shelf is None else await shelf.opened([(tenant_id, str(one.digest)) for one in hashed])
    for one in hashed:
        asked = opened.get(str(one.digest))
        if asked is None:
            unread.append(one.name)
        elif address in asked:
            on.append(await _hashed(conn, one, asked.count))
    shown = mask_address(address)
    return {
        "address": shown, "listed": bool(on), "lists": on, "ended": ended, "unread": unread,
        "overdue": [one.name for one in everything if one.overdue(now)], "says": _says(shown, on, unread),
    }  # fmt: skip


def _says(shown: str, on: list[dict[str, Any]], unread: list[str]) -> str:
    said = f"{shown} is on {len(on)} list(s)." if on else f"{shown} is on no list."
    if unread:
        return f"{said} {', '.join(unread)} could not be asked: nobody is contacted until that is mended (see doctor)."
    return said


def _entry(entry: Entry, of: NumberList) -> dict[str, Any]:
    told = {
        "list": entry.list_name, "kind": entry.kind, "prefix": entry.address if entry.kind == "prefix" else "",
        "scope": _scope(of), "why": _why(entry), "how": entry.source, "at": entry.at,
        "by": entry.by, "evidence": entry.evidence or of.evidence,
    }  # fmt: skip
    if entry.ended_at is None:
        return told
    return told | {"ended_at": entry.ended_at, "ended_by": entry.ended_by, "end_reason": entry.end_reason}


def _why(entry: Entry) -> str:
    return f"begins with {entry.address}" if entry.kind == "prefix" else "the address itself"


async def _hashed(conn: AsyncConnection, of: NumberList, count: int) -> dict[str, Any]:
    version = (await lists.versions(conn, of.id))[0]
    return {
        "list": of.name, "kind": "hashed", "prefix": "", "scope": _scope(of),
        "why": f"its hash is among {count:,} (wrong for one number in {1 / false_positive(count):.0e})",
        "how": f"import of {version.file_name}, version {version.version}", "at": version.at, "by": version.by,
        "evidence": version.evidence or of.evidence,
    }  # fmt: skip


def _scope(of: NumberList) -> str:
    return of.scope if of.whose is None else f"{of.scope} {of.whose}"
