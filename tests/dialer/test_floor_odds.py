"""Odds of an answer on a running floor: learnt from its calls, told to its pacer, known again after a kill."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from campaigns.model import CallStep, CampaignSettings, MessageStep, WaitStep
from campaigns.queue.model import ClaimedRow, WindowGroup
from dialer.odds import attempt_number, zone_of
from dialer.pacing import PacingSnapshot
from dialer.pacing.segments import Factors
from dialer.pacing.start import PacerStart
from dialer.pacing.stored import begun
from dialer.state import LiveCampaign
from tests import builders
from tests.dialer.floor_rig import NO_ANSWER, PERSON, Rig, floor_rig, quick

TALKER = replace(PERSON, talk_s=8.0)


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    begun("predictive", 1.0, PacerStart()).decide(PacingSnapshot(0.0))
    async with floor_rig(engine) as made:
        yield made


def the_campaign(rig: Rig) -> LiveCampaign:
    return rig.floor.state.campaigns[rig.campaign]


async def a_list(rig: Rig, debtors: list[int]) -> int:
    """An import that brought these persons."""
    batch: dict[str, Any] = {
        "tenant_id": rig.tenant, "creditor_id": rig.creditor, "file_name": "spring.csv", "sha256": "00",
        "state": "done", "started_at": builders.NOW,
    }  # fmt: skip
    async with rig.engine.begin() as conn:
        made = await conn.execute(insert(t.import_batch).values(**batch).returning(t.import_batch.c.id))
        list_id = int(made.scalar_one())
        await conn.execute(update(t.debtor).where(t.debtor.c.id.in_(debtors)).values(import_batch_id=list_id))
    return list_id


@pytest.mark.postgres
@pytest.mark.timeout(600)
async def test_lists_that_answer_and_that_do_not_are_known_to_the_pacer_also_after_a_kill(rig: Rig) -> None:
    await rig.people(3, quick(mode="predictive", wrap_up_s=2, steps=(CallStep(tries=1),)))
    poor = await a_list(rig, [await rig.debtor(NO_ANSWER, score=91_000) for _ in range(6)])
    rich = await a_list(rig, [await rig.debtor(TALKER, score=51_000) for _ in range(16)])
    await rig.start()
    await rig.ready()
    await rig.until(lambda: the_campaign(rig).seen and the_campaign(rig).seen.calls, real_s=60)  # type: ignore[union-attr]
    assert the_campaign(rig).odds.factors == Factors(), "nobody has been heard of yet"
    await rig.until(lambda: told(rig) > 1.0, real_s=60)
    known = the_campaign(rig).odds.factors.known
    assert (set(known["list"]), set(known["score"]), set(known["attempt"])) == ({poor, rich}, {9, 5}, {1})
    assert set(known["hour"]) == {10}, "ten in the morning in New York, where the persons are"
    assert known["list"][poor].mean < 0 < known["list"][rich].mean
    await rig.until(lambda: the_campaign(rig).seen.next_odds > 1.0, real_s=20)  # type: ignore[union-attr]
    await rig.floor.keeper.save()
    stored = the_campaign(rig).odds.factors
    await rig.kill()
    await rig.start()
    again = the_campaign(rig).odds.factors
    assert set(again.known["list"]) == {poor, rich} and again.known["list"][poor] == stored.known["list"][poor]


def told(rig: Rig) -> float:
    """The best odds of a call in the campaign's last look."""
    seen = the_campaign(rig).seen
    return max((call.odds for call in seen.calls), default=1.0) if seen is not None else 1.0


def test_the_attempts_number_goes_on_over_the_steps_of_the_strategy() -> None:
    steps = (CallStep(tries=3), MessageStep(template="missed_call"), WaitStep(seconds=60), CallStep(tries=2))
    settings = CampaignSettings(caller_id="+12125550100", steps=steps)
    numbers = [
        attempt_number(settings, ClaimedRow(7, 50_000, step, tries, 1, 1)) for step, tries in ((0, 0), (0, 2), (3, 0))
    ]
    assert numbers == [1, 3, 4]


def test_the_persons_hour_is_that_of_the_groups_first_zone() -> None:
    group = WindowGroup(1, ("America/New_York", "America/Chicago"), ())
    assert zone_of(group) == ZoneInfo("America/Chicago")
    assert datetime(2026, 3, 4, 15, tzinfo=UTC).astimezone(zone_of(group)).hour == 9
    assert zone_of(WindowGroup(2, (), ())) == ZoneInfo("UTC")
