"""Counts who asks for tokens that are not there, in this process: guessing is slowed, a good token never counts."""

from collections import OrderedDict
from datetime import datetime

from agent_ui.throttle import PER_SOURCE, WINDOW, wait_s

MOST_SOURCES = 10_000


class Misses:
    """By source, as a hash; the source that was longest silent is forgotten first."""

    def __init__(self) -> None:
        self._at: OrderedDict[bytes, list[datetime]] = OrderedDict()

    def wait_s(self, source: bytes, now: datetime) -> int:
        """Whole seconds until this source is heard again, 0 for at once."""
        return wait_s(self._at.get(source, []), now, PER_SOURCE)

    def count(self, source: bytes, now: datetime) -> None:
        recent = [at for at in self._at.pop(source, []) if now - at < WINDOW]
        self._at[source] = [*recent, now]
        if len(self._at) > MOST_SOURCES:
            self._at.popitem(last=False)
