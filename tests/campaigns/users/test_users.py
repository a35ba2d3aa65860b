"""Who may log in, what passwords must be like, and that nobody learns which logins exist."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.problems import Refused
from campaigns.users import service
from campaigns.users.model import LANGUAGES, check_password
from campaigns.users.passwords import Passwords
from tests.builders import NOW, a_tenant

GOOD = "correct horse 7"


def cheap(time_cost: int = 1) -> Passwords:
    """Real argon2id with the least work."""
    return Passwords(PasswordHasher(time_cost=time_cost, memory_cost=8, parallelism=1))


async def _user(conn: AsyncConnection, passwords: Passwords, tenant: int, **values: Any) -> int:
    given: dict[str, Any] = {
        "tenant_id": tenant, "login": "Ada", "display_name": "Ada L", "role": "admin", "password": GOOD, "now": NOW,
        "actor": "cli",
    }  # fmt: skip
    return await service.create(conn, passwords, **{**given, **values})


async def test_a_user_logs_in_with_the_right_password_only(conn: AsyncConnection) -> None:
    passwords, tenant = cheap(), await a_tenant(conn)
    user = await _user(conn, passwords, tenant)
    found = await service.authenticate(conn, passwords, tenant_id=tenant, login=" ADA ", password=GOOD)
    assert found is not None and (found.id, found.login, found.role) == (user, "ada", "admin")
    assert await service.authenticate(conn, passwords, tenant_id=tenant, login="ada", password="wrong") is None
    assert await service.authenticate(conn, passwords, tenant_id=tenant, login="nobody", password=GOOD) is None
    stored = (await conn.execute(text("SELECT password_hash FROM app_user"))).scalar_one()
    assert stored.startswith("$argon2id$")


async def test_an_unknown_login_costs_as_many_hashes_as_a_wrong_password(conn: AsyncConnection) -> None:
    passwords, tenant = cheap(), await a_tenant(conn)
    await _user(conn, passwords, tenant)
    await passwords.verify(None, "warm up")
    checks = []
    check = passwords._check
    passwords._check = lambda *given: checks.append(1) or check(*given)  # type: ignore[method-assign, func-returns-value]
    await service.authenticate(conn, passwords, tenant_id=tenant, login="ada", password="wrong")
    known = len(checks)
    await service.authenticate(conn, passwords, tenant_id=tenant, login="nobody", password="wrong")
    assert len(checks) == 2 * known == 2


async def test_a_user_without_password_or_locked_out_cannot_log_in(conn: AsyncConnection) -> None:
    passwords, tenant = cheap(), await a_tenant(conn)
    await _user(conn, passwords, tenant)
    await _user(conn, passwords, tenant, login="sim1", role="agent", password=None, simulated=True)
    locked = await _user(conn, passwords, tenant, login="old", role="agent")
    await service.change(conn, locked, now=NOW, actor="user:1", active=False)
    for login in ("sim1", "old"):
        for password in (GOOD, "!", ""):
            assert await service.authenticate(conn, passwords, tenant_id=tenant, login=login, password=password) is None


async def test_a_hash_of_weaker_settings_is_renewed_at_the_next_login(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    await _user(conn, cheap(), tenant)
    stronger = cheap(time_cost=2)
    assert await service.authenticate(conn, stronger, tenant_id=tenant, login="ada", password=GOOD)
    stored = (await conn.execute(text("SELECT password_hash FROM app_user"))).scalar_one()
    assert "t=2" in stored and not stronger.outdated(stored)


async def test_everything_wrong_with_a_new_user_is_said_at_once(conn: AsyncConnection) -> None:
    passwords, tenant = cheap(), await a_tenant(conn)
    await _user(conn, passwords, tenant)
    with pytest.raises(Refused) as refused:
        await _user(conn, passwords, tenant, display_name=" ", role="boss", password="ada")
    assert [p.field for p in refused.value.problems] == ["role", "password", "display_name", "login"]
    with pytest.raises(Refused, match="small letters"):
        await _user(conn, passwords, tenant, login="a b")


@pytest.mark.parametrize(
    ("password", "words"),
    [("short", "at least 10"), ("x" * 201, "at most 200"), ("my-ada-pass", "login"), ("aaaaaaaaaaaa", "too simple")],
)
def test_weak_passwords_are_refused_with_the_reason(password: str, words: str) -> None:
    (problem,) = check_password(password, "ada")
    assert words in problem.message


async def test_a_new_password_or_role_ends_the_sessions(conn: AsyncConnection) -> None:
    passwords, tenant = cheap(), await a_tenant(conn)
    await _user(conn, passwords, tenant)
    agent = await _user(conn, passwords, tenant, login="bob", role="agent")

    async def sessions(add: bool) -> int:
        if add:
            await conn.execute(
                text("INSERT INTO user_session VALUES ('\\x01', :t, :u, 'c', :n, :n, :n)"),
                {"t": tenant, "u": agent, "n": NOW},
            )
        return int((await conn.execute(text("SELECT count(*) FROM user_session"))).scalar_one())

    assert await sessions(add=True) == 1
    await service.change(conn, agent, now=NOW, actor="user:1", display_name="Bob")
    assert await sessions(add=False) == 1
    await service.set_password(conn, passwords, agent, "another one 8", now=NOW, actor="user:1")
    assert await sessions(add=False) == 0 and await sessions(add=True) == 1
    await service.change(conn, agent, now=NOW, actor="user:1", role="supervisor")
    assert await sessions(add=False) == 0
    actions = (await conn.execute(text("SELECT action FROM audit ORDER BY id"))).scalars().all()
    assert actions[2:] == ["user.changed", "user.password_set", "user.changed"]


async def test_the_last_admin_stays_one(conn: AsyncConnection) -> None:
    passwords, tenant = cheap(), await a_tenant(conn)
    ada = await _user(conn, passwords, tenant)
    with pytest.raises(Refused, match="last active admin"):
        await service.change(conn, ada, now=NOW, actor="user:1", role="agent")
    await _user(conn, passwords, tenant, login="eve")
    assert (await service.change(conn, ada, now=NOW, actor="user:1", role="agent")).role == "agent"
    assert [user.login for user in await service.everyone(conn, tenant, role="admin")] == ["eve"]
    with pytest.raises(Refused, match="no user"):
        await service.set_password(conn, passwords, 99, GOOD, now=NOW, actor="x")


async def test_no_more_hashes_run_at_once_than_allowed() -> None:
    running = most = 0
    lock = threading.Lock()

    class Watched(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            made = super().hash(password, salt=salt)
            with lock:
                running -= 1
            return made

    passwords = Passwords(Watched(time_cost=2, memory_cost=1024), parallel=2)
    await asyncio.gather(*(passwords.hash("x") for _ in range(8)))
    assert most <= 2


async def test_a_language_is_one_of_the_consoles(conn: AsyncConnection) -> None:
    """Their messages are files of this repository: one without the other is seen here."""
    consoles = Path(__file__).parents[3] / "agent_ui" / "web" / "src" / "shared" / "i18n"
    passwords, tenant = cheap(), await a_tenant(conn)

    with pytest.raises(Refused, match=r"do not speak 'Es': choose en \(English\), es \(Spanish\), fa \(Persian\)"):
        await _user(conn, passwords, tenant, language="Es")
    made = await _user(conn, passwords, tenant, language="es")
    with pytest.raises(Refused, match="language: the consoles do not speak ''"):
        await service.change(conn, made, now=NOW, actor="cli", language="")

    assert {file.stem for file in consoles.glob("*.json")} == set(LANGUAGES)
    assert (await service.change(conn, made, now=NOW, actor="cli", language="fa")).language == "fa"
