"""The floor as arrays: what the predictive pacer reckons with, and what the simulator's floor gives it. Pure.

`PacingSnapshot` is the same for people and for the other modes; `view_of` makes one into the other. Codes are the
places of the names in the tuples below; times are seconds of the caller's clock.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dialer.pacing.interface import STAGES, PacingSnapshot, Totals

Codes = NDArray[np.int8]
Seconds = NDArray[np.float64]

SEAT_STATES = ("idle", "talk", "wrap", "pause", "out")
SEAT_THEN = (None, "pause", "logout")
CALL_PHASES = ("dialing", "ringing", "detecting", "waiting")
OUTCOME_KINDS = ("busy", "failed", "no_answer", "answered", "amd_machine", "connected", "dropped")
SEAT_EVENTS = ("talk_end", "wrap_end", "talk_stage", "wrap_stage")


class FloorView(NamedTuple):
    """One look at a campaign's floor. Arrays of one group have one length; nothing in it is changed by who reads it.

    `call_odds`, `next_odds`: how likely each call in flight, and one that is launched now, is answered, as a multiple
    of the answer level.
    """

    now_s: float
    seat_state: Codes
    seat_for_s: Seconds
    seat_then: Codes
    call_phase: Codes
    call_age_s: Seconds
    outcome_kind: Codes
    outcome_at_s: Seconds
    outcome_age_s: Seconds
    outcome_extra_s: Seconds
    event_kind: Codes
    event_at_s: Seconds
    event_duration_s: Seconds
    event_machine: NDArray[np.bool_]
    totals: Totals
    lines_in_use: int
    call_odds: Seconds
    next_odds: float
    seat_stage: Codes
    seat_stage_for_s: Seconds
    event_stage: Codes
    event_stage_for_s: Seconds
    event_shows: Codes


def view_of(snapshot: PacingSnapshot) -> FloorView:
    """The same look as arrays."""
    seats, calls, outcomes, events = snapshot.seats, snapshot.calls, snapshot.outcomes, snapshot.seat_events
    return FloorView(
        now_s=snapshot.now_s,
        seat_state=_codes(SEAT_STATES, [seat.state for seat in seats]),
        seat_for_s=_seconds([seat.for_s for seat in seats]),
        seat_then=_codes(SEAT_THEN, [seat.then for seat in seats]),
        call_phase=_codes(CALL_PHASES, [call.phase for call in calls]),
        call_age_s=_seconds([call.age_s for call in calls]),
        outcome_kind=_codes(OUTCOME_KINDS, [outcome.kind for outcome in outcomes]),
        outcome_at_s=_seconds([outcome.at_s for outcome in outcomes]),
        outcome_age_s=_seconds([outcome.age_s for outcome in outcomes]),
        outcome_extra_s=_seconds([outcome.extra_s for outcome in outcomes]),
        event_kind=_codes(SEAT_EVENTS, [event.kind for event in events]),
        event_at_s=_seconds([event.at_s for event in events]),
        event_duration_s=_seconds([event.duration_s for event in events]),
        event_machine=np.fromiter((event.machine for event in events), np.bool_, len(events)),
        totals=snapshot.totals,
        lines_in_use=snapshot.lines_in_use,
        call_odds=_seconds([call.odds for call in calls]),
        next_odds=float(snapshot.next_odds),
        seat_stage=_codes(STAGES, [seat.stage for seat in seats]),
        seat_stage_for_s=_seconds([seat.stage_for_s for seat in seats]),
        event_stage=_codes(STAGES, [event.stage for event in events]),
        event_stage_for_s=_seconds([event.stage_for_s for event in events]),
        event_shows=_codes(STAGES, [event.shows for event in events]),
    )


def _codes(names: tuple[str | None, ...], values: Sequence[str | None]) -> Codes:
    places = {name: place for place, name in enumerate(names)}
    return np.fromiter((places[value] for value in values), np.int8, len(values))


def _seconds(values: list[float]) -> Seconds:
    return np.array(values, np.float64)
