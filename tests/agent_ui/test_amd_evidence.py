"""Supervisors record sample tests of machine detection and see until when each counts."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from campaigns.db import tables as t
from tests.agent_ui.conftest import Web
from tests.builders import a_campaign, a_creditor, a_tenant

pytestmark = pytest.mark.postgres
PATH = "/api/compliance/amd-evidence"


def a_test(web: Web, days_ago: int = 0, **values: Any) -> dict[str, Any]:
    day = (web.clock.now() - timedelta(days=days_ago)).date().isoformat()
    return {"date": day, "sample": 400, "false_positives": 3, "by": "Inés Duarte", **values}


async def test_a_test_is_recorded_shown_with_its_last_day_and_audited(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        campaign = await a_campaign(conn, web.tenant, await a_creditor(conn, web.tenant), name="Spring")
    browser = await web.logged_in("supervisor")
    made = await browser.call("POST", PATH, a_test(web, 90, campaign=campaign, note="every fifth call of Monday"))
    assert made.status == 201, await made.text()
    assert (await browser.call("POST", PATH, a_test(web, 91))).status == 201
    body = await (await browser.call("GET", PATH)).json()
    fresh, stale = body["tests"]
    assert body["days"] == 90
    assert (fresh["campaign_name"], fresh["valid"], fresh["note"]) == ("Spring", True, "every fifth call of Monday")
    assert fresh["last_day"] == web.clock.now().date().isoformat()
    assert (stale["campaign_id"], stale["valid"], stale["tested_by"]) == (None, False, "Inés Duarte")
    actor = f"user:{web.users['supervisor']}"
    assert fresh["recorded_by"] == actor
    async with web.deps.engine.connect() as conn:
        query = select(t.audit.c.actor).where(t.audit.c.action == "amd_evidence.recorded")
        assert list((await conn.execute(query)).scalars()) == [actor, actor]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sample": 0}, "sample"), ({"sample": "many"}, "sample"), ({"by": " "}, "by"),
        ({"false_positives": 401}, "false_positives"), ({"false_positives": -1}, "false_positives"),
        ({"date": "soon"}, "date"), ({"date": "2999-01-01"}, "date"), ({"campaign": 10**9}, "campaign"),
    ],
)  # fmt: skip
async def test_what_is_no_test_is_refused_with_its_field(web: Web, change: dict[str, Any], field: str) -> None:
    browser = await web.logged_in("supervisor")
    refused = await browser.call("POST", PATH, a_test(web, **change))
    assert (refused.status, (await refused.json())["error"]["field"]) == (422, field)
    assert (await (await browser.call("GET", PATH)).json())["tests"] == []


async def test_another_tenants_campaign_and_tests_are_not_there(web: Web) -> None:
    async with web.deps.engine.begin() as conn:
        other = await a_tenant(conn, "Other")
        strange = await a_campaign(conn, other, await a_creditor(conn, other))
    browser = await web.logged_in("supervisor")
    refused = await browser.call("POST", PATH, a_test(web, campaign=strange))
    assert (refused.status, (await refused.json())["error"]["field"]) == (422, "campaign")
