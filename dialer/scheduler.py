"""Does what is due: rows whose wait is over, leases that ran out, promises that were broken. One leader at a time."""

from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.queue import service as queue
from campaigns.queue.model import PROMISE_PENDING
from dialer import leases
from telephony.clock import Clock

log = structlog.get_logger()

TICK_S = 2.0
LEASE_S = 20.0
BATCH = 5000
GRACE = timedelta(days=2)  # a transfer made on the promised day needs time to arrive

BROKEN = text("""
UPDATE promise SET state = 'broken' WHERE id IN (
    SELECT id FROM promise WHERE state = 'pending' AND due_date < :before ORDER BY id LIMIT :limit
    FOR UPDATE SKIP LOCKED
) RETURNING id, debtor_id, tenant_id, campaign_id
""")
EVENT = text("""
INSERT INTO outcome_event (tenant_id, at, kind, campaign_id, debtor_id, payload)
VALUES (:tenant, :now, 'promise.broken', :campaign, :debtor, CAST(:payload AS jsonb))
""")
STILL_PROMISED = text("SELECT 1 FROM promise WHERE debtor_id = :debtor AND state = 'pending' LIMIT 1")


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
            moved += await self._break_promises(conn)
        return moved

    async def _break_promises(self, conn: AsyncConnection) -> int:
        """A promise whose day and grace have passed is broken; its debtor goes to the head of the queue."""
        now = self._clock.now()
        found = (await conn.execute(BROKEN, {"before": (now - GRACE).date(), "limit": 500})).all()
        for promise_id, debtor_id, tenant_id, campaign_id in found:
            values = {"tenant": tenant_id, "now": now, "campaign": campaign_id, "debtor": debtor_id}
            await conn.execute(EVENT, {**values, "payload": f'{{"promise_id": {promise_id}}}'})
            if (await conn.execute(STILL_PROMISED, {"debtor": debtor_id})).first() is None:
                await queue.resume(conn, debtor_id, PROMISE_PENDING, now=now, ahead=True)
        return len(found)
