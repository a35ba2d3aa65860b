"""Users by the API: an admin makes them, changes them, locks them out."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import insert, select

from campaigns.db.tables import audit, tenant
from tests.agent_ui.conftest import Web
from tests.builders import NOW, a_user

GOOD = {"login": "nadia", "name": "Nadia Ray", "role": "agent", "password": "a long enough one"}


async def error(response: Any) -> dict[str, Any]:
    return dict((await response.json())["error"])


async def test_an_added_user_can_log_in_and_is_listed(web: Web) -> None:
    admin = await web.logged_in("admin")
    made = await admin.call("POST", "/api/users", {**GOOD, "language": "fa", "phone_endpoint": "PJSIP/agent-7"})
    user = await made.json()
    assert made.status == 201
    assert user == {
        "id": user["id"],
        "login": "nadia",
        "name": "Nadia Ray",
        "role": "agent",
        "language": "fa",
        "phone_endpoint": "PJSIP/agent-7",
        "active": True,
        "simulated": False,
        "skills": [],
    }
    listed = (await (await admin.call("GET", "/api/users")).json())["users"]
    assert user in listed
    assert len(listed) == 4
    assert (await web.browser().login("nadia", GOOD["password"])).status == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"login": "No Good"}, "login"),
        ({"login": "agent"}, "login"),
        ({"name": "  "}, "name"),
        ({"role": "owner"}, "role"),
        ({"password": "short"}, "password"),
        ({"language": "english"}, "language"),
        ({"language": "de"}, "language"),
        ({"phone_endpoint": "agent-7"}, "phone_endpoint"),
        ({"is_admin": True}, "is_admin"),
        ({"skills": ["ES"]}, "skills"),
        ({"skills": "es"}, "skills"),
        ({"skills": ["es"], "role": "supervisor"}, "skills"),
    ],
)
async def test_a_user_that_is_not_right_is_refused_with_the_field(web: Web, change: dict[str, Any], field: str) -> None:
    admin = await web.logged_in("admin")
    response = await admin.call("POST", "/api/users", {**GOOD, **change})
    refused = await error(response)
    assert (response.status, refused["code"], refused["field"]) == (422, "invalid", field)
    assert GOOD["password"] not in refused["message"]


async def test_a_user_who_is_locked_out_is_sent_away_at_once_and_cannot_come_back(web: Web) -> None:
    admin, agent = await web.logged_in("admin"), await web.logged_in("agent")
    console = await web.console(agent, "/agent")
    response = await admin.call("PATCH", f"/api/users/{web.users['agent']}", {"active": False})
    assert (response.status, (await response.json())["active"]) == (200, False)
    await console.until(lambda: bool(console.byes))
    assert console.byes == [{"because": "deactivated"}]
    await asyncio.wait_for(console.gone.wait(), 5)
    assert (await agent.call("GET", "/api/me")).status == 401
    assert (await web.browser().login("agent")).status == 401


async def test_a_new_role_ends_the_sessions_and_says_so(web: Web) -> None:
    admin, agent = await web.logged_in("admin"), await web.logged_in("agent")
    console = await web.console(agent, "/agent")
    await admin.call("PATCH", f"/api/users/{web.users['agent']}", {"role": "supervisor"})
    await console.until(lambda: bool(console.byes))
    assert console.byes == [{"because": "role_changed"}]
    me = await (await web.browser().login("agent")).json()
    assert me["user"]["role"] == "supervisor"


async def test_a_new_password_ends_the_sessions_and_the_old_one_is_worth_nothing(web: Web) -> None:
    admin, agent = await web.logged_in("admin"), await web.logged_in("agent")
    path = f"/api/users/{web.users['agent']}/password"
    assert (await error(await admin.call("PUT", path, {"password": "short"})))["field"] == "password"
    given = await admin.call("PUT", path, {"password": "another long one"})
    assert (given.status, await given.json()) == (200, {}), "what a person chose is not told again"
    assert (await agent.call("GET", "/api/me")).status == 401
    assert (await web.browser().login("agent")).status == 401
    assert (await web.browser().login("agent", "another long one")).status == 200


async def test_a_phone_that_is_emptied_is_none_any_more(web: Web) -> None:
    admin = await web.logged_in("admin")
    user = await (await admin.call("POST", "/api/users", {**GOOD, "phone_endpoint": "PJSIP/agent-7"})).json()
    changed = await admin.call("PATCH", f"/api/users/{user['id']}", {"phone_endpoint": ""})
    assert changed.status == 200 and (await changed.json())["phone_endpoint"] is None
    refused = await error(await admin.call("PATCH", f"/api/users/{user['id']}", {"phone_endpoint": "agent-7"}))
    assert refused["field"] == "phone_endpoint"


async def test_the_last_admin_stays_one(web: Web) -> None:
    admin = await web.logged_in("admin")
    response = await admin.call("PATCH", f"/api/users/{web.users['admin']}", {"active": False})
    assert (response.status, (await error(response))["field"]) == (422, "role")
    assert (await admin.call("GET", "/api/me")).status == 200


async def test_a_user_of_another_tenant_is_not_there(web: Web) -> None:
    async with web.deps.engine.begin() as connection:
        made = await connection.execute(insert(tenant).values(name="other", created_at=NOW).returning(tenant.c.id))
        stranger = await a_user(connection, made.scalar_one())
    admin = await web.logged_in("admin")
    for path, method, body in (("", "PATCH", {"active": False}), ("/password", "PUT", {"password": "a long new one"})):
        assert (await admin.call(method, f"/api/users/{stranger}{path}", body)).status == 404
    listed = (await (await admin.call("GET", "/api/users")).json())["users"]
    assert stranger not in [user["id"] for user in listed]


async def test_every_change_leaves_an_audit_row_without_the_password(web: Web) -> None:
    admin = await web.logged_in("admin")
    user_id = (await (await admin.call("POST", "/api/users", GOOD)).json())["id"]
    await admin.call("PATCH", f"/api/users/{user_id}", {"name": "Nadia R."})
    await admin.call("PUT", f"/api/users/{user_id}/password", {"password": "another long one"})
    async with web.deps.engine.connect() as connection:
        found = list(await connection.execute(select(audit).where(audit.c.subject == f"user:{user_id}").order_by("id")))
    assert [row.action for row in found] == ["user.created", "user.changed", "user.password_set"]
    assert {row.actor for row in found} == {f"user:{web.users['admin']}"}
    assert "long" not in str(found)


async def test_a_password_of_chance_is_told_once_and_is_nowhere_else(web: Web) -> None:
    admin = await web.logged_in("admin")
    made = await (await admin.call("POST", "/api/users", {**GOOD, "password": None})).json()
    first = made.pop("password")
    again = await (await admin.call("PUT", f"/api/users/{made['id']}/password", {})).json()
    listed = await (await admin.call("GET", "/api/users")).text()
    async with web.deps.engine.connect() as connection:
        audited = str(list(await connection.execute(select(audit))))

    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", first) and again.keys() == {"password"}
    assert first != again["password"]
    assert (await web.browser().login("nadia", first)).status == 401
    assert (await web.browser().login("nadia", again["password"])).status == 200
    assert first not in listed + audited and again["password"] not in listed + audited


async def test_a_supervisor_manages_agents_and_nobody_above(web: Web) -> None:
    boss, agent = await web.logged_in("supervisor"), web.users["agent"]
    made = await boss.call("POST", "/api/users", GOOD)
    assert made.status == 201
    assert (await boss.call("PATCH", f"/api/users/{agent}", {"language": "fa"})).status == 200
    assert (await boss.call("PUT", f"/api/users/{agent}/password", {})).status == 200
    refused = [
        await boss.call("POST", "/api/users", {**GOOD, "login": "second", "role": "supervisor"}),
        await boss.call("PATCH", f"/api/users/{agent}", {"role": "admin"}),
        await boss.call("PATCH", f"/api/users/{web.users['admin']}", {"active": False}),
        await boss.call("PATCH", f"/api/users/{web.users['supervisor']}", {"name": "Me"}),
        await boss.call("PUT", f"/api/users/{web.users['admin']}/password", {"password": "a long new one"}),
    ]
    assert [(one.status, (await error(one))["code"]) for one in refused] == [(403, "above_you")] * 5
    assert (await web.browser().login("admin")).status == 200
