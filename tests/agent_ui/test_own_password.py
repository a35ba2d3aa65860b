"""A user's own password by the API: the old one is asked for, other sessions end, guesses are counted."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from structlog.testing import capture_logs

from campaigns.db.tables import audit
from tests.agent_ui.conftest import Web
from tests.agent_ui.twins import PASSWORD

NEW = "an entirely new one"


async def error(response: Any) -> dict[str, Any]:
    return dict((await response.json())["error"])


async def test_a_new_password_ends_every_other_session_and_keeps_this_one(web: Web) -> None:
    here, elsewhere = await web.logged_in("agent"), await web.logged_in("agent")
    mine, other = await web.console(here, "/agent"), await web.console(elsewhere, "/agent")
    with capture_logs() as logs:
        changed = await here.call("PUT", "/api/me/password", {"old": PASSWORD, "new": NEW})
    await other.until(lambda: bool(other.byes))
    await asyncio.wait_for(other.gone.wait(), 5)

    assert (changed.status, other.byes, mine.byes) == (204, [{"because": "logged_out"}], [])
    assert (await here.call("GET", "/api/me")).status == 200
    assert (await elsewhere.call("GET", "/api/me")).status == 401
    assert (await mine.command("c1"))["ok"]
    assert (await web.browser().login("agent")).status == 401
    assert (await web.browser().login("agent", NEW)).status == 200
    async with web.deps.engine.connect() as connection:
        found = list(await connection.execute(select(audit).where(audit.c.action == "user.password_changed")))
    who = f"user:{web.users['agent']}"
    assert [(row.actor, row.subject) for row in found] == [(who, who)]
    assert NEW not in str(found) + str(logs) and PASSWORD not in str(found) + str(logs)


async def test_what_is_not_right_is_refused_with_the_field_and_changes_nothing(web: Web) -> None:
    agent, other = await web.logged_in("agent"), await web.logged_in("agent")
    refused = {
        "old": {"old": "not my password", "new": NEW},
        "new": {"old": PASSWORD, "new": "short"},
    }
    for field, body in refused.items():
        response = await agent.call("PUT", "/api/me/password", body)
        assert (response.status, (await error(response))["field"]) == (422, field)
    same = await error(await agent.call("PUT", "/api/me/password", {"old": PASSWORD, "new": PASSWORD}))
    assert "choose another one" in same["message"]
    assert (await agent.call("PUT", "/api/me/password", {"old": PASSWORD})).status == 422
    assert (await other.call("GET", "/api/me")).status == 200
    assert (await web.browser().login("agent")).status == 200


async def test_guesses_of_the_old_password_must_wait_as_at_login_and_a_weak_new_one_costs_nothing(web: Web) -> None:
    agent = await web.logged_in("agent")
    for _ in range(8):
        weak = await agent.call("PUT", "/api/me/password", {"old": PASSWORD, "new": "short"})
        assert weak.status == 422
    for _ in range(5):
        wrong = await agent.call("PUT", "/api/me/password", {"old": "a guess", "new": NEW})
        assert wrong.status == 422
    waits = await agent.call("PUT", "/api/me/password", {"old": PASSWORD, "new": NEW})
    assert (waits.status, (await error(waits))["code"], waits.headers["Retry-After"]) == (429, "must_wait", "15")
    assert (await web.browser().login("agent")).status == 429, "one limit for both ways of guessing"

    web.clock.advance(timedelta(seconds=16))
    assert (await agent.call("PUT", "/api/me/password", {"old": PASSWORD, "new": NEW})).status == 204
    async with web.deps.engine.connect() as connection:
        left = (await connection.execute(text("SELECT count(*) FROM login_failure"))).scalar_one()
    assert left == 0
