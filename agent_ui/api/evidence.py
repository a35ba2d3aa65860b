"""One contact as a document for a regulator. By POST: who took it is written down."""

from uuid import UUID

from aiohttp import web

from agent_ui.context import IDENTITY, answer
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem
from campaigns import audit
from dialer.evidence import TAKEN, evidence


class EvidenceApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [Route("POST", "/api/contacts/{attempt}/evidence", self.of_contact, SUPERVISOR)]

    async def of_contact(self, request: web.Request) -> web.Response:
        """Masked. What the gate was told is given by the command line alone (`compliance evidence --whole`)."""
        who, now = request[IDENTITY], self._deps.clock.now()
        try:
            attempt_id = UUID(request.match_info["attempt"])
        except ValueError:
            raise Problem(404, "not_found", "There is no such contact.") from None
        async with self._deps.engine.begin() as conn:
            found = await evidence(conn, who.tenant_id, attempt_id, books=self._deps.gate.books, now=now)
            await audit.record(
                conn, tenant_id=who.tenant_id, at=now, actor=who.actor, action=TAKEN,
                subject=f"attempt:{attempt_id}", detail={"whole": False},
            )  # fmt: skip
        return answer(found)
