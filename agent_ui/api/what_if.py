"""What if I had so many agents and dialed this list at ten: asked by supervisors, answered by simulation."""

from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem, from_refused
from campaigns.admin import service as campaigns
from campaigns.problems import Refused
from dialer.whatif.runs import WhatIf


class Asked(BaseModel):
    """`start`: hour of the day in the campaign's zone; `mode` and `lines_per_agent` absent: the campaign's own."""

    model_config = ConfigDict(extra="forbid")

    agents: int = Field(ge=1, le=300)
    start: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    hours: float = Field(gt=0, le=12)
    mode: Literal["progressive", "power", "predictive"] | None = None
    lines_per_agent: float | None = Field(default=None, ge=1, le=10)
    seeds: int = Field(default=5, ge=2, le=20)


class WhatIfApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps
        self._what_if = WhatIf(deps.engine, deps.abandonment)

    def routes(self) -> list[Route]:
        path = "/api/campaigns/{id:[0-9]{1,18}}/what-if"
        return [
            Route("POST", path, self.ask, SUPERVISOR),
            Route("GET", path + "/{run:[0-9a-f-]{36}}", self.look, SUPERVISOR),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        body = await read_json(request, Asked)
        identity, campaign_id = request[IDENTITY], await self._mine(request)
        hour, minute = body.start.split(":")
        asked: dict[str, Any] = body.model_dump(exclude={"start", "seeds"})
        asked["start_h"] = int(hour) + int(minute) / 60
        now = self._deps.clock.now()
        try:
            run = await self._what_if.ask(identity.tenant_id, campaign_id, asked, body.seeds, now)
        except Refused as refused:
            raise from_refused(refused) from None
        return answer(run.view(), status=202)

    async def look(self, request: web.Request) -> web.Response:
        campaign_id = int(request.match_info["id"])
        run = self._what_if.run(request[IDENTITY].tenant_id, campaign_id, request.match_info["run"])
        if run is None:
            raise Problem(404, "not_found", "There is no such question any more. Ask it again.")
        return answer(run.view())

    async def close(self, app: web.Application) -> None:
        await self._what_if.close()

    async def _mine(self, request: web.Request) -> int:
        """The campaign that the path names, of the asker's own tenant."""
        campaign_id = int(request.match_info["id"])
        async with self._deps.engine.connect() as connection:
            try:
                found = await campaigns.get(connection, campaign_id)
            except Refused:
                found = None
        if found is None or found.tenant_id != request[IDENTITY].tenant_id:
            raise Problem(404, "not_found", "There is no such campaign.")
        return found.id
