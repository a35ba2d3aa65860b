"""Login, logout, me: cookies, CSRF, the rate limit, and the audit trail."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from agent_ui.sessions import COOKIE, hash_token
from campaigns.db.tables import app_user, audit, login_failure, user_session
from tests.agent_ui.conftest import Web, WebMaker


async def test_a_login_sets_the_cookie_and_answers_who_it_is(web: Web) -> None:
    browser = web.browser()
    response = await browser.login("supervisor")
    me = await response.json()
    assert response.status == 200
    assert me == {
        "user": {
            "id": web.users["supervisor"],
            "login": "supervisor",
            "name": me["user"]["name"],
            "role": "supervisor",
            "language": "en",
        },
        "csrf": browser.csrf,
        "sandbox": True,
        "version": "1.2.3",
    }
    assert (await (await browser.call("GET", "/api/me")).json()) == me
