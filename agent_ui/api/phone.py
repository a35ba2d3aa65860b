"""Tells an agent which phone they have; a browser gets what it registers with, and nobody else ever does."""

from aiohttp import web
from sqlalchemy import select

from agent_ui.context import IDENTITY, answer
from agent_ui.deps import WebDeps
from agent_ui.policy import AGENT, Route
from campaigns.db.tables import app_user


class PhoneApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [Route("GET", "/api/phone", self.phone, AGENT)]

    async def phone(self, request: web.Request) -> web.Response:
        mine = select(app_user.c.phone_endpoint).where(app_user.c.id == request[IDENTITY].user_id)
        async with self._deps.engine.connect() as connection:
            endpoint = (await connection.execute(mine)).scalar_one()
        return answer(self._deps.phones.access(endpoint))
