"""Gives up ringing calls whose agents have left, before somebody answers who would find nobody."""

from datetime import datetime

import structlog

from dialer import call_events as ce
from dialer.call import CallState
from dialer.pacing.interface import PacingSnapshot, Seat
from dialer.pacing.modes import idle_seats
from dialer.pacing.surplus import Flying, surplus
from dialer.state import FloorState, LiveCall, LiveCampaign

log = structlog.get_logger(__name__)
UNANSWERED = (CallState.COMMITTED, CallState.DIALING, CallState.RINGING)
AT_WORK = ("idle", "talk", "wrap")


def staff(snapshot: PacingSnapshot) -> int:
    """Agents who will take more of the campaign's calls."""
    return sum(1 for seat in snapshot.seats if _stays(seat))


def give_up(state: FloorState, campaign: LiveCampaign, snapshot: PacingSnapshot, now: datetime) -> int:
    """End the surplus calls of a campaign that allows it; how many."""
    if not campaign.settings.cancel_ringing:
        return 0
    ours = [live for live in state.calls.values() if live.campaign_id == campaign.id and live.origin == "dialer"]
    flying = [_flying(live, now) for live in ours if live.call.state in UNANSWERED and live.call.for_agent is None]
    if not flying:
        return 0
    answered = sum(1 for line in snapshot.calls if line.phase in ("detecting", "waiting"))
    keys = surplus(flying, answered=answered, idle=idle_seats(snapshot), staff=staff(snapshot))
    for key in keys:
        live = state.calls.get(key)
        if live is not None:
            state.feed_call(live, ce.HangupAsked("system", now))
    if keys:
        log.info("campaign.calls_given_up", campaign_id=campaign.id, calls=len(keys))
        state.metrics.given_up.inc(len(keys))
    return len(keys)


def _stays(seat: Seat) -> bool:
    return seat.state in AT_WORK and seat.then is None


def _flying(live: LiveCall, now: datetime) -> Flying:
    call = live.call
    age_s = (now - call.launched_at).total_seconds() if call.launched_at is not None else 0.0
    ringing_s = (now - call.ringing_at).total_seconds() if call.ringing_at is not None else None
    return Flying(live.attempt_id, age_s, ringing_s, call.rules.ring_min_s, live.staff, live.per_agent)
