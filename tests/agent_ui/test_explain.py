"""Supervisors ask why a person is not contacted; agents do not, and nobody sees another tenant's person."""

import pytest

from tests.agent_ui.conftest import Web
from tests.builders import a_creditor, a_debtor, a_tenant

pytestmark = pytest.mark.postgres


async def somebody(web: Web, tenant: int | None = None) -> int:
    async with web.deps.engine.begin() as conn:
        tenant = tenant if tenant is not None else await a_tenant(conn, "Other")
        return await a_debtor(conn, tenant, await a_creditor(conn, tenant), phones=("+12125550142",))


async def test_a_supervisor_hears_of_each_channel_and_sees_no_number(web: Web) -> None:
    supervisor = await web.logged_in("supervisor")
    debtor = await somebody(web, web.tenant)
    response = await supervisor.call("GET", f"/api/debtors/{debtor}/contact")
    body = await response.json()
    assert response.status == 200
    assert {point["channel"] for point in body["points"]} == {"voice", "sms", "whatsapp", "email"}
    assert all(point["because"] for point in body["points"])
    assert "+1212" not in str(body)
    then = await supervisor.call("GET", f"/api/debtors/{debtor}/contact?at=2026-03-04T04:00:00%2B00:00")
    assert (await then.json())["at"] == "2026-03-04T04:00:00Z"


async def test_who_may_not_ask_and_what_cannot_be_asked(web: Web) -> None:
    debtor, stranger = await somebody(web, web.tenant), await somebody(web)
    agent, supervisor = await web.logged_in("agent"), await web.logged_in("supervisor")
    assert (await agent.call("GET", f"/api/debtors/{debtor}/contact")).status == 403
    assert (await supervisor.call("GET", f"/api/debtors/{stranger}/contact")).status == 404
    for at in ("soon", "2026-03-04T04:00:00"):
        refused = await supervisor.call("GET", f"/api/debtors/{debtor}/contact?at={at}")
        assert refused.status == 422 and (await refused.json())["error"]["field"] == "at"
