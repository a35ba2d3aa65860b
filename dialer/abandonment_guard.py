"""Keeps pacing and the board's alarms to the abandonment gauges, which are read every few seconds."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns import audit
from campaigns.abandonment import service
from compliance.abandonment import percent
from compliance.abandonment_law import BookLimit
from compliance.abandonment_ledger import Gauge
from compliance.abandonment_words import hold, sentence
from dialer.abandonment import Sheet, laws_of, sheets, subject_of
from dialer.console import iso
from dialer.detection_facts import Detections
from dialer.pacers import believe, limit_of
from dialer.pacing import AbandonmentBudget
from dialer.pacing.aiming import Aim, aim_of, aimed
from dialer.state import FloorState, LiveCampaign

log = structlog.get_logger(__name__)
LOOK_S = 5.0
LAWS_AGAIN = timedelta(minutes=10)
"""Which rulebooks bind a campaign's persons is asked again after so long, and when a campaign changes."""
WATCHED = ("running", "paused")
LEVELS = {"near": "warning", "review": "warning", "over": "error"}


class AbandonmentGuard:
    """`changed` is called when a gauge has other figures. While the database is away what was read last holds on."""

    def __init__(self, state: FloorState, changed: Callable[[], None]) -> None:
        self._state = state
        self._changed = changed
        self._woken = asyncio.Event()
        self._speed = state.clock.speed
        self._detections = Detections()
        self._laws: dict[int, tuple[datetime, tuple[BookLimit, ...]]] = {}  # with when they were asked

    def wake(self) -> None:
        """A campaign is new or has other rules."""
        self._laws.clear()
        self._woken.set()

    async def run(self) -> None:
        while True:
            look = self._state.now() + timedelta(seconds=LOOK_S * self._speed)
            alarm = self._state.alarms.set(look, self._woken.set)
            await self._woken.wait()
            alarm.cancel()
            self._woken.clear()
            try:
                await self.read()
            except (SQLAlchemyError, OSError) as problem:
                log.warning("abandonment.not_read", problem=type(problem).__name__)

    async def read(self) -> None:
        """All campaigns that are not over. Raises what the database raises; nothing was changed then."""
        for tenant_id in sorted({campaign.tenant_id for campaign in self._state.campaigns.values()}):
            live = [
                campaign
                for campaign in self._state.campaigns.values()
                if campaign.tenant_id == tenant_id and campaign.state in WATCHED
            ]
            await self._read(tenant_id, live)

    async def _read(self, tenant_id: int, live: Sequence[LiveCampaign]) -> None:
        if not live:
            return
        now = self._state.now()
        async with self._state.engine.begin() as conn:
            laws = await self._laws_of(conn, [campaign.id for campaign in live], now)
            subjects = [
                subject_of(campaign.id, campaign.name, campaign.settings, laws[campaign.id]) for campaign in live
            ]
            policy = self._state.settings.abandonment
            found = await sheets(conn, tenant_id, subjects, policy, now)
            beliefs = await self._detections.read(conn, tenant_id, subjects, policy, now)
            await _keep(conn, tenant_id, found, now)
        for sheet in found:
            campaign = self._state.campaigns.get(sheet.subject.campaign)
            if campaign is None:
                continue
            gauges = tuple((gauge, _since(campaign, sheet, gauge, now)) for gauge in sheet.gauges)
            if campaign.gauges != gauges:
                campaign.gauges = gauges
                self._changed()
            campaign.abandonment = budget(sheet.gauges)
            # a test that was recorded since the last look is gone by from the next tick on
            if believe(campaign, beliefs.get(campaign.id), policy):
                self._changed()
            self._aim(campaign, sheet.gauges)

    def _aim(self, campaign: LiveCampaign, gauges: Sequence[Gauge]) -> None:
        wanted, settings = aim(gauges), campaign.settings
        if wanted is None:
            return
        most = limit_of(settings, self._state.settings.abandonment)
        wanted = wanted._replace(target=min(wanted.target, most))
        campaign.pacer, campaign.start = aimed(campaign.pacer, settings.lines_per_agent, campaign.start, wanted)

    async def _laws_of(
        self, conn: AsyncConnection, ids: Sequence[int], now: datetime
    ) -> dict[int, tuple[BookLimit, ...]]:
        known = self._laws
        old = [one for one in ids if one not in known or known[one][0] <= now - LAWS_AGAIN]
        if old:
            fresh = await laws_of(conn, old, self._state.gate.books, now)
            known.update({one: (now, fresh.get(one, ())) for one in old})
        return {one: known[one][1] for one in ids}


