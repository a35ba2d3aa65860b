"""Agents for supervisors: all with skills and plans, and new skills for one. Plans are commands of the board."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from agent_ui.context import IDENTITY, answer, read_json
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem, from_refused
from campaigns.problems import Refused
from campaigns.shifts.model import Plan
from campaigns.shifts.service import open_plans
from campaigns.skills import MOST_SKILLS
from campaigns.users import service as users


class SkillsChange(BaseModel):
    """All that the agent shall have: what is not named is taken away."""

    model_config = ConfigDict(extra="forbid")

    skills: list[str] = Field(max_length=MOST_SKILLS)


class AgentsApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/api/agents", self.list, SUPERVISOR),
            Route("PATCH", "/api/agents/{id:[0-9]{1,18}}", self.change, SUPERVISOR),
        ]

    async def list(self, request: web.Request) -> web.Response:
        async with self._deps.engine.connect() as connection:
            found = await users.everyone(connection, request[IDENTITY].tenant_id, role="agent")
            plans = await open_plans(connection, [user.id for user in found])
        return answer({"agents": [_wire(user, plans.get(user.id, ())) for user in found if user.active]})

    async def change(self, request: web.Request) -> web.Response:
        """A running floor reads the agent anew within its next look, half a second."""
        body, identity, user_id = (
            await read_json(request, SkillsChange),
            request[IDENTITY],
            int(request.match_info["id"]),
        )
        async with self._deps.engine.begin() as connection:
            before = await users.get(connection, user_id)
            if before is None or before.tenant_id != identity.tenant_id or before.role != "agent":
                raise Problem(404, "not_found", "There is no such agent.")
            try:
                after = await users.change(
                    connection, user_id, now=self._deps.clock.now(), actor=identity.actor, skills=body.skills
                )
            except Refused as refused:
                raise from_refused(refused) from None
            plans = await open_plans(connection, [user_id])
        return answer(_wire(after, plans.get(user_id, ())))


def _wire(user: users.User, plans: tuple[Plan, ...]) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.display_name,
        "simulated": user.simulated,
        "skills": user.skills,
        "planned": [
            {
                "id": plan.id,
                "kind": plan.kind,
                "at": plan.at.isoformat(),
                "minutes": plan.minutes,
                "reason": plan.reason,
            }
            for plan in plans
        ],
    }
