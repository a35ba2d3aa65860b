"""Decides by preview, progressive 1:1 and fixed ratio how many calls to launch. Pure."""

import math
from dataclasses import dataclass, field, replace

from dialer.pacing.budget import Budget
from dialer.pacing.interface import Pacer, PacingDecision, PacingSnapshot

BROADCAST_LINES = 100
"""Lines of an announcement whose campaign names no limit."""


def idle_seats(snapshot: PacingSnapshot) -> int:
    return sum(1 for seat in snapshot.seats if seat.state == "idle" and seat.then is None)


@dataclass(frozen=True, slots=True)
class PreviewPacer:
    """One debtor shown to each idle agent; the agent dials."""

    budget: Budget = field(default_factory=Budget)

    def decide(self, snapshot: PacingSnapshot) -> tuple[Pacer, PacingDecision]:
        idle = idle_seats(snapshot)
        budget, decision = self.budget.grant(idle, f"preview: {idle} free agents", snapshot)
        return replace(self, budget=budget), decision


@dataclass(frozen=True, slots=True)
class ProgressivePacer:
    """One call for one idle agent: nobody who answers has to wait."""

    budget: Budget = field(default_factory=Budget)

    def decide(self, snapshot: PacingSnapshot) -> tuple[Pacer, PacingDecision]:
        idle, flying = idle_seats(snapshot), len(snapshot.calls)
        because = f"1:1: {idle} free agents, {flying} calls in flight"
        budget, decision = self.budget.grant(idle - flying, because, snapshot)
        return replace(self, budget=budget), decision


@dataclass(frozen=True, slots=True)
class RatioPacer:
    """`lines_per_agent` calls in flight for each idle agent; one while an abandonment gauge holds."""

    lines_per_agent: float
    budget: Budget = field(default_factory=Budget)

    def decide(self, snapshot: PacingSnapshot) -> tuple[Pacer, PacingDecision]:
        idle, flying = idle_seats(snapshot), len(snapshot.calls)
        held = snapshot.abandonment.holds
        lines, name = (1.0, "1:1") if held else (self.lines_per_agent, f"ratio {self.lines_per_agent:g}")
        because = f"{name}: {idle} free agents, {flying} calls in flight"
        if held:
            because += f"; {snapshot.abandonment.because}"
        budget, decision = self.budget.grant(math.floor(idle * lines) - flying, because, snapshot)
        return replace(self, budget=budget), decision


@dataclass(frozen=True, slots=True)
class BroadcastPacer:
    """As many calls as the lines and the calls per second allow: nobody who answers waits for an agent."""

    budget: Budget = field(default_factory=Budget)

    def decide(self, snapshot: PacingSnapshot) -> tuple[Pacer, PacingDecision]:
        room = BROADCAST_LINES if snapshot.limits.max_lines is None else snapshot.limits.max_lines
        because = f"announcement: {snapshot.lines_in_use} of {room} lines in use"
        budget, decision = self.budget.grant(room - snapshot.lines_in_use, because, snapshot)
        return replace(self, budget=budget), decision


def pacer_for(mode: str, lines_per_agent: float) -> Pacer:
    """The pacer of a campaign's mode: preview, progressive, power or broadcast."""
    match mode:
        case "preview":
            return PreviewPacer()
        case "progressive":
            return ProgressivePacer()
        case "power":
            return RatioPacer(lines_per_agent)
        case "broadcast":
            return BroadcastPacer()
    raise ValueError(f"mode must be preview, progressive, power or broadcast, not {mode!r}")
