"""Says how a campaign's pacer begins, and keeps what it learns over new limits, other modes and restarts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.model import CampaignSettings
from compliance.abandonment_ledger import Policy
from dialer.detection import LEAVES, UNTESTED, Belief, held_because
from dialer.pacing.interface import Pacer
from dialer.pacing.odds_book import OddsBook
from dialer.pacing.start import MachineDetection, PacerStart
from dialer.pacing.stored import LEARNS, NotStored, adapted, begun, learns, restored, stored, stored_factors
from dialer.state import FloorState, LiveCampaign

log = structlog.get_logger(__name__)
SAVE_S = 60.0
LEARNT = text("SELECT campaign_id, state, saved_at FROM pacer_state WHERE campaign_id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
NAILED_S, PER_CALL_S = 0.2, 3.0
"""Seconds until an agent is connected: by one request, or by ringing the phone."""


def start_of(
    campaign_id: int, settings: CampaignSettings, agents: int, policy: Policy, detection: Belief | None
) -> PacerStart:
    """The figures that the campaign's pacer is told once. `detection`: None while it is not read."""
    shares = detection or UNTESTED
    return PacerStart(
        seed=campaign_id,
        abandon_target=limit_of(settings, policy),
        ring_timeout_s=float(settings.ring_timeout_s),
        hold_s=settings.answer_wait_ms / 1000,
        max_lines=settings.max_lines,
        max_cps=settings.calls_per_second,
        amd=MachineDetection(shares.false_positives, shares.false_negatives) if settings.amd else None,
        n_agents=max(1, agents),
        connect_s=NAILED_S if settings.agent_connect == "nailed" else PER_CALL_S,
    )


def limit_of(settings: CampaignSettings, policy: Policy) -> float:
    """The share of abandoned calls that the house or the campaign sets, whichever is stricter."""
    own = settings.abandonment.limit_percent
    return float(policy.limit) if own is None else min(float(own) / 100, float(policy.limit))


async def learnt(conn: AsyncConnection, ids: Sequence[int]) -> dict[int, tuple[bytes, datetime]]:
    """What was stored of these campaigns' pacers, and when."""
    if not ids:
        return {}
    rows = await conn.execute(LEARNT, {"ids": list(ids)})
    return {row.campaign_id: (bytes(row.state), row.saved_at) for row in rows}


def take_up(
    campaign: LiveCampaign,
    known: LiveCampaign | None,
    kept: Mapping[int, tuple[bytes, datetime]],
    policy: Policy,
    staff: int,
) -> None:
    """Give the campaign, read anew, its pacer: the one that it had, under its new figures, or one from the store.

    `staff`: agents who may work for it.
    """
    settings = campaign.settings
    _tell(campaign, None if known is None else known.detection, policy, staff)
    if known is not None:
        campaign.learnt, campaign.saved_at = known.learnt, known.saved_at
        campaign.odds = known.odds
        if campaign.start.amd is None:
            # until the gauges are read again; a stricter limit holds at once
            campaign.start = replace(campaign.start, aim=known.start.spends)
        if known.settings.mode == settings.mode:
            campaign.pacer = adapted(known.pacer, settings.lines_per_agent, campaign.start)
            return
        if learns(known.pacer):
            campaign.learnt = stored(known.pacer, known.odds.factors)
    elif campaign.id in kept:
        campaign.learnt, campaign.saved_at = kept[campaign.id]
        campaign.odds = OddsBook(stored_factors(campaign.learnt))
    campaign.pacer = _with_what_was_learnt(campaign)


def believe(campaign: LiveCampaign, detection: Belief | None, policy: Policy) -> bool:
    """Go by what the sample tests say now, from the next look on; whether that is news. What was learnt stays."""
    if campaign.detection == detection:
        return False
    _tell(campaign, detection, policy, campaign.start.n_agents)
    campaign.pacer = adapted(campaign.pacer, campaign.settings.lines_per_agent, campaign.start)
    return True


def _tell(campaign: LiveCampaign, detection: Belief | None, policy: Policy, staff: int) -> None:
    start = start_of(campaign.id, campaign.settings, staff, policy, detection)
    if start.amd is not None:
        # what spends the whole target is held anyway: told more, the pacer would gather a debt that nobody ran up, and
        # be timid for a thousand answers after a test has shown better
        most = LEAVES * start.abandon_target
        start = replace(start, amd=replace(start.amd, est_fp=min(start.amd.est_fp, most)))
    campaign.detection, campaign.start = detection, start
    campaign.held_by_detection = _held(campaign, policy)


def _held(campaign: LiveCampaign, policy: Policy) -> str:
    """The other modes do not reckon with detection: what it does to their rate the abandonment gauges tell."""
    if campaign.detection is None or not campaign.settings.amd or campaign.settings.mode != LEARNS:
        return ""
    return held_because(campaign.detection, campaign.start.abandon_target, policy)


def _with_what_was_learnt(campaign: LiveCampaign) -> Pacer:
    settings = campaign.settings
    fresh = begun(settings.mode, settings.lines_per_agent, campaign.start)
    if campaign.learnt is None or not learns(fresh):
        return fresh
    try:
        return restored(campaign.learnt, settings.mode, settings.lines_per_agent, campaign.start)
    except NotStored as problem:
        log.warning("pacer.state_not_loaded", campaign_id=campaign.id, why=str(problem))
        return fresh


class PacerKeeper:
    """Stores what the pacers have learnt each minute and at the end; a kill loses that minute."""

    def __init__(self, state: FloorState) -> None:
        self._state = state
        self._saved: dict[int, Pacer] = {}

    async def run(self) -> None:
        while True:
            await self._state.clock.sleep(SAVE_S)
            await self.save()

    async def save(self) -> None:
        """Every pacer that was asked since the last time."""
        live = [
            campaign
            for campaign in self._state.campaigns.values()
            if learns(campaign.pacer) and self._saved.get(campaign.id) is not campaign.pacer
        ]
        for campaign in live:
            pacer, now = campaign.pacer, self._state.now()
            data = await asyncio.to_thread(stored, pacer, campaign.odds.factors)
            if data is not None and await self._write(campaign.id, data, now):
                self._saved[campaign.id] = pacer
                campaign.saved_at = now

    async def _write(self, campaign_id: int, data: bytes, now: datetime) -> bool:
        row = {"campaign_id": campaign_id, "state": data, "saved_at": now}
        query = insert(t.pacer_state).values(**row)
        query = query.on_conflict_do_update(index_elements=["campaign_id"], set_={"state": data, "saved_at": now})
        try:
            async with self._state.engine.begin() as conn:
                await conn.execute(query)
        except (SQLAlchemyError, OSError) as problem:
            log.warning("pacer.state_not_saved", campaign_id=campaign_id, problem=type(problem).__name__)
            return False
        return True
