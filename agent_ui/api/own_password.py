"""A user's own password: the old one is asked for, wrong ones are counted as at login, every other session ends."""

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from agent_ui.api.auth import SessionListener
from agent_ui.attempts import Attempts
from agent_ui.context import IDENTITY, read_json
from agent_ui.deps import WebDeps
from agent_ui.metrics import WebMetrics
from agent_ui.policy import SESSION, Route
from agent_ui.problems import from_refused
from campaigns.problems import Refused
from campaigns.users import service as users

log = structlog.get_logger()


class OwnPassword(BaseModel):
    model_config = ConfigDict(extra="forbid", str_max_length=256)
    old: str = Field(min_length=1)
    new: str = Field(min_length=1)


class OwnPasswordApi:
    def __init__(self, deps: WebDeps, live: SessionListener, metrics: WebMetrics) -> None:
        self._deps = deps
        self._live = live
        self._attempts = Attempts(deps, metrics)

    def routes(self) -> list[Route]:
        return [Route("PUT", "/api/me/password", self.change, SESSION)]

    async def change(self, request: web.Request) -> web.Response:
        body = await read_json(request, OwnPassword)
        identity = request[IDENTITY]
        attempt = await self._attempts.count(request, identity.login)
        ended: list[bytes] = []
        problem: Refused | None = None
        async with self._deps.engine.begin() as connection:
            try:
                ended = await users.change_own_password(
                    connection,
                    self._deps.passwords,
                    identity.user_id,
                    old=body.old,
                    new=body.new,
                    keep=identity.token_hash,
                    now=self._deps.clock.now(),
                )
            except users.WrongPassword as refused:
                log.info("password.refused", user_id=identity.user_id)
                raise from_refused(refused) from None
            except Refused as refused:
                problem = refused  # the old one was right: only the new one is not good enough, and nothing was changed
            await self._attempts.forget(connection, attempt)
        if problem is not None:
            raise from_refused(problem)
        for token_hash in ended:
            await self._live.session_ended(token_hash, "logged_out")
        log.info("password.changed", user_id=identity.user_id)
        return web.Response(status=204, headers={"Cache-Control": "no-store"})
