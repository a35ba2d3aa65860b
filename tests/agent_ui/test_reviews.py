"""Supervisors read the replies that wait, see why the classifier was unsure, and decide each with one action."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from campaigns.db import tables as t
from dialer.inbound import Inbound
from telephony.messaging.port import InboundMessage
from tests.agent_ui.conftest import Browser, Web
from tests.builders import a_creditor, a_debtor, a_tenant, next_number

pytestmark = pytest.mark.postgres
PHONE, SENDER, TEXT = "+12125550142", "+12125550100", "not interested"


async def replies(web: Web, body: str = TEXT, tenant: int | None = None) -> int:
    """The debtor who wrote."""
    tenant = tenant if tenant is not None else web.tenant
    async with web.deps.engine.begin() as conn:
        debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant), phones=(PHONE,))
    message = InboundMessage("twilio", f"SM{next_number()}", "sms", PHONE, SENDER, body)
    await Inbound(web.deps.engine, tenant, web.clock).handle_inbound(message)
    return debtor


async def listed(browser: Browser) -> list[dict[str, Any]]:
    response = await browser.call("GET", "/api/reviews")
    assert response.status == 200, await response.text()
    body = await response.json()
    assert body["waiting"] == len(body["reviews"])
    return list(body["reviews"])


async def test_they_stand_with_wait_language_masked_address_text_and_what_was_unsure(web: Web) -> None:
    debtor = await replies(web)
    web.clock.advance(timedelta(minutes=5))
    await replies(web, "stop calling me at work")
    browser = await web.logged_in("supervisor")
    first, second = await listed(browser)
    assert (first["age_s"], first["channel"], first["language"], first["debtor_id"]) == (300, "sms", "en", debtor)
    assert (first["address_masked"], first["text"], first["meaning"]) == ("+121••••••42", TEXT, "unclear")
    assert first["why"] == {"code": "phrase", "matched": "not interested", "language": "en", "read_as": "unclear"}
    assert second["age_s"] == 0
    assert PHONE not in str([first, second])
    told = await (await browser.call("GET", "/api/reviews/waiting")).json()
    assert told["replies"] == 2 and told["oldest_at"]


@pytest.mark.parametrize(
    ("body", "closed"),
    [
        ({"decision": "stop", "scope": "texts"}, {("sms", PHONE)}),
        ({"decision": "other"}, set()),
        ({"decision": "start"}, set()),
    ],
)
async def test_one_action_decides_frees_and_is_audited(
    web: Web, body: dict[str, Any], closed: set[tuple[str, str]]
) -> None:
    await replies(web)
    browser = await web.logged_in("supervisor")
    (one,) = await listed(browser)
    with capture_logs() as logs:
        done = await browser.call("POST", f"/api/reviews/{one['id']}/decide", body)
    assert done.status == 200, await done.text()
    assert (await done.json())["freed"] == 1
    assert await listed(browser) == []
    async with web.deps.engine.connect() as conn:
        rows = (await conn.execute(select(t.opt_out.c.channel, t.opt_out.c.address))).all()
        query = select(t.audit.c.actor, t.audit.c.detail).where(t.audit.c.action == "review.decided")
        audited = (await conn.execute(query)).one()
    assert {tuple(row) for row in rows} == closed
    assert audited.actor == f"user:{web.users['supervisor']}"
    assert audited.detail["decision"] == body["decision"]
    assert TEXT not in str(logs) + str(audited.detail)
    again = await browser.call("POST", f"/api/reviews/{one['id']}/decide", body)
    assert again.status == 422 and "was decided before" in (await again.json())["error"]["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"decision": "stop"}, "scope"),
        ({"decision": "other", "scope": "texts"}, "scope"),
        ({"decision": "stop", "scope": "moon"}, "scope"),
        ({"decision": "perhaps"}, "decision"),
        ({}, "decision"),
    ],
)
async def test_a_decision_that_says_too_little_is_refused_and_the_reply_waits_on(
    web: Web, body: dict[str, Any], field: str
) -> None:
    await replies(web)
    browser = await web.logged_in("supervisor")
    (one,) = await listed(browser)
    refused = await browser.call("POST", f"/api/reviews/{one['id']}/decide", body)
    assert (refused.status, (await refused.json())["error"]["field"]) == (422, field)
    assert len(await listed(browser)) == 1


async def test_another_tenants_replies_are_neither_seen_counted_nor_decided(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        strange = await a_tenant(conn, "Other")
    await replies(web, tenant=strange)
    async with web.deps.engine.connect() as conn:
        theirs = (await conn.execute(select(t.inbound_message.c.id))).scalar_one()
    browser = await web.logged_in("supervisor")
    assert await listed(browser) == []
    refused = await browser.call("POST", f"/api/reviews/{theirs}/decide", {"decision": "other"})
    assert refused.status == 422 and "there is no review" in (await refused.json())["error"]["message"]
