"""Notices campaigns that were changed by somebody else than this process (the command line, another web process)."""

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.commands import FloorPort
from telephony.clock import Clock

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
MARKS = text("""
SELECT c.id, c.state || '/' || c.version || '/' ||
       (SELECT coalesce(string_agg(a.user_id::text, ',' ORDER BY a.user_id), '') FROM campaign_agent a
        WHERE a.campaign_id = c.id) AS mark
FROM campaign c WHERE c.tenant_id = :tenant
""")


class CampaignWatch:
    """`run()` tells the floor of each change within LOOK_EVERY_S."""

    def __init__(self, engine: AsyncEngine, floor: FloorPort, clock: Clock, tenant_id: int) -> None:
        self._engine = engine
        self._floor = floor
        self._clock = clock
        self._tenant_id = tenant_id
        self._marks: dict[int, str] | None = None

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as problem:
                log.warning("campaign_watch.database_away", problem=type(problem).__name__)
            await self._clock.sleep(LOOK_EVERY_S)

    async def look(self) -> list[int]:
        """The campaigns that were told to the floor."""
        async with self._engine.connect() as conn:
            found = {int(row.id): str(row.mark) for row in await conn.execute(MARKS, {"tenant": self._tenant_id})}
        before = self._marks if self._marks is not None else found
        changed = [campaign_id for campaign_id, mark in found.items() if before.get(campaign_id) != mark]
        for campaign_id in changed:
            await self._floor.campaign_changed(campaign_id)
        self._marks = found
        return changed
