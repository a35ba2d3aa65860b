"""Does a transaction once more that the database turned away for another one's sake."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

log = structlog.get_logger()
T = TypeVar("T")
TRIES = 5
TURNED_AWAY = frozenset({"40P01", "40001"})  # deadlock_detected, serialization_failure


async def once_more(work: Callable[[], Awaitable[T]], event: str) -> T:
    """What `work` gives, which is a whole transaction and is tried up to TRIES times; `event` begins the log's word."""
    for left in reversed(range(TRIES)):
        try:
            return await work()
        except DBAPIError as problem:
            if left == 0 or getattr(problem.orig, "sqlstate", None) not in TURNED_AWAY:
                raise
            log.warning(f"{event}.once_more", left=left)
    raise AssertionError("unreachable")
