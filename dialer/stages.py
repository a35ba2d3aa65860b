"""Tells the pacer how far an agent's call is: what the server knows of it, and what the console says.

A stage belongs to the call and goes with it. It only goes forward, so a message that is lost, late or said twice does
no harm: the forecast is then no better than the stopwatch.
"""

from dialer.agent import AgentState
from dialer.pacing.interface import STAGES, SeatEvent, Stage
from dialer.state import FloorState, LiveAgent

IN_TALK = (AgentState.TALKING, AgentState.HOLD)
WITH_CALL = (*IN_TALK, AgentState.WRAP_UP)
FROM_CONSOLE: tuple[Stage, ...] = ("promise", "outcome")
"""What only the console knows; who is on the line is known here."""
TOLD_AT_MOST = 20
"""Messages of one call that are looked at; a console sends a stage once."""


def show(state: FloorState, live: LiveAgent, stage: Stage) -> bool:
    """The agent's call has come to this stage now. False: there is no such call, or it is there or further already."""
    call = live.call
    if stage == "outcome" and call is not None and call.identity != "right_party":
        stage = "not_party_outcome"
    if call is None or live.agent.state not in WITH_CALL or STAGES.index(stage) <= STAGES.index(call.stage):
        return False
    now = state.now()
    campaign = state.campaigns.get(call.campaign_id or 0)
    since = live.agent.since
    in_talk = live.agent.state in IN_TALK
    if in_talk:
        since = call.call.bridged_at or since  # a hold is part of the talk
    if campaign is not None and since is not None:
        known_s = (now - call.staged_at).total_seconds() if call.staged_at is not None else 0.0
        campaign.hear_seat(
            SeatEvent(
                state.seconds(), "talk_stage" if in_talk else "wrap_stage", (now - since).total_seconds(),
                stage=call.stage, stage_for_s=known_s, shows=stage,
            )
        )  # fmt: skip
    call.stage, call.staged_at = stage, now
    return True
