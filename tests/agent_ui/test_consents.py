"""Supervisors read one person's consent ledger with masked addresses, and take a consent back with a reason."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from campaigns.consents import service as consents
from campaigns.consents.service import Shown
from campaigns.db import tables as t
from tests.agent_ui.conftest import Browser, Web
from tests.builders import a_creditor, a_debtor, a_tenant

pytestmark = pytest.mark.postgres


async def agreed(web: Web, tenant: int | None = None) -> tuple[int, int]:
    """A debtor of whom a mobile number has consent to SMS; (debtor, contact point)."""
    then = web.clock.now() - timedelta(days=3)
    async with web.deps.engine.begin() as conn:
        tenant = tenant if tenant is not None else await a_tenant(conn, "Other")
        debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant), phones=("+12125550142",))
        point = (
            await conn.execute(select(t.contact_point.c.id).where(t.contact_point.c.debtor_id == debtor))
        ).scalar_one()
        await conn.execute(t.contact_point.update().where(t.contact_point.c.id == point).values(kind="mobile"))
        await consents.record_consent(
            conn, tenant_id=tenant, contact_point_id=point, channel="sms", how="written", at=then, now=then,
            actor="cli",
            evidence="form 12", shown=Shown("You agree to messages.", "v3", "en"),
        )  # fmt: skip
    return debtor, int(point)


async def ledger(browser: Browser, debtor: int) -> dict[str, Any]:
    response = await browser.call("GET", f"/api/debtors/{debtor}/consents")
    assert response.status == 200, await response.text()
    return dict(await response.json())


async def test_a_consent_is_shown_with_its_origin_and_taken_back_at_once(web: Web) -> None:
    debtor, point = await agreed(web, web.tenant)
    browser = await web.logged_in("supervisor")
    with capture_logs() as logs:
        before = await ledger(browser, debtor)
        (shown,) = before["points"]
        assert (shown["contact_point"], shown["address"], shown["now"]["sms"]) == (point, "+121••••••42", "given")
        (entry,) = shown["entries"]
        assert (entry["event"], entry["how"], entry["evidence"]) == ("given", "written", "form 12")
        assert (entry["recorded_by"], entry["text_version"], entry["text_shown"]) == (
            "cli",
            "v3",
            "You agree to messages.",
        )
        body = {"contact_point": point, "channel": "sms", "reason": "call of today"}
        revoked = await browser.call("POST", "/api/consents/revoke", body)
        assert (revoked.status, await revoked.json()) == (200, {"ended": 1})
        (after,) = (await ledger(browser, debtor))["points"]
    assert after["now"]["sms"] == "revoked" and after["opt_outs"][0]["channel"] == "sms"
    last = after["entries"][-1]
    actor = f"user:{web.users['supervisor']}"
    assert (last["event"], last["evidence"], last["recorded_by"]) == ("revoked", "call of today", actor)
    assert "5550142" not in str(before) + str(after) + str(logs)
    async with web.deps.engine.connect() as conn:
        query = select(t.audit.c.actor).where(t.audit.c.action == "consent.revoked")
        assert list((await conn.execute(query)).scalars()) == [actor]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": ""}, "reason"), ({"reason": "  "}, "reason"), ({"channel": "fax"}, "channel"),
        ({"channel": "email"}, "channel"), ({"contact_point": 0}, "contact_point"),
        ({"contact_point": 999_999}, "contact_point"), ({"number": "+1"}, "number"),
    ],
)  # fmt: skip
async def test_bad_input_is_refused_with_its_field(web: Web, change: dict[str, Any], field: str) -> None:
    _, point = await agreed(web, web.tenant)
    body = {"contact_point": point, "channel": "sms", "reason": "letter"} | change
    refused = await (await web.logged_in("supervisor")).call("POST", "/api/consents/revoke", body)
    assert (refused.status, (await refused.json())["error"]["field"]) == (422, field)


async def test_another_tenants_person_is_not_there_and_agents_may_not_ask(web: Web) -> None:
    debtor, point = await agreed(web)
    supervisor, agent = await web.logged_in("supervisor"), await web.logged_in("agent")
    assert (await supervisor.call("GET", f"/api/debtors/{debtor}/consents")).status == 404
    body = {"contact_point": point, "channel": "sms", "reason": "letter"}
    assert (await supervisor.call("POST", "/api/consents/revoke", body)).status == 422
    assert (await agent.call("POST", "/api/consents/revoke", body)).status == 403
