"""Sample tests of machine detection, and what the gauges said last."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.abandonment import service
from campaigns.abandonment.service import Figures, GaugeState, Period
from campaigns.db import tables as t
from campaigns.problems import Refused
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, a_tenant, an_attempt

GOOD: dict[str, Any] = {
    "tested_on": NOW.date(), "sample": 200, "false_positives": 3, "tested_by": " Q. Auditor ", "now": NOW,
    "actor": "cli",
}  # fmt: skip


async def test_a_sample_test_is_kept_with_who_and_when_and_audited(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    older = await service.add_sample_test(
        conn, tenant_id=tenant, **{**GOOD, "tested_on": NOW.date() - timedelta(days=9)}
    )
    newer = await service.add_sample_test(conn, tenant_id=tenant, **GOOD)
    found = await service.sample_tests(conn, tenant)
    assert [one.id for one in found] == [newer, older]
    assert (found[0].tested_by, found[0].recorded_by, found[0].recorded_at) == ("Q. Auditor", "cli", NOW)
    assert await service.sample_tests(conn, await a_tenant(conn, "another")) == []
    row = (await conn.execute(select(t.audit).order_by(t.audit.c.id.desc()))).mappings().first()
    assert row is not None and row["action"] == "amd_evidence.recorded"
    assert "tested_by" not in row["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sample": 0, "false_positives": 0}, "sample"),
        ({"sample": 2**31}, "sample"),
        ({"false_positives": 201}, "false_positives"),
        ({"false_positives": -1}, "false_positives"),
        ({"tested_on": NOW.date() + timedelta(days=1)}, "date"),
        ({"tested_by": " "}, "by"),
    ],
)
async def test_a_test_that_cannot_be_is_refused_by_name(
    conn: AsyncConnection, change: dict[str, Any], field: str
) -> None:
    tenant = await a_tenant(conn)
    with pytest.raises(Refused) as refused:
        await service.add_sample_test(conn, tenant_id=tenant, **{**GOOD, **change})
    assert [problem.field for problem in refused.value.problems] == [field]
    assert await service.sample_tests(conn, tenant) == []


async def test_a_state_is_news_once_and_keeps_its_first_instant(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    campaign = await a_campaign(conn, tenant, await a_creditor(conn, tenant))
    key, later = (campaign, "us"), NOW + timedelta(minutes=5)
    assert await service.keep_states(conn, {}, NOW) == set()
    assert await service.keep_states(conn, {key: ("near", True)}, NOW) == {key}
    assert await service.keep_states(conn, {key: ("near", True)}, later) == set()
    assert await service.keep_states(conn, {key: ("near", False)}, later) == {key}
    assert await service.states(conn, [campaign]) == {key: GaugeState("near", False, NOW)}
    assert await service.keep_states(conn, {key: ("ok", False)}, later) == {key}
    assert await service.states(conn, [campaign]) == {key: GaugeState("ok", False, later)}


async def test_figures_are_of_their_period_and_campaign_alone(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    mine, other = await a_campaign(conn, tenant, creditor), await a_campaign(conn, tenant, creditor)
    debtor = await a_debtor(conn, tenant, creditor)
    for minutes in (0, 14, 15, 29, 30):
        at = NOW + timedelta(minutes=minutes)
        await an_attempt(conn, tenant, debtor, at=at, campaign_id=mine, answered_at=at, abandoned=True)
    since, until = NOW + timedelta(minutes=15), NOW + timedelta(minutes=30)
    found = await service.figures(conn, [Period(mine, since, until), Period(other, since, until)])
    assert found == [Figures(2, 2, 2), Figures()]
    assert await service.first_answers(conn, [mine, other]) == {mine: NOW, other: None}
