"""Odds of an answer on a running floor: learnt from its calls, told to its pacer, known again after a kill."""

from collections.abc import AsyncIterator
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
from tests.dialer.floor_rig import NO_ANSWER, Rig, floor_rig, quick


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
async def test_a_list_that_does_not_answer_is_known_to_the_pacer_also_after_a_kill(rig: Rig) -> None:
    await rig.people(3, quick(mode="predictive", steps=(CallStep(tries=2, retry_after_s=60), CallStep(tries=1))))
    debtors = [await rig.debtor(*[NO_ANSWER] * 3, score=71_000) for _ in range(12)]
    list_id = await a_list(rig, debtors)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: the_campaign(rig).seen and the_campaign(rig).seen.calls, real_s=60)  # type: ignore[union-attr]
    assert the_campaign(rig).odds.factors == Factors(), "nobody has been heard of yet"
    await rig.until(lambda: told(rig) < 1.0, real_s=60)
    known = the_campaign(rig).odds.factors.known
    # ten in the morning in New York, where the persons are
    assert (list(known["list"]), list(known["score"]), list(known["hour"])) == ([list_id], [7], [10])
    assert 1 in known["attempt"] and known["list"][list_id].mean < 0
    assert the_campaign(rig).seen.next_odds < 1.0  # type: ignore[union-attr]
    await rig.floor.keeper.save()
    stored = the_campaign(rig).odds.factors
    await rig.kill()
    await rig.start()
    again = the_campaign(rig).odds.factors
    assert again.known.keys() == stored.known.keys() and again.known["list"][list_id].mean < 0


def told(rig: Rig) -> float:
    """The least odds of a call in the campaign's last look."""
    seen = the_campaign(rig).seen
    return min((call.odds for call in seen.calls), default=1.0) if seen is not None else 1.0


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
