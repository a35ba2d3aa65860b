"""Turns the live floor into what a pacer is told about one campaign."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from dialer.agent import AgentState
from dialer.call import CallState
from dialer.pacing.interface import CallPhase, Line, PacingLimits, PacingSnapshot, Seat, SeatState, Totals
from dialer.state import FloorState, LiveAgent, LiveCampaign
from dialer.tallies import CampaignTally

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
    """The campaign's floor now. `sharing`: the campaigns that dial now; an idle agent of several counts for one."""
    calls = [live for live in state.calls.values() if live.campaign_id == campaign.id]
    lines = []
    for live in calls:
        phase = PHASES.get(live.call.state)
        # a call that an agent chose has its agent already
        if phase is not None and live.call.for_agent is None:
            age = (now - live.call.launched_at).total_seconds() if live.call.launched_at else 0.0
            lines.append(Line(phase, max(0.0, age)))
    outcomes, campaign.outcomes = tuple(campaign.outcomes), []
    events, campaign.seat_events = tuple(campaign.seat_events), []
    return PacingSnapshot(
        now_s=state.clock.monotonic(),
        seats=tuple(
            _seat(state, agent, campaign.id, sharing, now)
            for agent in state.agents.values()
            if campaign.id in agent.campaigns
        ),
        calls=tuple(lines),
        outcomes=outcomes,
        seat_events=events,
        totals=Totals(tally.dialed, tally.answered, tally.bridged, tally.abandoned, tally.machines),
        lines_in_use=len(calls),
        limits=PacingLimits(campaign.settings.max_lines, campaign.settings.calls_per_second),
        abandonment=campaign.abandonment,
    )


def _seat(state: FloorState, live: LiveAgent, campaign_id: int, sharing: Collection[int], now: datetime) -> Seat:
    agent = live.agent
    for_s = max(0.0, (now - agent.since).total_seconds()) if agent.since else 0.0
    then: Literal["pause", "logout"] | None = None
    if agent.wish is not None:
        then = "pause" if agent.wish == "pause" else "logout"
    kind = SEATS[agent.state]
    if kind == "idle" and not (state.takes_calls(live) and home(live, sharing) == campaign_id):
        kind = "out"
    return Seat(kind, for_s, then)


def home(live: LiveAgent, sharing: Collection[int]) -> int | None:
    """Of the agent's campaigns that dial now, the one for which an idle agent counts; always the same one."""
    theirs = sorted(live.campaigns.intersection(sharing))
    return theirs[live.user_id % len(theirs)] if theirs else None
