"""Says what is known of a call at its launch, by which its odds of an answer are learnt and given. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from campaigns.model import CallStep, CampaignSettings
from campaigns.queue.model import ClaimedRow, WindowGroup
from dialer.pacing.interface import OutcomeSeen
from dialer.pacing.segments import cell_of
from dialer.state import LiveCall, LiveCampaign


def zone_of(group: WindowGroup) -> ZoneInfo:
    """Where the group's persons are taken to be: in the first by name of their candidate zones."""
    return ZoneInfo(min(group.zones, default="UTC"))


def attempt_number(settings: CampaignSettings, row: ClaimedRow) -> int:
    """Of a call that is made now, over all call steps of the strategy, from 1."""
    before = sum(step.tries for step in settings.steps[: row.step] if isinstance(step, CallStep))
    return before + row.tries + 1


def give_odds(campaign: LiveCampaign, lives: Sequence[LiveCall], zones: Mapping[int, ZoneInfo], now: datetime) -> None:
    """To calls that are about to be launched. `zones`: of the campaign's window groups, by number."""
    for live in lives:
        if live.queue is None:
            continue
        live.cell = cell_of(
            list_id=live.card.list_id if live.card else None,
            score=live.queue.score,
            hour=now.astimezone(zones.get(live.queue.window_group_id, UTC)).hour,
            attempt=attempt_number(campaign.settings, live.queue),
        )
        live.odds = campaign.odds.give(live.cell)


def hear_odds(campaign: LiveCampaign, live: LiveCall, seen: OutcomeSeen) -> None:
    """What became of a call."""
    if live.cell is not None:
        rings_s = live.call.rules.ring_timeout_s
        campaign.odds.hear(live.cell, seen.kind, seen.at_s - seen.age_s, rings_s, detects=campaign.settings.amd)
