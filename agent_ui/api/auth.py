"""Login, logout and who am I. Tries are counted before they are tried, so that many at once gain nothing."""

import asyncio
from datetime import datetime
from typing import Any, Protocol

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.metrics import WebMetrics
from agent_ui.policy import LOGIN, SESSION, Route
from agent_ui.problems import Problem
from agent_ui.sessions import COOKIE, Ended, Identity, SessionStore, hash_token
from agent_ui.source import client_address, login_hash, source_hash
from agent_ui.throttle import PER_LOGIN, PER_SOURCE, WINDOW, wait_s
from campaigns import audit
from campaigns.db.tables import login_failure
from campaigns.users import service as users

log = structlog.get_logger()

CHECKED_AT_ONCE = 2  # each holds a connection for the quarter second that argon2id takes
WAITING_AT_MOST = 32


class LoginBody(BaseModel):
    model_config = ConfigDict(extra="forbid", str_max_length=256)
    login: str = Field(min_length=1)
    password: str = Field(min_length=1)


class SessionListener(Protocol):
    """Who must hear at once that sessions ended: the live sockets."""

    async def session_ended(self, token_hash: bytes, because: str) -> None: ...


class AuthApi:
    def __init__(self, deps: WebDeps, sessions: SessionStore, live: SessionListener, metrics: WebMetrics) -> None:
        self._deps = deps
        self._sessions = sessions
        self._live = live
        self._metrics = metrics
        self._checks = asyncio.Semaphore(CHECKED_AT_ONCE)
        self._waiting = 0

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/api/login", self.login, LOGIN),
            Route("POST", "/api/logout", self.logout, SESSION),
            Route("GET", "/api/me", self.me, SESSION),
        ]

    async def me(self, request: web.Request) -> web.Response:
        return answer(self._me(request[IDENTITY]))

    async def login(self, request: web.Request) -> web.Response:
        body = await read_json(request, LoginBody)
        settings = self._deps.settings
        address = client_address(
            request.remote or "", request.headers.get("X-Forwarded-For", ""), settings.trusted_proxies
        )
        who, source = login_hash(settings.tenant_id, body.login), source_hash(address)
        attempt = await self._count_attempt(who, source)
        user_id = await self._authenticate(body)
        if user_id is None:
            self._metrics.logins.labels("refused").inc()
            log.info("login.refused")
            raise Problem(401, "wrong_login", "The login or the password is not right. Check both and try again.")
        token, identity = await self._open_session(request, user_id, attempt, who, source)
        self._metrics.logins.labels("done").inc()
        log.info("login.done", user_id=user_id, role=identity.role)
        response = answer(self._me(identity))
        response.set_cookie(
            COOKIE,
            token,
            max_age=int(settings.session_lifetime.total_seconds()),
            path="/",
            httponly=True,
            samesite="Lax",
            secure=settings.secure_cookie,
        )
        return response

    async def logout(self, request: web.Request) -> web.Response:
        identity = request[IDENTITY]
        actor = f"user:{identity.user_id}"
        async with self._deps.engine.begin() as connection:
            await self._sessions.end(connection, identity.token_hash)
            await self._audit(connection, identity.tenant_id, actor, "user.logged_out")
        await self._live.session_ended(identity.token_hash, "logged_out")
        log.info("logout.done", user_id=identity.user_id)
        response = web.Response(status=204, headers={"Cache-Control": "no-store"})
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=self._deps.settings.secure_cookie)
        return response

    async def _count_attempt(self, who: bytes, source: bytes) -> int:
        """Counts this try as failed until it succeeds, and gives its row's id; raises Problem when it must wait."""
        now = self._deps.clock.now()
        async with self._deps.engine.begin() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(_lock_number(who))))
            await connection.execute(select(func.pg_advisory_xact_lock(_lock_number(source))))
            by_login = await _failures(connection, login_failure.c.login_hash == who, now)
            by_source = await _failures(connection, login_failure.c.source_hash == source, now)
            wait = max(wait_s(by_login, now, PER_LOGIN), wait_s(by_source, now, PER_SOURCE))
            if not wait:
                row = insert(login_failure).values(login_hash=who, source_hash=source, at=now)
                return int((await connection.execute(row.returning(login_failure.c.id))).scalar_one())
        self._metrics.logins.labels("must_wait").inc()
        log.warning("login.must_wait", wait_s=wait)
        message = f"Too many failed logins. Wait {wait} s and try again."
        raise Problem(429, "must_wait", message, retry_after_s=wait)

    async def _authenticate(self, body: LoginBody) -> int | None:
        if self._waiting >= WAITING_AT_MOST:
            raise Problem(503, "busy", "Too many people log in just now. Try again in 10 s.", retry_after_s=10)
        self._waiting += 1
        try:
            async with self._checks:
                async with self._deps.engine.begin() as connection:
                    user = await users.authenticate(
                        connection,
                        self._deps.passwords,
                        tenant_id=self._deps.settings.tenant_id,
                        login=body.login,
                        password=body.password,
                    )
                return None if user is None else user.id
        finally:
            self._waiting -= 1

    async def _open_session(
        self, request: web.Request, user_id: int, attempt: int, who: bytes, source: bytes
    ) -> tuple[str, Identity]:
        """A new session in place of the browser's old one, so that no session outlives a change of person."""
        tenant_id = self._deps.settings.tenant_id
        old = hash_token(request.cookies.get(COOKIE, ""))
        mine = (login_failure.c.login_hash == who) & (login_failure.c.source_hash == source)
        async with self._deps.engine.begin() as connection:
            await self._sessions.end(connection, old)
            token = await self._sessions.create(connection, tenant_id, user_id)
            await connection.execute(delete(login_failure).where((login_failure.c.id == attempt) | mine))
            await self._audit(connection, tenant_id, f"user:{user_id}", "user.logged_in")
        await self._live.session_ended(old, "logged_out")
        identity = await self._sessions.find(hash_token(token))
        if isinstance(identity, Ended):
            raise Problem(401, "deactivated", "This user was deactivated. Ask an administrator.")
        return token, identity

    async def _audit(self, connection: AsyncConnection, tenant_id: int, actor: str, action: str) -> None:
        at = self._deps.clock.now()
        await audit.record(connection, tenant_id=tenant_id, at=at, actor=actor, action=action, subject=actor)

    def _me(self, identity: Identity) -> dict[str, Any]:
        settings = self._deps.settings
        user = {
            "id": identity.user_id,
            "login": identity.login,
            "name": identity.name,
            "role": identity.role,
            "language": identity.language,
        }
        return {"user": user, "csrf": identity.csrf, "sandbox": settings.sandbox, "version": settings.version}


def _lock_number(name: bytes) -> int:
    return int.from_bytes(name[:8], "big", signed=True)


async def _failures(connection: AsyncConnection, whose: Any, now: datetime) -> list[datetime]:
    query = select(login_failure.c.at).where(whose, login_failure.c.at > now - WINDOW)
    return list((await connection.execute(query)).scalars())
