"""The people who log in: made, given a role, let in, locked out. Every change is audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.db import tables as t
from campaigns.problems import Problem, Refused, refuse
from campaigns.skills import tidy
from campaigns.users.model import check_language, check_login, check_password, check_phone, check_role, check_skills
from campaigns.users.passwords import Passwords

u = t.app_user.c


@dataclass(frozen=True, slots=True)
class User:
    id: int
    tenant_id: int
    login: str
    display_name: str
    role: str
    language: str
    phone_endpoint: str | None
    active: bool
    simulated: bool
    skills: tuple[str, ...]

    @classmethod
    def of(cls, row: Any) -> "User":
        """The user in a row of `_COLUMNS`."""
        values = dict(zip((one.name for one in fields(cls)), row, strict=True))
        return cls(**values | {"skills": tuple(values["skills"])})


_COLUMNS = (
    u.id, u.tenant_id, u.login, u.display_name, u.role, u.language, u.phone_endpoint, u.active, u.simulated, u.skills
)  # fmt: skip


async def create(
    conn: AsyncConnection,
    passwords: Passwords,
    *,
    tenant_id: int,
    login: str,
    display_name: str,
    role: str,
    password: str | None,
    now: datetime,
    actor: str,
    language: str = "en",
    phone_endpoint: str | None = None,
    simulated: bool = False,
    skills: Sequence[str] = (),
) -> int:
    """The new user's id. Raises Refused. A user without password (simulated agents) can never log in."""
    login = login.strip().lower()
    problems = check_login(login) + check_role(role)
    problems += check_password(password, login) if password is not None else []
    problems += check_phone(phone_endpoint) if phone_endpoint else []
    problems += check_language(language) + check_skills(skills, role)
    if not display_name.strip():
        problems.append(Problem("display_name", "the name is empty: write how colleagues call this person"))
    taken = select(u.id).where(u.tenant_id == tenant_id, u.login == login)
    if (await conn.execute(taken)).one_or_none() is not None:
        problems.append(Problem("login", f"the login {login} is taken: choose another one"))
    if problems:
        raise Refused(*problems)
    row = {
        "tenant_id": tenant_id, "login": login, "display_name": display_name.strip(), "role": role,
        "password_hash": "!" if password is None else await passwords.hash(password), "language": language,
        "phone_endpoint": phone_endpoint, "simulated": simulated, "skills": list(tidy(skills)), "created_at": now,
    }  # fmt: skip
    made = int((await conn.execute(insert(t.app_user).values(**row).returning(u.id))).scalar_one())
    detail = {"role": role, "simulated": simulated, "skills": list(tidy(skills))}
    await _audit(conn, tenant_id, now, actor, "user.created", made, **detail)
    return made


async def authenticate(
    conn: AsyncConnection, passwords: Passwords, *, tenant_id: int, login: str, password: str
) -> User | None:
    """The active user whose login and password these are; an unknown login takes as long as a wrong password."""
    query = select(*_COLUMNS, u.password_hash).where(u.tenant_id == tenant_id, u.login == login.strip().lower())
    row = (await conn.execute(query)).one_or_none()
    held = None if row is None or row.password_hash == "!" else row.password_hash  # noqa: S105
    if not await passwords.verify(held, password) or row is None or not row.active:
        return None
    if held is not None and passwords.outdated(held):
        fresh = await passwords.hash(password)
        await conn.execute(update(t.app_user).where(u.id == row.id).values(password_hash=fresh))
    return User.of(row[:-1])


async def get(conn: AsyncConnection, user_id: int) -> User | None:
    row = (await conn.execute(select(*_COLUMNS).where(u.id == user_id))).one_or_none()
    return None if row is None else User.of(row)


async def everyone(conn: AsyncConnection, tenant_id: int, *, role: str | None = None) -> list[User]:
    query = select(*_COLUMNS).where(u.tenant_id == tenant_id).order_by(u.id)
    found = await conn.execute(query if role is None else query.where(u.role == role))
    return [User.of(row) for row in found]


async def set_password(
    conn: AsyncConnection, passwords: Passwords, user_id: int, password: str, *, now: datetime, actor: str
) -> None:
    """A new password; every session of the user ends."""
    user = await _wanted(conn, user_id)
    problems = check_password(password, user.login)
    if problems:
        raise Refused(*problems)
    fresh = await passwords.hash(password)
    await conn.execute(update(t.app_user).where(u.id == user_id).values(password_hash=fresh))
    await _end_sessions(conn, user_id)
    await _audit(conn, user.tenant_id, now, actor, "user.password_set", user_id)


