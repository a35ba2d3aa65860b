"""Decides how much of a wish the lines and the calls per second allow. Pure."""

from dataclasses import dataclass

from dialer.pacing.interface import PacingDecision, PacingLimits, PacingSnapshot

BURST_S = 1.0


@dataclass(frozen=True, slots=True)
class Budget:
    """A token bucket as a value: `tokens` at `at_s`. It holds at most one second's worth, and at least one call."""

    tokens: float | None = None
    at_s: float = 0.0

    def grant(self, wish: int, because: str, snapshot: PacingSnapshot) -> tuple["Budget", PacingDecision]:
        """Never negative, never above the free lines, never above the calls per second."""
        return self.grant_on(wish, because, snapshot.now_s, snapshot.lines_in_use, snapshot.limits)

    def grant_on(
        self, wish: int, because: str, now_s: float, lines_in_use: int, limits: PacingLimits
    ) -> tuple["Budget", PacingDecision]:
        """The same for a floor that is no snapshot."""
        launch = max(0, wish)
        if limits.max_lines is not None and launch > limits.max_lines - lines_in_use:
            launch = max(0, limits.max_lines - lines_in_use)
            because = f"lines: {lines_in_use} of {limits.max_lines} in use"
        if limits.max_cps is None:
            return self, PacingDecision(launch, because)
        tokens, again_s = self._tokens(limits.max_cps, now_s), None
        if launch > int(tokens):
            launch = int(tokens)
            again_s = (launch + 1 - tokens) / limits.max_cps
            because = f"calls per second: limit {limits.max_cps:g}"
        return Budget(tokens - launch, max(self.at_s, now_s)), PacingDecision(launch, because, again_s)

    def calls_at(self, per_second: float, now_s: float) -> int:
        """How many calls the calls per second alone would allow now."""
        return int(self._tokens(per_second, now_s))

    def _tokens(self, per_second: float, now_s: float) -> float:
        full = max(1.0, per_second * BURST_S)
        if self.tokens is None:
            return full
        return min(full, self.tokens + max(0.0, now_s - self.at_s) * per_second)
