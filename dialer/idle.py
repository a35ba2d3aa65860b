"""Keeps the agents who can be offered a call, longest idle first: an answer looks at one or two of 5,000."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from datetime import datetime

Place = tuple[datetime, int]


class Idle:
    """User ids in the order of their idle time; iterate while nothing is put or taken."""

    def __init__(self) -> None:
        self._order: list[Place] = []
        self._places: dict[int, Place] = {}

    def put(self, user_id: int, since: datetime) -> None:
        """Also moves one who is there already with another time."""
        place = (since, user_id)
        if self._places.get(user_id) != place:
            self.take(user_id)
            insort(self._order, place)
            self._places[user_id] = place

    def take(self, user_id: int) -> None:
        """No matter whether they are there."""
        place = self._places.pop(user_id, None)
        if place is not None:
            del self._order[bisect_left(self._order, place)]

    def __iter__(self) -> Iterator[Place]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)
