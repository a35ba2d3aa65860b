"""`promiseline user add|set|password|shift|list`."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.users.passwords import Passwords
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
    assert listed == [{"id": added["user_id"], "login": "ann", "display_name": "ann", "role": "agent",
                       "language": "en", "active": True, "skills": []}]  # fmt: skip
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


async def test_who_is_asked_for_a_password_still_gets_one_document(program: Program) -> None:
    typed = "correct horse battery staple"

    ran = await program("user", "add", "bob", "--json", stdin=f"{typed}\n{typed}\n")

    assert ran.json().keys() == {"user_id"}
    assert "Password" in ran.err and typed not in ran.err


async def test_each_refusal_says_what_is_wrong(program: Program) -> None:
    assert (await program("user", "add", "ann", **GOOD)).code == 0

    again, weak, role, language, nothing = await asyncio.gather(
        program("user", "add", "ann", **GOOD),
        program("user", "add", "bob", PROMISELINE_NEW_PASSWORD="password"),
        program("user", "add", "bob", "--role", "boss", **GOOD),
        program("user", "add", "bob", "--language", "klingon", **GOOD),
        program("user", "add", "bob"),
    )

    assert "the login ann is taken" in again.refusal()
    assert "password:" in weak.refusal()
    assert "role:" in role.refusal() and "supervisor" in role.err
    assert (
        "language: the consoles do not speak 'klingon': choose en (English), es (Spanish), fa (Persian)"
        in language.refusal()
    )
    assert nothing.code == 1, "nobody types a password here"
    assert len((await program("user", "list", "--json")).json()) == 1


async def test_skills_are_given_with_the_user_and_changed_later(program: Program, engine: AsyncEngine) -> None:
    await program("user", "add", "ann", "--skill", "fa", "--skill", "es", **GOOD)
    changed = (await program("user", "set", "ann", "--skill", "hardship", "--no-skill", "es", "--json")).json()
    (listed,) = (await program("user", "list", "--json")).json()
    said = await program("user", "set", "ann", "--no-skill", "fa")

    assert changed["skills"] == listed["skills"] == ["fa", "hardship"]
    assert said.out == "ann: agent, language en, let in, the skills hardship.\n"
    async with engine.connect() as conn:
        detail = (
            await conn.execute(text("SELECT detail FROM audit WHERE action = 'user.changed' ORDER BY id LIMIT 1"))
        ).scalar_one()
    assert detail == {"fields": ["skills"], "skills": [["es", "fa"], ["fa", "hardship"]]}


async def test_skills_that_make_no_sense_are_refused(program: Program) -> None:
    await program("user", "add", "ann", "--skill", "es", **GOOD)

    odd, absent, both, nobody, nothing, boss = await asyncio.gather(
        program("user", "set", "ann", "--skill", "Español"),
        program("user", "set", "ann", "--no-skill", "fa"),
        program("user", "set", "ann", "--no-skill", "es", "--skill", "es"),
        program("user", "set", "bob", "--skill", "es"),
        program("user", "set", "ann"),
        program("user", "add", "boss", "--role", "supervisor", "--skill", "es", **GOOD),
    )

    assert "skills:" in odd.refusal() and "like es" in odd.err
    assert "ann does not have fa; has the skills es" in absent.refusal()
    assert "given and taken away" in both.refusal()
    assert "there is no user bob" in nobody.refusal()
    assert "give --skill, --no-skill, --role" in nothing.refusal()
    assert "only an agent has skills" in boss.refusal()


async def test_a_break_and_the_end_of_a_shift_are_planned_listed_and_taken_back(program: Program) -> None:
    await program("user", "add", "ann", **GOOD)
    now = datetime.now(UTC).replace(microsecond=0)
    breaks, leaves = (now + timedelta(hours=1)).isoformat(), (now + timedelta(hours=2)).isoformat()

    planned = (
        await program(
            "user", "shift", "ann", "--break-at", breaks, "--minutes", "15", "--reason", "lunch",
            "--leave-at", leaves, "--json",
        )
    ).json()  # fmt: skip
    shown = await program("user", "shift", "ann", COLUMNS="200")
    left = (await program("user", "shift", "ann", "--cancel", str(planned[0]["id"]), "--json")).json()

    kinds = [(one["kind"], one["at"], one["minutes"], one["reason"]) for one in planned]
    assert kinds == [("pause", breaks, 15, "lunch"), ("logout", leaves, None, None)]
    assert "end of shift" in shown.out and "lunch" in shown.out
    assert [one["kind"] for one in left] == ["logout"]


async def test_a_plan_that_makes_no_sense_is_refused(program: Program) -> None:
    await program("user", "add", "ann", **GOOD)
    await program("user", "add", "boss", "--role", "supervisor", **GOOD)

    past, naive, odd, boss, gone, lonely = await asyncio.gather(
        program("user", "shift", "ann", "--leave-at", "2020-01-01T10:00:00Z"),
        program("user", "shift", "ann", "--leave-at", "2030-01-01T10:00:00"),
        program("user", "shift", "ann", "--break-at", "17:30"),
        program("user", "shift", "boss", "--leave-at", (datetime.now(UTC) + timedelta(hours=1)).isoformat()),
        program("user", "shift", "ann", "--cancel", "77"),
        program("user", "shift", "ann", "--minutes", "15"),
    )

    assert "the time is past" in past.refusal()
    assert "no offset from UTC" in naive.refusal()
    assert "break-at" in odd.refusal()
    assert "no active agent" in boss.refusal()
    assert "no open plan 77" in gone.refusal()
    assert "give --break-at too" in lonely.refusal()


async def test_role_language_and_lock_out_are_changed_and_the_last_admin_stays(program: Program) -> None:
    await program("user", "add", "ann", **GOOD)
    await program("user", "add", "ada", "--role", "admin", **GOOD)

    changed = (await program("user", "set", "ann", "--role", "supervisor", "--language", "fa", "--json")).json()
    locked = await program("user", "set", "ann", "--disable")
    language, last, nothing = await asyncio.gather(
        program("user", "set", "ann", "--language", "de"),
        program("user", "set", "ada", "--disable"),
        program("user", "set", "ada"),
    )

    assert changed | {"user_id": 1} == {
        "user_id": 1, "skills": [], "role": "supervisor", "language": "fa", "active": True
    }  # fmt: skip
    assert locked.out == "ann: supervisor, language fa, locked out, no skill.\n"
    assert "choose en (English)" in language.refusal()
    assert "the last active admin" in last.refusal()
    assert "--disable" in nothing.refusal()


async def test_a_password_of_chance_is_printed_once_and_a_new_one_ends_the_sessions(
    program: Program, engine: AsyncEngine
) -> None:
    added = (await program("user", "add", "ann", "--generate", "--json")).json()
    spoken = await program("user", "password", "ann", "--generate")
    weak, unknown = await asyncio.gather(
        program("user", "password", "ann", PROMISELINE_NEW_PASSWORD="short"),
        program("user", "password", "bob", **GOOD),
    )

    second = spoken.out.split()[-1]
    assert len(added["password"]) == len(second) == 19 and added["password"] != second
    assert "password: too short" in weak.refusal()
    assert "there is no user bob" in unknown.refusal()
    async with engine.connect() as conn:
        kept = (await conn.execute(text("SELECT password_hash FROM app_user"))).scalar_one()
        audited = (await conn.execute(text("SELECT action, detail FROM audit ORDER BY id"))).all()
    passwords = Passwords()
    assert await passwords.verify(kept, second) and not await passwords.verify(kept, added["password"])
    assert [row.action for row in audited] == ["user.created", "user.password_set"]
    assert second not in str(audited)
