"""Whose calls an agent takes by skill: offered, matched, counted, shown; changed while the floor runs."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.admin import service as admin
from campaigns.model import CallStep
from campaigns.users import service as users
from dialer.commands import Actor, Command, Reply
from dialer.pacing import Pacer, PacingDecision, PacingSnapshot
from tests import builders
from tests.dialer.floor_rig import PERSON, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres


class Once:
    """One call at a time, whoever is free."""

    def decide(self, snapshot: PacingSnapshot) -> tuple[Pacer, PacingDecision]:
        return self, PacingDecision(0 if snapshot.lines_in_use else 1, "once")


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


@pytest.fixture
async def slow(engine: AsyncEngine) -> AsyncIterator[Rig]:
    """Slow enough that a person still waits when a busy machine looks."""
    async with floor_rig(engine, speed=1.5) as made:
        yield made


async def give(rig: Rig, index: int, *skills: str) -> None:
    """As the command line or the API does it: the floor is not told."""
    async with rig.engine.begin() as conn:
        await users.change(conn, rig.agents[index], now=rig.clock.now(), actor="test", skills=skills)


async def another(rig: Rig, name: str, agents: list[int] | None = None, **settings: Any) -> int:
    async with rig.engine.begin() as conn:
        return await builders.a_campaign(
            conn, rig.tenant, rig.creditor, settings=quick(**settings), agents=agents or [], state="running", name=name
        )


def campaigns_of(rig: Rig, index: int) -> set[str]:
    live = rig.floor.state.agents[rig.agents[index]]
    return {rig.floor.state.campaigns[campaign_id].name for campaign_id in live.campaigns}


def on_board(rig: Rig, index: int = 0) -> Any:
    return rig.board()["agents"][str(rig.agents[index])]


async def command(rig: Rig, name: str, **args: Any) -> Reply:
    boss = Actor(1, rig.tenant, "supervisor")
    return await rig.floor.supervisor_command(boss, Command(uuid4().hex, name, args))


async def test_only_an_agent_who_has_every_skill_gets_the_call_however_long_another_is_idle(rig: Rig) -> None:
    await rig.people(2, quick(skills=("es", "hardship"), steps=(CallStep(tries=1),)))
    await give(rig, 0, "es")
    await give(rig, 1, "es", "hardship", "fa")
    await rig.start()
    await rig.ready(0)
    await rig.ready(1)
    await rig.debtor(PERSON)
    await rig.until(lambda: rig.state(1) == "talking")
    assert rig.state(0) == "ready"
    assert len(rig.floor.state.campaigns[rig.campaign].seen.seats) == 1, "the pacer counts who can take its calls"  # type: ignore[union-attr]


async def test_nobody_is_dialed_for_agents_who_lack_a_skill_and_the_board_says_why(rig: Rig) -> None:
    await rig.people(1, quick(skills=("fa",), steps=(CallStep(tries=1),)))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.board()["campaigns"][str(rig.campaign)]["because"].startswith("1:1: 0 free agents"))
    name = rig.floor.state.campaigns[rig.campaign].name
    await rig.until(lambda: on_board(rig)["lacks"] == [{"campaign": name, "skills": ["fa"]}])
    assert (on_board(rig)["skills"], on_board(rig)["campaign"]) == ([], None)
    shown = rig.board()["campaigns"][str(rig.campaign)]
    assert (shown["agents"], shown["skills"], shown["staffing"]) == (0, ["fa"], "assigned")
    assert rig.console()["campaigns"] == [] and await rig.attempts() == []


async def test_a_skill_given_or_taken_on_a_running_floor_holds_within_its_next_look(rig: Rig) -> None:
    await rig.people(1, quick(skills=("fa",), steps=(CallStep(tries=1),)))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await give(rig, 0, "fa")
    await rig.until(lambda: rig.state() == "talking")
    assert (on_board(rig)["skills"], on_board(rig)["lacks"]) == (["fa"], [])
    await give(rig, 0)
    await rig.until(lambda: not campaigns_of(rig, 0))
    assert rig.state() == "talking", "the call in hand goes on"
    await rig.debtor(PERSON)
    await rig.press("hangup")
    await rig.press("dispose", code="refuses")
    await rig.until(lambda: rig.state() == "ready")
    ticked = rig.clock.now()
    await rig.until(lambda: rig.clock.now() > ticked + timedelta(seconds=3))
    assert len(await rig.attempts()) == 1


async def test_a_campaigns_requirement_changed_at_the_board_holds_from_the_next_tick(rig: Rig) -> None:
    await rig.people(2, quick(mode="progressive"))
    await give(rig, 1, "es")
    await rig.start()
    await rig.ready()
    settings = {"skills": ["es"]}
    reply = await command(rig, "campaign_set", campaign_id=rig.campaign, settings=settings)
    assert reply.error_code is None
    assert (campaigns_of(rig, 0), len(campaigns_of(rig, 1))) == (set(), 1)
    (row,) = await rig.rows("SELECT detail FROM audit WHERE action = 'campaign.changed'")
    assert row["detail"] == {"fields": ["skills"], "pacing": {"skills": [[], ["es"]]}}
    odd = await command(rig, "campaign_set", campaign_id=rig.campaign, settings={"skills": ["ES"]})
    assert odd.error_code == "refused" and "like es" in odd.message
    none = await command(rig, "campaign_set", campaign_id=rig.campaign, settings={"skills": [], "staffing": "skilled"})
    assert (none.error_code, none.field) == ("refused", "skills")


async def test_a_campaign_staffed_by_skill_takes_every_agent_of_the_tenant_who_has_it_and_no_other(rig: Rig) -> None:
    await rig.people(3)
    async with rig.engine.begin() as conn:
        tenant = await builders.a_tenant(conn, name="other")
        stranger = await builders.a_user(conn, tenant, skills=["fa"])
    await give(rig, 0, "fa", "es")
    await give(rig, 1, "es")
    await rig.start()
    await rig.ready()
    stranger_actor = Actor(stranger, tenant, "agent")
    await rig.floor.agent_command(stranger_actor, Command("x", "logout", {}))
    made = await another(rig, "persian", skills=("fa",), staffing="skilled")
    await rig.until(lambda: made in rig.floor.state.campaigns)
    assert ["persian" in campaigns_of(rig, index) for index in range(3)] == [True, False, False]
    assert not rig.floor.state.agents[stranger].campaigns
    assert rig.floor.state.campaigns[made].start.n_agents == 1
    await rig.until(lambda: [one["name"] for one in rig.console(0)["campaigns"]][-1] == "persian")
    await give(rig, 2, "fa")
    await rig.until(lambda: "persian" in campaigns_of(rig, 2))
    assert rig.floor.state.agents[rig.agents[1]].lacks == (), "who is not assigned lacks nothing"


async def test_a_person_who_waits_stands_in_line_with_the_priority_of_their_campaign(slow: Rig) -> None:
    """Who is first of two who wait is tested in test_matching.py."""
    await slow.people(0, quick(answer_wait_ms=5000, priority=5, mode="progressive", steps=(CallStep(tries=1),)))
    await slow.debtor(PERSON)
    await slow.start()
    state = slow.floor.state
    state.campaigns[slow.campaign].pacer = Once()
    state.wake(None)
    await slow.until(lambda: state.waiting)
    (live,) = state.waiting.values()
    waiting = slow.floor.calls._waiting(live)
    assert (waiting.attempt_id, waiting.campaign_id, waiting.priority) == (live.attempt_id, slow.campaign, 5)


async def test_a_campaign_is_not_started_with_agents_who_all_lack_a_skill(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        tenant = await builders.a_tenant(conn)
        creditor = await builders.a_creditor(conn, tenant)
        fits = await builders.a_user(conn, tenant, skills=["es", "fa"])
        lacks = await builders.a_user(conn, tenant, skills=["es"])
        await builders.a_user(conn, tenant, skills=["es", "fa"], active=False)
        made = await builders.a_campaign(conn, tenant, creditor, settings=quick(skills=("es", "fa")), agents=[lacks])
        assert await admin.staff(conn, await admin.get(conn, made)) == (0, 1)
        await admin.assign_agents(conn, made, [fits, lacks], now=builders.NOW, actor="test")
        assert await admin.staff(conn, await admin.get(conn, made)) == (1, 1)
        await conn.execute(text("DELETE FROM campaign_agent"))
        assert await admin.staff(conn, await admin.get(conn, made)) == (0, 0)
        skilled = {"staffing": "skilled"}
        await admin.change_settings(conn, made, skilled, now=builders.NOW, actor="test")
        assert await admin.staff(conn, await admin.get(conn, made)) == (1, 0)
