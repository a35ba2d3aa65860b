"""Sample tests of machine detection, for supervisors: what was recorded, until when it counts, and a new one."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem
from campaigns.abandonment import service
from campaigns.admin import service as campaigns


class TestBody(BaseModel):
    """`campaign` None: for the whole house. `date`: of the test. Bounds are the service's own to explain."""

    model_config = ConfigDict(extra="forbid")
    date: date
    sample: int
    false_positives: int
    by: str = Field(max_length=200)
    campaign: int | None = Field(default=None, ge=1, lt=2**63)
    note: str = Field(default="", max_length=400)


class AmdEvidenceApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/compliance/amd-evidence", self.list, SUPERVISOR),
            Route("POST", "/api/compliance/amd-evidence", self.add, SUPERVISOR),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """The newest test first; `last_day` is the last on which it counts (of the campaign's own calendar)."""
        tenant_id, days = request[IDENTITY].tenant_id, self._deps.abandonment.evidence_days
        async with self._deps.engine.connect() as connection:
            found = await service.sample_tests(connection, tenant_id)
            names = {one.id: one.name for one in await campaigns.everything(connection, tenant_id)}
        today = self._deps.clock.now().date()
        return answer({"days": days, "tests": [_wire(one, names, days, today) for one in found]})

    async def add(self, request: web.Request) -> web.Response:
        body, identity = await read_json(request, TestBody), request[IDENTITY]
        async with self._deps.engine.begin() as connection:
            if body.campaign is not None:
                theirs = {one.id for one in await campaigns.everything(connection, identity.tenant_id)}
                if body.campaign not in theirs:
                    message = "campaign: there is no such campaign; choose one of the list, or the whole house."
                    raise Problem(422, "invalid", message, field="campaign")
            made = await service.add_sample_test(
                connection, tenant_id=identity.tenant_id, tested_on=body.date, sample=body.sample,
                false_positives=body.false_positives, tested_by=body.by, now=self._deps.clock.now(),
                actor=identity.actor, campaign_id=body.campaign, note=body.note,
            )  # fmt: skip
        return answer({"evidence_id": made}, status=201)


def _wire(one: service.SampleTest, names: dict[int, str], days: int, today: date) -> dict[str, Any]:
    last_day = one.tested_on + timedelta(days=days)
    of = {"campaign_name": names.get(one.campaign_id or 0, ""), "last_day": last_day, "valid": last_day >= today}
    return asdict(one) | of
