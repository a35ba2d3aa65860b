"""Rows get their places on a real PostgreSQL: writers that commit out of order, sealers that race or are killed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns import audit
from campaigns.audit import sealing
from campaigns.audit.sealing import ChainBroken
from campaigns.db import migrate
from campaigns.db.engine import make_engine
from tests.builders import NOW, a_tenant
from tests.campaigns.audit.chains import KEY
from tests.campaigns.audit.shelf import Shelf

pytestmark = pytest.mark.postgres

FORBIDDEN = [
    "DELETE FROM audit",
    "DELETE FROM audit WHERE seq IS NULL",
    "TRUNCATE audit",
    "UPDATE audit SET actor = 'user:1'",
    "UPDATE audit SET detail = '{}'",
    "UPDATE audit SET subject = 'x:9' WHERE seq IS NULL",
    "UPDATE audit SET seq = seq + 100 WHERE seq IS NOT NULL",
    "UPDATE audit SET seq = NULL, hash = NULL, detail_digest = NULL, salt = NULL WHERE seq IS NOT NULL",
    "UPDATE audit SET hash = decode('00', 'hex') WHERE seq IS NOT NULL",
    "UPDATE audit SET salt = NULL WHERE seq IS NOT NULL",
    "UPDATE audit SET detail = NULL WHERE seq IS NULL",
    "UPDATE audit SET detail = NULL, salt = NULL WHERE action = 'verdicts.sealed'",
    "INSERT INTO audit (tenant_id, at, actor, action, subject, seq, hash, detail_digest)"
    " SELECT tenant_id, at, actor, action, subject, 99, hash, detail_digest FROM audit WHERE seq = 1",
    "INSERT INTO audit (tenant_id, at, actor, action, subject, detail)"
    " SELECT tenant_id, at, actor, action, subject, NULL FROM audit LIMIT 1",
    "DELETE FROM verdict",
    "TRUNCATE verdict",
    "UPDATE verdict SET decision = 'deny'",
    "UPDATE verdict SET at = at + interval '1 hour'",
    "UPDATE verdict SET inputs = '{}', reasons = '[]', flags = '{}', salt = NULL",
    "DELETE FROM audit_checkpoint",
    "TRUNCATE audit_checkpoint",
    "UPDATE audit_checkpoint SET at = at + interval '1 hour'",
    "DELETE FROM audit_head",
    "TRUNCATE audit_head",
    "UPDATE audit_head SET seq = seq - 1",
    "UPDATE audit_head SET hash = decode('00', 'hex')",
]
REFUSED = r"rows are never changed or removed|only moves forward|only the sealer numbers it"


ORDER = "SELECT seq, subject FROM audit WHERE tenant_id = :t ORDER BY seq"


async def test_rows_are_sealed_once_in_order_of_id_and_verify(shelf: Shelf) -> None:
    await shelf.record(3)
    assert await shelf.seal() == 3
    assert await shelf.seal() == 0
    assert await shelf.all(ORDER, t=shelf.tenant) == [(1, "x:0"), (2, "x:1"), (3, "x:2")]
    report = await shelf.check()
    assert report.ok and (report.rows, report.checkpoints, report.unsigned) == (3, 2, 0)


async def test_each_tenant_has_its_own_chain(shelf: Shelf, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        other = await a_tenant(conn, "Other")
        for tenant in (shelf.tenant, other, shelf.tenant):
            await audit.record(conn, tenant_id=tenant, at=NOW, actor="cli", action="x", subject="x:1")
        assert [(await sealing.seal(conn, tenant, now=NOW)).rows for tenant in (shelf.tenant, other)] == [2, 1]
    assert await shelf.all("SELECT tenant_id, seq FROM audit ORDER BY id") == [
        (shelf.tenant, 1), (other, 1), (shelf.tenant, 2),
    ]  # fmt: skip


async def test_a_row_that_commits_late_gets_a_later_place(shelf: Shelf, engine: AsyncEngine) -> None:
    async with engine.begin() as late:
        await audit.record(late, tenant_id=shelf.tenant, at=NOW, actor="cli", action="x", subject="late:1")
        await shelf.record(2)
        assert await shelf.seal() == 2
    assert await shelf.seal() == 1
    assert [subject for _, subject in await shelf.all(ORDER, t=shelf.tenant)] == ["x:0", "x:1", "late:1"]
    assert (await shelf.check()).ok


async def test_many_writers_and_racing_sealers_leave_no_gap_and_no_double(shelf: Shelf, engine: AsyncEngine) -> None:
    writing = True

    async def writer(number: int) -> None:
        for n in range(15):
            async with engine.begin() as conn:
                for _ in range(1 + n % 3):
                    await audit.record(
                        conn, tenant_id=shelf.tenant, at=NOW, actor="cli", action="x", subject=f"x:{number}"
                    )
                if n % 4 == 3:
                    await conn.rollback()

    async def sealer() -> None:
        last = False
        while not last:
            last = not writing
            async with engine.begin() as conn:
                await sealing.seal(conn, shelf.tenant, now=NOW, limit=7)

    async def writers() -> None:
        nonlocal writing
        await asyncio.gather(*(writer(number) for number in range(8)))
        writing = False

    await asyncio.gather(writers(), sealer(), sealer())
    await shelf.seal()

    seqs = [seq for seq, _ in await shelf.all(ORDER, t=shelf.tenant)]
    assert len(seqs) > 100 and seqs == list(range(1, len(seqs) + 1))
    assert (await shelf.check()).ok


@pytest.mark.parametrize("after", range(1, 10))
async def test_a_sealer_killed_after_any_statement_leaves_a_valid_chain(
    shelf: Shelf, engine: AsyncEngine, after: int
) -> None:
    await shelf.record(2)
    await shelf.verdicts(2)
    await shelf.seal()
    await shelf.record(3)
    await shelf.verdicts(1)
    async with engine.begin() as conn:
        mark = await sealing.mark(conn)

    killed = _Killed(await engine.connect().start(), after)
    try:
        await sealing.seal(killed, shelf.tenant, now=NOW, upto=mark)  # type: ignore[arg-type]
    except asyncio.CancelledError:
        pass
    await killed.conn.invalidate()  # the connection is cut, as by kill -9: nothing is rolled back by us
    await killed.conn.close()

    report = await shelf.check()
    assert report.ok and report.rows == 4
    await shelf.seal()
    report = await shelf.check()
    assert report.ok and (report.rows, report.verdicts, report.outcomes) == (9, 3, 3)


class _Killed:
    """A connection whose program dies after so many statements."""

    def __init__(self, conn: Any, statements: int) -> None:
        self.conn = conn
        self._left = statements

    async def execute(self, *words: Any) -> Any:
        done = await self.conn.execute(*words)
        self._left -= 1
        if not self._left:
            raise asyncio.CancelledError
        return done


async def test_a_lost_head_row_stops_sealing_and_says_what_to_do(shelf: Shelf) -> None:
    await shelf.record(2)
    await shelf.seal()
    await shelf.tamper("DELETE FROM audit_head")
    await shelf.record()
    with pytest.raises(ChainBroken, match="promiseline audit verify"):
        await shelf.seal()


async def test_a_tenants_first_sealer_may_end_between_anothers_statements(
    shelf: Shelf, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.record(2)
    before = AsyncConnection.execute
    others: list[int] = []

    async def execute(self: AsyncConnection, statement: Any, *words: Any) -> Any:
        if not others and "audit.seq IS NOT NULL" in str(statement):
            others.append(0)
            others[0] = await shelf.seal(sign=False)
        return await before(self, statement, *words)

    async with engine.begin() as conn:
        monkeypatch.setattr(AsyncConnection, "execute", execute)
        assert (await sealing.seal(conn, shelf.tenant, now=NOW)).rows == 0
    monkeypatch.undo()
    assert others == [2]
    assert (await shelf.check()).ok


async def test_checkpoints_come_each_hour_and_not_before_the_first_row(shelf: Shelf, engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        assert await sealing.checkpoint(conn, shelf.tenant, KEY, now=NOW) is None
    await shelf.record()
    await shelf.seal(sign=False)
    made = []
    async with engine.begin() as conn:
        for minutes in (0, 59, 60, 61, 180):
            made.append(await sealing.checkpoint(conn, shelf.tenant, KEY, now=NOW + timedelta(minutes=minutes)))
    assert [point and point.number for point in made] == [1, None, 2, None, 3]
    assert (await shelf.check()).ok


async def test_the_database_itself_refuses_every_change(shelf: Shelf) -> None:
    await shelf.record(2)
    await shelf.verdicts(1)
    await shelf.seal()
    await shelf.record(1)
    before = await shelf.all("SELECT * FROM audit ORDER BY id")
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError, match=REFUSED):
            await shelf.do(statement)
    assert await shelf.all("SELECT * FROM audit ORDER BY id") == before
    assert (await shelf.check()).ok


async def test_rows_written_before_the_chain_are_sealed_in_their_order(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url, to="0001")
    engine = make_engine(empty_database_url)
    shelf = Shelf(engine)
    await shelf.open()
    await shelf.do(
        "INSERT INTO audit (tenant_id, at, actor, action, subject, detail)"
        " SELECT :t, :now, 'cli', 'x.done', 'x:' || g, jsonb_build_object('n', g) FROM generate_series(1, 2500) g",
        t=shelf.tenant, now=NOW,
    )  # fmt: skip
    await shelf.do(
        "INSERT INTO verdict (id, tenant_id, debtor_id, channel, origin, at, decision, flags, tzdb)"
        " SELECT gen_random_uuid(), :t, :d, 'voice', 'dialer', :now, 'deny', '{}', '2026a'"
        " FROM generate_series(1, 600)",
        t=shelf.tenant, d=shelf.debtor, now=NOW,
    )  # fmt: skip

    await migrate.upgrade(empty_database_url)
    assert await shelf.all("SELECT count(*), count(DISTINCT salt), max(number) FROM verdict") == [(600, 600, 600)]
    await shelf.seal()

    report = await shelf.check()
    assert report.ok and (report.rows, report.verdicts) == (2503, 600)
    first = await shelf.all("SELECT seq, subject FROM audit WHERE action = 'x.done' ORDER BY seq LIMIT 2")
    assert [subject for _, subject in first] == ["x:1", "x:2"]
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM audit WHERE seq IS NULL"))).scalar_one() == 0
    await engine.dispose()
