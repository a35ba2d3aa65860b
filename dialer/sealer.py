"""Seals the audit trail a second behind its writers and signs its end each hour. One leader at a time."""

from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.audit import sealing
from campaigns.audit.sealing import CHECKPOINT_EVERY, ChainBroken, Mark
from dialer import leases
from telephony.clock import Clock

log = structlog.get_logger()

TICK_S = 1.0
LEASE_S = 20.0
BATCHES = 20  # in one tick and tenant: what was left by a long stop is sealed beside the day's work


class Sealer:
    """`run()` works until cancelled; a database that is away stops it and nothing else."""

    def __init__(self, engine: AsyncEngine, clock: Clock, owner: str, key: Ed25519PrivateKey) -> None:
        self._engine = engine
        self._clock = clock
        self._owner = owner
        self._key = key
        self._mark: Mark | None = None
        self._signed: dict[int, datetime] = {}

    async def run(self) -> None:
        while True:
            try:
                await self.tick()
            except (SQLAlchemyError, OSError) as problem:
                log.error("sealer.database_away", problem=type(problem).__name__)
            except ChainBroken as problem:
                log.error("sealer.chain_broken", problem=str(problem))
            await self._clock.sleep(TICK_S)

    async def tick(self) -> int:
        """How many rows were sealed; 0 too when another process leads."""
        now = self._clock.now()
        async with self._engine.begin() as conn:
            if await leases.take(conn, "audit", self._owner, lease_s=LEASE_S, now=now) is None:
                return 0
            upto, tenants = await self._past_mark(conn)
        done = 0
        for tenant_id in tenants:
            done += await self._seal_tenant(tenant_id, upto)
            if self._signed.get(tenant_id, now - CHECKPOINT_EVERY) <= now - CHECKPOINT_EVERY:
                await self._sign(tenant_id)
        return done

    async def _past_mark(self, conn: AsyncConnection) -> tuple[Mark | None, list[int]]:
        """The mark of an earlier tick, once nobody can write below it any more; a new one is set then. All tenants."""
        past = self._mark
        fresh = await sealing.mark(conn)
        if past is not None and not await sealing.is_past(conn, past):
            past = None
        else:
            self._mark = fresh
        return past, list(fresh.verdicts)

    async def _seal_tenant(self, tenant_id: int, upto: Mark | None) -> int:
        rows = 0
        for _ in range(BATCHES):
            async with self._engine.begin() as conn:
                done = await sealing.seal(conn, tenant_id, now=self._clock.now(), upto=upto)
            rows += done.rows
            if not done.more:
                break
        return rows

    async def _sign(self, tenant_id: int) -> None:
        async with self._engine.begin() as conn:
            point = await sealing.checkpoint(conn, tenant_id, self._key, now=self._clock.now())
            last = point or await sealing.last_checkpoint(conn, tenant_id)
        if last is not None:
            self._signed[tenant_id] = last.at
        if point is not None:
            # whoever ships logs to another machine has a witness there that the database's owner cannot change
            log.info(
                "audit.checkpoint", tenant_id=tenant_id, number=point.number, seq=point.seq, hash=point.hash.hex(),
                signature=point.signature.hex(),
            )  # fmt: skip


async def seal_all(engine: AsyncEngine, clock: Clock, key: Ed25519PrivateKey) -> int:
    """Seals and signs everything that is committed, at once; for the command line. How many rows."""
    sealed = 0
    async with engine.connect() as conn:
        upto = await sealing.mark(conn)
        await conn.commit()
        while not await sealing.is_past(conn, upto):
            await conn.commit()
            await clock.sleep(0.05)
        await conn.commit()
        for tenant_id in upto.verdicts:
            more = True
            while more:
                done = await sealing.seal(conn, tenant_id, now=clock.now(), upto=upto)
                await conn.commit()
                sealed, more = sealed + done.rows, done.more
            await sealing.checkpoint(conn, tenant_id, key, now=clock.now(), every=sealing.AT_ONCE)
            await conn.commit()
    return sealed
