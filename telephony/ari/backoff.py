"""Decides how long to wait before the next attempt to connect."""

from random import Random


def delay_s(attempt: int, least_s: float, most_s: float, random: Random) -> float:
    """Doubles with each `attempt` (0, 1, 2 ...) up to `most_s`; jitter keeps dialers from coming back in step."""
    full = min(most_s, least_s * float(2 ** min(attempt, 30)))
    return max(least_s, full * random.uniform(0.5, 1.0))
