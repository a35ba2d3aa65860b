"""Replies that are perhaps a stop, for supervisors: those that wait, why they are unclear, and the decision."""

from dataclasses import asdict
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from campaigns.requests.closing import Scope
from dialer import reviews
from dialer.review_why import why_unsure


class DecideBody(BaseModel):
    """`scope` with stop alone: what the person wants closed."""

    model_config = ConfigDict(extra="forbid")
    decision: Literal["stop", "start", "other"]
    scope: Scope | None = None


class ReviewsApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/reviews", self.list, SUPERVISOR),
            Route("GET", "/api/reviews/waiting", self.waiting, SUPERVISOR),
            Route("POST", "/api/reviews/{id:[0-9]{1,18}}/decide", self.decide, SUPERVISOR),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """The 200 that wait longest, the oldest first, and how many wait in all. The texts are the persons' own."""
        tenant_id = request[IDENTITY].tenant_id
        async with self._deps.engine.connect() as connection:
            found = await reviews.open_reviews(connection, tenant_id, self._deps.clock.now())
            in_all = await reviews.waiting(connection, tenant_id)
        return answer({"reviews": [_wire(one) for one in found], "waiting": in_all.replies})

    async def waiting(self, request: web.Request) -> web.Response:
        """For the badge: no text, no person."""
        async with self._deps.engine.connect() as connection:
            found = await reviews.waiting(connection, request[IDENTITY].tenant_id)
        return answer(found._asdict())

    async def decide(self, request: web.Request) -> web.Response:
        body, identity = await read_json(request, DecideBody), request[IDENTITY]
        async with self._deps.engine.begin() as connection:
            done = await reviews.decide(
                connection, tenant_id=identity.tenant_id, review_id=int(request.match_info["id"]),
                decision=body.decision, scope=body.scope, actor=identity.actor, now=self._deps.clock.now(),
            )  # fmt: skip
        return answer(asdict(done))


def _wire(review: reviews.Review) -> dict[str, Any]:
    return asdict(review) | {"why": why_unsure(review)._asdict()}
