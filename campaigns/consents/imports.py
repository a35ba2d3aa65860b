"""Takes a file of consents and their ends for one creditor's debtors: all, or nothing, or the good rows."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast, get_args

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.consents import service
from campaigns.consents.model import Channel, Event, How
from campaigns.db import tables as t
from campaigns.imports.cells import CellProblem
from campaigns.imports.csv_file import CsvFile, Record
from campaigns.imports.model import FIRST_REJECTS, Parts, Reject
from campaigns.imports.problems import file_refused
from campaigns.imports.rejects import OWN_COLUMNS, RejectFile
from campaigns.imports.survey import survey

COLUMNS = ("reference", "phone", "channel", "how", "when")
OPTIONAL = ("event", "evidence", "expires", "text", "text_version", "language")
BATCH = 1_000
Progress = Callable[[int, int], None]  # bytes


@dataclass(frozen=True, slots=True)
class Options:
    """`country`: of numbers that are written without their country's code."""

    tenant_id: int
    creditor_id: int
    actor: str
    country: str = ""
    dry_run: bool = False
    partial: bool = False
    rejects: Path | None = None


@dataclass(slots=True)
class Report:
    """`known`: rows that the ledger has already. `state`: done, checked (a dry run) or refused (nothing was taken)."""

    file: str
    file_sha256: str = ""
    state: str = "refused"
    rows: int = 0
    taken: int = 0
    known: int = 0
    rejected: int = 0
    first_rejects: list[Reject] = field(default_factory=list)
    rejects_file: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: tuple[str, ...]
    reference: str
    address: str
    channel: str
    how: str
    event: str
    at: datetime
    expires_at: datetime | None
    evidence: str
    shown: service.Shown


