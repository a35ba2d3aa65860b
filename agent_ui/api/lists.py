"""Do-not-contact lists for supervisors: what they are, on which a number is, one entry more or fewer.

Numbers come and go in bodies alone: none stands in an address, and answers name them masked.
"""

from dataclasses import asdict
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem, from_refused
from campaigns.lists import service as lists
from campaigns.lists.model import NumberList
from campaigns.problems import Refused
from dialer.list_check import address_of, check_address
from telephony.number import mask_address

SHOWN = (
    "id", "name", "kind", "scope", "whose", "source", "evidence", "created_at", "created_by", "refresh_by",
    "overdue_denies", "version", "entries", "ended_at", "ended_by", "end_reason",
)  # fmt: skip


class CheckBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    address: str = Field(min_length=1, max_length=254)


class EntryBody(CheckBody):
    kind: Literal["exact", "prefix"] = "exact"
    evidence: str = Field(min_length=1, max_length=400, pattern=r"\S")


class EndBody(CheckBody):
    kind: Literal["exact", "prefix"] = "exact"
    reason: str = Field(min_length=1, max_length=400, pattern=r"\S")


class ListsApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/lists", self.list, SUPERVISOR),
            Route("POST", "/api/lists/check", self.check, SUPERVISOR),
            Route("POST", "/api/lists/{id:[0-9]{1,18}}/entries", self.add, SUPERVISOR),
            Route("POST", "/api/lists/{id:[0-9]{1,18}}/entries/end", self.end, SUPERVISOR),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """The ended ones too; `unread`: a hashed list that could not be opened, so that nobody is contacted."""
        tenant_id, now = request[IDENTITY].tenant_id, self._deps.clock.now()
        async with self._deps.engine.connect() as connection:
            found = await lists.everything(connection, tenant_id)
        wanted = [(tenant_id, one.digest) for one in found if one.digest is not None and one.ended_at is None]
        shelf = self._deps.gate.lists
        opened = {} if shelf is None else await shelf.opened(wanted)
        unread = {digest for _, digest in wanted if digest not in opened}
        return answer({"lists": [_row(one) | _state(one.overdue(now), one.digest in unread) for one in found]})

    async def check(self, request: web.Request) -> web.Response:
        body, tenant_id = await read_json(request, CheckBody), request[IDENTITY].tenant_id
        address = _address(body.address)
        async with self._deps.engine.connect() as connection:
            found = await check_address(connection, tenant_id, address, self._deps.gate.lists, self._deps.clock.now())
        return answer(found)

    async def add(self, request: web.Request) -> web.Response:
        body, identity = await read_json(request, EntryBody), request[IDENTITY]
        address = _address(body.address, prefix=body.kind == "prefix")
        async with self._deps.engine.begin() as connection:
            of = await _list(connection, request)
            try:
                new = await lists.add(
                    connection, of, [address], kind=body.kind, source="console", at=self._deps.clock.now(),
                    by=identity.actor, evidence=body.evidence.strip(),
                )  # fmt: skip
            except Refused as refused:
                raise from_refused(refused, _name_of) from None
            await lists.bind(connection, identity.tenant_id)
        return answer({"list": of.name, "address": _shown(address, body.kind), "added": new == 1})

    async def end(self, request: web.Request) -> web.Response:
        body, identity = await read_json(request, EndBody), request[IDENTITY]
        address = _address(body.address, prefix=body.kind == "prefix")
        async with self._deps.engine.begin() as connection:
            of = await _list(connection, request)
            ended = await lists.end_entry(
                connection, of, address, kind=body.kind, now=self._deps.clock.now(), actor=identity.actor,
                reason=body.reason.strip(),
            )  # fmt: skip
            if not ended:
                message = f"address: it is not on {of.name}; check the number to see on which lists it is."
                raise Problem(422, "invalid", message, field="address")
            await lists.bind(connection, identity.tenant_id)
        return answer({"list": of.name, "address": _shown(address, body.kind), "ended": True})


async def _list(connection: AsyncConnection, request: web.Request) -> NumberList:
    """The list of the path, of the asker's own tenant, locked for the change."""
    tenant_id, number = request[IDENTITY].tenant_id, int(request.match_info["id"])
    found = next((one for one in await lists.everything(connection, tenant_id) if one.id == number), None)
    if found is None:
        raise Problem(404, "not_found", "There is no such list.")
    # by its name: another list may be called like this one's number
    return await lists.get(connection, tenant_id, found.name, lock=True)


def _address(written: str, *, prefix: bool = False) -> str:
    try:
        return address_of(written, prefix=prefix)
    except Refused as refused:
        raise from_refused(refused, _name_of) from None


def _name_of(field: str) -> str:
    return "address" if field in ("number", "prefix") else field


def _shown(address: str, kind: str) -> str:
    return address if kind == "prefix" else mask_address(address)


def _row(one: NumberList) -> dict[str, Any]:
    whole = asdict(one)
    return {name: whole[name] for name in SHOWN}


def _state(overdue: bool, unread: bool) -> dict[str, bool]:
    return {"overdue": overdue, "unread": unread}
