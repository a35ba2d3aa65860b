"""Says whether the floor can be heard from this process; the floor of one's own process always can."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from telephony.clock import Clock

Why = Literal["", "dialer", "redis"]
"""What is not heard: the dialer, or the Redis between; "" when all is well."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """`since` is the instant at which it came up or went down; another reason for the same silence keeps it."""

    up: bool
    since: datetime
    why: Why

    def wire(self) -> dict[str, Any]:
        """FloorLink of protocol.ts."""
        return {"up": self.up, "since": self.since.isoformat(), "why": self.why}


Listener = Callable[[LinkState], None]


class Link:
    def __init__(self, clock: Clock, why: Why = "") -> None:
        self._clock = clock
        self._listeners: list[Listener] = []
        self.state = LinkState(not why, clock.now(), why)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after each change from now on; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def turn(self, why: Why) -> None:
        """Up with "", else down; listeners are told of changes only."""
        was = self.state
        if why == was.why:
            return
        up = not why
        self.state = LinkState(up, self._clock.now() if up != was.up else was.since, why)
        for listener in list(self._listeners):
            listener(self.state)
