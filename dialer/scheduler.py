"""Does what is due: waits that are over, expired leases, broken promises, wishes that end. One leader at a time."""

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.promises import service as promises
from campaigns.queue import service as queue
from campaigns.requests.reviews import end_due
from dialer import leases
from telephony.clock import Clock

log = structlog.get_logger()

TICK_S = 2.0
LEASE_S = 20.0
BATCH = 5000


class Scheduler:
    """`run()` works until cancelled; a database that is away stops it and nothing else."""

    def __init__(self, engine: AsyncEngine, clock: Clock, owner: str) -> None:
        self._engine = engine
        self._clock = clock
        self._owner = owner

    async def run(self) -> None:
        while True:
            try:
                await self.tick()
            except (SQLAlchemyError, OSError) as problem:
                log.error("scheduler.database_away", problem=type(problem).__name__)
            await self._clock.sleep(TICK_S)

    async def tick(self) -> int:
        """How many rows were moved; 0 too when another process leads."""
        now = self._clock.now()
        async with self._engine.begin() as conn:
            if await leases.take(conn, "scheduler", self._owner, lease_s=LEASE_S, now=now) is None:
                return 0
        moved = 0
        async with self._engine.begin() as conn:
            moved += await queue.promote_due(conn, now, BATCH)
        async with self._engine.begin() as conn:
            moved += len(await queue.expire_leases(conn, now, BATCH))
        async with self._engine.begin() as conn:
            moved += await promises.break_overdue(conn, now)
        async with self._engine.begin() as conn:
            moved += await end_due(conn, now)
        return moved
