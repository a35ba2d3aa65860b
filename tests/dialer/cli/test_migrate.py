"""`promiseline migrate`: an empty database, a current one, one of a newer program, none at all."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from campaigns.db import migrate
from campaigns.db.engine import make_engine
from tests.dialer.cli.program import Program

pytestmark = pytest.mark.postgres


async def test_an_empty_database_is_migrated_and_a_current_one_stays(empty_database_url: str, tmp_path: Path) -> None:
    program = Program(tmp_path, {"PROMISELINE_DATABASE_URL": empty_database_url, "PROMISELINE_REDIS_URL": "unix:///no"})

    before = (await program("campaign", "status")).refusal()
    first = (await program("migrate", "--json")).json()
    again = await program("migrate")

    assert "revision none" in before and "run: promiseline migrate" in before
    assert first == {"revision": migrate.head(), "head": migrate.head()}
    assert again.out == f"The database is at revision {migrate.head()}.\n"


async def test_a_database_of_a_newer_program_is_refused_by_every_command_and_not_touched(program: Program) -> None:
    engine = make_engine(program.environment["PROMISELINE_DATABASE_URL"])
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    nodes = '[{"name": "a", "url": "http://127.0.0.1:1/ari", "password": "x"}]'
    program.environment["PROMISELINE_NODES"] = nodes
    for ran in await program.all(["migrate"], ["campaign", "status"], ["serve"], ["user", "list", "--json"]):
        said = ran.refusal()
        assert "revision 9999, which this program does not know" in said
        assert "Run that version, or restore the backup" in said
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == "9999"
    await engine.dispose()


async def test_a_database_that_cannot_be_had_is_told_with_its_reason(program: Program) -> None:
    url = program.environment["PROMISELINE_DATABASE_URL"]
    nobody = url.replace("postgres@", "nobody@")
    missing = url.replace("/test_", "/missing_")

    refused, role, database, scheme = await asyncio.gather(
        program("migrate", PROMISELINE_DATABASE_URL="postgresql+asyncpg://127.0.0.1:1/x"),
        program("user", "list", PROMISELINE_DATABASE_URL=nobody),
        program("campaign", "status", "--json", PROMISELINE_DATABASE_URL=missing),
        program("migrate", PROMISELINE_DATABASE_URL="mysql://root:hunter2@localhost/x"),
    )

    assert "promiseline doctor" in refused.refusal()
    assert 'role "nobody" does not exist' in role.refusal()
    assert "does not exist" in database.refusal()
    assert "postgresql+asyncpg://user:password@host/name" in scheme.refusal()
    assert "hunter2" not in scheme.err
