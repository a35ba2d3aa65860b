"""Asks a pacer that takes a snapshot as if it took the floor as arrays: the simulator drives it unchanged. Pure."""

from dataclasses import dataclass, replace
from typing import Self, cast

from dialer.pacing.interface import (
    STAGES,
    CallPhase,
    Line,
    OutcomeKind,
    OutcomeSeen,
    Pacer,
    PacingDecision,
    PacingLimits,
    PacingSnapshot,
    Seat,
    SeatEvent,
    SeatEventKind,
    SeatState,
    Stage,
)
from dialer.pacing.view import CALL_PHASES, OUTCOME_KINDS, SEAT_EVENTS, SEAT_STATES, SEAT_THEN, FloorView


@dataclass(frozen=True, slots=True)
class Asked:
    """A pacer of snapshots with the limits it is told."""

    pacer: Pacer
    limits: PacingLimits

    def look(self, view: FloorView) -> tuple[Self, PacingDecision]:
        pacer, decision = self.pacer.decide(snapshot_of(view, self.limits))
        return replace(self, pacer=pacer), decision


def snapshot_of(view: FloorView, limits: PacingLimits) -> PacingSnapshot:
    """The look as values; the other way round is `view_of`."""
    seats = zip(view.seat_state, view.seat_for_s, view.seat_then, view.seat_stage, view.seat_stage_for_s, strict=True)
    outcomes = zip(view.outcome_at_s, view.outcome_kind, view.outcome_age_s, view.outcome_extra_s, strict=True)
    events = zip(
        view.event_at_s, view.event_kind, view.event_duration_s, view.event_machine,
        view.event_stage, view.event_stage_for_s, view.event_shows, strict=True,
    )  # fmt: skip
    return PacingSnapshot(
        now_s=view.now_s,
        seats=tuple(
            Seat(cast(SeatState, SEAT_STATES[state]), float(for_s), SEAT_THEN[then], _stage(stage), float(since))  # type: ignore[arg-type]
            for state, for_s, then, stage, since in seats
        ),
        calls=tuple(
            Line(cast(CallPhase, CALL_PHASES[phase]), float(age), float(odds))
            for phase, age, odds in zip(view.call_phase, view.call_age_s, view.call_odds, strict=True)
        ),
        outcomes=tuple(
            OutcomeSeen(float(at), cast(OutcomeKind, OUTCOME_KINDS[kind]), float(age), float(extra))
            for at, kind, age, extra in outcomes
        ),
        seat_events=tuple(
            SeatEvent(
                float(at),
                cast(SeatEventKind, SEAT_EVENTS[kind]),
                float(duration),
                bool(machine),
                _stage(stage),
                float(since),
                _stage(shows),
            )
            for at, kind, duration, machine, stage, since, shows in events
        ),
        totals=view.totals,
        lines_in_use=view.lines_in_use,
        limits=limits,
        next_odds=view.next_odds,
    )


def _stage(code: int) -> Stage | None:
    return STAGES[code]
