"""Every route and every socket event, by every role and by nobody: made from the application's own table."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web as aio
from sqlalchemy.ext.asyncio import create_async_engine

from agent_ui.app import POLICIES, make_app
from agent_ui.deps import WebDeps, WebSettings
from agent_ui.policy import Policies, Proof
from campaigns.users.passwords import Passwords
from tests.agent_ui.conftest import Refused, Web
from tests.agent_ui.twins import FloorTwin, HandClock
from tests.builders import NOW

ROLES = ("agent", "supervisor", "admin")
MAY: dict[str, set[str]] = {  # written by hand, so that a slip in a declaration is seen here
    "POST /api/login": {"nobody", *ROLES},
    "POST /api/logout": {*ROLES},
    "GET /api/me": {*ROLES},
    "GET /api/phone": {"agent"},
    "PUT /api/me/password": {*ROLES},
    "GET /api/users": {"supervisor", "admin"},
    "POST /api/users": {"supervisor", "admin"},
    "PATCH /api/users/{id}": {"supervisor", "admin"},
    "PUT /api/users/{id}/password": {"supervisor", "admin"},
    "GET /api/agents": {"supervisor", "admin"},
    "PATCH /api/agents/{id}": {"supervisor", "admin"},
    "GET /api/campaigns": {"supervisor", "admin"},
    "POST /api/campaigns": {"supervisor", "admin"},
    "GET /api/campaigns/{id}": {"supervisor", "admin"},
    "PATCH /api/campaigns/{id}": {"supervisor", "admin"},
    "POST /api/campaigns/{id}/start": {"supervisor", "admin"},
    "POST /api/campaigns/{id}/what-if": {"supervisor", "admin"},
    "GET /api/campaigns/{id}/what-if/{run}": {"supervisor", "admin"},
    "GET /api/compliance/abandonment": {"supervisor", "admin"},
    "GET /api/compliance/amd-evidence": {"supervisor", "admin"},
    "POST /api/compliance/amd-evidence": {"supervisor", "admin"},
    "GET /api/debtors/{id}/contact": {"supervisor", "admin"},
    "GET /api/debtors/{id}/consents": {"supervisor", "admin"},
    "POST /api/consents/revoke": {"supervisor", "admin"},
    "POST /api/debtors/find": {"supervisor", "admin"},
    "POST /api/verdicts/search": {"supervisor", "admin"},
    "POST /api/contacts/{attempt}/evidence": {"supervisor", "admin"},
    "GET /api/lists": {"supervisor", "admin"},
    "POST /api/lists": {"supervisor", "admin"},
    "POST /api/lists/{id}/end": {"supervisor", "admin"},
    "POST /api/lists/{id}/import": {"supervisor", "admin"},
    "POST /api/lists/check": {"supervisor", "admin"},
    "POST /api/lists/{id}/entries": {"supervisor", "admin"},
    "POST /api/lists/{id}/entries/end": {"supervisor", "admin"},
    "GET /api/rulebooks": {"supervisor", "admin"},
    "GET /api/rulebooks/{id}": {"supervisor", "admin"},
    "PUT /api/switches/{name}": {"supervisor", "admin"},
    "GET /api/reviews": {"supervisor", "admin"},
    "GET /api/reviews/waiting": {"supervisor", "admin"},
    "POST /api/reviews/{id}/decide": {"supervisor", "admin"},
    "GET /api/templates": {"supervisor", "admin"},
    "PUT /api/templates": {"supervisor", "admin"},
    "GET /api/wishes/reviews": {"supervisor", "admin"},
    "GET /api/debtors/{id}/wishes": {"supervisor", "admin"},
    "POST /api/wishes/{id}/end": {"supervisor", "admin"},
    "POST /api/wishes/{id}/review": {"supervisor", "admin"},
    "POST /hooks/{provider}/status/{message_id}": {"nobody", *ROLES},
    "POST /hooks/{provider}/inbound": {"nobody", *ROLES},
    "GET /unsubscribe/{token}": {"nobody", *ROLES},
    "POST /unsubscribe/{token}": {"nobody", *ROLES},
    "GET /unsubscribe.css": {"nobody", *ROLES},
    "GET /healthz": {"nobody", *ROLES},
    "GET /readyz": {"nobody", *ROLES},
    "GET /metrics": {"nobody", *ROLES},
    "GET /live/": {"nobody", *ROLES},
    "GET /": {"nobody", *ROLES},
    "GET /agent": {"nobody", *ROLES},
    "GET /supervisor": {"nobody", *ROLES},
    "GET /assets/{name}": {"nobody", *ROLES},
    "GET /favicon.ico": {"nobody", *ROLES},
}


def name_of(route: aio.AbstractRoute) -> str:
    assert route.resource is not None
    return f"{route.method} {route.resource.canonical}"


def policies() -> Policies:
    clock = HandClock(NOW)
    settings = WebSettings(public_base_url="http://127.0.0.1")
    engine = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    return make_app(WebDeps(engine, FloorTwin(clock), clock, settings, Passwords()))[POLICIES]


def table() -> Iterator[tuple[str, str]]:
    for route in policies():
        if route.method != "HEAD":
            yield name_of(route).split(" ", 1)[0], name_of(route).split(" ", 1)[1]


def test_the_table_of_this_test_names_every_route() -> None:
    assert {f"{method} {path}" for method, path in table()} == set(MAY)


def test_every_reading_route_answers_head_with_the_same_policy() -> None:
    found = policies()
    by_name = {name_of(route): policy for route, policy in found.items()}
    for name, policy in by_name.items():
        if name.startswith("HEAD "):
            assert policy is by_name["GET " + name.removeprefix("HEAD ")]


def test_every_route_that_changes_something_needs_a_proof() -> None:
    for route, policy in policies().items():
        if route.method in ("POST", "PUT", "PATCH", "DELETE"):
            assert policy.roles is not None or policy.proof is not Proof.CSRF, name_of(route)


def concrete(path: str) -> str:
    for name in ("{id}", "{message_id}", "{name}"):
        path = path.replace(name, "1")
    return path.replace("{provider}", "none").replace("{run}", str(UUID(int=1))).replace("{attempt}", str(UUID(int=1)))


@pytest.mark.parametrize("who", ["nobody", *ROLES])
async def test_each_route_admits_exactly_who_may_use_it(web: Web, who: str) -> None:
    wrong = []
    for method, path in table():
        browser = web.browser() if who == "nobody" else await web.logged_in(who)
        response = await browser.call(method, concrete(path), {} if method != "GET" else None)
        text = await response.text()
        turned_away = response.status == 401 or (response.status == 403 and ('"forbidden"' in text or '"csrf"' in text))
        if turned_away == (who in MAY[f"{method} {path}"]):
            wrong.append((method, path, response.status))
        if who == "nobody" and turned_away:
            assert response.status == 401, (method, path)
    assert wrong == []


@pytest.mark.parametrize("who", ROLES)
async def test_each_changing_route_refuses_a_session_without_its_csrf_token(web: Web, who: str) -> None:
    browser = await web.logged_in(who)
    browser.csrf = "guessed"
    for route, policy in policies().items():
        if route.method in ("POST", "PUT", "PATCH", "DELETE") and policy.roles is not None and who in policy.roles:
            assert route.resource is not None
            response = await browser.call(route.method, concrete(route.resource.canonical), {})
            assert (response.status, (await response.json())["error"]["code"]) == (403, "csrf"), name_of(route)


SOCKETS = {"/agent": {"agent"}, "/supervisor": {"supervisor", "admin"}}


@pytest.mark.parametrize("namespace", SOCKETS)
@pytest.mark.parametrize("who", ROLES)
async def test_each_namespace_and_event_admits_exactly_who_may_use_it(web: Web, namespace: str, who: str) -> None:
    browser = await web.logged_in(who)
    if who not in SOCKETS[namespace]:
        with pytest.raises(Refused, match="forbidden"):
            await web.console(browser, namespace)
        return
    console = await web.console(browser, namespace)
    resumed: Any = await console.resume()
    assert "snapshot" in resumed
    assert (await console.command("c1", "ready"))["ok"]
    # what holds at the door holds for each event: the role as it is now
    for client in web.live_clients():
        client.identity = replace(client.identity, role="nobody")
    assert (await console.ask("resume", {"epoch": None, "seq": 0}))["error"]["code"] == "forbidden"
    assert (await console.command("c2", "ready"))["error"]["code"] == "forbidden"
    assert len(web.floor.commands) == 1
