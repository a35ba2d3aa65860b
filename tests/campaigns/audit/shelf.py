"""A tenant with audit rows and verdicts in a real database, and an attacker who may do anything there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns import audit
from campaigns.audit import reading, sealing
from campaigns.audit.checker import Report
from campaigns.db import tables as t
from tests.builders import NOW, a_creditor, a_debtor, a_tenant, an_attempt, uuid7
from tests.campaigns.audit.chains import KEY, TRUSTED


class Shelf:
    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.tenant = self.debtor = 0

    async def open(self) -> None:
        async with self.engine.begin() as conn:
            self.tenant = await a_tenant(conn)
            self.debtor = await a_debtor(conn, self.tenant, await a_creditor(conn, self.tenant))

    async def record(self, count: int = 1, **values: Any) -> None:
        async with self.engine.begin() as conn:
            for n in range(count):
                given = {"actor": "cli", "action": "x.done", "subject": f"x:{n}", "detail": {"n": n, "é": 1.50}}
                await audit.record(conn, tenant_id=self.tenant, at=NOW, **(given | values))

    async def verdict(self, conn: AsyncConnection, **values: Any) -> UUID:
        """A verdict that allowed an attempt, with both rows."""
        attempt = await an_attempt(conn, self.tenant, self.debtor)
        row: dict[str, Any] = {
            "id": uuid7(), "tenant_id": self.tenant, "attempt_id": attempt, "debtor_id": self.debtor,
            "channel": "voice", "origin": "dialer", "at": NOW, "decision": "allow", "flags": ["rapid"],
            "reasons": [{"code": "x"}], "tzdb": "2026a", "inputs": {"facts": {"address": "+12125550100"}},
        }  # fmt: skip
        point = text("SELECT contact_point_id FROM attempt WHERE id = :id")
        row["contact_point_id"] = (await conn.execute(point, {"id": attempt})).scalar_one()
        await conn.execute(insert(t.verdict).values(row | values))
        return UUID(str(row["id"]))

    async def verdicts(self, count: int) -> list[UUID]:
        async with self.engine.begin() as conn:
            return [await self.verdict(conn) for _ in range(count)]

    async def seal(self, *, sign: bool = True) -> int:
        sealed = 0
        async with self.engine.begin() as conn:
            mark = await sealing.mark(conn)
        async with self.engine.begin() as conn:
            while (done := await sealing.seal(conn, self.tenant, now=NOW, upto=mark)).more:
                sealed += done.rows
            if sign:
                await sealing.checkpoint(conn, self.tenant, KEY, now=NOW, every=sealing.AT_ONCE)
        return sealed + done.rows

    async def check(self, **more: Any) -> Report:
        async with self.engine.connect() as conn:
            await reading.snapshot(conn)
            return await reading.check(conn, self.tenant, TRUSTED, **more)

    async def found(self, **more: Any) -> set[tuple[str, str, int, int]]:
        return {(one.of, one.kind, one.first, one.last) for one in (await self.check(**more)).findings}

    async def all(self, query: str, **values: Any) -> list[Any]:
        async with self.engine.connect() as conn:
            return [tuple(row) for row in await conn.execute(text(query), values)]

    async def do(self, statement: str, **values: Any) -> None:
        """As the application could: with every trigger on."""
        async with self.engine.begin() as conn:
            await conn.execute(text(statement), values)

    async def tamper(self, statement: str, **values: Any) -> None:
        """As somebody who owns the database could: triggers and foreign keys are off."""
        async with self.engine.begin() as conn:
            await conn.execute(text("SET LOCAL session_replication_role = replica"))
            done = await conn.execute(text(statement), values)
            assert done.rowcount, "the attack changed nothing"


@asynccontextmanager
async def opened(engine: AsyncEngine) -> AsyncIterator[Shelf]:
    shelf = Shelf(engine)
    await shelf.open()
    yield shelf
