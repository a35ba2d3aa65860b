"""Campaigns as data, for supervisors: list, make, read, change. Pausing and going on are commands of the board."""

from typing import Annotated, Any

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem, from_refused
from campaigns.admin import service as campaigns
from campaigns.problems import Refused

log = structlog.get_logger()

UserIds = Annotated[list[Annotated[int, Field(ge=1, lt=2**63)]], Field(max_length=5000)]
OUTSIDE_SETTINGS = frozenset({"name", "creditor", "agents", "campaign_id"})


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewCampaign(_Body):
    """`settings` are those of campaigns.model.CampaignSettings; what is absent has its default."""

    name: str = Field(max_length=200)
    creditor: str = Field(max_length=200)
    settings: dict[str, Any]
    agents: UserIds = []


class CampaignChange(_Body):
    """`settings` are merged in; `agents` replace those assigned; `version` is the one that the page showed."""

    settings: dict[str, Any] | None = None
    agents: UserIds | None = None
    version: int | None = None


class CampaignsApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/campaigns", self.list, SUPERVISOR),
            Route("POST", "/api/campaigns", self.add, SUPERVISOR),
            Route("GET", "/api/campaigns/{id:[0-9]{1,18}}", self.get, SUPERVISOR),
            Route("PATCH", "/api/campaigns/{id:[0-9]{1,18}}", self.change, SUPERVISOR),
        ]

    async def list(self, request: web.Request) -> web.Response:
        async with self._deps.engine.connect() as connection:
            found = await campaigns.everything(connection, request[IDENTITY].tenant_id)
            creditors = await campaigns.creditors(connection, request[IDENTITY].tenant_id)
        return answer({"campaigns": [_wire(campaign) for campaign in found], "creditors": creditors})

    async def get(self, request: web.Request) -> web.Response:
        async with self._deps.engine.connect() as connection:
            return answer(_wire(await campaign_of(connection, request)))

    async def add(self, request: web.Request) -> web.Response:
        body = await read_json(request, NewCampaign)
        identity = request[IDENTITY]
        async with self._deps.engine.begin() as connection:
            try:
                campaign_id = await campaigns.create(
                    connection,
                    tenant_id=identity.tenant_id,
                    creditor=body.creditor,
                    name=body.name,
                    settings=body.settings,
                    agents=body.agents,
                    now=self._deps.clock.now(),
                    actor=identity.actor,
                )
            except Refused as refused:
                raise from_refused(refused, _name_of) from None
            made = await campaigns.get(connection, campaign_id)
        await self._tell_floor(campaign_id)
        return answer(_wire(made), status=201)

    async def change(self, request: web.Request) -> web.Response:
        body = await read_json(request, CampaignChange)
        now, actor = self._deps.clock.now(), request[IDENTITY].actor
        async with self._deps.engine.begin() as connection:
            before = await campaign_of(connection, request, lock=True)
            if body.version is not None and body.version != before.version:
                raise Problem(409, "changed", "Somebody else changed this campaign. Load it again.", field="version")
            try:
                if body.settings is not None:
                    await campaigns.change_settings(connection, before.id, body.settings, now=now, actor=actor)
                if body.agents is not None:
                    await campaigns.assign_agents(connection, before.id, body.agents, now=now, actor=actor)
            except Refused as refused:
                raise from_refused(refused, _name_of) from None
            after = await campaigns.get(connection, before.id)
        await self._tell_floor(after.id)
        return answer(_wire(after))

    async def _tell_floor(self, campaign_id: int) -> None:
        """The change is committed; a floor that does not hear it now reads it with its next tick."""
        try:
            await self._deps.floor.campaign_changed(campaign_id)
        except Exception as fault:
            log.warning("campaigns.floor_not_told", campaign_id=campaign_id, error=type(fault).__name__)


def _name_of(field: str) -> str:
    return field if field in OUTSIDE_SETTINGS else f"settings.{field}"


async def campaign_of(connection: AsyncConnection, request: web.Request, *, lock: bool = False) -> campaigns.Campaign:
    """The campaign that the path names, of the asker's own tenant."""
    try:
        found = await campaigns.get(connection, int(request.match_info["id"]), lock=lock)
    except Refused:
        found = None
    if found is None or found.tenant_id != request[IDENTITY].tenant_id:
        raise Problem(404, "not_found", "There is no such campaign.")
    return found


def _wire(campaign: campaigns.Campaign) -> dict[str, Any]:
    return {
        "id": campaign.id,
        "name": campaign.name,
        "creditor": campaign.creditor,
        "state": campaign.state,
        "version": campaign.version,
        "agents": campaign.agents,
        "settings": campaign.settings.model_dump(mode="json"),
    }
