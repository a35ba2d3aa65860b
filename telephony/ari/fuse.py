"""Remembers outgoing legs until they are answered or gone, so that none is waited for without end. Pure."""

SLACK_S = 5.0
"""After our own ring timeout Asterisk ends the leg itself; what has not been heard of this long after was missed."""


class RingFuse:
    """Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def __contains__(self, channel_id: str) -> bool:
        return channel_id in self._due

    def light(self, channel_id: str, now: float, ring_timeout_s: float) -> None:
        self._due[channel_id] = now + ring_timeout_s + SLACK_S

    def out(self, channel_id: str) -> bool:
        """The leg was answered or is gone. True if it was waited for."""
        return self._due.pop(channel_id, None) is not None

    def again(self, channel_id: str, now: float) -> None:
        """Not settled yet: look once more later."""
        if channel_id in self._due:
            self._due[channel_id] = now + SLACK_S

    def overdue(self, now: float) -> list[str]:
        return [channel_id for channel_id, due in self._due.items() if due <= now]
