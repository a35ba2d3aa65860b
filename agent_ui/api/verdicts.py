"""The search over stored verdicts, for supervisors. By POST: no reference of a person stands in an address."""

from typing import Literal
from uuid import UUID

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem
from campaigns.casefile.lookup import find_debtor
from dialer.verdict_search import Place, Search, search


class PlaceBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    at: AwareDatetime
    id: UUID


class SearchBody(BaseModel):
    """`debtor`: the creditor's reference, or our number; `before`: what the page before gave as `further`."""

    model_config = ConfigDict(extra="forbid")
    debtor: str | None = Field(default=None, max_length=100)
    channel: Literal["voice", "sms", "whatsapp", "email"] | None = None
    decision: Literal["allow", "deny", "review"] | None = None
    reason: str | None = Field(default=None, pattern=r"^[a-z_.]{1,40}$")
    campaign: int | None = Field(default=None, ge=1, lt=2**63)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    before: PlaceBody | None = None
    limit: int = Field(default=25, ge=1, le=100)


class VerdictsApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [Route("POST", "/api/verdicts/search", self.search, SUPERVISOR)]

    async def search(self, request: web.Request) -> web.Response:
        body, tenant_id = await read_json(request, SearchBody), request[IDENTITY].tenant_id
        if body.since and body.until and body.until <= body.since:
            raise Problem(422, "invalid", "until: it is not later than since; give a later day.", field="until")
        async with self._deps.engine.connect() as connection:
            named = (body.debtor or "").strip()
            debtor_id = await find_debtor(connection, tenant_id, named) if named else None
            wanted = Search(
                tenant_id, debtor_id, body.channel, body.decision, body.reason, body.campaign, body.since, body.until,
                None if body.before is None else Place(body.before.at, body.before.id), body.limit,
            )  # fmt: skip
            found = await search(connection, wanted)
        return answer(found.to_json())
