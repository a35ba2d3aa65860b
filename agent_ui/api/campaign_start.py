"""Starts a campaign from the board: lays its queue, tells how far it is, and lets it run.

The answer is lines of JSON: `{"phase", "done", "total"}` again and again, then `{"report"}` (the counts of
campaigns.queue.model.FillReport) or `{"error"}`. All of it is one transaction: a refused start leaves no queue.
"""

import asyncio
from dataclasses import asdict
from typing import Any

import structlog
from aiohttp import web

from agent_ui.api.campaigns import campaign_of
from agent_ui.context import IDENTITY
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem, from_refused
from agent_ui.progress import Progress, answer_in_lines, failure, line
from campaigns.admin import service as campaigns
from campaigns.problems import Refused
from dialer.campaign_policy import RulebookPolicy

log = structlog.get_logger()

BATCH = 500
"""Debtors scored without a pause: this process may carry calls as well, and they must not wait for it."""


class CampaignStartApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps
        self._starting = asyncio.Lock()

    def routes(self) -> list[Route]:
        return [Route("POST", "/api/campaigns/{id:[0-9]{1,18}}/start", self.start, SUPERVISOR)]

    async def start(self, request: web.Request) -> web.StreamResponse:
        if self._starting.locked():
            raise Problem(409, "busy", "Another campaign is being started. Try again when it runs.", retry_after_s=10)
        async with self._starting:
            async with self._deps.engine.connect() as connection:
                campaign_id = (await campaign_of(connection, request)).id
            actor = request[IDENTITY].actor
            return await answer_in_lines(request, lambda progress: self._start(campaign_id, actor, progress), _end)

    async def _start(self, campaign_id: int, actor: str, progress: Progress) -> dict[str, Any]:
        """What the last line says."""
        try:
            async with self._deps.engine.begin() as connection:
                report = await campaigns.start(
                    connection,
                    campaign_id,
                    policy=RulebookPolicy(self._deps.gate.books),
                    now=self._deps.clock.now(),
                    actor=actor,
                    progress=lambda done, total: progress.tell("filling", done, total),
                    batch=BATCH,
                )
        except Refused as refused:
            return from_refused(refused).wire()
        except Exception as fault:
            return failure(fault, "campaigns.start", "nothing was started", campaign_id=campaign_id)
        await self._tell_floor(campaign_id)
        return {"report": asdict(report)}

    async def _tell_floor(self, campaign_id: int) -> None:
        """The start is committed; a floor that does not hear it now reads it with its next look at the campaigns."""
        try:
            await self._deps.floor.campaign_changed(campaign_id)
        except Exception as fault:
            log.warning("campaigns.floor_not_told", campaign_id=campaign_id, error=type(fault).__name__)


async def _end(response: web.StreamResponse, told: dict[str, Any]) -> None:
    await response.write(line(told))
