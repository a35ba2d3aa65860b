"""Says what a pacer is told and what it answers. Pure; times are seconds of the caller's clock.

A pacer is a value: `decide` gives the decision and the pacer to ask next time, so that its whole memory is explicit,
can be stored, and the same input gives the same output.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, get_args

SeatState = Literal["idle", "talk", "wrap", "pause", "out"]
CallPhase = Literal["dialing", "ringing", "detecting", "waiting"]
OutcomeKind = Literal["busy", "failed", "no_answer", "answered", "amd_machine", "connected", "dropped"]
# how far an agent's call is known to be, in this order: somebody else answered, or the person refuses to be identified;
# the outcome of a call without the right party is picked; the right party is known; a promise is being taken down; the
# outcome of a call with the right party is picked. Outcomes are two because what follows a talk goes by who was in it
Stage = Literal["not_party", "not_party_outcome", "identified", "promise", "outcome"]
STAGES: tuple[Stage | None, ...] = (None, *get_args(Stage))
SeatEventKind = Literal["talk_end", "wrap_end", "talk_stage", "wrap_stage"]


class Seat(NamedTuple):
    """An agent. `for_s`: seconds in the state; `then`: a pause or logout that takes effect after the call.

    `stage`: how far the call is known to be, in talk and in its wrap-up; None: nothing shows. `stage_for_s`: seconds
    since that showed, more than `for_s` in a wrap-up whose talk had shown it.
    """

    state: SeatState
    for_s: float
    then: Literal["pause", "logout"] | None = None
    stage: Stage | None = None
    stage_for_s: float = 0.0


class Line(NamedTuple):
    """A call in flight without an agent; `age_s` seconds since launch.

    `odds`: how likely it is answered, as a multiple of the campaign's answer level.
    """

    phase: CallPhase
    age_s: float
    odds: float = 1.0


class OutcomeSeen(NamedTuple):
    """`extra_s`: ringing time of an answer, seconds since answer of the kinds that follow it."""

    at_s: float
    kind: OutcomeKind
    age_s: float
    extra_s: float = 0.0


class SeatEvent(NamedTuple):
    """An end of talk or wrap-up, or a stage that shows in it (`shows`). `duration_s`: seconds in talk or wrap-up until
    then; `stage`, `stage_for_s`: what was known until then, as in `Seat`."""

    at_s: float
    kind: SeatEventKind
    duration_s: float
    machine: bool = False
    stage: Stage | None = None
    stage_for_s: float = 0.0
    shows: Stage | None = None


class Totals(NamedTuple):
    """Of this campaign today."""

    launched: int = 0
    answered: int = 0
    connected: int = 0
    dropped: int = 0
    amd_machine: int = 0


@dataclass(frozen=True, slots=True)
class PacingLimits:
    """`max_lines`: calls of the campaign at once, talking ones too; `max_cps`: launches a second; None: no limit."""

    max_lines: int | None = None
    max_cps: float | None = None


@dataclass(frozen=True, slots=True)
class AbandonmentBudget:
    """What the campaign's abandonment gauges leave to pacing.

    `remaining`: so many of the calls in the air may still be abandoned before a bound passes its limit; None: no
    gauge was read, nothing limits. `holds`: a bound has passed: never more calls than free agents. `because`: the
    gauge that says so, with its numbers.
    """

    remaining: int | None = None
    holds: bool = False
    because: str = ""


UNREAD = AbandonmentBudget(0, True, "abandonment: the campaign's figures are not read yet")


@dataclass(frozen=True, slots=True)
class PacingSnapshot:
    """The floor of one campaign at `now_s`. `outcomes` and `seat_events`: what came since the last snapshot.

    `next_odds`: `Line.odds` of a call that is launched now.
    """

    now_s: float
    seats: tuple[Seat, ...] = ()
    calls: tuple[Line, ...] = ()
    outcomes: tuple[OutcomeSeen, ...] = ()
    seat_events: tuple[SeatEvent, ...] = ()
    totals: Totals = field(default_factory=Totals)
    lines_in_use: int = 0
    limits: PacingLimits = field(default_factory=PacingLimits)
    abandonment: AbandonmentBudget = field(default_factory=AbandonmentBudget)
    next_odds: float = 1.0


@dataclass(frozen=True, slots=True)
class PacingDecision:
    """Launch so many calls now; `because` names the figure that limited it, for the supervisor's board.

    `again_s`: where only the calls per second limited it, in how many seconds the next one may go.
    """

    launch: int
    because: str
    again_s: float | None = None


class Pacer(Protocol):
    def decide(self, snapshot: PacingSnapshot) -> "tuple[Pacer, PacingDecision]":
        """The decision for this instant, and the pacer that remembers it."""
        ...
