"""Login, logout, me: cookies, CSRF, the rate limit, and the audit trail."""

import asyncio
import time
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Row, select

from agent_ui.sessions import COOKIE, hash_token
from campaigns.db.tables import app_user, audit, login_failure, user_session
from campaigns.users import service as users
from campaigns.users.passwords import Passwords
from tests.agent_ui.conftest import Web, WebMaker


async def rows(web: Web, query: Any) -> list[Row[Any]]:
    async with web.deps.engine.connect() as connection:
        return list(await connection.execute(query))


async def code(response: Any) -> str:
    return str((await response.json())["error"]["code"])


async def test_a_login_sets_the_cookie_and_answers_who_it_is(web: Web) -> None:
    browser = web.browser()
    response = await browser.login("supervisor")
    me = await response.json()
    assert response.status == 200
    user = {"id": web.users["supervisor"], "login": "supervisor", "role": "supervisor", "language": "en"}
    assert me == {
        "user": {**user, "name": me["user"]["name"]},
        "csrf": browser.csrf,
        "sandbox": True,
        "version": "1.2.3",
    }
    assert (await (await browser.call("GET", "/api/me")).json()) == me


@pytest.mark.parametrize(("address", "secure"), [("https://dial.example.com", True), ("http://127.0.0.1", False)])
async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    make_web: WebMaker, address: str, secure: bool
) -> None:
    web = await make_web({"public_base_url": address})
    browser = web.browser()
    response = await browser.call(
        "POST", "/api/login", {"login": "agent", "password": "correct horse battery"}, headers={"Origin": address}
    )
    morsel = SimpleCookie(response.headers["Set-Cookie"])[COOKIE]
    assert morsel["httponly"] is True
    assert (morsel["samesite"], morsel["path"], bool(morsel["secure"])) == ("Lax", "/", secure)
    assert len(morsel.value) >= 43  # 256 bits in base64url
    assert ("Strict-Transport-Security" in response.headers) is secure


async def test_the_cookie_itself_is_stored_nowhere(web: Web) -> None:
    browser = await web.logged_in("agent")
    (session,) = await rows(web, select(user_session))
    assert bytes(session.token_hash) == hash_token(browser.cookie)
    assert browser.cookie not in str(session)


async def test_a_new_login_replaces_the_browsers_old_session(web: Web) -> None:
    browser = await web.logged_in("agent")
    old = browser.cookie
    await browser.login("supervisor")
    assert browser.cookie != old
    (session,) = await rows(web, select(user_session))
    assert session.user_id == web.users["supervisor"]


async def test_a_logout_ends_the_session_and_clears_the_cookie(web: Web) -> None:
    browser = await web.logged_in("agent")
    token = browser.cookie
    assert (await browser.call("POST", "/api/logout")).status == 204
    assert browser.cookie == ""
    again = await browser.call("GET", "/api/me", headers={"Cookie": f"{COOKIE}={token}"})
    assert (again.status, await code(again)) == (401, "not_logged_in")


async def test_login_and_logout_leave_audit_rows(web: Web) -> None:
    browser = await web.logged_in("admin")
    await browser.call("POST", "/api/logout")
    who = f"user:{web.users['admin']}"
    found = await rows(web, select(audit.c.tenant_id, audit.c.actor, audit.c.action, audit.c.subject).order_by("id"))
    assert [tuple(row) for row in found] == [
        (web.tenant, who, "user.logged_in", who),
        (web.tenant, who, "user.logged_out", who),
    ]


# ---- sessions end


