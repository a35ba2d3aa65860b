"""Imports one file for one creditor: surveys it, stages its rows, merges them; all, or nothing, or in parts."""

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.admin.service import create_creditor
from campaigns.db import tables as t
from campaigns.imports import batches
from campaigns.imports.csv_file import CsvFile, Record
from campaigns.imports.header import Header, understand
from campaigns.imports.merge import Merge, Scope
from campaigns.imports.model import FileMapping, ImportOptions, ImportReport, Parts, Progress
from campaigns.imports.problems import FileRefused, file_refused
from campaigns.imports.rejects import RejectFile
from campaigns.imports.rows import Chunk, Reader, records_after
from campaigns.imports.staging import Staging
from campaigns.imports.survey import Survey, survey
from campaigns.imports.workers import ChunkReader, InProcesses, InThread
from campaigns.imports.xlsx_file import XlsxFile

SMALL_FILE = 8 << 20  # bytes; below it, starting processes costs more than it saves
PARTIAL_ROWS = 20_000  # rows of one transaction with --partial
BULK_ROWS = 10_000  # from here on the planner's statistics are made anew
Source = CsvFile | XlsxFile


async def import_file(
    engine: AsyncEngine,
    path: Path,
    creditor: str,
    options: ImportOptions,
    parts: Parts,
    progress: Progress | None = None,
    *,
    now: datetime,
) -> ImportReport:
    """Take the file's debtors and debts for the creditor of this name, which is made when it is not there.

    Raises Refused (FileRefused) when the file cannot be read at all; rows that are wrong are in the report, and all
    of them in `options.rejects`. Nothing is taken then, unless `options.partial`. Killed at any moment, the same call
    goes on where it was; a file that was taken before is not taken again, unless `options.again`.
    """
    run = _Run(engine, path, options, parts, progress or _silent, now)
    started = time.perf_counter()
    try:
        return await run.run(creditor)
    finally:
        run.report.seconds = round(time.perf_counter() - started, 3)


def _silent(_phase: str, _done: int, _total: int) -> None:
    pass


def open_source(path: Path, found: Survey, mapping: FileMapping) -> Source:
    return XlsxFile(path, mapping.sheet) if found.kind == "xlsx" else CsvFile(path, found.encoding, mapping.delimiter)


