"""What if, over HTTP: who may ask, what is refused, and that an answer comes."""

import asyncio
from typing import Any

import pytest

from agent_ui.problems import from_refused
from campaigns.db.tables import campaign as campaigns
from campaigns.problems import Problem, Refused
from tests.agent_ui.conftest import Web
from tests.agent_ui.test_campaigns import error, stranger
from tests.dialer.whatif.test_whatif import a_past

ASKED = {"agents": 4, "start": "09:30", "hours": 0.5, "mode": "progressive", "seeds": 2}


async def campaign_with_a_past(web: Web, calls: int) -> int:
    async with web.deps.engine.begin() as connection:
        _, made = await a_past(connection, calls, now=web.clock.now())
        change = campaigns.update().where(campaigns.c.id == made).values(tenant_id=web.tenant)
        await connection.execute(change)
    return made


@pytest.mark.timeout(300)
async def test_a_supervisor_asks_looks_and_reads_the_answer(web: Web) -> None:
    campaign = await campaign_with_a_past(web, 800)
    browser = await web.logged_in("supervisor")
    asked = await browser.call("POST", f"/api/campaigns/{campaign}/what-if", ASKED)
    assert asked.status == 202, await asked.text()
    run: dict[str, Any] = await asked.json()
    path = f"/api/campaigns/{campaign}/what-if/{run['id']}"
    while run["state"] in ("waiting", "running"):
        await asyncio.sleep(0.1)
        run = await (await browser.call("GET", path)).json()
    assert (run["state"], run["progress"]) == ("done", 1.0), run
    assert run["answer"]["figures"]["calls"]["mean"] > 10 and run["answer"]["happened"]
    assert (await browser.call("GET", path.replace(run["id"], "0" * 36))).status == 404


async def test_an_agent_may_not_ask_nor_anybody_about_another_tenants_campaign(web: Web) -> None:
    other = await stranger(web)
    agent, boss = await web.logged_in("agent"), await web.logged_in("supervisor")
    assert (await agent.call("POST", f"/api/campaigns/{other}/what-if", ASKED)).status == 403
    assert (await boss.call("POST", f"/api/campaigns/{other}/what-if", ASKED)).status == 404


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"agents": 0}, "agents", "greater than or equal to 1"),
        ({"start": "25:00"}, "start", "pattern"),
        ({"hours": -1}, "hours", "greater than 0"),
        ({"mode": "preview"}, "mode", "progressive"),
        ({"seeds": 1}, "seeds", "greater than or equal to 2"),
        ({"colour": 1}, "colour", "not known"),
    ],
)
async def test_a_wrong_question_is_refused_with_its_field(
    web: Web, change: dict[str, Any], field: str, says: str
) -> None:
    campaign = await campaign_with_a_past(web, 0)
    browser = await web.logged_in("supervisor")
    response = await browser.call("POST", f"/api/campaigns/{campaign}/what-if", {**ASKED, **change})
    found = await error(response)
    assert (response.status, found["field"]) == (422, field) and says in found["message"]


async def test_a_campaign_of_which_little_is_known_is_told_so(web: Web) -> None:
    campaign = await campaign_with_a_past(web, 20)
    browser = await web.logged_in("supervisor")
    response = await browser.call("POST", f"/api/campaigns/{campaign}/what-if", ASKED)
    assert response.status == 422 and "too little is known: 20 calls" in (await error(response))["message"]


def test_a_refusal_that_belongs_to_no_field_does_not_begin_with_a_colon() -> None:
    problem = from_refused(Refused(Problem("", "3 questions are being answered: wait for one of them")))
    assert problem.wire() == {
        "error": {"code": "invalid", "message": "3 questions are being answered: wait for one of them."}
    }
