"""Decides how many calls to launch by forecasting free agents against answers, within an abandonment budget. Pure."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from dialer.pacing.budget import Budget
from dialer.pacing.calibration import compare
from dialer.pacing.forecast import Outlook, look_ahead, most_calls, risk_of
from dialer.pacing.interface import AbandonmentBudget, PacingDecision, PacingLimits, PacingSnapshot
from dialer.pacing.jit import compiled
from dialer.pacing.learning import DROUGHT_ANSWERS, learn
from dialer.pacing.level import at_odds, level_now, most_fail
from dialer.pacing.memory import (
    ANSWERED,
    CROWDED,
    DROUGHT,
    LAST_OUTCOME_S,
    QUANTILES,
    SILENCES,
    SURPRISED,
    Figures,
    Memory,
    Rules,
    fresh,
    rules_of,
)
from dialer.pacing.spending import Spending, balance_of, drift, launch_limit, spending_for
from dialer.pacing.start import PacerStart
from dialer.pacing.view import FloorView, view_of

MOST_AT_ONCE = 4096
SILENCE_S = 25.0
DEBT = 5.0
RUNG_OUT, FIRST_RATIO = 20, 1.5
LARGE_FLOOR, FIRST_WAVES, FAR_ABOVE = 60, 2.0, 2.5
LEARNING = 20
NOTHING_LEFT = "the abandonment gauges leave no call that may be abandoned"


# why nothing above 1:1 was considered
FORECAST, GONE, STALE, FAILING, DRY = range(5)


class Thought(NamedTuple):
    """What one look came to. `safe`: launches that keep one call for one free agent; `held`: why only those, if so."""

    wish: int
    safe: int
    held: int
    risk: float
    limit: float
    free: int
    finished: float
    ahead_s: float
    flying: int
    level: float
    next_level: float
    answered: float
    abandoned: float


@compiled
def think(memory: Memory, rules: Rules, spending: Spending, view: FloorView, cap: int) -> Thought:
    """Learn from one look (`memory` is changed) and say how many calls should go."""
    before = balance_of(memory.marks, rules).answered
    learn(memory, rules, view)
    compare(memory, rules, view)
    drift(memory.marks, rules, spending, before)
    limit = launch_limit(memory, rules, spending)
    outlook = look_ahead(memory, rules, view)
    safe = min(max(outlook.free - outlook.flying, 0), cap)
    held = _held(memory.marks, rules, view)
    wish, risk = safe, 0.0
    if held == FORECAST:
        asked = _room(memory, view, outlook, cap)
        wish = max(most_calls(outlook, limit, asked), safe)
        risk = risk_of(outlook, wish + 1)
    memory.marks[CROWDED] = 1.0 if wish >= cap else 0.0
    balance = balance_of(memory.marks, rules)
    return Thought(
        wish,
        safe,
        held,
        risk,
        limit,
        outlook.free,
        outlook.finished[1],
        outlook.ahead_s[1],
        outlook.flying,
        outlook.level,
        outlook.next_level,
        balance.answered,
        balance.abandoned,
    )


@compiled
def _room(memory: Memory, view: FloorView, outlook: Outlook, cap: int) -> int:
    """Until some calls have rung out nobody knows what silence means: a slow list looks like a poor one.

    On a large floor the first waves are as large as the floor, and one that answers better than the few answers
    before it let expect would spend the whole hour's allowance: they must find agents at a level far above the mean.
    """
    marks = memory.marks
    if marks[SILENCES] < RUNG_OUT and marks[ANSWERED] < 2 * RUNG_OUT:
        return min(cap, max(int(FIRST_RATIO * outlook.free) - outlook.flying, 0))
    seats = len(view.seat_state)
    if seats < LARGE_FLOOR or marks[ANSWERED] >= FIRST_WAVES * seats:
        return cap
    _, spread = level_now(memory.level)
    high = at_odds(max(outlook.level, outlook.next_level), 1.0 + FAR_ABOVE * spread)
    return min(cap, max(int((outlook.free + outlook.finished[1]) / high) - outlook.flying, 0))


@compiled
def _held(marks: Figures, rules: Rules, view: FloorView) -> int:
    if view.now_s - marks[LAST_OUTCOME_S] > rules.ring_timeout_s + SILENCE_S:
        return STALE
    if most_fail(marks):
        return FAILING
    if marks[DROUGHT] > DROUGHT_ANSWERS:
        return DRY
    balance = balance_of(marks, rules)
    if balance.saved < -(DEBT + 0.15 * rules.target * balance.answered):
        return GONE
    return FORECAST


@dataclass(frozen=True, slots=True)
class PredictivePacer:
    """`begin(start)`, then `look` at each tick; the pacer that comes back is the one to ask next.

    `thought`: what the last look came to, for the board; no part of what is remembered.
    """

    start: PacerStart
    rules: Rules
    spending: Spending
    memory: Memory
    budget: Budget = field(default_factory=Budget)
    thought: Thought | None = None

    @classmethod
    def begin(cls, start: PacerStart) -> "PredictivePacer":
        rules = rules_of(start)
        return cls(start, rules, spending_for(start), fresh(rules))

    def look(self, view: FloorView) -> tuple["PredictivePacer", PacingDecision]:
        """The decision for this instant under the start's limits."""
        return self._look(view, PacingLimits(self.start.max_lines, self.start.max_cps), AbandonmentBudget())

    def decide(self, snapshot: PacingSnapshot) -> tuple["PredictivePacer", PacingDecision]:
        """The same under the snapshot's own limits and what the abandonment gauges leave."""
        return self._look(view_of(snapshot), snapshot.limits, snapshot.abandonment)

    @property
    def surprised(self) -> bool:
        """Whether the last forecasts were not what they said (with hysteresis)."""
        return bool(self.memory.marks[SURPRISED])

    def covered(self) -> dict[float, float]:
        """Share of the outcomes of all forecasts so far under each of the quantiles; empty before the first."""
        compared, *under = self.memory.coverage[1]
        return {float(q): float(n / compared) for q, n in zip(QUANTILES, under, strict=True)} if compared else {}

    def _look(
        self, view: FloorView, limits: PacingLimits, gauge: AbandonmentBudget
    ) -> tuple["PredictivePacer", PacingDecision]:
        memory = self.memory.copy()
        thought = think(memory, self.rules, self.spending, view, self._cap(view, limits))
        opens, closes = self.start.dial_window_s
        if not opens <= view.now_s < closes:
            closed = PacingDecision(0, "outside the hours in which calls may be launched")
            return replace(self, memory=memory, thought=thought), closed
        wish, because = thought.wish, because_of(thought, self.start.spends)
        if gauge.holds or gauge.remaining == 0:
            wish, because = thought.safe, f"1:1; {gauge.because or NOTHING_LEFT}"
        budget, decision = self.budget.grant_on(wish, because, view.now_s, view.lines_in_use, limits)
        return replace(self, memory=memory, budget=budget, thought=thought), decision

    def _cap(self, view: FloorView, limits: PacingLimits) -> int:
        """One call more than may go, so that the budget of lines and calls a second tells when it is what limits."""
        room = MOST_AT_ONCE
        if limits.max_cps is not None:
            room = min(room, self.budget.calls_at(limits.max_cps, view.now_s))
        if limits.max_lines is not None:
            room = min(room, max(limits.max_lines - view.lines_in_use, 0))
        return room + 1


