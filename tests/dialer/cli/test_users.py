"""`promiseline user add|list`."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.dialer.cli.program import Program

pytestmark = pytest.mark.postgres

GOOD = {"PROMISELINE_NEW_PASSWORD": "correct horse battery staple"}


async def test_a_user_is_added_with_the_password_of_the_environment_and_listed(
    program: Program, engine: AsyncEngine
) -> None:
    nobody = await program("user", "list")
    added = (
        await program("user", "add", "ann", "--role", "agent", "--phone", "PJSIP/agent-1", "--json", **GOOD)
    ).json()
    listed = (await program("user", "list", "--json")).json()

    assert nobody.out == "Users: none\n"
    assert listed == [{"id": added["user_id"], "login": "ann", "display_name": "ann", "role": "agent", "active": True}]
    async with engine.connect() as conn:
        stored = (await conn.execute(text("SELECT password_hash, phone_endpoint FROM app_user"))).one()
        audited = (await conn.execute(text("SELECT count(*) FROM audit WHERE actor = 'cli'"))).scalar_one()
    assert stored.password_hash.startswith("$argon2id$")
    assert stored.phone_endpoint == "PJSIP/agent-1"
    assert audited >= 1


async def test_a_password_may_be_typed_twice_and_is_never_shown(program: Program) -> None:
    typed = "correct horse battery staple"

    ran = await program("user", "add", "bob", stdin=f"{typed}\n{typed}\n")

    assert ran.code == 0
    assert "bob, agent" in ran.out
    assert typed not in ran.out + ran.err


async def test_each_refusal_says_what_is_wrong(program: Program) -> None:
    assert (await program("user", "add", "ann", **GOOD)).code == 0

    again, weak, role, nothing = await asyncio.gather(
        program("user", "add", "ann", **GOOD),
        program("user", "add", "bob", PROMISELINE_NEW_PASSWORD="password"),
        program("user", "add", "bob", "--role", "boss", **GOOD),
        program("user", "add", "bob"),
    )

    assert "the login ann is taken" in again.refusal()
    assert "password:" in weak.refusal()
    assert "role:" in role.refusal() and "supervisor" in role.err
    assert nothing.code == 1, "nobody types a password here"
    assert len((await program("user", "list", "--json")).json()) == 1
