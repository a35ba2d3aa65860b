"""An importer on a fresh database."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.imports.model import ImportOptions, ImportReport, Parts as PartsProtocol, Progress
from campaigns.imports.service import import_file
from tests.builders import a_tenant
from tests.campaigns.imports.files import NOW, Parts


@dataclass
class Importer:
    engine: AsyncEngine
    tenant: int

    async def __call__(
        self,
        path: Path,
        *,
        parts: PartsProtocol | None = None,
        progress: Progress | None = None,
        creditor: str = "Bank",
        **options: Any,
    ) -> ImportReport:
        given = ImportOptions(**{"tenant_id": self.tenant, "chunk_rows": 100, **options})
        return await import_file(self.engine, path, creditor, given, parts or Parts(), progress, now=NOW)

    async def ask(self, query: str, **values: Any) -> list[Any]:
        """The rows of a query; bare values where it has one column."""
        async with self.engine.connect() as conn:
            found = (await conn.execute(text(query), values)).all()
        return [row[0] if len(row) == 1 else tuple(row) for row in found]

    async def do(self, statement: str, **values: Any) -> None:
        async with self.engine.begin() as conn:
            await conn.execute(text(statement), values)

    async def sizes(self) -> dict[str, int]:
        """How many rows each table of the portfolio has."""
        tables = ("debtor", "address", "contact_point", "consent", "debt", "creditor", "import_batch", "import_reject",
                  "window_group", "audit")  # fmt: skip
        return {table: (await self.ask("SELECT count(*) FROM " + table))[0] for table in tables}  # noqa: S608

    async def staging(self) -> list[str]:
        return await self.ask("SELECT tablename FROM pg_tables WHERE tablename LIKE 'import_row_%'")


@pytest.fixture
async def importer(engine: AsyncEngine) -> Importer:
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
    return Importer(engine, tenant)
