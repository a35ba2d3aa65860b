"""Do-not-contact lists: made, filled, ended; nothing is deleted, every change is audited and binds the gate at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Select, bindparam, case, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from campaigns import audit
from campaigns.db import tables as t
from campaigns.lists.model import Entry, EntryKind, Kind, NumberList, Scope, Source, Version, prefix_problem
from campaigns.problems import Problem, Refused, refuse
from campaigns.queue import service as queue

ADMISSIONS = 0x444E43
"""First key of the advisory lock that every admission holds shared, with the tenant's id as the second."""
HELD = "opt_out"
"""The word under which the gate's refusal holds a row of the queue."""
e, k = t.do_not_contact.c, t.do_not_contact_list.c
LAST = text("SELECT pg_advisory_xact_lock(:key, :tenant)")


async def bind(conn: AsyncConnection, tenant_id: int) -> None:
    """The last statement of a change, just before its commit: waits until the admissions under way have committed.

    So each admission either came first or reads what was changed. Hold no debtor's lock when you call.
    """
    await conn.execute(LAST, {"key": ADMISSIONS, "tenant": tenant_id})


async def create(
    conn: AsyncConnection,
    *,
    tenant_id: int,
    name: str,
    kind: Kind = "entries",
    scope: Scope = "global",
    whose: str | None = None,
    source: str = "",
    evidence: str = "",
    refresh_by: datetime | None = None,
    overdue_denies: bool = False,
    now: datetime,
    actor: str,
) -> int:
    """An empty list; its id. `whose`: the name (or id) of the creditor or campaign. Raises Refused, all problems."""
    name = name.strip()
    problems = [] if name else [Problem("name", "the name is empty; give the list a name that people know it by")]
    taken = select(k.id).where(k.tenant_id == tenant_id, k.name == name)
    if name and (await conn.execute(taken)).one_or_none():
        problems.append(Problem("name", f"there is (or was) a list {name}: choose another name"))
    if kind not in get_args(Kind) or scope not in get_args(Scope):
        problems.append(
            Problem("scope", "a list is of kind entries or hashed, and global, of a creditor or a campaign")
        )
    owner, problem = await _owner(conn, tenant_id, scope, whose)
    if refresh_by is not None and refresh_by <= now:
        problems.append(Problem("refresh_by", "the day is past; give the day by which the list must be renewed"))
    if problem or problems:
        raise Refused(*problems, *([problem] if problem else []))
    row = {
        "tenant_id": tenant_id, "name": name, "kind": kind, "scope": scope, "source": source, "evidence": evidence,
        "created_at": now, "created_by": actor, "refresh_by": refresh_by, "overdue_denies": overdue_denies, **owner,
    }  # fmt: skip
    made = int((await conn.execute(insert(t.do_not_contact_list).values(**row).returning(k.id))).scalar_one())
    await _audit(conn, tenant_id, now, actor, "list.created", made, kind=kind, scope=scope)
    return made


async def _owner(
    conn: AsyncConnection, tenant_id: int, scope: str, whose: str | None
) -> tuple[dict[str, int], Problem | None]:
    table = {"creditor": t.creditor, "campaign": t.campaign}.get(scope)
    if table is None:
        return {}, None
    query = select(table.c.name, table.c.id).where(table.c.tenant_id == tenant_id)
    known = {row.name: int(row.id) for row in await conn.execute(query)}
    found = known.get(whose or "")
    if found is None and whose and whose.isdigit() and int(whose) in known.values():
        found = int(whose)
    if found is None:
        names = ", ".join(sorted(known)[:20]) or "none yet"
        return {}, Problem(scope, f"there is no {scope} {whose}; known are {names}")
    return {f"{scope}_id": found}, None


def _lists(tenant_id: int) -> Select[Any]:
    m = t.do_not_contact_import.c
    hashed = select(m.entries).where(m.list_id == k.id, m.version == k.version).scalar_subquery()
    rows = select(func.count()).where(e.list_id == k.id, e.ended_at.is_(None)).scalar_subquery()
    return (
        select(
            k.id, k.tenant_id, k.name, k.kind, k.scope, k.creditor_id, k.campaign_id,
            func.coalesce(t.creditor.c.name, t.campaign.c.name).label("whose"), k.source, k.evidence, k.created_at,
            k.created_by, k.refresh_by, k.overdue_denies, k.version, k.digest,
            func.coalesce(case((k.kind == "hashed", hashed), else_=rows), 0).label("entries"),
            k.ended_at, k.ended_by, k.end_reason,
        )
        .outerjoin(t.creditor, t.creditor.c.id == k.creditor_id)
        .outerjoin(t.campaign, t.campaign.c.id == k.campaign_id)
        .where(k.tenant_id == tenant_id)
        .order_by(k.name)
    )  # fmt: skip


