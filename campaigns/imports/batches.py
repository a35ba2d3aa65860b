"""The record of each import in `import_batch`: found again after a crash, and known when the same file comes twice."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.db import tables as t
from campaigns.imports.model import ImportOptions, ImportReport
from campaigns.imports.staging import Staging

b = t.import_batch.c
ONE_AT_A_TIME = 0x494D50  # first key of the advisory lock; the second is the creditor
KEPT = timedelta(days=7)  # staged rows of an import that was cut off and not taken up again
COUNTS = ("debtors_created", "debtors_updated", "debts_created", "debts_updated", "phones", "zone_unknown")


@dataclass(frozen=True, slots=True)
class Batch:
    id: int
    resume_line: int


def _told(options: ImportOptions) -> dict[str, Any]:
    """What else decides how the file is read: a batch goes on only with the same."""
    return {"mapping": asdict(options.mapping), "country": options.country, "partial": options.partial}


async def lock(conn: AsyncConnection, creditor_id: int) -> bool:
    """True when no other import of this creditor is running. Held until `unlock` or the connection's end."""
    query = text("SELECT pg_try_advisory_lock(:kind, CAST(:creditor % 2147483647 AS integer))")
    found = bool((await conn.execute(query, {"kind": ONE_AT_A_TIME, "creditor": creditor_id})).scalar_one())
    await conn.commit()
    return found


async def unlock(conn: AsyncConnection, creditor_id: int) -> None:
    query = text("SELECT pg_advisory_unlock(:kind, CAST(:creditor % 2147483647 AS integer))")
    await conn.execute(query, {"kind": ONE_AT_A_TIME, "creditor": creditor_id})
    await conn.commit()


async def finished_before(conn: AsyncConnection, tenant_id: int, creditor_id: int, sha256: str) -> Any:
    """Id and time of the last import of this very file, or null."""
    query = (
        select(b.id, b.finished_at, b.rows_total, b.rows_loaded)
        .where(b.tenant_id == tenant_id, b.creditor_id == creditor_id, b.sha256 == sha256, b.state == "done")
        .order_by(b.id.desc())
        .limit(1)
    )
    return (await conn.execute(query)).one_or_none()


async def take_up(
    conn: AsyncConnection, options: ImportOptions, creditor_id: int, sha256: str, report: ImportReport
) -> Batch | None:
    """The batch of this file that was cut off, with its counts in the report, or null when there is none to go on with.

    The caller holds the creditor's lock, so a batch in state running has nobody who runs it.
    """
    cut_off = and_(
        b.tenant_id == options.tenant_id, b.creditor_id == creditor_id, b.state.in_(["running", "interrupted"])
    )
    query = select(b.id, b.resume_line, b.rows_total, b.rows_loaded, b.rows_rejected, b.mapping).where(
        cut_off, b.sha256 == sha256
    )
    row = (await conn.execute(query.order_by(b.id.desc()).limit(1))).one_or_none()
    if row is None or row.resume_line == 0 or row.mapping.get("told") != _told(options):
        return None
    staging = Staging(row.id)
    # unlogged tables are empty after a crash of the server: then the file is read from its start
    if not await staging.exists(conn) or await staging.count(conn) != row.rows_loaded:
        return None
    report.rows, report.rows_loaded, report.rows_rejected = row.rows_total, row.rows_loaded, row.rows_rejected
    for name in COUNTS:
        setattr(report, name, int(row.mapping.get("counts", {}).get(name, 0)))
    await conn.execute(update(t.import_batch).where(b.id == row.id).values(state="running"))
    return Batch(row.id, row.resume_line)


async def begin(
    conn: AsyncConnection, options: ImportOptions, creditor_id: int, file: str, sha256: str, now: datetime
) -> Batch:
    """A new batch. Others of the same file that were cut off are given up, and what was staged long ago goes."""
    stale = select(b.id).where(
        b.tenant_id == options.tenant_id, b.creditor_id == creditor_id, b.state.in_(["running", "interrupted"]),
        or_(b.sha256 == sha256, b.started_at < now - KEPT),
    )  # fmt: skip
    for batch_id in (await conn.execute(stale)).scalars().all():
        await Staging(batch_id).drop(conn)
        await conn.execute(delete(t.import_reject).where(t.import_reject.c.batch_id == batch_id))
        await conn.execute(
            update(t.import_batch).where(b.id == batch_id).values(state="interrupted", resume_line=0, rows_loaded=0)
        )
    row = {
        "tenant_id": options.tenant_id, "creditor_id": creditor_id, "file_name": file, "sha256": sha256,
        "state": "running", "mapping": {"told": _told(options)}, "started_at": now,
    }  # fmt: skip
    made = (await conn.execute(insert(t.import_batch).values(**row).returning(b.id))).scalar_one()
    await Staging(made).make(conn, indexed=options.partial)
    return Batch(int(made), 0)


async def progress_to(
    conn: AsyncConnection, batch: Batch, line: int, report: ImportReport, options: ImportOptions
) -> None:
    """Where to go on after a crash. `rows_loaded` is how many rows are staged, so that a lost staging table shows."""
    counts = {name: getattr(report, name) for name in COUNTS}
    await conn.execute(
        update(t.import_batch).where(b.id == batch.id).values(
            resume_line=line, rows_total=report.rows, rows_loaded=report.rows_loaded,
            rows_rejected=report.rows_rejected, mapping={"told": _told(options), "counts": counts},
        )
    )  # fmt: skip


async def finish(
    conn: AsyncConnection, batch: Batch, state: str, report: ImportReport, options: ImportOptions, now: datetime
) -> None:
    """Closes the batch, drops what was staged and leaves a line in the audit trail."""
    values = {
        "state": state, "finished_at": now, "rows_total": report.rows, "rows_loaded": report.rows_loaded,
        "rows_rejected": report.rows_rejected,
    }  # fmt: skip
    await conn.execute(update(t.import_batch).where(b.id == batch.id).values(**values))
    await Staging(batch.id).drop(conn)
    detail = {name: getattr(report, name) for name in ("rows", "rows_rejected", *COUNTS)}
    await audit.record(
        conn, tenant_id=options.tenant_id, at=now, actor=options.actor, action=f"import.{state}",
        subject=f"import_batch:{batch.id}", detail=detail,
    )  # fmt: skip


async def interrupt(conn: AsyncConnection, batch: Batch) -> None:
    await conn.execute(update(t.import_batch).where(b.id == batch.id).values(state="interrupted"))