async def import_consents(
    conn: AsyncConnection,
    path: Path,
    options: Options,
    parts: Parts,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> Report:
    """Write the file into the ledger, in the caller's transaction, which is rolled back unless the state is done.

    Raises FileRefused when the file cannot be read at all. Columns: COLUMNS, and OPTIONAL where the file has them.
    """
    found = await asyncio.to_thread(survey, path)
    if found.kind != "csv":
        raise file_refused(path.name, "only CSV files can be imported here; save it as CSV UTF-8")
    source = CsvFile(path, found.encoding)
    records = iter(source)
    header = next(records, None)
    if header is None:
        raise file_refused(path.name, "the file has only blank lines; export it again, with a header line")
    places = _places(header, path.name)
    work = _Work(conn, options, parts, now, places, Report(path.name, found.sha256))
    while batch := await asyncio.to_thread(lambda: list(islice(records, BATCH))):
        await work.take(batch)
        if progress is not None:
            progress(source.done, source.total)
    return await work.finish(header, source.delimiter)


def _places(header: Record, name: str) -> dict[str, int]:
    names = [cell.strip().lower().replace(" ", "_") for cell in header.cells]
    names = ["phone" if one in ("email", "address", "contact_point") else one for one in names]
    places = {one: names.index(one) for one in (*COLUMNS, *OPTIONAL) if one in names}
    missing = [one for one in COLUMNS if one not in places]
    if missing:
        message = f"missing columns: {', '.join(missing)}; the header needs {', '.join(COLUMNS)}"
        raise file_refused(f"{name}, line {header.line}", f"{message}, and may have {', '.join(OPTIONAL)}")
    return places


class _Work:
    def __init__(
        self,
        conn: AsyncConnection,
        options: Options,
        parts: Parts,
        now: datetime,
        places: Mapping[str, int],
        report: Report,
    ) -> None:
        self._conn, self._options, self._parts = conn, options, parts
        self._now, self._places, self._report = now, places, report
        self._rejects: list[Reject] = []

    async def take(self, records: Sequence[Record]) -> None:
        rows: list[_Row] = []
        for record in records:
            if any(cell.strip() for cell in record.cells):
                self._report.rows += 1
                try:
                    rows.append(self._understood(record))
                except CellProblem as problem:
                    self._reject(record.line, "", str(problem), record.cells)
        points = await self._points(rows)
        for row in rows:
            point = points.get((row.reference, row.address))
            if point is None:
                reason = "this debtor of the creditor has no such number or address; import the debtors first"
                self._reject(row.line, "phone", reason, row.cells)
                continue
            wrong = service.problem_of(point[1], row.channel, row.how, row.at, row.expires_at, self._now)
            if wrong is not None:
                self._reject(row.line, wrong[0], wrong[1], row.cells)
            else:
                await self._write(row, point[0])

    def _reject(self, line: int, column: str, reason: str, cells: Sequence[str]) -> None:
        self._report.rejected += 1
        self._rejects.append(Reject(line, column, reason, tuple(cells)))

    def _understood(self, record: Record) -> _Row:
        if record.problem:
            raise CellProblem(record.problem)

        def cell(name: str) -> str:
            place = self._places.get(name)
            return record.cells[place].strip() if place is not None and place < len(record.cells) else ""

        missing = [name for name in COLUMNS if not cell(name)]
        if missing:
            raise CellProblem(f"{', '.join(missing)}: empty; give it")
        event = cell("event").lower() or "given"
        if event not in get_args(Event):
            raise CellProblem(f"event: {event!r} is unknown; known are {', '.join(get_args(Event))}")
        expires = cell("expires")
        return _Row(
            record.line, tuple(record.cells), cell("reference"), self._address(cell("phone")),
            cell("channel").lower(), cell("how").lower(), event, _instant("when", cell("when")),
            _instant("expires", expires) if expires else None, cell("evidence"),
            service.Shown(cell("text"), cell("text_version"), cell("language")),
        )  # fmt: skip

    def _address(self, written: str) -> str:
        if "@" in written:
            return written.lower()
        found = self._parts.phone(written, self._options.country)
        if isinstance(found, str):
            raise CellProblem(f"phone: {found}")
        return found.e164

    async def _points(self, rows: Sequence[_Row]) -> dict[tuple[str, str], tuple[int, str]]:
        p, d = t.contact_point.c, t.debtor.c
        wanted = sorted({(row.reference, row.address) for row in rows})
        if not wanted:
            return {}
        query = (
            select(d.external_ref, p.address, p.id, p.kind)
            .join(t.debtor, d.id == p.debtor_id)
            .where(
                d.tenant_id == self._options.tenant_id, d.creditor_id == self._options.creditor_id,
                tuple_(d.external_ref, p.address).in_(wanted),
            )
        )  # fmt: skip
        found = await self._conn.execute(query)
        return {(ref, address): (int(point), str(kind)) for ref, address, point, kind in found}

    async def _write(self, row: _Row, point: int) -> None:
        if await self._is_known(row, point):
            self._report.known += 1
            return
        shared: dict[str, Any] = {
            "tenant_id": self._options.tenant_id, "contact_point_id": point, "channel": cast(Channel, row.channel),
            "at": row.at, "now": self._now, "actor": self._options.actor, "evidence": row.evidence,
        }  # fmt: skip
        if row.event == "revoked":
            await service.revoke(self._conn, **shared, how=cast(How, row.how))
        elif row.event == "expired":
            await service.expire(self._conn, **shared)
        else:
            await service.record_consent(
                self._conn, **shared, how=cast(How, row.how), expires_at=row.expires_at, shown=row.shown
            )
        self._report.taken += 1

    async def _is_known(self, row: _Row, point: int) -> bool:
        """The very same is there: so a file can be imported again, and no renewal comes of it."""
        c = t.consent.c
        ends = ("revoked", "expired")
        same = c.event == row.event if row.event in ends else c.event.not_in(ends)
        query = select(c.id).where(c.contact_point_id == point, c.channel == row.channel, c.at == row.at, same)
        return (await self._conn.execute(query.limit(1))).one_or_none() is not None

    async def finish(self, header: Record, delimiter: str) -> Report:
        report, options = self._report, self._options
        report.first_rejects = self._rejects[:FIRST_REJECTS]
        if options.rejects is not None and self._rejects:
            names = [name for name in header.cells if name not in OWN_COLUMNS]
            with RejectFile(options.rejects, names, delimiter, iter(())) as file:
                file.write(sorted(self._rejects, key=lambda one: one.line))
            report.rejects_file = str(options.rejects)
        refused = report.rejected and not options.partial
        report.state = "refused" if refused or not report.rows else "checked" if options.dry_run else "done"
        if report.state == "done":
            await audit.record(
                self._conn, tenant_id=options.tenant_id, at=self._now, actor=options.actor, action="consents.imported",
                subject=f"creditor:{options.creditor_id}",
                detail={"file_sha256": report.file_sha256, "taken": report.taken, "rejected": report.rejected},
            )  # fmt: skip
        return report


def _instant(column: str, cell: str) -> datetime:
    """A bare day counts from its first moment in UTC, so that a later revocation on it wins."""
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        message = f"{column}: this is no day; write it like 2026-03-31, or with its time: 2026-03-31T10:00:00Z"
        raise CellProblem(message) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
