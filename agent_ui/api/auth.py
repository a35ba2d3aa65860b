"""Login, logout and who am I."""

import asyncio
from typing import Any, Protocol

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_ui.attempts import Attempt, Attempts
from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.metrics import WebMetrics
from agent_ui.policy import LOGIN, SESSION, Route
from agent_ui.problems import Problem
from agent_ui.sessions import COOKIE, Ended, Identity, SessionStore, hash_token
from campaigns import audit
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
        self._attempts = Attempts(deps, metrics)
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
        attempt = await self._attempts.count(request, body.login)
        user_id = await self._authenticate(body)
        if user_id is None:
            self._metrics.logins.labels("refused").inc()
            log.info("login.refused")
            raise Problem(401, "wrong_login", "The login or the password is not right. Check both and try again.")
        token, identity = await self._open_session(request, user_id, attempt)
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

    async def _open_session(self, request: web.Request, user_id: int, attempt: Attempt) -> tuple[str, Identity]:
        """A new session in place of the browser's old one, so that no session outlives a change of person."""
        tenant_id = self._deps.settings.tenant_id
        old = hash_token(request.cookies.get(COOKIE, ""))
        async with self._deps.engine.begin() as connection:
            await self._sessions.end(connection, old)
            token = await self._sessions.create(connection, tenant_id, user_id)
            await self._attempts.forget(connection, attempt)
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
