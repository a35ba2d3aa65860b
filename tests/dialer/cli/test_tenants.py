"""`promiseline tenant add|list`, and that a misspelt PROMISELINE_TENANT makes no tenant."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.dialer.cli.program import Program, interrupted, line_of

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

NODES = json.dumps([{"name": "a", "url": "http://127.0.0.1:1/ari", "password": "node-secret"}])
MISSPELT = {"PROMISELINE_TENANT": "mian"}


async def names(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as conn:
        return list((await conn.execute(text("SELECT name FROM tenant ORDER BY id"))).scalars())


async def test_no_command_and_no_server_makes_a_tenant_of_a_misspelt_name(
    program: Program, engine: AsyncEngine, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text("reference,name\n1,A\n")
    assert (await program("user", "list")).code == 0
    assert await names(engine) == ["main"]

    refused = await asyncio.gather(
        program("serve", PROMISELINE_NODES=NODES, **MISSPELT),
        program("user", "list", **MISSPELT),
        program("import", "people.csv", "--creditor", "Bank", **MISSPELT),
        program("lists", "check", "+12125550100", **MISSPELT),
        program("retention", "plan", **MISSPELT),
    )

    for ran in refused:
        said = ran.refusal()
        assert "PROMISELINE_TENANT: there is no tenant mian in this database; there is main." in said, said
        assert "promiseline tenant add mian" in said
    assert await names(engine) == ["main"]


async def test_the_first_start_on_an_empty_database_makes_its_tenant(program: Program, engine: AsyncEngine) -> None:
    process = await program.start("serve", PROMISELINE_NODES=NODES, PROMISELINE_TENANT="house")
    await line_of(process, "Promiseline serves")
    await interrupted(process)

    assert await names(engine) == ["house"]


async def test_two_commands_that_begin_at_once_with_different_names_make_one_tenant(
    program: Program, engine: AsyncEngine
) -> None:
    ran = await asyncio.gather(program("user", "list"), program("user", "list", **MISSPELT))

    assert sorted(one.code for one in ran) == [0, 1]
    assert len(await names(engine)) == 1


async def test_a_tenant_is_added_on_purpose_and_listed(program: Program, engine: AsyncEngine) -> None:
    await program("user", "list")

    added = (await program("tenant", "add", " North Bay ", "--json")).json()
    listed = (await program("tenant", "list", "--json", PROMISELINE_TENANT="North Bay")).json()
    taken, empty, broken = await asyncio.gather(
        program("tenant", "add", "North Bay"),
        program("tenant", "add", "  "),
        program("tenant", "add", "North\nBay"),
    )
    served = await program("user", "list", PROMISELINE_TENANT="North Bay")

    assert [(one["name"], one["served"]) for one in listed] == [("main", False), ("North Bay", True)]
    assert added == {"tenant_id": listed[1]["id"]}
    assert "there is a tenant North Bay already: PROMISELINE_TENANT='North Bay' serves it" in taken.refusal()
    assert "give a name of 1 to 100 characters" in empty.refusal()
    assert "without line breaks" in broken.refusal()
    assert served.out == "Users: none\n"
    async with engine.connect() as conn:
        audited = (await conn.execute(text("SELECT subject FROM audit WHERE action = 'tenant.created'"))).scalars()
        assert list(audited) == [f"tenant:{added['tenant_id']}"]
