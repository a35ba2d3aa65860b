"""Admits or refuses at once: past a node's ceiling, waiting requests only make every reply late (measured, ARI.md)."""

from collections.abc import Callable


class TokenBucket:
    """`rate` admissions a second with bursts of at most `burst`. `monotonic` gives seconds."""

    def __init__(self, rate: float, monotonic: Callable[[], float], burst: float | None = None) -> None:
        if rate <= 0:
            raise ValueError(f"rate must be above 0 a second, not {rate}")
        self.rate = rate
        self.burst = max(1.0, rate / 5 if burst is None else burst)
        self._monotonic = monotonic
        self._tokens = self.burst
        self._at = monotonic()

    @property
    def room(self) -> int:
        """How many would be admitted now."""
        self._refill()
        return int(self._tokens)

    def _refill(self) -> None:
        now = self._monotonic()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now

    def admit(self) -> bool:
        self._refill()
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def give_back(self) -> None:
        """Return a token whose use came to nothing."""
        self._tokens = min(self.burst, self._tokens + 1.0)
