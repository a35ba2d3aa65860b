"""One person's consent ledger for supervisors, addresses masked, and taking a consent back with a reason."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem
from campaigns.consents import service as consents
from campaigns.consents.model import channels_of, standing
from campaigns.consents.service import PointHistory
from campaigns.db import tables as t
from telephony.number import mask_address


class RevokeBody(BaseModel):
    """`reason` is kept as the evidence of the revocation: a reference to the letter, message or call."""

    model_config = ConfigDict(extra="forbid")
    contact_point: int = Field(ge=1, lt=2**63)
    channel: Literal["voice", "sms", "whatsapp", "email", "all"]
    reason: str = Field(min_length=1, max_length=400, pattern=r"\S")


class ConsentsApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/debtors/{id:[0-9]{1,18}}/consents", self.of_person, SUPERVISOR),
            Route("POST", "/api/consents/revoke", self.revoke, SUPERVISOR),
        ]

    async def of_person(self, request: web.Request) -> web.Response:
        debtor_id, tenant_id, d = int(request.match_info["id"]), request[IDENTITY].tenant_id, t.debtor.c
        async with self._deps.engine.connect() as connection:
            mine = select(d.external_ref).where(d.id == debtor_id, d.tenant_id == tenant_id)
            reference = (await connection.execute(mine)).scalar_one_or_none()
            if reference is None:
                raise Problem(404, "no_debtor", "There is no debtor of this number.")
            found = await consents.histories(connection, tenant_id, debtor_id)
        now = self._deps.clock.now()
        return answer({"debtor": debtor_id, "reference": reference, "points": [_point(one, now) for one in found]})

    async def revoke(self, request: web.Request) -> web.Response:
        body, identity, now = await read_json(request, RevokeBody), request[IDENTITY], self._deps.clock.now()
        async with self._deps.engine.begin() as connection:
            ended = await consents.revoke(
                connection, tenant_id=identity.tenant_id, contact_point_id=body.contact_point,
                channel=None if body.channel == "all" else body.channel, at=now, now=now, actor=identity.actor,
                evidence=body.reason.strip(),
            )  # fmt: skip
        return answer({"ended": ended})


def _point(one: PointHistory, now: datetime) -> dict[str, Any]:
    return {
        "contact_point": one.contact_point_id,
        "kind": one.kind,
        "address": mask_address(one.address),
        "now": {channel: standing(one.entries, channel, now) for channel in channels_of(one.kind)},
        "entries": [asdict(entry) for entry in one.entries],
        "opt_outs": [asdict(out) for out in one.opt_outs],
    }
