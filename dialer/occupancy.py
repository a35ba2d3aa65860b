"""Knows which debtors may still be in which agent's bridge, so that nobody is put in beside another."""

from collections import defaultdict


class Occupancy:
    """Cautious: who was sent into a bridge counts as inside until an event or a reply says that they are not."""

    def __init__(self) -> None:
        self._inside: dict[str, set[str]] = defaultdict(set)
        self._bridges: dict[str, set[str]] = defaultdict(set)

    def free(self, bridge_id: str) -> bool:
        return not self._inside.get(bridge_id)

    def enter(self, bridge_id: str, attempt_id: str) -> None:
        self._inside[bridge_id].add(attempt_id)
        self._bridges[attempt_id].add(bridge_id)

    def leave(self, bridge_id: str, attempt_id: str) -> bool:
        """True when that made the bridge free."""
        inside = self._inside.get(bridge_id)
        if not inside or attempt_id not in inside:
            return False
        inside.discard(attempt_id)
        self._bridges[attempt_id].discard(bridge_id)
        if not inside:
            del self._inside[bridge_id]
        return not inside

    def ended(self, attempt_id: str) -> bool:
        """The channel is gone. True when that made a bridge free."""
        made_free = [self.leave(bridge_id, attempt_id) for bridge_id in list(self._bridges.get(attempt_id, ()))]
        self._bridges.pop(attempt_id, None)
        return any(made_free)

    def destroyed(self, bridge_id: str) -> None:
        for attempt_id in list(self._inside.get(bridge_id, ())):
            self.leave(bridge_id, attempt_id)