def because_of(thought: Thought, target: float) -> str:
    """The figure that limited the launch, in one sentence."""
    share = thought.abandoned / thought.answered if thought.answered > 0 else 0.0
    match thought.held:
        case 1:
            return f"budget: {share:.1%} of {thought.answered:.0f} abandoned, target {target:.1%}: 1:1"
        case 2:
            return f"nothing has come of {thought.flying} calls in flight for too long: 1:1"
        case 3:
            return "most of the last calls failed: 1:1 until the network works again"
        case 4:
            return f"no answer for long among {thought.flying} calls in flight: 1:1 until somebody answers again"
    what = (
        f"{thought.free} free, {thought.finished:.0f} finishing in {thought.ahead_s:.0f} s,"
        f" {thought.flying} in flight at {thought.level:.0%}"
    )
    if f"{thought.next_level:.0%}" != f"{thought.level:.0%}":
        what += f", the next at {thought.next_level:.0%}"
    if thought.answered < LEARNING:
        return f"learning: {thought.answered:.0f} answers seen: {what}"
    return f"chance that nobody is free {thought.risk:.1%}, limit {thought.limit:.1%}: {what}"


def is_compiled() -> bool:
    """Whether this installation's machine code is on disk already (or here)."""
    return bool(think.signatures) or any(True for _ in think._cache._cache_file._load_index())  # type: ignore[attr-defined]


def warm_up() -> None:
    """Compile, or read what is compiled, by a first look at an empty floor; about half a minute when it compiles."""
    PredictivePacer.begin(PacerStart()).decide(PacingSnapshot(0.0))
