"""Persons' wishes for supervisors: which must be looked at again, a person's own, ending one with a reason."""

from datetime import date

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from campaigns.db import tables as t
from campaigns.problems import refuse
from campaigns.requests import reviews
from campaigns.requests.service import end_request


class EndBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    because: str = Field(min_length=1, max_length=400)


class ReviewBody(EndBody):
    review_on: str = Field(max_length=10)


class WishesApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/wishes/reviews", self.reviews, SUPERVISOR),
            Route("GET", "/api/debtors/{id}/wishes", self.of_person, SUPERVISOR),
            Route("POST", "/api/wishes/{id}/end", self.end, SUPERVISOR),
            Route("POST", "/api/wishes/{id}/review", self.review, SUPERVISOR),
        ]

    async def reviews(self, request: web.Request) -> web.Response:
        today = self._deps.clock.now().date()
        async with self._deps.engine.connect() as connection:
            found = await reviews.reviews_due(connection, request[IDENTITY].tenant_id, today)
        return answer({"reviews": found})

    async def of_person(self, request: web.Request) -> web.Response:
        debtor, d = _number(request), t.debtor.c
        async with self._deps.engine.connect() as connection:
            query = select(d.id).where(d.id == debtor, d.tenant_id == request[IDENTITY].tenant_id)
            if (await connection.execute(query)).one_or_none() is None:
                raise refuse("id", f"there is no debtor {debtor}")
            found = await reviews.wishes_of(connection, debtor)
        return answer({"wishes": found})

    async def end(self, request: web.Request) -> web.Response:
        body, identity, wish = await read_json(request, EndBody), request[IDENTITY], _number(request)
        now = self._deps.clock.now()
        async with self._deps.engine.begin() as connection:
            ended = await end_request(
                connection, wish, now=now, actor=identity.actor, because=body.because, tenant_id=identity.tenant_id
            )
            if not ended:
                raise refuse("id", f"there is no wish {wish} in force")
        return answer({"id": wish})

    async def review(self, request: web.Request) -> web.Response:
        body, identity, wish = await read_json(request, ReviewBody), request[IDENTITY], _number(request)
        day = _day(body.review_on)
        async with self._deps.engine.begin() as connection:
            await reviews.review_again(
                connection, identity.tenant_id, wish, review_on=day, because=body.because,
                now=self._deps.clock.now(), actor=identity.actor,
            )  # fmt: skip
        return answer({"id": wish, "review_on": day.isoformat()})


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise refuse("review_on", "write a date like 2026-03-31") from None


def _number(request: web.Request) -> int:
    given = request.match_info["id"]
    if not given.isdigit() or len(given) > 18:
        raise refuse("id", "give a number")
    return int(given)
