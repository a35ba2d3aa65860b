"""A campaign that was made on the page is started there: its queue is laid, with progress, or all reasons are told."""

from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from campaigns.db import tables as t
from compliance.rulebooks.loader import load_rulebooks
from dialer.contact import GateContext
from dialer.settings import DIAL_STOP_MARGIN_S
from tests.agent_ui.conftest import Browser, Web, WebMaker
from tests.agent_ui.test_campaigns import stranger
from tests.builders import a_creditor, a_debtor

pytestmark = pytest.mark.postgres
STEPS = [{"kind": "call", "tries": 1}]


@pytest.fixture
async def web(make_web: WebMaker) -> Web:
    return await make_web(parts={"gate": GateContext(load_rulebooks(dial_stop_margin_s=DIAL_STOP_MARGIN_S))})


async def drafted(web: Web, browser: Browser, debtors: int, agents: list[int]) -> int:
    async with web.deps.engine.begin() as connection:
        creditor = await a_creditor(connection, web.tenant, name="Northwind")
        for _ in range(debtors):
            await a_debtor(connection, web.tenant, creditor)
    settings = {"caller_id": "+12125550100", "steps": STEPS}
    body = {"name": "Spring", "creditor": "Northwind", "settings": settings, "agents": agents}
    response = await browser.call("POST", "/api/campaigns", body)
    assert response.status == 201, await response.text()
    return int((await response.json())["id"])


async def started(browser: Browser, campaign: int) -> list[dict[str, Any]]:
    response = await browser.call("POST", f"/api/campaigns/{campaign}/start", {})
    assert response.status == 200, await response.text()
    return [orjson.loads(line) for line in (await response.read()).splitlines()]


async def rows(web: Web, campaign: int) -> int:
    async with web.deps.engine.connect() as connection:
        query = select(func.count()).where(t.queue_row.c.campaign_id == campaign)
        return int((await connection.execute(query)).scalar_one())


async def state_of(browser: Browser, campaign: int) -> str:
    return str((await (await browser.call("GET", f"/api/campaigns/{campaign}")).json())["state"])


async def test_a_draft_gets_its_queue_and_runs_and_the_floor_hears_of_it(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    campaign = await drafted(web, browser, 3, [web.users["agent"]])
    *told, last = await started(browser, campaign)
    assert told[-1] == {"phase": "filling", "done": 6, "total": 6}
    assert (last["report"]["added"], await rows(web, campaign)) == (3, 3)
    assert await state_of(browser, campaign) == "running"
    assert web.floor.changed_campaigns == [campaign, campaign]
    async with web.deps.engine.connect() as connection:
        query = select(t.audit.c.actor).where(t.audit.c.action == "campaign.started")
        assert list((await connection.execute(query)).scalars()) == [f"user:{web.users['supervisor']}"]


async def test_a_start_that_is_refused_tells_every_reason_and_leaves_no_queue(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    campaign = await drafted(web, browser, 2, [])
    (last,) = [line for line in await started(browser, campaign) if "phase" not in line]
    assert last["error"]["field"] == "agents" and "Agents at its card" in last["error"]["message"]
    assert (await rows(web, campaign), await state_of(browser, campaign)) == (0, "draft")


async def test_a_running_campaign_is_not_started_twice(web: Web) -> None:
    browser = await web.logged_in("supervisor")
    campaign = await drafted(web, browser, 1, [web.users["agent"]])
    await started(browser, campaign)
    assert "only a draft or paused one" in (await started(browser, campaign))[-1]["error"]["message"]
    assert await rows(web, campaign) == 1


async def test_a_campaign_of_another_tenant_is_not_there(web: Web) -> None:
    browser, other = await web.logged_in("supervisor"), await stranger(web)
    assert (await browser.call("POST", f"/api/campaigns/{other}/start", {})).status == 404