async def everything(conn: AsyncConnection, tenant_id: int) -> list[NumberList]:
    """All lists, the ended ones too, by name."""
    return [NumberList(**row) for row in (await conn.execute(_lists(tenant_id))).mappings()]


async def get(conn: AsyncConnection, tenant_id: int, name: str, *, lock: bool = False) -> NumberList:
    """The list of this name (or id). Raises Refused when there is none, or when it has ended and `lock` asks for it.

    `lock`: for a change, so that one follows the other.
    """
    found = await everything(conn, tenant_id)
    fits = [one for one in found if one.name == name] or [one for one in found if str(one.id) == name]
    if not fits:
        known = ", ".join(one.name for one in found if one.ended_at is None) or "none yet"
        raise refuse("list", f"there is no list {name}; known are {known}. Make one: promiseline lists create NAME")
    if not lock:
        return fits[0]
    await conn.execute(select(k.id).where(k.id == fits[0].id).with_for_update())
    again = next(one for one in await everything(conn, tenant_id) if one.id == fits[0].id)
    if again.ended_at is not None:
        raise refuse("list", f"the list {name} ended on {again.ended_at:%Y-%m-%d}; make another one")
    return again


async def versions(conn: AsyncConnection, list_id: int) -> list[Version]:
    """Every import, the newest first."""
    m = t.do_not_contact_import.c
    query = select(
        m.version, m.mode, m.at, m.by, m.file_name, m.file_sha256, m.lines, m.rejected, m.entries, m.digest, m.evidence
    )
    found = await conn.execute(query.where(m.list_id == list_id).order_by(m.version.desc()))
    return [Version(**row) for row in found.mappings()]


async def add(
    conn: AsyncConnection,
    into: NumberList,
    addresses: Sequence[str],
    *,
    kind: EntryKind = "exact",
    source: str,
    at: datetime,
    by: str,
    evidence: str = "",
    import_id: int | None = None,
) -> int:
    """Put addresses (E.164, e-mail in lower case) or prefixes on a list of kind entries; how many are new.

    With `import_id` (no address twice in a call): how many were given; the import is audited, not its parts.

    The caller ends the change with `bind()`.
    """
    if into.kind != "entries":
        raise refuse("list", f"{into.name} is a hashed list: import a file into it, or add to a list of kind entries")
    if kind == "prefix":
        for prefix in addresses:
            if problem := prefix_problem(prefix):
                raise refuse("prefix", problem)
    row = {
        "tenant_id": into.tenant_id, "list_id": into.id, "kind": kind, "source": source, "at": at, "by": by,
        "evidence": evidence, "import_id": import_id,
    }  # fmt: skip
    wanted = select(
        func.unnest(bindparam("addresses", list(addresses), type_=ARRAY(Text))),
        *(bindparam(name, value, type_=t.do_not_contact.c[name].type) for name, value in row.items()),
    )
    new_rows = upsert(t.do_not_contact).from_select(["address", *row], wanted)
    here: dict[str, Any] = {"index_elements": ["list_id", "kind", "address"], "index_where": e.ended_at.is_(None)}
    if import_id is not None:
        # import_id is the newest import that has the address: so a replacing one knows what is gone
        await conn.execute(
            new_rows.on_conflict_do_update(**here, set_={"import_id": import_id}, where=e.import_id.is_not(None))
        )
        return len(addresses)
    new = len((await conn.execute(new_rows.on_conflict_do_nothing(**here).returning(e.id))).all())
    if new:
        await _audit(conn, into.tenant_id, at, by, "list.added", into.id, entries=new, kind=kind, evidence=evidence)
    return new


async def end_entry(
    conn: AsyncConnection,
    of: NumberList,
    address: str,
    *,
    kind: EntryKind = "exact",
    now: datetime,
    actor: str,
    reason: str,
) -> bool:
    """The address is on the list no longer; it stays in the ledger. False when it was not there."""
    if of.kind != "entries":
        raise refuse("list", f"{of.name} is a hashed list: import a version without the number, with --replace")
    done = await conn.execute(
        update(t.do_not_contact)
        .where(e.list_id == of.id, e.kind == kind, e.address == address, e.ended_at.is_(None))
        .values(ended_at=now, ended_by=actor, end_reason=reason).returning(e.id)
    )  # fmt: skip
    ended = done.scalar_one_or_none()
    if ended is None:
        return False
    await queue.resume_all(conn, of.tenant_id, HELD, now=now, address=address if kind == "exact" else None)
    await _audit(conn, of.tenant_id, now, actor, "list.entry_ended", of.id, entry=ended, reason=reason)
    return True


