"""Brings a database to the newest schema, and says which schema it has."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db.engine import make_engine

Progress = Callable[[int, int, str], None]  # done, total, the step's title
ONE_AT_A_TIME = 0x50524F4D  # advisory lock: two servers that start together migrate once
ASK_AGAIN_S = 0.2


class NewerSchema(Exception):
    """The database was migrated by a newer program; the text says what to do."""


@dataclass(frozen=True, slots=True)
class SchemaState:
    current: str | None  # null: an empty database
    head: str
    known: bool = True  # whether this program has the migration `current`

    @property
    def up_to_date(self) -> bool:
        return self.current == self.head

    @property
    def complaint(self) -> str:
        """What is wrong and how to mend it; empty when the schema is the newest."""
        if self.up_to_date:
            return ""
        if not self.known:
            return (
                f"the database is at revision {self.current}, which this program does not know (its newest is "
                f"{self.head}): a newer Promiseline migrated it. Run that version, or restore the backup made before"
            )
        return (
            f"the database is at revision {self.current or 'none'}, this program needs {self.head};"
            " run: promiseline migrate"
        )


def config(connection: Connection | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    made.attributes["connection"] = connection
    return made


def head() -> str:
    """The newest revision; raises when a branch made two."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    if found is None:
        raise RuntimeError("campaigns/db/migrations holds no migration: the installation is incomplete")
    return found


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


async def state(engine: AsyncEngine) -> SchemaState:
    async with engine.connect() as conn:
        current = await conn.run_sync(_current)
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    return SchemaState(current, head(), current is None or current in known)


async def upgrade(url: str, progress: Progress | None = None, *, to: str | None = None) -> SchemaState:
    """Apply what is missing up to `to` (else the head), one transaction a migration.

    `progress(done, total, title)` is called before each and at the end. Raises NewerSchema; nothing is changed then.
    """
    engine = make_engine(url, pool_size=2, application="promiseline-migrate")
    try:
        before = await state(engine)
        if not before.known:
            raise NewerSchema(before.complaint)
        async with engine.connect() as guard, engine.connect() as conn:
            await _alone(guard)
            await conn.run_sync(_upgrade, progress, to or head())
            await conn.commit()
            await guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ONE_AT_A_TIME})
        return await state(engine)
    finally:
        await engine.dispose()


async def _alone(guard: AsyncConnection) -> None:
    """Waits by asking again: a statement that waits holds a snapshot, for which an index built beside writers waits."""
    while not (await guard.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})).scalar_one():
        await guard.rollback()
        await asyncio.sleep(ASK_AGAIN_S)
    await guard.rollback()


def _upgrade(connection: Connection, progress: Progress | None, to: str) -> None:
    scripts = ScriptDirectory.from_config(config())
    current = _current(connection)
    connection.commit()
    missing = list(scripts.iterate_revisions(to, current))[::-1]
    for done, script in enumerate(missing):
        if progress is not None:
            progress(done, len(missing), script.doc)
        _apply(connection, script.revision)
    if progress is not None:
        progress(len(missing), len(missing), "up to date")


def _apply(connection: Connection, revision: Any) -> None:
    command.upgrade(config(connection), revision)
    connection.commit()
