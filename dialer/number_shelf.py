"""Keeps this machine's verified copies of the hashed do-not-contact lists, and says which of them cannot be had.

PostgreSQL holds the truth: which list is in force (its digest) and its bytes. A copy is fetched once, checked byte by
byte, and mapped; the gate compares digests in the transaction of each admission, so a copy can be missing, never stale.
"""

import asyncio
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from campaigns.lists import service as lists
from compliance.number_list import NumberList, NumberListError, open_list
from dialer.faults import why
from telephony.clock import Clock

log = structlog.get_logger(__name__)
LISTS = "lists"  # the folder in data_dir
WAIT_S = 5.0
"""An admission waits so long for a list that it meets for the first time; then it is refused."""
AGAIN_S = 5.0
LOOK_S = 5.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a list. `denies`: nobody of the tenant is contacted until it is mended."""

    tenant_id: int
    name: str
    words: str
    denies: bool


class NumberShelf:
    """One for a process. `opened()` is asked by the gate; `run()` fetches what is new before the gate asks."""

    def __init__(self, engine: AsyncEngine, folder: Path, clock: Clock, *, wait_s: float = WAIT_S) -> None:
        self._engine, self._folder, self._clock, self._wait_s = engine, folder, clock, wait_s
        self._open: dict[str, NumberList] = {}
        self._coming: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, tuple[float, str]] = {}  # when (monotonic), why
        self.troubles: tuple[Trouble, ...] = ()

    @property
    def folder(self) -> Path:
        """Where this machine keeps its copies; an import puts its own there."""
        return self._folder

    async def opened(self, wanted: Collection[tuple[int, str]]) -> Mapping[str, NumberList]:
        """The lists of these (tenant, digest) that are open, by digest; one that cannot be opened is absent."""
        missing = [one for one in wanted if one[1] not in self._open]
        if missing:
            tasks = [task for one in missing if (task := self._fetching(*one)) is not None]
            if tasks:
                await asyncio.wait(tasks, timeout=self._wait_s)
        return self._open

    def _fetching(self, tenant_id: int, digest: str) -> "asyncio.Task[None] | None":
        failed = self._failed.get(digest)
        # real time: a disk is full and a network is gone by the wall's clock, not by the product's
        if failed is not None and time.monotonic() - failed[0] < AGAIN_S:
            return None
        if digest not in self._coming:
            task = self._coming[digest] = asyncio.create_task(self._fetch(tenant_id, digest), name="number-list")
            task.add_done_callback(lambda _: self._coming.pop(digest, None))
        return self._coming[digest]

    async def _fetch(self, tenant_id: int, digest: str) -> None:
        path = self._folder / digest
        try:
            try:
                found = await asyncio.to_thread(open_list, path, digest)
            except (NumberListError, OSError) as problem:
                if not isinstance(problem, FileNotFoundError):
                    log.error("lists.copy_refused", digest=digest[:12], problem=type(problem).__name__)
                await self._download(tenant_id, digest, path)
                found = await asyncio.to_thread(open_list, path, digest)
        except (NumberListError, OSError, SQLAlchemyError) as problem:
            words = str(problem) if isinstance(problem, NumberListError) else why(problem)
            self._failed[digest] = time.monotonic(), words
            log.error("lists.not_opened", digest=digest[:12], problem=type(problem).__name__)
        else:
            self._failed.pop(digest, None)
            self._open[digest] = found
            log.info("lists.opened", digest=digest[:12], numbers=found.count)

    async def _download(self, tenant_id: int, digest: str, path: Path) -> None:
        """Write the pieces beside the place, then put the whole there: nobody ever opens half a list."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / f"{digest}.{os.getpid()}.new"
        try:
            with draft.open("wb") as file:
                seq = 0
                while True:
                    async with self._engine.connect() as conn:
                        piece = await lists.chunk(conn, tenant_id, digest, seq)
                    if piece is None:
                        break
                    await asyncio.to_thread(file.write, piece)
                    seq += 1
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
            if seq == 0:
                raise NumberListError("its bytes are not in the database; import it again")
            (await asyncio.to_thread(open_list, draft, digest)).close()
            draft.chmod(0o400)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    async def look(self, tenant_id: int | None, now: datetime) -> tuple[Trouble, ...]:
        """Fetch what is in force, drop what no longer is, and say what is wrong with the lists of these tenants."""
        k = t.do_not_contact_list.c
        query = select(k.tenant_id, k.name, k.kind, k.digest, k.refresh_by, k.overdue_denies).where(
            k.ended_at.is_(None)
        )
        async with self._engine.connect() as conn:
            everybody_s = (await conn.execute(query)).all()
        rows = [row for row in everybody_s if tenant_id in (None, row.tenant_id)]
        digests = {row.digest: row.tenant_id for row in rows if row.digest}
        await self.opened([(tenant, digest) for digest, tenant in digests.items()])
        for gone in self._open.keys() - digests.keys():
            del self._open[gone]  # an admission that still holds it keeps it mapped
        await asyncio.to_thread(self._sweep, {row.digest for row in everybody_s if row.digest})
        found: list[Trouble] = []
        for row in rows:
            if row.digest and row.digest not in self._open:
                words = self._failed.get(row.digest, (0.0, "it is still being fetched"))[1]
                found.append(Trouble(row.tenant_id, row.name, f"cannot be opened: {words}", True))
            elif row.kind == "hashed" and not row.digest:
                found.append(Trouble(row.tenant_id, row.name, "has never been imported", False))
            if row.refresh_by is not None and row.refresh_by <= now:
                words = f"was to be renewed by {row.refresh_by:%Y-%m-%d}"
                found.append(Trouble(row.tenant_id, row.name, words, row.overdue_denies))
        self.troubles = tuple(found)
        return self.troubles

    def _sweep(self, in_force: Collection[str]) -> None:
        """Copies of old versions leave the disk; the database keeps them, and a copy too many is fetched again."""
        for copy in self._folder.glob("?" * 64):
            if copy.name not in in_force:
                copy.unlink(missing_ok=True)

    async def run(self, tenant_id: int | None) -> None:
        """Look every few seconds, for ever."""
        speed = self._clock.speed
        while True:
            try:
                await self.look(tenant_id, self._clock.now())
            except (SQLAlchemyError, OSError) as problem:
                log.warning("lists.not_looked_at", problem=type(problem).__name__)
            await self._clock.sleep(LOOK_S * speed)

    async def close(self) -> None:
        for task in list(self._coming.values()):
            task.cancel()
        await asyncio.gather(*self._coming.values(), return_exceptions=True)
        self._open.clear()