async def end_list(conn: AsyncConnection, of: NumberList, *, now: datetime, actor: str, reason: str) -> None:
    """The list holds nobody back any more; it and its entries stay in the ledger."""
    await conn.execute(
        update(t.do_not_contact_list).where(k.id == of.id)
        .values(ended_at=now, ended_by=actor, end_reason=reason)
    )  # fmt: skip
    await queue.resume_all(conn, of.tenant_id, HELD, now=now)
    await _audit(conn, of.tenant_id, now, actor, "list.ended", of.id, reason=reason)


async def begin_version(
    conn: AsyncConnection,
    of: NumberList,
    *,
    mode: str,
    source: Source,
    at: datetime,
    by: str,
    evidence: str = "",
    entries: int = 0,
    digest: str | None = None,
    refresh_by: datetime | None = None,
) -> int:
    """The import's row, and the list at its version; the row's id. Hashed lists: store the chunks in the same
    transaction before."""
    m = t.do_not_contact_import
    row = {
        "tenant_id": of.tenant_id, "list_id": of.id, "version": of.version + 1, "mode": mode, "at": at, "by": by,
        "file_name": source.file_name, "file_sha256": source.file_sha256, "lines": source.lines,
        "rejected": source.rejected, "entries": entries, "digest": digest, "evidence": evidence,
    }  # fmt: skip
    made = int((await conn.execute(insert(m).values(**row).returning(m.c.id))).scalar_one())
    values: dict[str, Any] = {"version": of.version + 1, "digest": digest}
    if refresh_by is not None:
        values["refresh_by"] = refresh_by
    await conn.execute(update(t.do_not_contact_list).where(k.id == of.id).values(**values))
    if mode == "replace" and of.kind == "hashed":
        await queue.resume_all(conn, of.tenant_id, HELD, now=at)
    await _audit(
        conn, of.tenant_id, at, by, "list.imported", of.id, version=of.version + 1, mode=mode, lines=source.lines,
        rejected=source.rejected, file_sha256=source.file_sha256, digest=digest,
    )  # fmt: skip
    return made


async def finish_version(
    conn: AsyncConnection, of: NumberList, import_id: int, *, mode: str, now: datetime, actor: str
) -> int:
    """For lists of kind entries, after the last `add`; how many are on the list.

    What a replacing file no longer has is ended; what was added by hand stays until it is ended by hand.
    """
    m = t.do_not_contact_import
    if mode == "replace":
        gone = await conn.execute(
            update(t.do_not_contact)
            .where(
                e.list_id == of.id, e.ended_at.is_(None), e.import_id.is_not(None), e.import_id != import_id
            ).values(ended_at=now, ended_by=actor, end_reason=f"not in version {of.version + 1}").returning(e.id)
        )  # fmt: skip
        if gone.first() is not None:
            await queue.resume_all(conn, of.tenant_id, HELD, now=now)
    on = await conn.execute(select(func.count()).where(e.list_id == of.id, e.ended_at.is_(None)))
    entries = int(on.scalar_one())
    await conn.execute(update(m).where(m.c.id == import_id).values(entries=entries))
    return entries


async def put_chunk(conn: AsyncConnection, tenant_id: int, digest: str, seq: int, data: bytes) -> None:
    """One piece of a hashed list; a piece that is there already is the same."""
    row = {"tenant_id": tenant_id, "digest": digest, "seq": seq, "data": data}
    await conn.execute(upsert(t.do_not_contact_chunk).values(**row).on_conflict_do_nothing())


async def chunk(conn: AsyncConnection, tenant_id: int, digest: str, seq: int) -> bytes | None:
    c = t.do_not_contact_chunk.c
    found = await conn.execute(select(c.data).where(c.tenant_id == tenant_id, c.digest == digest, c.seq == seq))
    data = found.scalar_one_or_none()
    return None if data is None else bytes(data)


async def entries_of(conn: AsyncConnection, tenant_id: int, keys: Sequence[str]) -> list[Entry]:
    """Entries at these addresses and prefixes, live and ended, the newest first."""
    query = (
        select(
            k.name.label("list_name"), e.kind, e.address, e.source, e.at, e.by, e.evidence,
            func.coalesce(e.ended_at, k.ended_at).label("ended_at"),
            func.coalesce(e.ended_by, k.ended_by).label("ended_by"),
            func.coalesce(e.end_reason, k.end_reason).label("end_reason"),
        )
        .join(t.do_not_contact_list, k.id == e.list_id)
        .where(e.tenant_id == tenant_id, e.address == func.any(bindparam("keys", list(keys), type_=ARRAY(Text))))
        .order_by(e.at.desc(), e.id.desc())
    )  # fmt: skip
    return [Entry(**row) for row in (await conn.execute(query)).mappings()]


async def _audit(
    conn: AsyncConnection, tenant_id: int, at: datetime, actor: str, action: str, list_id: int, **detail: Any
) -> None:
    await audit.record(
        conn, tenant_id=tenant_id, at=at, actor=actor, action=action, subject=f"list:{list_id}", detail=detail
    )