class _Run:
    def __init__(
        self, engine: AsyncEngine, path: Path, options: ImportOptions, parts: Parts, progress: Progress, now: datetime
    ) -> None:
        self._engine = engine
        self._path = path
        self._options = options
        self._parts = parts
        self._progress = progress
        self._now = now
        self._batch: batches.Batch | None = None
        self.report = ImportReport(path.name)

    async def run(self, creditor: str) -> ImportReport:
        options, report = self._options, self.report
        await asyncio.to_thread(self._check_rejects)
        self._survey = await asyncio.to_thread(
            survey, self._path, options.mapping.encoding, lambda done, total: self._progress("survey", done, total)
        )
        source = await asyncio.to_thread(open_source, self._path, self._survey, options.mapping)
        records = iter(source)
        self._header = await asyncio.to_thread(self._read_header, records)
        report.encoding, report.delimiter = self._survey.encoding, source.delimiter
        report.columns_ignored = self._header.ignored
        async with self._engine.connect() as conn:
            creditor_id = await self._creditor(conn, creditor)
            if options.dry_run:
                return await self._dry_run(conn, source, records, creditor_id)
            if not await batches.lock(conn, creditor_id):
                message = "another import for this creditor is running; wait until it has ended"
                raise file_refused(self._path.name, message)
            try:
                return await self._locked(conn, source, records, creditor_id)
            except FileRefused:
                await self._close(conn, "refused")
                raise
            except BaseException:
                with suppress(SQLAlchemyError, OSError):  # the database may be what failed
                    await self._close(conn, "interrupted")
                raise
            finally:
                with suppress(SQLAlchemyError, OSError):
                    await conn.rollback()
                    await batches.unlock(conn, creditor_id)

    def _check_rejects(self) -> None:
        path = self._options.rejects
        if path is not None and path.resolve() == self._path.resolve():
            raise file_refused("--rejects", "this is the file to be imported; choose another one")
        if path is not None and (path.is_dir() or not path.parent.is_dir()):
            raise file_refused("--rejects", "this is a folder or lies in none; give a file in a folder that is there")

    def _read_header(self, records: Iterator[Record]) -> Header:
        first = next(records, None)
        if first is None:
            raise file_refused(self._path.name, "the file has only blank lines; export it again, with a header line")
        where = f"{self._path.name}, line {first.line}"
        if first.problem:
            raise file_refused(where, first.problem)
        return understand(first.cells, self._options.mapping, self._options.country, where)

    async def _creditor(self, conn: AsyncConnection, name: str) -> int:
        """Its id; 0 in a dry run when there is none yet."""
        tenant_id = self._options.tenant_id
        if not (await conn.execute(select(t.tenant.c.id).where(t.tenant.c.id == tenant_id))).one_or_none():
            raise file_refused("tenant", f"there is no tenant {tenant_id}; make one with `promiseline user add` first")
        if not name.strip():
            raise file_refused("creditor", "the name is empty; give the creditor whose debts these are")
        if not self._options.dry_run:
            made = await create_creditor(conn, tenant_id=tenant_id, name=name.strip(), now=self._now)
            await conn.commit()
            return made
        k = t.creditor.c
        found = await conn.execute(select(k.id).where(k.tenant_id == tenant_id, k.name == name.strip()))
        return int(found.scalar_one_or_none() or 0)

    async def _dry_run(
        self, conn: AsyncConnection, source: Source, records: Iterator[Record], creditor_id: int
    ) -> ImportReport:
        """Everything up to the merge, in temporary tables of a transaction that is rolled back."""
        staging = Staging(None)
        await staging.make(conn, indexed=False)
        async for chunk in self._chunks(source, records):
            await staging.add(conn, chunk)
        await self._merge(conn, staging, creditor_id).analyse()
        await self._tell_rejects(conn, staging)
        await conn.rollback()
        self.report.state = "refused" if self.report.rows_rejected and not self._options.partial else "checked"
        return self.report

    async def _locked(
        self, conn: AsyncConnection, source: Source, records: Iterator[Record], creditor_id: int
    ) -> ImportReport:
        options, report, found = self._options, self.report, self._survey
        if not options.again:
            before = await batches.finished_before(conn, options.tenant_id, creditor_id, found.sha256)
            if before is not None:
                report.state, report.batch_id, report.finished_before = "already_done", before.id, before.finished_at
                report.rows, report.rows_loaded = before.rows_total, before.rows_loaded
                return report
        batch = await batches.take_up(conn, options, creditor_id, found.sha256, report)
        if batch is None:
            batch = await batches.begin(conn, options, creditor_id, self._path.name, found.sha256, self._now)
        await conn.commit()
        self._batch, report.batch_id, report.resumed_at_line = batch, batch.id, batch.resume_line
        staging = Staging(batch.id)
        behind = iter(records_after(records, batch.resume_line))
        if options.partial:
            await self._by_parts(conn, staging, source, behind, creditor_id, batch)
        else:
            await self._as_a_whole(conn, staging, source, behind, creditor_id, batch)
        return report

    async def _as_a_whole(
        self, conn: AsyncConnection, staging: Staging, source: Source, records: Iterator[Record], creditor_id: int,
        batch: batches.Batch,
    ) -> None:  # fmt: skip
        report = self.report
        async for chunk in self._chunks(source, records):
            await batches.progress_to(conn, batch, chunk.last_line, report, self._options)
            await staging.add(conn, chunk)
            await conn.commit()
        self._progress("merging", 0, 100)
        merge = self._merge(conn, staging, creditor_id)
        await merge.analyse()
        report.state = "refused" if report.rows_rejected else "done"
        if report.rows_rejected:
            report.rows_loaded = 0
        else:
            await merge.apply(lambda share: self._progress("merging", share, 100))
        await self._tell_rejects(conn, staging)
        await batches.finish(conn, batch, report.state, report, self._options, self._now)
        await conn.commit()
        if report.state == "done":
            await self._refresh_statistics(conn)

    async def _by_parts(
        self, conn: AsyncConnection, staging: Staging, source: Source, records: Iterator[Record], creditor_id: int,
        batch: batches.Batch,
    ) -> None:  # fmt: skip
        report, done_line = self.report, batch.resume_line
        async for chunk in self._chunks(source, records):
            await batches.progress_to(conn, batch, chunk.last_line, report, self._options)
            await staging.add(conn, chunk)
            merge = self._merge(conn, staging, creditor_id, done_line, chunk.last_line)
            await merge.analyse()
            await merge.apply(lambda _share: None)
            await batches.progress_to(conn, batch, chunk.last_line, report, self._options)
            await conn.commit()
            done_line = chunk.last_line
        report.state = "done"
        await self._tell_rejects(conn, staging)
        await batches.finish(conn, batch, "done", report, self._options, self._now)
        await conn.commit()
        await self._refresh_statistics(conn)

    def _merge(
        self, conn: AsyncConnection, staging: Staging, creditor_id: int, lo: int = 0, hi: int | None = None
    ) -> Merge:
        whole = Scope(staging, self._options.tenant_id, creditor_id, self._now)
        scope = whole if hi is None else Scope(staging, whole.tenant_id, creditor_id, self._now, lo, hi)
        return Merge(conn, scope, self.report, self._parts)

    async def _chunks(self, source: Source, records: Iterator[Record]) -> AsyncIterator[Chunk]:
        """Understood rows in the order of the file; some chunks are being read while one is being written."""
        size = PARTIAL_ROWS if self._options.partial else self._options.chunk_rows
        reader = Reader(self._header, self._options.mapping, self._options.country, self._parts, self._now)
        lanes = self._lanes(reader)
        waiting: deque[tuple[int, asyncio.Future[Chunk]]] = deque()
        try:
            while True:
                batch = await asyncio.to_thread(lambda: list(islice(records, size)))
                if batch:
                    waiting.append((source.done, lanes.submit(batch)))
                while waiting and (not batch or len(waiting) > lanes.lanes):
                    place, future = waiting.popleft()
                    chunk = await future
                    self._count(chunk)
                    yield chunk
                    self._progress("reading", place, source.total)
                if not batch:
                    break
        finally:
            await asyncio.to_thread(lanes.close)
        if not self.report.rows:
            raise file_refused(self._path.name, "the file has a header and no rows; export it again with its debts")

    def _lanes(self, reader: Reader) -> ChunkReader:
        count = self._options.workers
        if count is None:
            count = 0 if self._survey.size < SMALL_FILE else min(4, os.cpu_count() or 1)
        return InProcesses(reader, count) if count else InThread(reader)

    def _count(self, chunk: Chunk) -> None:
        self.report.rows += chunk.rows
        self.report.rows_loaded += len(chunk.staged)
        self.report.rows_rejected += len(chunk.rejects)

    async def _tell_rejects(self, conn: AsyncConnection, staging: Staging) -> None:
        report, path = self.report, self._options.rejects
        report.first_rejects = await staging.first_rejects(conn)
        if path is None or not report.rows_rejected:
            return
        source = await asyncio.to_thread(open_source, self._path, self._survey, self._options.mapping)
        with RejectFile(path, self._header.cells, source.delimiter, iter(source)) as file:
            line = 0
            while page := await staging.rejects_after(conn, line, 5_000):
                await asyncio.to_thread(file.write, page)
                line = page[-1].line
        report.rejects_file = str(path)

    async def _close(self, conn: AsyncConnection, state: str) -> None:
        await conn.rollback()
        if self._batch is None:
            return
        if state == "refused":
            self.report.rows_loaded = 0
            await batches.finish(conn, self._batch, state, self.report, self._options, self._now)
        else:
            await batches.interrupt(conn, self._batch)
        await conn.commit()

    async def _refresh_statistics(self, conn: AsyncConnection) -> None:
        if self.report.rows_loaded >= BULK_ROWS:
            await conn.execute(text("ANALYZE debtor, address, contact_point, consent, debt, window_group"))
            await conn.commit()
