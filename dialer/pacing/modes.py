"""Decides by preview, progressive 1:1 and fixed ratio how many calls to launch. Pure."""

import math
from dataclasses import dataclass, field, replace

from dialer.pacing.budget import Budget
from dialer.pacing.interface import Pacer, PacingDecision, PacingSnapshot


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


def pacer_for(mode: str, lines_per_agent: float) -> Pacer:
    """The pacer of a campaign's mode: preview, progressive or power."""
    match mode:
        case "preview":
            return PreviewPacer()
        case "progressive":
            return ProgressivePacer()
        case "power":
            return RatioPacer(lines_per_agent)
    raise ValueError(f"mode must be preview, progressive or power, not {mode!r}")
