"""What the database tells of machine detection, and when it is read again."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.abandonment import service
from campaigns.admin import service as admin
from compliance.abandonment_ledger import Policy
from compliance.abandonment_tally import Tally, slot_of
from dialer.abandonment import subject_of
from dialer.detection import UNTESTED, ratio_of
from dialer.detection_facts import READ_AGAIN, Detections, belief_of, holds, notes
from tests.builders import NOW, a_campaign, a_creditor, a_tenant
from tests.dialer.floor_rig import quick

pytestmark = pytest.mark.postgres
POLICY = Policy()
SLOT = text(
    "INSERT INTO abandonment_slot (campaign_id, slot, persons, machines_cut, machines_heard)"
    " VALUES (:campaign, :slot, :persons, :cut, :heard)"
)


async def answers(conn: AsyncConnection, campaign: int, persons: int, cut: int, *, days: int = 1) -> None:
    values = {"campaign": campaign, "slot": slot_of(NOW - timedelta(days=days)), "persons": persons, "cut": cut}
    await conn.execute(SLOT, values | {"heard": 0})


async def a_test(conn: AsyncConnection, tenant: int, sample: int, found: int, campaign: int | None = None) -> None:
    await service.add_sample_test(
        conn, tenant_id=tenant, tested_on=NOW.date(), sample=sample, false_positives=found, tested_by="Q. Auditor",
        now=NOW, actor="cli", campaign_id=campaign,
    )  # fmt: skip


async def a_detecting_one(conn: AsyncConnection, tenant: int, creditor: int, **settings: Any) -> int:
    return await a_campaign(conn, tenant, creditor, settings=quick(**{"mode": "predictive", "amd": True} | settings))


async def test_own_calls_turn_own_tests_and_the_houses_calls_the_houses(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    mine, other, plain = [await a_detecting_one(conn, tenant, creditor, amd=amd) for amd in (True, True, False)]
    await answers(conn, mine, 1000, 500)
    await answers(conn, mine, 9000, 9000, days=31)
    await answers(conn, other, 500, 4000)
    await answers(conn, plain, 50_000, 0)
    subjects = [subject_of(one, "c", quick(amd=amd)) for one, amd in ((mine, True), (other, True), (plain, False))]

    async def read() -> dict[int, Any]:
        return await Detections().read(conn, tenant, subjects, POLICY, NOW)

    before = await read()
    await a_test(conn, tenant, 1000, 5)
    house = await read()
    await a_test(conn, tenant, 3000, 3, mine)
    own = await read()

    assert set(before) == {mine, other}, "a campaign that detects nothing believes nothing"
    assert before[mine].false_positives == UNTESTED.false_positives
    assert before[mine].ratio == ratio_of(Tally(1000, machines_cut=500)), "calls of 31 days ago are not counted"
    assert house[mine].false_positives == house[other].false_positives, "a person is cut as often here as there"
    assert house[mine].of_house and not own[mine].of_house and own[other].of_house
    assert own[mine].false_positives < house[mine].false_positives


async def test_another_tenants_tests_are_not_ours(conn: AsyncConnection) -> None:
    ours, theirs = await a_tenant(conn), await a_tenant(conn, "another")
    campaign = await a_detecting_one(conn, ours, await a_creditor(conn, ours))
    await a_test(conn, theirs, 3000, 1)
    found = await belief_of(conn, ours, subject_of(campaign, "c", quick(amd=True)), POLICY, NOW)
    assert found == UNTESTED


async def test_calls_are_summed_again_for_a_new_test_and_now_and_then(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    campaign = await a_detecting_one(conn, tenant, await a_creditor(conn, tenant))
    subjects, detections = [subject_of(campaign, "c", quick(amd=True))], Detections()

    async def read(later: timedelta = timedelta(0)) -> Any:
        return (await detections.read(conn, tenant, subjects, POLICY, NOW + later))[campaign]

    first = await read()
    await answers(conn, campaign, 1000, 500)
    assert await read(timedelta(minutes=9)) == first, "it is not asked each time"
    await a_test(conn, tenant, 1000, 5, campaign)
    tested = await read(timedelta(minutes=9))
    assert tested.sample == 1000 and tested.ratio != first.ratio
    await answers(conn, campaign, 1000, 500, days=2)
    assert (await read(timedelta(minutes=9) + READ_AGAIN)).ratio != tested.ratio
    ended = await read(timedelta(days=91))
    assert (ended.sample, ended.false_positives) == (0, UNTESTED.false_positives), "a test is good for ninety days"


async def test_only_predictive_campaigns_that_detect_are_told_of(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    for settings in ({}, {"mode": "power"}, {"amd": False}):
        await a_detecting_one(conn, tenant, creditor, **settings)
    found = await admin.everything(conn, tenant)
    (held,) = (await holds(conn, tenant, found, POLICY, NOW)).values()
    assert held is not None and "no valid sample test" in held.says
    (said,) = (await notes(conn, tenant, found, POLICY, NOW)).values()
    assert said.startswith("It stays at one call")
    await a_test(conn, tenant, 3000, 1)
    assert list((await holds(conn, tenant, found, POLICY, NOW)).values()) == [None]
