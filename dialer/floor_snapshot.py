"""Turns the live floor into what a pacer is told about one campaign.

All times are whole milliseconds, so that a recorded tick holds exactly what the pacer was told.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from campaigns.shifts.model import leaves_within
from dialer.agent import AgentState
from dialer.call import CallState
from dialer.pacing.interface import (
    CallPhase,
    Line,
    PacingLimits,
    PacingSnapshot,
    Seat,
    SeatState,
    Totals,
)
from dialer.state import FloorState, LiveAgent, LiveCampaign
from dialer.tallies import CampaignTally

LEAVING = timedelta(seconds=30)
"""Calls launched now are answered within about this time: whoever leaves by plan before that is not counted on."""
SEATS: dict[AgentState, SeatState] = {
    AgentState.OFFLINE: "out",
    AgentState.READY: "idle",
    AgentState.PREVIEW: "talk",
    AgentState.RESERVED: "talk",
    AgentState.TALKING: "talk",
    AgentState.HOLD: "talk",
    AgentState.WRAP_UP: "wrap",
    AgentState.PAUSED: "pause",
}
COUNTED = ("idle", "talk", "wrap")
PHASES: dict[CallState, CallPhase] = {
    CallState.COMMITTED: "dialing",
    CallState.DIALING: "dialing",
    CallState.RINGING: "ringing",
    CallState.DETECTING: "detecting",
    CallState.WAITING: "waiting",
}


def snapshot(
    state: FloorState, campaign: LiveCampaign, tally: CampaignTally, sharing: Collection[int], now: datetime
) -> PacingSnapshot:
    """The campaign's floor now. `sharing`: the campaigns that dial now; an agent of several counts for one of them."""
    flying = 0
    lines = []
    for live in state.calls.values():
        if live.campaign_id != campaign.id:
            continue
        flying += 1
        phase = PHASES.get(live.call.state)
        # a call that an agent chose has its agent already
        if phase is not None and live.call.for_agent is None:
            age = (now - live.call.launched_at).total_seconds() if live.call.launched_at else 0.0
            lines.append(Line(phase, _ms(age), live.odds))
    outcomes, campaign.outcomes = tuple(campaign.outcomes), []
    events, campaign.seat_events = tuple(campaign.seat_events), []
    return PacingSnapshot(
        now_s=_ms(state.seconds()),
        seats=seats(state, campaign.id, sharing, now),
        calls=tuple(lines),
        outcomes=tuple(
            one._replace(at_s=_ms(one.at_s), age_s=_ms(one.age_s), extra_s=_ms(one.extra_s)) for one in outcomes
        ),
        seat_events=tuple(
            one._replace(at_s=_ms(one.at_s), duration_s=_ms(one.duration_s), stage_for_s=_ms(one.stage_for_s))
            for one in events
        ),
        totals=Totals(tally.dialed, tally.answered, tally.bridged, tally.abandoned, tally.machines),
        lines_in_use=flying,
        limits=PacingLimits(campaign.settings.max_lines, campaign.settings.calls_per_second),
        abandonment=campaign.allowance(),
        next_odds=campaign.odds.next_odds,
    )


def seats(
    state: FloorState, campaign_id: int, sharing: Collection[int], now: datetime, ahead: timedelta = LEAVING
) -> tuple[Seat, ...]:
    """The campaign's agents. `ahead`: whoever leaves by plan within that time is told as leaving already."""
    return tuple(
        _seat(state, agent, campaign_id, sharing, now, ahead)
        for agent in state.agents.values()
        if campaign_id in agent.campaigns
    )


def as_present(
    seen: PacingSnapshot, state: FloorState, campaign_id: int, sharing: Collection[int], now: datetime
) -> PacingSnapshot:
    """The same look with everybody who is there: a call that rings for an agent who leaves soon may yet reach them."""
    if not any(agent.plans for agent in state.agents.values() if campaign_id in agent.campaigns):
        return seen
    return replace(seen, seats=seats(state, campaign_id, sharing, now, timedelta()))


def _seat(
    state: FloorState,
    live: LiveAgent,
    campaign_id: int,
    sharing: Collection[int],
    now: datetime,
    ahead: timedelta,
) -> Seat:
    agent = live.agent
    since = agent.since
    if agent.state in (AgentState.TALKING, AgentState.HOLD) and live.call is not None:
        since = live.call.call.bridged_at or since  # a hold is part of the talk
    for_s = _ms((now - since).total_seconds()) if since else 0.0
    then: Literal["pause", "logout"] | None = None
    if agent.wish is not None:
        then = "pause" if agent.wish == "pause" else "logout"
    kind = SEATS[agent.state]
    if live.plans and kind in COUNTED and then != "logout":
        then = leaves_within(live.plans, now, ahead) or then
    # who works for another campaign's calls is no forecast of ours, whatever they do now
    away = home(state, live, sharing) != campaign_id
    if away or (kind == "idle" and not state.takes_calls(live)):
        kind = "out"
    call = live.call
    if kind not in ("talk", "wrap") or call is None or call.stage is None or call.staged_at is None:
        return Seat(kind, for_s, then)
    return Seat(kind, for_s, then, call.stage, _ms((now - call.staged_at).total_seconds()))


def home(state: FloorState, live: LiveAgent, sharing: Collection[int]) -> int | None:
    """Of the agent's campaigns that dial now, the one for which the agent counts; always the same one.

    Those of the highest priority share their agents evenly; the others get whom these have nobody to call for.
    """
    # where none of theirs has anybody to call they count for one of them all the same
    theirs = sorted(live.campaigns.intersection(sharing) or live.campaigns)
    if not theirs:
        return None
    first = max(_priority(state, campaign_id) for campaign_id in theirs)
    theirs = [campaign_id for campaign_id in theirs if _priority(state, campaign_id) == first]
    return theirs[live.user_id % len(theirs)]


def _priority(state: FloorState, campaign_id: int) -> int:
    campaign = state.campaigns.get(campaign_id)
    return campaign.settings.priority if campaign is not None else 0


def _ms(seconds: float) -> float:
    return round(max(0.0, seconds), 3)