class WrongPassword(Refused):
    """The old password is not right."""


async def change_own_password(
    conn: AsyncConnection, passwords: Passwords, user_id: int, *, old: str, new: str, keep: bytes, now: datetime
) -> list[bytes]:
    """A new password by its owner, who knows the old one. Every session but `keep` (a token's hash) ends.

    The hashes of those that ended. Raises WrongPassword, and Refused for a new one that is not good enough.
    """
    query = select(u.tenant_id, u.login, u.password_hash).where(u.id == user_id).with_for_update()
    row = (await conn.execute(query)).one()
    held = None if row.password_hash == "!" else row.password_hash  # noqa: S105
    if not await passwords.verify(held, old):
        raise WrongPassword(Problem("old", "this is not the password that you have now"))
    problems = check_password(new, row.login)
    if new == old:
        problems.append(Problem("new", "this is the one that you have: choose another one"))
    if problems:
        raise Refused(*(Problem("new", problem.message) for problem in problems))
    fresh = await passwords.hash(new)
    await conn.execute(update(t.app_user).where(u.id == user_id).values(password_hash=fresh))
    s = t.user_session.c
    others = delete(t.user_session).where(s.user_id == user_id, s.token_hash != keep).returning(s.token_hash)
    ended = [bytes(token) for token in (await conn.execute(others)).scalars()]
    await _audit(conn, row.tenant_id, now, f"user:{user_id}", "user.password_changed", user_id)
    return ended


async def change(
    conn: AsyncConnection,
    user_id: int,
    *,
    now: datetime,
    actor: str,
    role: str | None = None,
    active: bool | None = None,
    display_name: str | None = None,
    language: str | None = None,
    phone_endpoint: str | None = None,
    skills: Sequence[str] | None = None,
) -> User:
    """Change what is given; an empty `phone_endpoint` is none any more. A new role or a lock-out ends every session of
    the user. The last admin stays one."""
    user = await _wanted(conn, user_id)
    given = {"role": role, "active": active, "display_name": display_name, "language": language,
             "phone_endpoint": phone_endpoint, "skills": None if skills is None else tidy(skills)}  # fmt: skip
    before = {name: getattr(user, name) for name in given} | {"phone_endpoint": user.phone_endpoint or ""}
    changes = {name: value for name, value in given.items() if value is not None and value != before[name]}
    problems = check_role(role) if role is not None else []
    problems += check_phone(phone_endpoint) if phone_endpoint else []
    problems += check_language(language) if language is not None else []
    problems += check_skills(user.skills if skills is None else skills, role or user.role)
    if user.role == "admin" and user.active and ("role" in changes or changes.get("active") is False):
        admins = select(u.id).where(u.tenant_id == user.tenant_id, u.role == "admin", u.active, u.id != user_id)
        if not (await conn.execute(admins.with_for_update())).all():
            problems.append(Problem("role", "this is the last active admin: make another one first"))
    if problems:
        raise Refused(*problems)
    if changes:
        await conn.execute(update(t.app_user).where(u.id == user_id).values(**_stored(changes), version=u.version + 1))
        detail: dict[str, object] = {"fields": sorted(changes)}
        if "skills" in changes:
            detail["skills"] = [list(user.skills), list(tidy(skills or ()))]
        await _audit(conn, user.tenant_id, now, actor, "user.changed", user_id, **detail)
    if {"role", "active"} & set(changes):
        await _end_sessions(conn, user_id)
    return await _wanted(conn, user_id)


def _stored(changes: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
    return plain | ({"phone_endpoint": plain["phone_endpoint"] or None} if "phone_endpoint" in plain else {})


async def _wanted(conn: AsyncConnection, user_id: int) -> User:
    user = await get(conn, user_id)
    if user is None:
        raise refuse("user_id", f"there is no user {user_id}")
    return user


async def _end_sessions(conn: AsyncConnection, user_id: int) -> None:
    await conn.execute(delete(t.user_session).where(t.user_session.c.user_id == user_id))


async def _audit(
    conn: AsyncConnection, tenant_id: int, now: datetime, actor: str, action: str, user_id: int, **detail: object
) -> None:
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor=actor, action=action, subject=f"user:{user_id}", detail=detail
    )  # fmt: skip
