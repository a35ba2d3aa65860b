"""Supervisors ask why a person is not contacted; agents do not, and nobody sees another tenant's person."""

import pytest

from campaigns.model import CampaignSettings
from tests.agent_ui.conftest import Web
from tests.builders import a_campaign, a_creditor, a_debtor, a_tenant

pytestmark = pytest.mark.postgres
STRICT = CampaignSettings(caller_id="+12125550100", rulebooks=("us-ma",))


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


async def test_a_campaigns_own_rulebooks_count_when_it_is_named(web: Web) -> None:
    supervisor, debtor = await web.logged_in("supervisor"), await somebody(web, web.tenant)
    async with web.deps.engine.begin() as conn:
        creditor = await a_creditor(conn, web.tenant, name="Alameda")
        strict = await a_campaign(conn, web.tenant, creditor, settings=STRICT)
        foreign = await a_tenant(conn, "Abroad")
        strange = await a_campaign(conn, foreign, await a_creditor(conn, foreign))

    async def books(query: str) -> set[str]:
        body = await (await supervisor.call("GET", f"/api/debtors/{debtor}/contact?{query}")).json()
        return {name.partition("@")[0] for point in body["points"] for name in point["rulebooks"]}

    assert "us-ma" not in await books("")
    assert "us-ma" in await books(f"campaign={strict}")
    for given in (str(strange), "Iberia"):
        refused = await supervisor.call("GET", f"/api/debtors/{debtor}/contact?campaign={given}")
        assert (refused.status, (await refused.json())["error"]["field"]) == (422, "campaign")
