"""Rulebooks for supervisors: what is in force and how sure it is, one rulebook's week and holidays, the switches."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, get_args
from zoneinfo import available_timezones

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem
from campaigns.admin import service as admin
from campaigns.db import tables as t
from compliance.facts import CHANNELS, Channel
from compliance.open_hours import WeekOf, wall_days, week_of
from compliance.rulebooks.listing import listed
from compliance.rulebooks.model import Book, Rulebooks, UnknownRulebook
from compliance.rulebooks.spec import SWITCHES, Switch


class SwitchBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    on: bool
    because: str = Field(min_length=1, max_length=400, pattern=r"\S")


class RulebooksApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/rulebooks", self.list, SUPERVISOR),
            Route("GET", "/api/rulebooks/{id}", self.one, SUPERVISOR),
            Route("PUT", "/api/switches/{name}", self.turn, SUPERVISOR),
        ]

    async def list(self, request: web.Request) -> web.Response:
        books, today = self._deps.gate.books, self._deps.clock.now().date()
        async with self._deps.engine.connect() as connection:
            on = await _switches_on(connection, request[IDENTITY].tenant_id)
        found = [_short(listed(book, today)) for _, book in sorted(books.books.items())]
        return answer({"rulebooks": found, "switches": _switches(books, today, on)})

    async def one(self, request: web.Request) -> web.Response:
        """`?channel=` voice by default, `?week=` any date of the week, `?zone=` the first of the rulebook's."""
        books, today = self._deps.gate.books, self._deps.clock.now().date()
        try:
            book = books.get(request.match_info["id"])
        except UnknownRulebook:
            raise Problem(404, "no_rulebook", "There is no rulebook of this id; the list has them all.") from None
        day, channel = _day(request.query.get("week"), today), _channel(request.query.get("channel", "voice"))
        zones = list(book.zones) or ["UTC"]
        zone = _zone(request.query.get("zone", zones[0]))
        monday = day - timedelta(days=day.weekday())
        week = week_of(zone, (book.id,), monday, channel, books)
        return answer(
            {
                # where the file lies is the server's own affair
                "rulebook": {name: given for name, given in listed(book, today).items() if name != "file"},
                "zones": zones,
                "week": _week(week, channel),
                "year": monday.year,
                "holidays": _holidays(book, monday.year),
            }
        )

    async def turn(self, request: web.Request) -> web.Response:
        """A channel that carriers or platforms may bar, on or off; it holds from the next admission."""
        body, identity, name = await read_json(request, SwitchBody), request[IDENTITY], request.match_info["name"]
        if name not in SWITCHES:
            raise Problem(404, "no_switch", f"There is no switch of this name; known are {', '.join(SWITCHES)}.")
        async with self._deps.engine.begin() as connection:
            on = await admin.turn_switch(
                connection, tenant_id=identity.tenant_id, switch=name, on=body.on, because=body.because,
                now=self._deps.clock.now(), actor=identity.actor,
            )  # fmt: skip
        return answer({"on": list(on)})


def _short(one: Mapping[str, Any]) -> dict[str, Any]:
    version = next((each for each in one["versions"] if each["in_force"]), None)
    return {
        "id": one["id"],
        "title": one["title"],
        "kind": one["kind"],
        "version": None if version is None else version["version"],
        "confidence": "" if version is None else version["confidence"],
        "mark": "" if version is None else version["mark"],
        "drafts": [] if version is None else version["drafts"],
        "sources": sorted({value["source"] for value in version["values"]}) if version else [],
    }


async def _switches_on(connection: AsyncConnection, tenant_id: int) -> tuple[str, ...]:
    query = select(t.tenant.c.settings).where(t.tenant.c.id == tenant_id)
    settings = (await connection.execute(query)).scalar_one()
    return tuple(settings.get("switches") or ())


def _switches(books: Rulebooks, today: date, on: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each switch with the channels that it closes, and why."""
    closed: dict[str, list[dict[str, str]]] = {switch: [] for switch in get_args(Switch)}
    for book in books.books.values():
        version = book.at(today)
        for channel, rule in version.eligibility.items() if version is not None else ():
            told = {"rulebook": book.id, "channel": channel, "because": rule.because, "source": rule.source}
            closed[rule.switch].append(told)
    return [{"switch": switch, "on": switch in on, "closes": rows} for switch, rows in closed.items()]


def _week(week: WeekOf, channel: str) -> dict[str, Any]:
    return {
        "zone": week.zone,
        "channel": channel,
        "first": week.first.isoformat(),
        "open_hours": week.hours,
        "days": [
            {
                "day": one.day.isoformat(),
                "open": [[span.start, span.end] for span in one.open],
                "notes": [{"kind": note.kind, "text": note.text} for note in week.notes if note.day == one.day],
            }
            for one in wall_days(week)
        ],
    }


def _holidays(book: Book, year: int) -> list[dict[str, str]]:
    found = []
    day = date(year, 1, 1)
    while day.year == year:
        version = book.at(day)
        closed = None if version is None else version.no_contact_days
        if closed is not None and day in closed:
            found.append({"day": day.isoformat(), "name": closed.name_of(day)})
        day += timedelta(days=1)
    return found


def _day(given: str | None, today: date) -> date:
    if not given:
        return today
    try:
        found = date.fromisoformat(given)
    except ValueError:
        raise Problem(422, "invalid", "week: write a date like 2026-03-09.", field="week") from None
    if not 2000 <= found.year <= 2100:
        raise Problem(422, "invalid", "week: give a year from 2000 to 2100.", field="week")
    return found


def _channel(given: str) -> Channel:
    found = next((one for one in CHANNELS if one == given), None)
    if found is None:
        raise Problem(422, "invalid", f"channel: must be one of {', '.join(CHANNELS)}.", field="channel")
    return found


def _zone(given: str) -> str:
    if given not in available_timezones():
        raise Problem(422, "invalid", "zone: use a name of the IANA database like America/New_York.", field="zone")
    return given
