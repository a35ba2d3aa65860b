"""Imports a file into a do-not-contact list: reads it, builds the version, puts it in force; all, or nothing."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.imports.model import FIRST_REJECTS, Parts, Reject
from campaigns.imports.problems import file_refused
from campaigns.imports.rejects import RejectFile
from campaigns.lists import service as lists
from campaigns.lists.model import Mode, NumberList, Source
from campaigns.problems import refuse
from compliance.number_list_build import Built, ListBuilder
from dialer.number_file import How, Read, read_numbers
from dialer.number_shelf import NumberShelf

CHUNK = 1 << 20
ROWS = 10_000
MOST_ROWS = 1_000_000
Progress = Callable[[str, int, int], None]  # phase (reading, sorting, storing), done, total


@dataclass(frozen=True, slots=True)
class Options:
    """`refresh_by`: when the next version is due. `folder`: where this machine keeps its copies."""

    tenant_id: int
    list_name: str
    folder: Path
    actor: str = "cli"
    mode: Mode = "add"
    how: How = field(default_factory=How)
    partial: bool = False
    dry_run: bool = False
    rejects: Path | None = None
    evidence: str = ""
    refresh_by: datetime | None = None


@dataclass(slots=True)
class ListReport:
    """`state`: done, checked (a dry run) or refused (nothing was taken). `entries` are on the list in this version."""

    list_name: str
    file: str
    state: str = "refused"
    version: int = 0
    lines: int = 0
    rejected: int = 0
    entries: int = 0
    digest: str | None = None
    bytes: int = 0
    seconds: float = 0.0
    first_rejects: list[Reject] = field(default_factory=list)
    rejects_file: str | None = None


async def import_list(
    engine: AsyncEngine,
    path: Path,
    options: Options,
    parts: Parts,
    shelf: NumberShelf,
    *,
    now: datetime,
    progress: Progress,
) -> ListReport:
    """Put a new version in force. Raises Refused (FileRefused) when the file or the list is not fit for it."""
    await asyncio.to_thread(_check_rejects, options.rejects, path)
    async with engine.connect() as conn:
        before = await lists.get(conn, options.tenant_id, options.list_name)
        if before.ended_at is not None:
            raise refuse("list", f"the list {before.name} has ended; make another one")
    work = _Work(engine, path, options, parts, shelf, now, progress, before)
    await (work.hashed() if before.kind == "hashed" else work.entries())
    return work.report


def _check_rejects(rejects: Path | None, path: Path) -> None:
    if rejects is not None and rejects.resolve() == path.resolve():
        raise file_refused("--rejects", "this is the file to be imported; choose another one")
    if rejects is not None and (rejects.is_dir() or not rejects.parent.is_dir()):
        raise file_refused("--rejects", "this is a folder or lies in none; give a file in a folder that is there")


class _Rows:
    """The sink of a list of kind entries."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.found: set[str] = set()

    def add_addresses(self, addresses: Sequence[bytes]) -> None:
        self.found.update(address.decode() for address in addresses)
        if len(self.found) > MOST_ROWS:
            raise file_refused(
                self._name, f"more than {MOST_ROWS:,} numbers: make a hashed list (lists create NAME --hashed) for them"
            )

    def add_digests(self, digests: bytes) -> None:
        raise file_refused(self._name, "digests go into hashed lists only: lists create NAME --hashed")


