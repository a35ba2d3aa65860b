"""GET /api/phone: an agent's own phone, and nobody else's."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from agent_ui.headers import content_security_policy
from dialer.asterisk_files import phone_password
from dialer.phones import AgentPhones
from tests.agent_ui.conftest import Web, WebMaker

KEY = "k" * 48
PHONES = AgentPhones("wss://pbx.example.com:8089/ws", KEY)


async def with_phone(make_web: WebMaker, endpoint: str | None, **settings: Any) -> Web:
    web = await make_web(settings, parts={"phones": PHONES})
    async with web.deps.engine.begin() as connection:
        values = {"endpoint": endpoint, "id": web.users["agent"]}
        await connection.execute(text("UPDATE app_user SET phone_endpoint = :endpoint WHERE id = :id"), values)
    return web


async def test_an_agent_whose_phone_is_the_browser_gets_its_address_and_password(make_web: WebMaker) -> None:
    web = await with_phone(make_web, "PJSIP/agent-web-3")
    browser = await web.logged_in("agent")
    response = await browser.call("GET", "/api/phone")
    told = await response.json()
    assert response.headers["Cache-Control"] == "no-store"
    assert (told["kind"], told["ws_url"]) == ("browser", "wss://pbx.example.com:8089/ws")
    assert told["password"] == phone_password(KEY, "agent-web-3")


@pytest.mark.parametrize(("endpoint", "kind"), [("PJSIP/agent-3", "telephone"), (None, "none")])
async def test_an_agent_with_a_telephone_or_none_gets_no_password(
    make_web: WebMaker, endpoint: str | None, kind: str
) -> None:
    web = await with_phone(make_web, endpoint)
    browser = await web.logged_in("agent")
    assert await (await browser.call("GET", "/api/phone")).json() == {"kind": kind}


async def test_the_password_is_never_logged(make_web: WebMaker) -> None:
    web = await with_phone(make_web, "PJSIP/agent-web-3")
    browser = await web.logged_in("agent")
    with capture_logs() as logs:
        told = await (await browser.call("GET", "/api/phone")).json()
    assert told["password"] not in repr(logs)


async def test_supervisors_and_strangers_are_refused(make_web: WebMaker) -> None:
    web = await with_phone(make_web, "PJSIP/agent-web-3")
    supervisor = await web.logged_in("supervisor")
    assert (await supervisor.call("GET", "/api/phone")).status == 403
    assert (await web.browser().call("GET", "/api/phone")).status == 401


async def test_pages_may_open_exactly_the_phones_origin_and_the_microphone(make_web: WebMaker) -> None:
    sources = PHONES.connect_sources
    web = await with_phone(make_web, "PJSIP/agent-web-3", connect_sources=sources)
    headers = (await web.browser().call("GET", "/agent")).headers
    own = web.base.replace("http", "ws")
    assert f"connect-src 'self' {own} wss://pbx.example.com:8089;" in headers["Content-Security-Policy"]
    assert "microphone=(self)" in headers["Permissions-Policy"]


async def test_an_origin_that_is_our_own_is_named_once(web: Web) -> None:
    settings = replace(
        web.deps.settings, public_base_url="https://dial.example.com", connect_sources=("wss://dial.example.com",)
    )
    assert "connect-src 'self' wss://dial.example.com;" in content_security_policy(settings)
