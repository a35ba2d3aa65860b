"""Finds a person for supervisors by the creditor's reference or our number. By POST: neither stands in an address."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from campaigns.casefile.lookup import find_debtor


class FindBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    debtor: str = Field(min_length=1, max_length=100)


class PersonsApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [Route("POST", "/api/debtors/find", self.find, SUPERVISOR)]

    async def find(self, request: web.Request) -> web.Response:
        body = await read_json(request, FindBody)
        async with self._deps.engine.connect() as connection:
            found = await find_debtor(connection, request[IDENTITY].tenant_id, body.debtor.strip())
        return answer({"id": found})
