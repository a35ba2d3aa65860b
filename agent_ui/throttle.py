"""How long a login must wait after failed ones: nothing for the first few, then twice as long each time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` failures within WINDOW cost nothing; then comes `first_wait`, doubled each time up to `longest_wait`."""

    free: int
    first_wait: timedelta
    longest_wait: timedelta


# a login is guessed from anywhere, so its limit is low; but whoever guesses must not lock its owner out for long
PER_LOGIN = Limit(free=5, first_wait=timedelta(seconds=15), longest_wait=timedelta(minutes=5))
# a whole office may share one source
PER_SOURCE = Limit(free=30, first_wait=timedelta(seconds=15), longest_wait=timedelta(minutes=15))


def wait_s(failures: Sequence[datetime], now: datetime, limit: Limit) -> int:
    """Whole seconds until the next try is allowed, 0 for at once. `failures` in any order."""
    recent = [at for at in failures if now - at < WINDOW]
    over = len(recent) - limit.free
    if over < 0:
        return 0
    wait = min(limit.longest_wait, limit.first_wait * (1 << min(over, 16)))
    return max(0, ceil((max(recent) + wait - now).total_seconds()))
