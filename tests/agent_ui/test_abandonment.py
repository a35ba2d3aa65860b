"""The abandonment gauges by the API: the tenant's own campaigns, side by side, with every 30-date period."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from campaigns.abandonment import service
from campaigns.db.tables import tenant
from campaigns.model import CampaignSettings
from tests.agent_ui.conftest import Web
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, an_attempt

PATH = "/api/compliance/abandonment"


async def calls(web: Web, settings: CampaignSettings | None = None) -> int:
    """A running campaign with 40 answers a month ago and 20 today, of which 2 were abandoned."""
    async with web.deps.engine.begin() as conn:
        creditor = await a_creditor(conn, web.tenant)
        campaign = await a_campaign(conn, web.tenant, creditor, settings=settings, name="Spring", state="running")
        await a_campaign(conn, web.tenant, creditor, name="Never started")
        debtor = await a_debtor(conn, web.tenant, creditor)
        for number in range(60):
            at = NOW - (timedelta(days=33) if number < 40 else timedelta(minutes=90))
            lost = number >= 58
            await an_attempt(
                conn, web.tenant, debtor, at=at, campaign_id=campaign, answered_at=at, abandoned=lost,
                bridged_at=None if lost else at,
            )  # fmt: skip
        return campaign


async def asked(web: Web) -> dict[str, Any]:
    web.clock.advance(NOW - web.clock.now())
    browser = await web.logged_in("supervisor")
    response = await browser.call("GET", PATH)
    assert response.status == 200, await response.text()
    return dict(await response.json())


async def test_a_house_without_calls_has_an_empty_ledger(web: Web) -> None:
    assert (await asked(web))["campaigns"] == []


async def test_gauges_stand_side_by_side_and_periods_follow_each_other(web: Web) -> None:
    campaign = await calls(web)
    (found,) = (await asked(web))["campaigns"]
    assert (found["id"], found["name"], found["state"], found["timezone"]) == (campaign, "Spring", "running", "UTC")
    gauges = {gauge["key"]: gauge for gauge in found["gauges"]}
    assert list(gauges) == ["us", "gb-ofcom", "house-1h", "house-24h"]
    us = gauges["us"]
    assert (us["abandoned"], us["answered"], us["rate"], us["limit"]) == (2, 20, 0.1, 0.03)
    assert (us["few"], us["holds"], us["state"], us["clean_needed"]) == (True, True, "near", 212)
    assert us["first"] == "2026-03-01" and us["sentence"].startswith("TSR/FCC, 1 Mar to 30 Mar: abandoned 2 of 20")
    assert (gauges["house-1h"]["answered"], gauges["house-1h"]["holds"]) == (0, False)
    assert [(block["first"], block["last"], block["answered"], block["within_cap"]) for block in found["blocks"]] == [
        ("2026-03-01", "2026-03-30", 20, False),
        ("2026-01-30", "2026-02-28", 40, True),
    ]


async def test_the_evidence_of_detection_is_shown_with_its_name(web: Web) -> None:
    await calls(web, CampaignSettings(caller_id="+12125550100", amd=True))
    (found,) = (await asked(web))["campaigns"]
    assert (found["gauges"][1]["state"], found["gauges"][1]["rate"]) == ("review", None)
    async with web.deps.engine.begin() as conn:
        await service.add_sample_test(
            conn, tenant_id=web.tenant, tested_on=NOW.date(), sample=200, false_positives=3, tested_by="Q. Auditor",
            now=NOW, actor="cli",
        )  # fmt: skip
    (found,) = (await asked(web))["campaigns"]
    assert found["gauges"][1]["evidence"] == {
        "tested_on": "2026-03-04", "sample": 200, "false_positives": 3, "by": "Q. Auditor",
    }  # fmt: skip
    assert (found["gauges"][1]["state"], found["gauges"][1]["rate"]) == ("near", 0.1)


async def test_another_houses_campaigns_are_not_shown(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        made = await conn.execute(insert(tenant).values(name="other", created_at=NOW).returning(tenant.c.id))
        other = int(made.scalar_one())
        await a_campaign(conn, other, await a_creditor(conn, other), state="running")
    assert (await asked(web))["campaigns"] == []
