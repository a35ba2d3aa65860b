"""Gathers what is known of machine detection: sample tests, and the calls that it cut and passed on."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.abandonment import service
from campaigns.abandonment.service import Period
from campaigns.admin.service import Campaign
from campaigns.db import tables as t
from compliance.abandonment_ledger import Evidence, Policy, Subject
from compliance.abandonment_tally import SLOT, Tally, slot_of
from compliance.localtime import start_of_date, wall
from dialer.abandonment import subject_of, tests_of
from dialer.detection import Belief, Hold, believed, counted_from, hold_of, sentence, valid
from dialer.pacing.stored import LEARNS

READ_AGAIN = timedelta(minutes=10)
"""The calls change what is believed by little, and they are many: they are summed again after so long."""


class Detections:
    """What each campaign believes; read again as soon as a test is recorded, at midnight, and now and then."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[datetime, date, tuple[Evidence, ...], Belief]] = {}

    async def read(
        self, conn: AsyncConnection, tenant_id: int, subjects: Sequence[Subject], policy: Policy, now: datetime
    ) -> dict[int, Belief]:
        """By campaign, those that detect machines."""
        tests = tuple(await tests_of(conn, tenant_id))
        wanted = [one for one in subjects if one.amd]
        old = [one for one in wanted if not self._holds(one, tests, now)]
        found = await _beliefs(conn, tenant_id, old, tests, policy, now)
        for one in old:
            self._known[one.campaign] = (now, wall(one.zone, now).day, tests, found[one.campaign])
        return {one.campaign: self._known[one.campaign][-1] for one in wanted}

    def _holds(self, subject: Subject, tests: tuple[Evidence, ...], now: datetime) -> bool:
        known = self._known.get(subject.campaign)
        if known is None:
            return False
        at, day, theirs, _ = known
        return at <= now < at + READ_AGAIN and theirs == tests and day == wall(subject.zone, now).day


async def belief_of(
    conn: AsyncConnection, tenant_id: int, subject: Subject, policy: Policy, now: datetime
) -> Belief | None:
    """One campaign's; None: it detects no machines."""
    return (await Detections().read(conn, tenant_id, [subject], policy, now)).get(subject.campaign)


async def notes(
    conn: AsyncConnection, tenant_id: int, campaigns: Iterable[Campaign], policy: Policy, now: datetime
) -> dict[int, str]:
    """For people: what detection means for each campaign whose pacing goes by it; the others are left out."""
    found = await _paced(conn, tenant_id, campaigns, policy, now)
    return {campaign_id: sentence(belief, target, policy) for campaign_id, (belief, target) in found.items()}


async def holds(
    conn: AsyncConnection, tenant_id: int, campaigns: Iterable[Campaign], policy: Policy, now: datetime
) -> dict[int, Hold | None]:
    """What detection keeps at 1:1, by campaign; None: this one not. Those that do not pace by it are left out."""
    found = await _paced(conn, tenant_id, campaigns, policy, now)
    return {campaign_id: hold_of(belief, target, policy) for campaign_id, (belief, target) in found.items()}


async def _paced(
    conn: AsyncConnection, tenant_id: int, campaigns: Iterable[Campaign], policy: Policy, now: datetime
) -> dict[int, tuple[Belief, float]]:
    """Belief and target of the predictive campaigns that detect machines."""
    subjects = [
        subject_of(one.id, one.name, one.settings)
        for one in campaigns
        if one.settings.mode == LEARNS and one.settings.amd
    ]
    found = await Detections().read(conn, tenant_id, subjects, policy, now)
    return {
        one.campaign: (found[one.campaign], float(min(policy.limit, one.limit or policy.limit))) for one in subjects
    }


async def _beliefs(
    conn: AsyncConnection,
    tenant_id: int,
    subjects: Sequence[Subject],
    tests: Sequence[Evidence],
    policy: Policy,
    now: datetime,
) -> dict[int, Belief]:
    if not subjects:
        return {}
    until = slot_of(now) + SLOT
    own = [Period(one.campaign, _since(tests, one.campaign, one.zone, policy, now), until) for one in subjects]
    sums = [Tally(**asdict(found)) for found in await service.figures(conn, own)]
    house = await _house(conn, tenant_id, tests, policy, now)
    return {
        one.campaign: believed(tests, one.campaign, calls, house, policy, wall(one.zone, now).day)
        for one, calls in zip(subjects, sums, strict=True)
    }


async def _house(
    conn: AsyncConnection, tenant_id: int, tests: Sequence[Evidence], policy: Policy, now: datetime
) -> Tally:
    """The calls of all campaigns in which detection was at work."""
    if not any(one.campaign is None for one in tests):
        return Tally()
    ids = (await conn.execute(select(t.campaign.c.id).where(t.campaign.c.tenant_id == tenant_id))).scalars()
    since, until = _since(tests, None, "UTC", policy, now), slot_of(now) + SLOT
    found = await service.figures(conn, [Period(campaign_id, since, until) for campaign_id in ids])
    return sum((Tally(**asdict(one)) for one in found if one.machines_cut), Tally())


def _since(tests: Sequence[Evidence], campaign: int | None, zone: str, policy: Policy, now: datetime) -> datetime:
    today = wall(zone, now).day
    good = [one for one in valid(tests, policy, today) if one.campaign == campaign]
    return start_of_date(zone, counted_from(good, today))
