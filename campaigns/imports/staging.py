"""The rows of one file between reading and merging: an unlogged table a batch, a temporary one in a dry run."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, DateTime, MetaData, Table, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, CreateTable, Index

from campaigns.db import tables as t
from campaigns.imports.model import FIRST_REJECTS, Reject
from campaigns.imports.rows import Chunk

COLUMNS = (
    "line", "debtor_ref", "given_name", "family_name", "language", "date_of_birth", "own_timezone", "zones",
    "rulebooks", "country", "region", "city", "postal_code", "street", "timezone", "phones", "phone_kinds", "email",
    "sms_consent_at", "whatsapp_consent_at", "email_consent_at", "voice_consent_at", "debt_ref", "principal_minor",
    "balance_minor", "currency", "due_date", "last_payment_date", "product",
)  # fmt: skip
_REJECT_COLUMNS = ("line", "column", "reason", "row")


class Staging:
    """`name` and `rejects` are tables; both are temporary in a dry run, so that nothing is left in the database."""

    def __init__(self, batch_id: int | None) -> None:
        self.temporary = batch_id is None
        self.batch_id = batch_id
        self.name = "import_dry_row" if batch_id is None else f"import_row_{batch_id}"
        self.rejects = "import_dry_reject" if batch_id is None else "import_reject"
        prefix = "TEMPORARY" if self.temporary else "UNLOGGED"
        known = {column.name: column for column in t.import_row.columns}
        self.table = Table(
            self.name,
            MetaData(),
            *(
                Column(name, known[name].type if name in known else DateTime(timezone=True), nullable=True)
                for name in COLUMNS
            ),
            prefixes=[prefix],
        )

    async def make(self, conn: AsyncConnection, *, indexed: bool) -> None:
        """Empty tables; `indexed` when chunks are merged one by one and each must find its earlier fellows."""
        await self.drop(conn)
        await conn.execute(CreateTable(self.table))
        if indexed:
            for column in ("line", "debtor_ref", "debt_ref"):
                await conn.execute(CreateIndex(Index(f"ix_{self.name}_{column}", self.table.c[column])))
        if self.temporary:
            await conn.execute(text("CREATE TEMPORARY TABLE import_dry_reject (LIKE import_reject INCLUDING IDENTITY)"))
            await conn.execute(text("ALTER TABLE import_dry_reject ALTER batch_id DROP NOT NULL"))

    async def exists(self, conn: AsyncConnection) -> bool:
        found = await conn.execute(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": self.name})
        return bool(found.scalar_one())

    async def count(self, conn: AsyncConnection) -> int:
        return int((await conn.execute(text(f"SELECT count(*) FROM {self.name}"))).scalar_one())  # noqa: S608 - ours

    async def drop(self, conn: AsyncConnection) -> None:
        await conn.execute(text(f"DROP TABLE IF EXISTS {self.name}"))
        if self.temporary:
            await conn.execute(text("DROP TABLE IF EXISTS import_dry_reject"))

    async def add(self, conn: AsyncConnection, chunk: Chunk) -> None:
        """In the caller's transaction, which must have begun (the driver's COPY does not begin one)."""
        driver = await driver_of(conn)
        if chunk.staged:
            await driver.copy_records_to_table(self.name, records=chunk.staged, columns=COLUMNS)
        await self.reject(conn, chunk.rejects)

    async def reject(self, conn: AsyncConnection, rejects: Sequence[Reject]) -> None:
        if rejects:
            records = [(self.batch_id, one.line, one.column, one.reason, list(one.row)) for one in rejects]
            driver = await driver_of(conn)
            await driver.copy_records_to_table(
                self.rejects, records=records, columns=("batch_id", *_REJECT_COLUMNS)
            )  # fmt: skip

    async def first_rejects(self, conn: AsyncConnection) -> list[Reject]:
        return await self.rejects_after(conn, 0, FIRST_REJECTS)

    async def rejects_after(self, conn: AsyncConnection, line: int, limit: int) -> list[Reject]:
        found = await conn.execute(
            text(
                f'SELECT line, "column", reason, row FROM {self.rejects} '  # noqa: S608 - ours
                "WHERE batch_id IS NOT DISTINCT FROM :batch AND line > :line ORDER BY line LIMIT :limit"
            ),
            {"batch": self.batch_id, "line": line, "limit": limit},
        )
        return [Reject(row.line, row.column, row.reason, tuple(row.row)) for row in found]


async def driver_of(conn: AsyncConnection) -> Any:
    """The asyncpg connection under it, for COPY."""
    return (await conn.get_raw_connection()).driver_connection
