"""Server-side sessions: the cookie is random and stored only as its hash; a session ends by age, disuse, or by hand."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, LargeBinary, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db.tables import app_user, user_session
from telephony.clock import Clock

COOKIE = "promiseline_session"
KEPT_AFTER_END = timedelta(days=1)
TOUCH_AFTER = timedelta(minutes=1)
READ_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a session belongs to, as of the instant it was read."""

    token_hash: bytes
    user_id: int
    tenant_id: int
    login: str
    name: str
    role: str
    language: str
    csrf: str
    last_seen_at: datetime
    expires_at: datetime

    @property
    def actor(self) -> str:
        """As the audit trail names who did it."""
        return f"user:{self.user_id}"


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a session is no more: logged_out, expired or deactivated."""

    because: str


def standing(row: Any, now: datetime, idle: timedelta) -> Identity | Ended:
    """Whether the session's row (None: there is none) still carries its user. Pure."""
    if row is None:
        return Ended("logged_out")
    if not row.active:
        return Ended("deactivated")
    if now >= row.expires_at or now - row.last_seen_at >= idle:
        return Ended("expired")
    return Identity(
        token_hash=bytes(row.token_hash),
        user_id=row.user_id,
        tenant_id=row.tenant_id,
        login=row.login,
        name=row.display_name,
        role=row.role,
        language=row.language,
        csrf=row.csrf_token,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
    )


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


_ROWS = select(
    user_session.c.token_hash,
    user_session.c.user_id,
    user_session.c.tenant_id,
    user_session.c.csrf_token,
    user_session.c.last_seen_at,
    user_session.c.expires_at,
    app_user.c.login,
    app_user.c.display_name,
    app_user.c.role,
    app_user.c.language,
    app_user.c.active,
).join_from(user_session, app_user, user_session.c.user_id == app_user.c.id)
# one parameter for any number of sessions: a list of that many would be a new statement each time
_OF = _ROWS.where(user_session.c.token_hash == func.any(bindparam("hashes", type_=ARRAY(LargeBinary))))


class SessionStore:
    def __init__(self, engine: AsyncEngine, clock: Clock, lifetime: timedelta, idle: timedelta) -> None:
        self._engine = engine
        self._clock = clock
        self._lifetime = lifetime
        self._idle = idle

    async def create(self, connection: AsyncConnection, tenant_id: int, user_id: int) -> str:
        """A new session in the caller's transaction; the answer is the cookie's value."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        await connection.execute(
            insert(user_session).values(
                token_hash=hash_token(token),
                tenant_id=tenant_id,
                user_id=user_id,
                csrf_token=secrets.token_urlsafe(32),
                created_at=now,
                last_seen_at=now,
                expires_at=now + self._lifetime,
            )
        )
        return token

    async def find(self, token_hash: bytes) -> Identity | Ended:
        return (await self.find_all([token_hash]))[token_hash]

    async def find_all(self, token_hashes: Collection[bytes]) -> dict[bytes, Identity | Ended]:
        """The standing of each of the sessions; thousands are read in parts, between which others get their turn."""
        found: dict[bytes, Identity | Ended] = {}
        asked = list(token_hashes)
        async with self._engine.connect() as connection:
            for first in range(0, len(asked), READ_AT_ONCE):
                part = asked[first : first + READ_AT_ONCE]
                rows = {bytes(row.token_hash): row for row in await connection.execute(_OF, {"hashes": part})}
                now = self._clock.now()
                found |= {each: standing(rows.get(each), now, self._idle) for each in part}
        return found

    async def touch(self, token_hashes: Collection[bytes]) -> None:
        """Note that the sessions are in use, so that they do not end by disuse."""
        statement = (
            update(user_session)
            .where(user_session.c.token_hash.in_(list(token_hashes)))
            .values(last_seen_at=self._clock.now())
        )
        async with self._engine.begin() as connection:
            await connection.execute(statement)

    def wants_touch(self, identity: Identity) -> bool:
        return self._clock.now() - identity.last_seen_at >= min(TOUCH_AFTER, self._idle / 4)

    async def end(self, connection: AsyncConnection, token_hash: bytes) -> None:
        await connection.execute(delete(user_session).where(user_session.c.token_hash == token_hash))

    async def end_all_of(self, connection: AsyncConnection, user_id: int) -> None:
        await connection.execute(delete(user_session).where(user_session.c.user_id == user_id))

    async def purge(self) -> None:
        """Forget sessions that ended by age or disuse; a day later, so that their consoles can hear why."""
        now = self._clock.now() - KEPT_AFTER_END
        ended = (user_session.c.expires_at <= now) | (user_session.c.last_seen_at <= now - self._idle)
        async with self._engine.begin() as connection:
            await connection.execute(delete(user_session).where(ended))
