"""Says what a recorded tick holds, and turns snapshots into it and back without loss. Pure; no personal data.

Times are whole milliseconds of the pacer's clock. Of seats and calls the instant is kept since which they are in their
state: it is the same from tick to tick, and so takes no room once compressed.
"""

from typing import Literal, get_args

from msgspec import Struct

from dialer.pacing.interface import (
    STAGES,
    AbandonmentBudget,
    CallPhase,
    Line,
    OutcomeKind,
    OutcomeSeen,
    PacingDecision,
    PacingLimits,
    PacingSnapshot,
    Seat,
    SeatEvent,
    SeatEventKind,
    SeatState,
    Totals,
)
from dialer.pacing.start import PacerStart

SEAT_STATES: tuple[SeatState, ...] = get_args(SeatState)
SEAT_THEN: tuple[Literal["pause", "logout"] | None, ...] = (None, "pause", "logout")
CALL_PHASES: tuple[CallPhase, ...] = get_args(CallPhase)
OUTCOME_KINDS: tuple[OutcomeKind, ...] = get_args(OutcomeKind)
WHOLE = 1000
SEAT_EVENTS: tuple[SeatEventKind, ...] = get_args(SeatEventKind)


class Begun(Struct, frozen=True, array_like=True, tag="begun"):
    """From here on a campaign is paced so. `learnt`: what its pacer knew, in the pacer's own form; None: nothing."""

    campaign: int
    mode: str
    lines_per_agent: float
    start: PacerStart
    learnt: bytes | None = None


class Tick(Struct, frozen=True, array_like=True, tag="tick"):
    """One snapshot and the decision on it. Words are places in the lists above.

    `odds`: thousandths, one for each call; empty: all 1, as in recordings from before they were told.
    `seat_stages`: place among the seats, stage, and since when it shows; `event_stages`: place among the seat events,
    stage until then, how long it had shown, and what shows. Ticks of before there were stages have neither.
    """

    campaign: int
    now_ms: int
    seats: list[tuple[int, int, int]]
    calls: list[tuple[int, int]]
    outcomes: list[tuple[int, int, int, int]]
    seat_events: list[tuple[int, int, int, bool]]
    totals: Totals
    lines_in_use: int
    max_lines: int | None
    max_cps: float | None
    remaining: int | None
    holds: bool
    gauge: str
    launch: int
    because: str
    odds: list[int] = []
    next_odds: int = WHOLE
    seat_stages: list[tuple[int, int, int]] = []
    event_stages: list[tuple[int, int, int, int]] = []

    @property
    def now_s(self) -> float:
        return self.now_ms / 1000

    def snapshot(self) -> PacingSnapshot:
        """What the pacer was told."""
        now = self.now_ms
        shown = {place: (STAGES[stage], (now - since) / 1000) for place, stage, since in self.seat_stages}
        stages = {
            place: (STAGES[stage], known / 1000, STAGES[shows]) for place, stage, known, shows in self.event_stages
        }
        return PacingSnapshot(
            now_s=now / 1000,
            seats=tuple(
                Seat(SEAT_STATES[state], (now - since) / 1000, SEAT_THEN[then], *shown.get(place, ()))
                for place, (state, since, then) in enumerate(self.seats)
            ),
            calls=tuple(
                Line(CALL_PHASES[phase], (now - since) / 1000, odds / WHOLE)
                for (phase, since), odds in zip(self.calls, self.odds or [WHOLE] * len(self.calls), strict=True)
            ),
            outcomes=tuple(
                OutcomeSeen(at / 1000, OUTCOME_KINDS[kind], age / 1000, extra / 1000)
                for at, kind, age, extra in self.outcomes
            ),
            seat_events=tuple(
                SeatEvent(at / 1000, SEAT_EVENTS[kind], duration / 1000, machine, *stages.get(place, ()))
                for place, (at, kind, duration, machine) in enumerate(self.seat_events)
            ),
            totals=self.totals,
            lines_in_use=self.lines_in_use,
            limits=PacingLimits(self.max_lines, self.max_cps),
            abandonment=AbandonmentBudget(self.remaining, self.holds, self.gauge),
            next_odds=self.next_odds / WHOLE,
        )


Record = Begun | Tick


def tick_of(campaign: int, seen: PacingSnapshot, decision: PacingDecision) -> Tick:
    """The record of a look whose times are whole milliseconds and whose odds are whole thousandths."""
    now, odds = _ms(seen.now_s), [round(call.odds * WHOLE) for call in seen.calls]
    return Tick(
        campaign=campaign,
        now_ms=now,
        seats=[
            (SEAT_STATES.index(seat.state), now - _ms(seat.for_s), SEAT_THEN.index(seat.then)) for seat in seen.seats
        ],
        calls=[(CALL_PHASES.index(call.phase), now - _ms(call.age_s)) for call in seen.calls],
        outcomes=[
            (_ms(one.at_s), OUTCOME_KINDS.index(one.kind), _ms(one.age_s), _ms(one.extra_s)) for one in seen.outcomes
        ],
        seat_events=[
            (_ms(one.at_s), SEAT_EVENTS.index(one.kind), _ms(one.duration_s), one.machine) for one in seen.seat_events
        ],
        totals=seen.totals,
        lines_in_use=seen.lines_in_use,
        max_lines=seen.limits.max_lines,
        max_cps=seen.limits.max_cps,
        remaining=seen.abandonment.remaining,
        holds=seen.abandonment.holds,
        gauge=seen.abandonment.because,
        launch=decision.launch,
        because=decision.because,
        odds=odds if any(one != WHOLE for one in odds) else [],
        next_odds=round(seen.next_odds * WHOLE),
        seat_stages=[
            (place, STAGES.index(seat.stage), now - _ms(seat.stage_for_s))
            for place, seat in enumerate(seen.seats)
            if seat.stage is not None
        ],
        event_stages=[
            (place, STAGES.index(one.stage), _ms(one.stage_for_s), STAGES.index(one.shows))
            for place, one in enumerate(seen.seat_events)
            if one.stage is not None or one.shows is not None
        ],
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
