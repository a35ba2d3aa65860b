"""The figures of the day and the last hour are those of the rows."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.reports import service
from campaigns.reports.service import AgentNumbers, CampaignNumbers
from tests.builders import (
    NOW,
    a_campaign,
    a_creditor,
    a_debtor,
    a_message,
    a_promise,
    a_tenant,
    a_user,
    an_attempt,
    uuid7,
)

MINUTE = timedelta(minutes=1)
SINCE = service.day_start(NOW)


class Day:
    tenant: int
    debtor: int
    campaign: int
    agent: int


async def _day(conn: AsyncConnection) -> Day:
    """Six calls, one of them yesterday and one never dialed; two promises; two texts; two refusals by the gate."""
    day = Day()
    day.tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, day.tenant)
    day.debtor = await a_debtor(conn, day.tenant, creditor)
    day.campaign = await a_campaign(conn, day.tenant, creditor)
    day.agent = await a_user(conn, day.tenant)
    spoken: dict[str, Any] = {
        "answered_at": NOW - 9 * MINUTE, "answered_by": "person", "bridged_at": NOW - 9 * MINUTE,
        "outcome": "conversation", "agent_id": day.agent, "right_party_at": NOW - 8 * MINUTE, "at": NOW - 10 * MINUTE,
    }  # fmt: skip
    abandoned = {"answered_at": NOW - MINUTE, "answered_by": "unknown", "outcome": "abandoned", "abandoned": True}
    machine = {"answered_at": NOW - MINUTE, "answered_by": "machine", "outcome": "amd_machine"}
    calls: list[dict[str, Any]] = [
        spoken, {**abandoned, "at": NOW - MINUTE}, {**machine, "at": NOW - MINUTE}, {"at": NOW - 70 * MINUTE},
        {"outcome": "cancelled"}, {"at": NOW - timedelta(days=1)},
    ]  # fmt: skip
    for call in calls:
        await an_attempt(conn, day.tenant, day.debtor, campaign_id=day.campaign, **call)
    for minor in (5_000, 7_500):
        await a_promise(
            conn, day.tenant, day.debtor, campaign_id=day.campaign, agent_id=day.agent, amount_minor=minor,
            created_at=NOW - 8 * MINUTE,
        )  # fmt: skip
    await a_message(conn, day.tenant, day.debtor, campaign_id=day.campaign, state="sent", sent_at=NOW)
    await a_message(
        conn, day.tenant, day.debtor, campaign_id=day.campaign, state="delivered", sent_at=NOW, final_at=NOW
    )  # fmt: skip
    for codes in (["hours"], ["hours", "opt_out"]):
        await conn.execute(
            insert(t.verdict).values(
                id=uuid7(), tenant_id=day.tenant, campaign_id=day.campaign, debtor_id=day.debtor, channel="voice",
                origin="dialer", at=NOW, decision="deny", reasons=[{"code": code} for code in codes], flags=[],
                tzdb="x",
            )
        )  # fmt: skip
    for state, minutes in (("ready", 30), ("talking", 2)):
        await conn.execute(
            insert(t.agent_state_log).values(
                tenant_id=day.tenant, user_id=day.agent, state=state, from_at=NOW - minutes * MINUTE, to_at=NOW
            )
        )
    return day


async def test_the_campaigns_figures_of_today(conn: AsyncConnection) -> None:
    day = await _day(conn)
    assert await service.campaigns_today(conn, day.tenant, SINCE) == {
        day.campaign: CampaignNumbers(
            dialed=4, answered=3, machines=1, bridged=1, abandoned=1, promises=2, promised={"USD": 12_500},
            messages_sent=2, messages_delivered=1, denied={"hours": 2, "opt_out": 1},
        )
    }  # fmt: skip


async def test_the_agents_figures_of_today(conn: AsyncConnection) -> None:
    day = await _day(conn)
    assert await service.agents_today(conn, day.tenant, SINCE) == {
        day.agent: AgentNumbers(
            calls=1, contacts=1, right_party=1, promises=2, promised={"USD": 12_500},
            seconds={"ready": 1800.0, "talking": 120.0},
        )
    }  # fmt: skip


async def test_the_last_hour_has_sixty_minutes_oldest_first(conn: AsyncConnection) -> None:
    day = await _day(conn)
    minutes = await service.last_hour(conn, day.tenant, NOW)
    assert len(minutes) == 60 and minutes[-1].at == NOW and minutes[0].at == NOW - 59 * MINUTE
    assert sum(minute.dialed for minute in minutes) == 3
    assert [minute.promises for minute in minutes if minute.promises] == [2]
    assert (minutes[-10].answered, minutes[-10].bridged, minutes[-11].dialed) == (1, 1, 1)
    assert minutes[-1].messages == 2


async def test_another_tenants_figures_stay_out(conn: AsyncConnection) -> None:
    day = await _day(conn)
    other = await a_tenant(conn)
    assert await service.campaigns_today(conn, other, SINCE) == {}
    assert await service.agents_today(conn, other, SINCE) == {}
    assert sum(minute.dialed for minute in await service.last_hour(conn, other, NOW)) == 0
    assert day.tenant != other
