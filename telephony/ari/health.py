"""Decides whether a node is slow, from the latency of replies and the age of events at arrival. Pure.

Stop dialling when events lag by more than 200 ms: past that, an overloaded node ignores SIP requests and people
answer to silence.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class ClockSample:
    """One ping: how long the reply took, and how far the node's clock is ahead of ours (give or take half of that)."""

    reply_ms: float
    ahead: timedelta

    @classmethod
    def of(cls, sent: datetime, received: datetime, node_time: datetime, reply_ms: float) -> "ClockSample":
        return cls(reply_ms, node_time - (sent + (received - sent) / 2))


class LagMeter:
    """Smoothed lag of one node. `speed` is how many times faster than real the clock of the timestamps runs."""

    def __init__(self, slow_ms: float, speed: float = 1.0) -> None:
        self.slow_ms = slow_ms
        self.speed = speed
        self.slow = False
        self._reply_ms = 0.0
        self._event_ms = 0.0
        self._events_since_ping = 0
        self._samples: deque[ClockSample] = deque(maxlen=8)
        self.ahead = timedelta(0)
        """How far the node's clock is ahead, by the quickest of the last pings; zero where that may be chance."""

    @property
    def lag_ms(self) -> float:
        return max(self._reply_ms, self._event_ms)

    def pinged(self, sample: ClockSample) -> bool:
        """Take a ping's result. True when health changed between up and slow."""
        self._samples.append(sample)
        self.ahead = self._ahead()
        self._reply_ms += WEIGHT * (sample.reply_ms - self._reply_ms)
        if self._events_since_ping == 0:
            self._event_ms *= 1 - WEIGHT
        self._events_since_ping = 0
        return self._judge()

    def arrived(self, sent: datetime, arrived: datetime) -> bool:
        """Take an event's own time and that of its arrival. True when health changed between up and slow."""
        self._events_since_ping += 1
        age_ms = (arrived - sent + self.ahead).total_seconds() * 1000 / self.speed
        self._event_ms += WEIGHT * (max(0.0, age_ms) - self._event_ms)
        return self._judge()

    def _ahead(self) -> timedelta:
        best = min(self._samples, key=lambda sample: sample.reply_ms)
        uncertain = timedelta(milliseconds=(best.reply_ms + 20) * self.speed)
        return best.ahead if abs(best.ahead) > uncertain else timedelta(0)

    def _judge(self) -> bool:
        """Slow above the limit, well again only below half of it, so that it does not flap."""
        before = self.slow
        self.slow = self.lag_ms > (self.slow_ms / 2 if self.slow else self.slow_ms)
        return self.slow != before