def budget(gauges: Sequence[Gauge]) -> AbandonmentBudget:
    """What all gauges that pacing obeys leave: the least of them, and the worst one's reason."""
    worst = worst_of(gauges)
    if worst is None:
        return AbandonmentBudget()
    left = min(gauge.remaining for gauge in gauges if gauge.binds and gauge.paces)
    return AbandonmentBudget(left, worst.holds, hold(worst) if worst.holds else "")


def aim(gauges: Sequence[Gauge]) -> Aim | None:
    """What a pacer that forecasts may aim at under all gauges that pacing obeys; None: as it did."""
    obeyed = [gauge for gauge in gauges if gauge.binds and gauge.paces]
    if not obeyed or any(gauge.headroom == 0 for gauge in obeyed):
        return None
    return min(
        aim_of(gauge.lost + gauge.headroom, _by_then(gauge), gauge.answers, gauge.lost, float(gauge.limit))
        for gauge in obeyed
    )


def _by_then(gauge: Gauge) -> int:
    """Answers among which the gauge's headroom is allowed: those so far, and the next ones."""
    return max(gauge.answers + max(gauge.next_answers, gauge.headroom), gauge.min_answers)


def worst_of(gauges: Sequence[Gauge]) -> Gauge | None:
    """Of those that pacing obeys, the one that holds, or leaves least."""
    obeyed = [gauge for gauge in gauges if gauge.binds and gauge.paces]
    return min(obeyed, key=lambda gauge: (not gauge.holds, gauge.remaining), default=None)


def abandonment_alarms(campaigns: Sequence[LiveCampaign]) -> list[dict[str, Any]]:
    """In the shape of Alarm in protocol.ts; a gauge that does not bind its campaign alarms nobody."""
    return [
        {
            "id": f"abandonment:{campaign.id}:{gauge.key}",
            "at": iso(since),
            "level": LEVELS[gauge.state],
            "text": f"{campaign.name}. {sentence(gauge)}",
        }
        for campaign in campaigns
        for gauge, since in campaign.gauges
        if gauge.binds and gauge.state in LEVELS and campaign.state in WATCHED
    ]


def _since(campaign: LiveCampaign, sheet: Sheet, gauge: Gauge, now: datetime) -> datetime:
    last = sheet.before.get(gauge.key)
    if last is not None and last.state == gauge.state:
        return last.since
    shown = (since for one, since in campaign.gauges if (one.key, one.state) == (gauge.key, gauge.state))
    return next(shown, now)


async def _keep(conn: AsyncConnection, tenant_id: int, found: Sequence[Sheet], now: datetime) -> None:
    """Write what has changed, and for those that bind an audit row; a first `ok` is no news."""
    changes: dict[tuple[int, str], Gauge] = {}
    for sheet in found:
        for gauge in sheet.gauges:
            last = sheet.before.get(gauge.key)
            if (gauge.state, gauge.uncertain) != (("ok", False) if last is None else (last.state, last.uncertain)):
                changes[sheet.subject.campaign, gauge.key] = gauge
    wanted = {key: (str(gauge.state), gauge.uncertain) for key, gauge in changes.items()}
    for key in sorted(await service.keep_states(conn, wanted, now)):
        if changes[key].binds:
            await _tell(conn, tenant_id, changes[key], now)


async def _tell(conn: AsyncConnection, tenant_id: int, gauge: Gauge, now: datetime) -> None:
    detail = {
        "gauge": gauge.key,
        "holds": gauge.holds,
        "abandoned": gauge.lost,
        "answered_by_person": gauge.answers,
        "rate_percent": None if gauge.rate is None else percent(gauge.rate),
        "bound": round(gauge.bound, 6),
        "limit_percent": percent(gauge.limit),
    }
    await audit.record(
        conn, tenant_id=tenant_id, at=now, actor="system", action=f"abandonment.{gauge.state}",
        subject=f"campaign:{gauge.campaign}", detail=detail,
    )  # fmt: skip