@pytest.mark.parametrize("cookie", ["", "x", "é" * 10, "a" * 5000, "'; DROP TABLE user_session; --"])
async def test_a_cookie_that_is_none_of_ours_is_no_session(web: Web, cookie: str) -> None:
    response = await web.browser().call("GET", "/api/me", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert (response.status, await code(response)) == (401, "not_logged_in")


async def test_a_session_unused_for_an_hour_ends(web: Web) -> None:
    browser = await web.logged_in("agent")
    web.clock.advance(timedelta(minutes=59))
    assert (await browser.call("GET", "/api/me")).status == 200
    web.clock.advance(timedelta(minutes=59))
    assert (await browser.call("GET", "/api/me")).status == 200
    web.clock.advance(timedelta(minutes=60))
    assert (await browser.call("GET", "/api/me")).status == 401


async def test_a_session_ends_after_twelve_hours_however_much_it_is_used(web: Web) -> None:
    browser = await web.logged_in("agent")
    for _ in range(23):
        web.clock.advance(timedelta(minutes=30))
        assert (await browser.call("GET", "/api/me")).status == 200
    web.clock.advance(timedelta(minutes=30))
    assert (await browser.call("GET", "/api/me")).status == 401


async def test_the_session_of_a_deactivated_user_is_worth_nothing(web: Web) -> None:
    browser = await web.logged_in("agent")
    async with web.deps.engine.begin() as connection:
        await connection.execute(app_user.update().values(active=False))
    assert (await browser.call("GET", "/api/me")).status == 401


async def test_a_session_of_another_tenant_is_worth_nothing_here(make_web: WebMaker) -> None:
    first, second = await make_web(), await make_web()
    browser = await first.logged_in("agent")
    response = await second.browser().call("GET", "/api/me", headers={"Cookie": f"{COOKIE}={browser.cookie}"})
    assert response.status == 401


# ---- what a login may look like


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "login"),
        ({"login": "agent"}, 422, "password"),
        ({"login": "", "password": "x"}, 422, "login"),
        ({"login": "agent", "password": "x" * 257}, 422, "password"),
        ({"login": ["agent"], "password": "x"}, 422, "login"),
        ({"login": "agent", "password": "x", "role": "admin"}, 422, "role"),
        ([], 422, "body"),
        (None, 415, None),
    ],
)
async def test_a_login_that_is_not_right_is_told_where(web: Web, body: Any, status: int, field: str | None) -> None:
    response = await web.browser().call("POST", "/api/login", body)
    error = (await response.json())["error"]
    assert (response.status, error.get("field")) == (status, field)
    assert "x" * 50 not in error["message"]


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b"[" * 10_000, b""])
async def test_malformed_json_is_refused_with_its_place(web: Web, raw: bytes) -> None:
    browser = web.browser()
    response = await browser.http.post(
        web.base + "/api/login", data=raw, headers={"Content-Type": "application/json", "Origin": web.base}
    )
    assert (response.status, await code(response)) == (400, "malformed_json")


async def test_an_oversize_body_is_refused(web: Web) -> None:
    response = await web.browser().call("POST", "/api/login", {"login": "agent", "password": "x" * 70_000})
    assert (response.status, await code(response)) == (413, "too_large")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_a_page_of_another_site_cannot_log_anyone_in(web: Web, headers: dict[str, str]) -> None:
    body = {"login": "agent", "password": "correct horse battery"}
    response = await web.browser().call("POST", "/api/login", body, headers=headers)
    assert (response.status, await code(response)) == (403, "wrong_origin")


async def test_an_allowed_origin_may_log_in(make_web: WebMaker) -> None:
    web = await make_web({"allowed_origins": ("https://wall.example.com/",)})
    body = {"login": "agent", "password": "correct horse battery"}
    response = await web.browser().call("POST", "/api/login", body, headers={"Origin": "https://wall.example.com"})
    assert response.status == 200


async def test_on_the_own_machine_localhost_is_as_good_as_its_number(web: Web) -> None:
    body = {"login": "agent", "password": "correct horse battery"}
    local = web.base.replace("127.0.0.1", "localhost")
    assert (await web.browser().call("POST", "/api/login", body, headers={"Origin": local})).status == 200
    other_port = "http://localhost:1"
    assert (await web.browser().call("POST", "/api/login", body, headers={"Origin": other_port})).status == 403


@pytest.mark.parametrize("token", ["", "guessed", "é"])
async def test_a_change_without_the_sessions_csrf_token_is_refused(web: Web, token: str) -> None:
    browser = await web.logged_in("agent")
    browser.csrf = token
    response = await browser.call("POST", "/api/logout")
    assert (response.status, await code(response)) == (403, "csrf")
    assert (await browser.call("GET", "/api/me")).status == 200


async def test_the_csrf_token_of_another_session_is_refused(web: Web) -> None:
    browser, other = await web.logged_in("agent"), await web.logged_in("agent")
    browser.csrf = other.csrf
    assert (await browser.call("POST", "/api/logout")).status == 403


# ---- the rate limit


async def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(web: Web) -> None:
    wrong = await web.browser().login("agent", "wrong")
    unknown = await web.browser().login("nobody", "wrong")
    assert wrong.status == unknown.status == 401
    assert await wrong.json() == await unknown.json()


