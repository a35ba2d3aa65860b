"""A campaign from its making to its end, on a real database."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.admin import service
from campaigns.problems import Refused
from campaigns.queue import service as queue
from campaigns.templates.service import install_defaults
from tests.builders import NOW, a_debtor, a_user
from tests.policy import POLICY

SETTINGS = {"caller_id": "+12125550100"}
BUSINESS = {"business_name": "Northwind", "business_phone": "+12125550100", "switches": ["us_third_party_sms"]}
BY: dict[str, Any] = {"now": NOW, "actor": "user:1"}


async def _tenant(conn: AsyncConnection) -> tuple[int, int]:
    tenant = await service.create_tenant(conn, name="Agency", now=NOW, settings=BUSINESS)
    await install_defaults(conn, tenant)
    return tenant, await service.create_creditor(conn, tenant_id=tenant, name="Acme", now=NOW)


async def _campaign(conn: AsyncConnection, tenant: int, **values: Any) -> int:
    given: dict[str, Any] = {"tenant_id": tenant, "creditor": "Acme", "name": "Spring", "settings": SETTINGS, **BY}
    return await service.create(conn, **{**given, **values})


async def test_tenants_and_creditors_are_made_once(conn: AsyncConnection) -> None:
    tenant, creditor = await _tenant(conn)
    assert await service.create_tenant(conn, name="Agency", now=NOW, settings={"x": 1}) == tenant
    assert await service.create_creditor(conn, tenant_id=tenant, name="Acme", now=NOW) == creditor
    settings = (await conn.execute(text("SELECT settings FROM tenant"))).scalar_one()
    assert settings == {**BUSINESS, "x": 1}


async def test_a_campaign_is_made_started_paused_started_again_and_ended(conn: AsyncConnection) -> None:
    tenant, creditor = await _tenant(conn)
    agent = await a_user(conn, tenant)
    await a_debtor(conn, tenant, creditor)
    campaign = await _campaign(conn, tenant, agents=[agent])
    assert (await service.get(conn, campaign)).state == "draft"
    report = await service.start(conn, campaign, policy=POLICY, **BY)
    assert report.added == 1 and (await queue.counts(conn, campaign)).ready == 1
    with pytest.raises(Refused, match="only a draft or paused one"):
        await service.start(conn, campaign, policy=POLICY, **BY)
    await service.pause(conn, campaign, **BY)
    with pytest.raises(Refused, match="it can become finished, running"):
        await service.pause(conn, campaign, **BY)
    assert (await service.start(conn, campaign, policy=POLICY, **BY)).already_there == 1
    await service.finish(conn, campaign, **BY)
    with pytest.raises(Refused, match="it can become nothing"):
        await service.pause(conn, campaign, **BY)
    actions = (await conn.execute(text("SELECT action FROM audit WHERE subject = :s ORDER BY id"), {
        "s": f"campaign:{campaign}"})).scalars().all()  # fmt: skip
    assert actions == [
        "campaign.created", "campaign.started", "campaign.paused", "campaign.started", "campaign.finished",
    ]  # fmt: skip


async def test_starting_without_agents_and_with_an_empty_queue_says_both(conn: AsyncConnection) -> None:
    tenant, _ = await _tenant(conn)
    campaign = await _campaign(conn, tenant)
    with pytest.raises(Refused) as refused:
        await service.start(conn, campaign, policy=POLICY, **BY)
    assert [problem.field for problem in refused.value.problems] == ["agents", "queue"]
    assert (await service.get(conn, campaign)).state == "draft"


async def test_an_agent_who_is_locked_out_does_not_count(conn: AsyncConnection) -> None:
    tenant, creditor = await _tenant(conn)
    agent = await a_user(conn, tenant)
    await a_debtor(conn, tenant, creditor)
    campaign = await _campaign(conn, tenant, agents=[agent])
    await conn.execute(text("UPDATE app_user SET active = false"))
    with pytest.raises(Refused, match="no active agent"):
        await service.start(conn, campaign, policy=POLICY, **BY)


async def test_wrong_names_and_users_are_refused_with_what_there_is(conn: AsyncConnection) -> None:
    tenant, _ = await _tenant(conn)
    await _campaign(conn, tenant)
    with pytest.raises(Refused) as refused:
        await _campaign(conn, tenant, creditor="Akme", agents=[99])
    assert [problem.field for problem in refused.value.problems] == ["creditor", "name", "agents"]
    assert "known are Acme" in refused.value.problems[0].message
    with pytest.raises(Refused, match="there is no campaign 77"):
        await service.get(conn, 77)


async def test_changed_settings_are_merged_checked_and_versioned(conn: AsyncConnection) -> None:
    tenant, _ = await _tenant(conn)
    campaign = await _campaign(conn, tenant)
    changed = await service.change_settings(conn, campaign, {"mode": "power", "lines_per_agent": 2.5}, **BY)
    assert (changed.mode, changed.caller_id) == ("power", "+12125550100")
    assert (await service.get(conn, campaign)).version == 2
    with pytest.raises(Refused, match="lines_per_agent"):
        await service.change_settings(conn, campaign, {"lines_per_agent": 99}, **BY)
    assert (await service.get(conn, campaign)).settings.lines_per_agent == 2.5


async def test_assigning_agents_replaces_them_all(conn: AsyncConnection) -> None:
    tenant, _ = await _tenant(conn)
    one, two = [await a_user(conn, tenant) for _ in range(2)]
    campaign = await _campaign(conn, tenant, agents=[one])
    await service.assign_agents(conn, campaign, [two], **BY)
    (listed,) = await service.everything(conn, tenant)
    assert listed.agents == (two,) and listed.creditor == "Acme"


async def test_two_programs_that_begin_at_once_make_one_tenant(engine: AsyncEngine) -> None:
    async def other() -> int:
        async with engine.begin() as conn:
            return await service.create_tenant(conn, name="Agency", now=NOW)

    waiting = text(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE d.datname = current_database() AND locktype = 'advisory' AND NOT granted"
    )
    async with engine.connect() as first, engine.connect() as watch:
        tenant = await service.create_tenant(first, name="Agency", now=NOW)
        second = asyncio.create_task(other())
        while not second.done() and not (await watch.execute(waiting)).scalar_one():  # noqa: ASYNC110 - PostgreSQL's
            await asyncio.sleep(0.01)
        await first.commit()
    assert await second == tenant