class _Work:
    def __init__(
        self,
        engine: AsyncEngine,
        path: Path,
        options: Options,
        parts: Parts,
        shelf: NumberShelf,
        now: datetime,
        progress: Progress,
        before: NumberList,
    ) -> None:
        self._engine, self._path, self._options, self._parts = engine, path, options, parts
        self._shelf, self._now, self._progress, self._before = shelf, now, progress, before
        self.report = ListReport(before.name, path.name)

    async def hashed(self) -> None:
        options, folder = self._options, self._options.folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f"import.{os.getpid()}.new"
        try:
            with ListBuilder(folder=folder) as builder:
                read = await asyncio.to_thread(self._read, builder)
                if not self._goes_on(read):
                    return
                await self._union(builder)
                built = await asyncio.to_thread(builder.write, draft, lambda a, b: self._progress("sorting", a, b))
            report = self.report
            report.entries, report.digest, report.bytes = built.count, built.digest, built.size
            if not options.dry_run:
                await self._store(draft, built, read)
                draft.chmod(0o400)
                draft.replace(folder / built.digest)
        finally:
            draft.unlink(missing_ok=True)

    async def _union(self, builder: ListBuilder) -> None:
        digest = self._before.digest
        if self._options.mode == "replace" or digest is None:
            return
        opened = (await self._shelf.opened([(self._options.tenant_id, digest)])).get(digest)
        if opened is None:
            raise refuse("list", "its present version cannot be opened, so nothing can be added to it; see doctor")
        await asyncio.to_thread(builder.add_list, opened)

    async def _store(self, draft: Path, built: Built, read: Read) -> None:
        async with self._engine.begin() as conn:
            of = await self._locked(conn)
            with draft.open("rb") as file:
                seq = 0
                while data := file.read(CHUNK):
                    await lists.put_chunk(conn, of.tenant_id, built.digest, seq, data)
                    seq += 1
                    self._progress("storing", seq * CHUNK, built.size)
            await self._version(conn, of, read, built.count, built.digest)
            await lists.bind(conn, of.tenant_id)

    async def entries(self) -> None:
        sink = _Rows(self._path.name)
        read = await asyncio.to_thread(self._read, sink)
        if not self._goes_on(read):
            return
        self.report.entries = len(sink.found)
        if self._options.dry_run:
            return
        found = sorted(sink.found)
        async with self._engine.begin() as conn:
            of = await self._locked(conn)
            made = await self._version(conn, of, read, 0, None)
            for at in range(0, len(found), ROWS):
                await lists.add(
                    conn, of, found[at : at + ROWS], source="import", at=self._now, by=self._options.actor,
                    evidence=self._options.evidence, import_id=made,
                )  # fmt: skip
                self._progress("storing", min(at + ROWS, len(found)), len(found))
            self.report.entries = await lists.finish_version(
                conn, of, made, mode=self._options.mode, now=self._now, actor=self._options.actor
            )
            await lists.bind(conn, of.tenant_id)

    async def _locked(self, conn: AsyncConnection) -> NumberList:
        of = await lists.get(conn, self._options.tenant_id, self._before.name, lock=True)
        if of.version != self._before.version:
            raise refuse("list", "somebody else imported into it meanwhile: nothing was taken, run it again")
        return of

    async def _version(
        self, conn: AsyncConnection, of: NumberList, read: Read, entries: int, digest: str | None
    ) -> int:
        options = self._options
        self.report.version = of.version + 1
        return await lists.begin_version(
            conn, of, mode=options.mode, source=Source(self._path.name, read.sha256, read.lines, read.rejected),
            at=self._now, by=options.actor, evidence=options.evidence, entries=entries, digest=digest,
            refresh_by=options.refresh_by,
        )  # fmt: skip

    def _read(self, sink: ListBuilder | _Rows) -> Read:
        options, report = self._options, self.report
        rejects: RejectFile | None = None

        def reject(line: int, written: str, reason: str) -> None:
            nonlocal rejects
            one = Reject(line, "number", reason, (written[:200],))
            if len(report.first_rejects) < FIRST_REJECTS:
                report.first_rejects.append(one)
            if options.rejects is not None:
                if rejects is None:
                    rejects = RejectFile(options.rejects, ("number",), ",", iter(()))
                    report.rejects_file = str(options.rejects)
                rejects.write((one,))

        try:
            return read_numbers(
                self._path, sink, self._parts, options.how, reject, lambda a, b: self._progress("reading", a, b)
            )
        finally:
            if rejects is not None:
                rejects.__exit__(None, None, None)

    def _goes_on(self, read: Read) -> bool:
        report = self.report
        report.lines, report.rejected = read.lines, read.rejected
        if read.lines == 0 or (read.lines == read.rejected and self._options.partial):
            raise file_refused(self._path.name, "there is no number in the file; look at what it holds")
        taken = self._options.partial or not read.rejected
        report.state = "refused" if not taken else "checked" if self._options.dry_run else "done"
        return taken