async def test_after_five_failures_a_login_must_wait_and_is_told_how_long(web: Web) -> None:
    browser = web.browser()
    for _ in range(5):
        assert (await browser.login("agent", "wrong")).status == 401
    refused = await browser.login("agent")
    assert (refused.status, await code(refused)) == (429, "must_wait")
    assert refused.headers["Retry-After"] == "15"
    assert "Wait 15 s" in (await refused.json())["error"]["message"]
    web.clock.advance(timedelta(seconds=15))
    assert (await browser.login("agent")).status == 200


async def test_each_failure_after_a_wait_doubles_the_next_wait(web: Web) -> None:
    browser = web.browser()
    waits = []
    for _ in range(9):
        response = await browser.login("agent", "wrong")
        while response.status == 429:
            waits.append(int(response.headers["Retry-After"]))
            web.clock.advance(timedelta(seconds=waits[-1]))
            response = await browser.login("agent", "wrong")
    assert waits == [15, 30, 60, 120]


async def test_a_refused_try_does_not_ask_for_the_password_and_does_not_count(web: Web) -> None:
    browser = web.browser()
    for _ in range(5):
        await browser.login("agent", "wrong")
    for _ in range(10):
        assert (await browser.login("agent")).status == 429
    assert len(await rows(web, select(login_failure))) == 5


async def test_a_login_in_another_writing_is_the_same_login(web: Web) -> None:
    for name in ("agent", "AGENT", " agent ", "Agent", "aGENT"):
        await web.browser().login(name, "wrong")
    assert (await web.browser().login("agent")).status == 429


async def test_one_source_that_tries_many_logins_must_wait_too(web: Web) -> None:
    browser = web.browser()
    for number in range(30):
        assert (await browser.login(f"guess{number}", "wrong")).status == 401
    assert (await browser.login("agent")).status == 429


async def test_behind_a_trusted_proxy_each_source_counts_by_itself(make_web: WebMaker) -> None:
    web = await make_web({"trusted_proxies": ("127.0.0.0/8",)})
    body = {"login": "x", "password": "wrong"}
    for number in range(30):
        await web.browser().call(
            "POST", "/api/login", {**body, "login": f"x{number}"}, headers={"X-Forwarded-For": "203.0.113.1"}
        )
    first = await web.browser().call("POST", "/api/login", body, headers={"X-Forwarded-For": "203.0.113.1"})
    second = await web.browser().call("POST", "/api/login", body, headers={"X-Forwarded-For": "203.0.113.2"})
    assert (first.status, second.status) == (429, 401)


async def test_guesses_that_come_all_at_once_are_counted_one_by_one(web: Web) -> None:
    responses = await asyncio.gather(*(web.browser().login("agent", f"guess{n}") for n in range(20)))
    statuses = [response.status for response in responses]
    assert (statuses.count(401), statuses.count(429)) == (5, 15)


async def test_a_good_login_forgets_the_failures_of_its_own_source(web: Web) -> None:
    browser = web.browser()
    for _ in range(4):
        await browser.login("agent", "wrong")
    assert (await browser.login("agent")).status == 200
    assert await rows(web, select(login_failure)) == []


async def test_failures_are_kept_without_login_or_address(web: Web) -> None:
    await web.browser().login("agent", "wrong")
    (row,) = await rows(web, select(login_failure))
    assert len(row.login_hash) == len(row.source_hash) == 32


async def test_old_failures_and_dead_sessions_are_forgotten(web: Web) -> None:
    await web.browser().login("nobody", "wrong")
    await web.logged_in("agent")
    web.clock.advance(timedelta(hours=48))
    for _ in range(100):
        if not await rows(web, select(user_session)):
            break
        await asyncio.sleep(0.02)
    assert await rows(web, select(user_session)) == []
    assert await rows(web, select(login_failure)) == []


async def test_an_unknown_login_takes_as_long_as_a_wrong_password(make_web: WebMaker) -> None:
    strong = Passwords(PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1))
    web = await make_web(parts={"passwords": strong})
    async with web.deps.engine.begin() as connection:
        await users.set_password(
            connection, strong, web.users["agent"], "correct horse battery", now=web.clock.now(), actor="cli"
        )

    async def took(login: str) -> float:
        """Of this process's CPU: what else the machine does meanwhile is no difference between the two."""
        began = time.process_time()
        assert (await web.browser().login(login, "wrong")).status == 401
        return time.process_time() - began

    await took("nobody")  # makes the hash that nobody's passwords are compared with
    unknown = min([await took(f"nobody{n}") for n in range(5)])
    known = min([await took("agent") for _ in range(5)])
    assert 0.5 < unknown / known < 2
