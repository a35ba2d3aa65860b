"""The abandonment gauges of every campaign, for supervisors; the same figures that pacing obeys."""

from aiohttp import web

from agent_ui.context import IDENTITY, answer
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from dialer.abandonment import ledger
from dialer.abandonment_view import sheet_view


class AbandonmentApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [Route("GET", "/api/compliance/abandonment", self.list, SUPERVISOR)]

    async def list(self, request: web.Request) -> web.Response:
        now = self._deps.clock.now()
        async with self._deps.engine.connect() as connection:
            books = self._deps.gate.books
            found = await ledger(connection, request[IDENTITY].tenant_id, self._deps.abandonment, books, now)
        return answer(
            {
                "at": now.isoformat(),
                "campaigns": [sheet_view(one.sheet, one.blocks, state=one.state, mode=one.mode) for one in found],
            }
        )
