"""Do-not-contact lists for supervisors: what they are, on which a number is, made and ended, an entry more or fewer.

Numbers come and go in bodies alone: none stands in an address, and answers name them masked.
"""

from dataclasses import asdict
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem, from_refused
from campaigns.lists import service as lists
from campaigns.lists.model import Kind, NumberList, Scope
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


class NewBody(BaseModel):
    """`whose`: the creditor or campaign of the scope, by name. `refresh_by`: the day by which a newer one is due."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=100)
    kind: Kind = "entries"
    scope: Scope = "global"
    whose: str | None = Field(default=None, max_length=200)
    source: str = Field(default="", max_length=200)
    evidence: str = Field(default="", max_length=400)
    refresh_by: date | None = None
    overdue_denies: bool = False


class EndListBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=400, pattern=r"\S")


class ListsApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/lists", self.list, SUPERVISOR),
            Route("POST", "/api/lists", self.create, SUPERVISOR),
            Route("POST", "/api/lists/check", self.check, SUPERVISOR),
            Route("POST", "/api/lists/{id:[0-9]{1,18}}/end", self.end_list, SUPERVISOR),
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
        rows = [_row(one) | _state(one.overdue(now), one.digest in unread) for one in found]
        return answer({"lists": rows, "upload_limit_bytes": self._deps.settings.upload_limit_bytes})

    async def create(self, request: web.Request) -> web.Response:
        body, identity = await read_json(request, NewBody), request[IDENTITY]
        async with self._deps.engine.begin() as connection:
            try:
                made = await lists.create(
                    connection, tenant_id=identity.tenant_id, name=body.name, kind=body.kind, scope=body.scope,
                    whose=body.whose, source=body.source.strip(), evidence=body.evidence.strip(),
                    refresh_by=start_of(body.refresh_by), overdue_denies=body.overdue_denies,
                    now=self._deps.clock.now(), actor=identity.actor,
                )  # fmt: skip
            except Refused as refused:
                raise from_refused(refused, lambda field: "whose" if field == body.scope else field) from None
        return answer({"id": made, "name": body.name.strip()}, status=201)

    async def end_list(self, request: web.Request) -> web.Response:
        body, identity = await read_json(request, EndListBody), request[IDENTITY]
        async with self._deps.engine.begin() as connection:
            of = await list_of(connection, request, lock=True)
            await lists.end_list(
                connection, of, now=self._deps.clock.now(), actor=identity.actor, reason=body.reason.strip()
            )
            await lists.bind(connection, identity.tenant_id)
        return answer({"list": of.name, "ended": True})

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
            of = await list_of(connection, request, lock=True)
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
            of = await list_of(connection, request, lock=True)
            ended = await lists.end_entry(
                connection, of, address, kind=body.kind, now=self._deps.clock.now(), actor=identity.actor,
                reason=body.reason.strip(),
            )  # fmt: skip
            if not ended:
                message = f"address: it is not on {of.name}; check the number to see on which lists it is."
                raise Problem(422, "invalid", message, field="address")
            await lists.bind(connection, identity.tenant_id)
        return answer({"list": of.name, "address": _shown(address, body.kind), "ended": True})


def start_of(day: date | None) -> datetime | None:
    """A list is due when the day begins, in UTC, as on the command line."""
    return None if day is None else datetime.combine(day, time(), UTC)


async def list_of(connection: AsyncConnection, request: web.Request, *, lock: bool) -> NumberList:
    """The list of the path, of the asker's own tenant; `lock`: for a change, and then only one that has not ended."""
    tenant_id, number = request[IDENTITY].tenant_id, int(request.match_info["id"])
    found = next((one for one in await lists.everything(connection, tenant_id) if one.id == number), None)
    if found is None:
        raise Problem(404, "not_found", "There is no such list.")
    # by its name: another list may be called like this one's number
    return await lists.get(connection, tenant_id, found.name, lock=True) if lock else found


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
