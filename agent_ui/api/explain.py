"""Why a person is not contacted, for supervisors: the gate's answer for each contact point, and its earlier ones."""

from datetime import UTC, datetime

from aiohttp import web
from sqlalchemy import select

from agent_ui.context import IDENTITY, answer
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem
from campaigns.db.engine import reading
from campaigns.db.tables import debtor
from dialer.explaining import explain


class ExplainApi:
    """Agents see the short form of it in the file of the person with whom they speak (FileView.may_contact)."""

    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [Route("GET", "/api/debtors/{id:[0-9]{1,18}}/contact", self.contact, SUPERVISOR)]

    async def contact(self, request: web.Request) -> web.Response:
        """`?at=` an instant with its offset, now by default; `?campaign=` its number: its own rules count too."""
        debtor_id, now = int(request.match_info["id"]), self._deps.clock.now()
        at = _instant(request.query["at"]) if "at" in request.query else now
        campaign_id = _campaign(request.query.get("campaign", ""))
        mine = select(debtor.c.id).where(debtor.c.id == debtor_id, debtor.c.tenant_id == request[IDENTITY].tenant_id)
        async with reading(self._deps.engine) as connection:
            if (await connection.execute(mine)).one_or_none() is None:
                raise Problem(404, "no_debtor", "There is no debtor of this number.")
            found = await explain(connection, debtor_id, at=at, now=now, gate=self._deps.gate, campaign_id=campaign_id)
        return answer(found.to_json())


def _campaign(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Problem(422, "invalid", "campaign: give its number.", field="campaign")
    return int(text)


def _instant(text: str) -> datetime:
    try:
        # a plus sign in an address is a blank
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Problem(422, "invalid", "at: write it like 2026-03-04T15:00:00Z.", field="at") from None
    if found.tzinfo is None:
        raise Problem(422, "invalid", "at: give the offset from UTC, like 2026-03-04T15:00:00Z.", field="at")
    return found.astimezone(UTC)
