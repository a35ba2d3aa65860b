"""Agents as supervisors see them: skills read and changed, plans listed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from campaigns.db.tables import app_user, audit, tenant
from campaigns.shifts import service as shifts
from campaigns.shifts.model import PlanAsked
from tests.agent_ui.conftest import Web
from tests.builders import NOW, a_user


async def stranger(web: Web, **values: Any) -> int:
    async with web.deps.engine.begin() as connection:
        made = await connection.execute(insert(tenant).values(name="other", created_at=NOW).returning(tenant.c.id))
        return await a_user(connection, made.scalar_one(), **values)


async def test_a_supervisor_gives_an_agent_skills(web: Web) -> None:
    supervisor = await web.logged_in("supervisor")
    agent = web.users["agent"]
    changed = await supervisor.call("PATCH", f"/api/agents/{agent}", {"skills": ["fa", "es", "fa"]})
    assert (changed.status, (await changed.json())["skills"]) == (200, ["es", "fa"])
    (listed,) = (await (await supervisor.call("GET", "/api/agents")).json())["agents"]
    assert (listed["id"], listed["skills"], listed["planned"]) == (agent, ["es", "fa"], [])
    async with web.deps.engine.connect() as connection:
        row = (await connection.execute(select(audit).where(audit.c.action == "user.changed"))).one()
        version = (await connection.execute(select(app_user.c.version).where(app_user.c.id == agent))).scalar_one()
    assert row.actor == f"user:{web.users['supervisor']}" and row.subject == f"user:{agent}"
    assert row.detail == {"fields": ["skills"], "skills": [[], ["es", "fa"]]}
    assert version == 2, "a running floor hears of it"


async def test_what_is_planned_is_listed_with_the_agent(web: Web) -> None:
    agent, at = web.users["agent"], web.clock.now() + timedelta(hours=1)
    asked = PlanAsked("pause", at, 15, "lunch")
    async with web.deps.engine.begin() as connection:
        made = await shifts.plan(
            connection, tenant_id=web.tenant, user_id=agent, asked=asked, now=web.clock.now(), actor="cli"
        )
    supervisor = await web.logged_in("supervisor")
    (listed,) = (await (await supervisor.call("GET", "/api/agents")).json())["agents"]
    shown = {"id": made.id, "kind": "pause", "at": at.isoformat(), "minutes": 15, "reason": "lunch"}
    assert listed["planned"] == [shown]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"skills": ["Español"]}, "skills"),
        ({"skills": [f"s{n}" for n in range(33)]}, "skills"),
        ({"skills": "es"}, "skills"),
        ({}, "skills"),
        ({"skills": [], "role": "admin"}, "role"),
    ],
)
async def test_skills_that_are_none_are_refused_with_the_field(web: Web, body: dict[str, Any], field: str) -> None:
    supervisor = await web.logged_in("supervisor")
    refused = await supervisor.call("PATCH", f"/api/agents/{web.users['agent']}", body)
    assert (refused.status, (await refused.json())["error"]["field"]) == (422, field)


async def test_others_than_agents_of_ones_own_tenant_are_not_there(web: Web) -> None:
    supervisor = await web.logged_in("supervisor")
    for user_id in (web.users["admin"], await stranger(web, skills=["es"]), 999_999):
        assert (await supervisor.call("PATCH", f"/api/agents/{user_id}", {"skills": ["es"]})).status == 404
    listed = (await (await supervisor.call("GET", "/api/agents")).json())["agents"]
    assert [one["id"] for one in listed] == [web.users["agent"]]


async def test_an_agent_may_not_give_themselves_skills(web: Web) -> None:
    agent = await web.logged_in("agent")
    assert (await agent.call("PATCH", f"/api/agents/{web.users['agent']}", {"skills": ["es"]})).status == 403
    assert (await agent.call("GET", "/api/agents")).status == 403
