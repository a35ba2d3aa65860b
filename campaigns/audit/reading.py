"""Reads a tenant's chain from the database as it was at one instant, in bounded memory, and lets it be checked."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.audit import outcome_rows, verdict_rows
from campaigns.audit.batches import Batch
from campaigns.audit.chain import Head, Sealed
from campaigns.audit.checker import Checker, Report
from campaigns.audit.checkpoints import Checkpoint
from campaigns.db import tables as t

Progress = Callable[[int, int], None]  # rows done, rows in all
PAGE = 2000

_c, _p, _h = t.audit.c, t.audit_checkpoint.c, t.audit_head.c
_ROWS = select(
    _c.id, _c.tenant_id, _c.seq, _c.at, _c.actor, _c.action, _c.subject, _c.detail_digest, _c.hash, _c.salt,
    cast(_c.detail, Text),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier export says: row `seq` has this hash; `checkpoint`: the number of a checkpoint there, else 0."""

    seq: int
    hash: bytes
    checkpoint: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not sealed or signed yet; instants are None where there is nothing of the kind."""

    unsealed: int
    oldest: datetime | None
    unsealed_verdicts: int
    oldest_verdict: datetime | None
    checkpoint_at: datetime | None
    sealed: int


async def snapshot(conn: AsyncConnection) -> None:
    """Everything that this connection reads until its transaction ends is of one instant. First thing to be called."""
    await conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


async def rows(conn: AsyncConnection, tenant_id: int, first: int = 1, last: int | None = None) -> AsyncIterator[Sealed]:
    query = _ROWS.where(_c.tenant_id == tenant_id, _c.seq >= first).order_by(_c.seq, _c.id)
    if last is not None:
        query = query.where(_c.seq <= last)
    async with conn.stream(query.execution_options(yield_per=PAGE)) as found:
        async for page in found.partitions():
            for row in page:
                values: Any = row
                yield Sealed(*values)


async def checkpoints(conn: AsyncConnection, tenant_id: int) -> AsyncIterator[Checkpoint]:
    query = select(t.audit_checkpoint).where(_p.tenant_id == tenant_id).order_by(_p.number)
    async with conn.stream(query.execution_options(yield_per=PAGE)) as found:
        async for row in found.mappings():
            yield Checkpoint(**row)


async def head(conn: AsyncConnection, tenant_id: int) -> Head | None:
    found = await conn.execute(
        select(_h.seq, _h.hash, _h.verdict_number, _h.outcome_number).where(_h.tenant_id == tenant_id)
    )
    row = found.one_or_none()
    return None if row is None else Head(row.seq, row.hash, row.verdict_number, row.outcome_number)


async def between(
    conn: AsyncConnection, tenant_id: int, begin: datetime | None, end: datetime | None
) -> tuple[int, int] | None:
    """The first and the last number of the sealed rows that happened in [begin, end); None: there are none."""
    query = select(func.min(_c.seq), func.max(_c.seq)).where(_c.tenant_id == tenant_id, _c.seq.is_not(None))
    if begin is not None:
        query = query.where(_c.at >= begin)
    if end is not None:
        query = query.where(_c.at < end)
    first, last = (await conn.execute(query)).one()
    return None if first is None else (first, last)


async def backlog(conn: AsyncConnection, tenant_id: int) -> Backlog:
    end = await head(conn, tenant_id)
    waiting = select(func.count(), func.min(_c.at)).where(_c.tenant_id == tenant_id, _c.seq.is_(None))
    unsealed, oldest = (await conn.execute(waiting)).one()
    _v = t.verdict.c
    waiting = select(func.count(), func.min(_v.at)).where(
        _v.tenant_id == tenant_id, _v.number > (end.verdict_number if end else 0)
    )
    verdicts, oldest_verdict = (await conn.execute(waiting)).one()
    signed = await conn.execute(select(func.max(_p.at)).where(_p.tenant_id == tenant_id))
    return Backlog(unsealed, oldest, verdicts, oldest_verdict, signed.scalar_one(), end.seq if end else 0)


async def check(
    conn: AsyncConnection,
    tenant_id: int,
    trusted: frozenset[bytes],
    *,
    verdicts: bool = True,
    against: Iterable[Known] = (),
    progress: Progress | None = None,
) -> Report:
    """The whole chain of a tenant, in the transaction of `conn`; see `snapshot()`.

    `verdicts`: what the batches bind too, the gate's verdicts and the outcomes. `against`: what an earlier export
    says, in its order.
    """
    checker = Checker(tenant_id, trusted)
    end = await head(conn, tenant_id)
    total = end.seq if end else 0
    signed = _Points(checker, checkpoints(conn, tenant_id))
    known = _Anchors(checker, iter(against))
    done = 0
    async for row in rows(conn, tenant_id):
        await signed.upto(row.seq - 1)
        known.upto(row.seq - 1)
        batch = checker.row(row)
        if batch is not None and verdicts:
            await _bound(conn, checker, batch)
        done += 1
        if progress is not None and done % PAGE == 0:
            progress(done, max(total, done))
    await signed.upto(None)
    known.upto(None)
    checker.checkpoints_known(known.checkpoint)
    if end is None:
        checker.headless()
    else:
        checker.head(end.seq, end.hash, {"verdict": end.verdict_number, "outcome": end.outcome_number})
    if progress is not None:
        progress(done, done)
    return checker.end()


async def _bound(conn: AsyncConnection, checker: Checker, batch: Batch) -> None:
    if batch.of == "verdict":
        stored = await verdict_rows.in_range(conn, checker.tenant_id, batch.first, batch.last, attempts=True)
        checker.verdicts(batch, stored)
    else:
        found = await outcome_rows.in_range(conn, checker.tenant_id, batch.first, batch.last, compared=True)
        checker.outcomes(batch, found)


class _Points:
    """Hands over each checkpoint when its row was given."""

    def __init__(self, checker: Checker, found: AsyncIterator[Checkpoint]) -> None:
        self._checker = checker
        self._found = found
        self._next: Checkpoint | None = None

    async def upto(self, seq: int | None) -> None:
        while True:
            if self._next is None:
                self._next = await anext(self._found, None)
            if self._next is None or (seq is not None and self._next.seq > seq):
                return
            self._checker.checkpoint(self._next)
            self._next = None


class _Anchors:
    """The same of what an export says."""

    def __init__(self, checker: Checker, found: Iterator[Known]) -> None:
        self._checker = checker
        self._found = found
        self._next: Known | None = None
        self.checkpoint = 0

    def upto(self, seq: int | None) -> None:
        while True:
            if self._next is None:
                self._next = next(self._found, None)
            if self._next is None or (seq is not None and self._next.seq > seq):
                return
            self._checker.anchor(self._next.seq, self._next.hash)
            self.checkpoint = max(self.checkpoint, self._next.checkpoint)
            self._next = None
