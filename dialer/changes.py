"""Looks for what another program changed and nobody told this floor of: campaigns, agents' skills and plans."""

from collections.abc import Awaitable, Callable, Collection

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.faults import database_gone
from dialer.records import Records
from dialer.state import FloorState

log = structlog.get_logger(__name__)
LOOK_S = 0.5
CAMPAIGNS = text("""
SELECT c.id, c.version, c.state, (SELECT count(*) FROM campaign_agent ca WHERE ca.campaign_id = c.id) AS agents
FROM campaign c WHERE CAST(:tenant AS integer) IS NULL OR c.tenant_id = CAST(:tenant AS integer)
""")
# versions only grow: one number says whether any of thousands was changed
USERS_AT = text("""
SELECT coalesce(sum(version), 0) FROM app_user
WHERE CAST(:tenant AS integer) IS NULL OR tenant_id = CAST(:tenant AS integer)
""")
USERS = text("SELECT id, version FROM app_user WHERE id = ANY(CAST(:ids AS bigint[]))")


class Changes:
    """`campaign_changed` and `agents_changed` read anew what they are named."""

    def __init__(
        self,
        state: FloorState,
        records: Records,
        campaign_changed: Callable[[int], Awaitable[None]],
        agents_changed: Callable[[Collection[int]], Awaitable[None]],
    ) -> None:
        self._state = state
        self._records = records
        self._campaign_changed = campaign_changed
        self._agents_changed = agents_changed
        self._users_at: int | None = None

    async def run(self) -> None:
        speed = self._state.clock.speed
        while True:
            await self._state.clock.sleep(LOOK_S * speed)
            try:
                await self.look()
                self._records.database_answered()
            except (SQLAlchemyError, OSError) as problem:
                log.warning("floor.changes_not_read", problem=type(problem).__name__)
                if database_gone(problem):
                    self._records.database_lost()

    async def look(self) -> None:
        tenant = {"tenant": self._state.tenant_id}
        async with self._state.engine.connect() as conn:
            rows = (await conn.execute(CAMPAIGNS, tenant)).all()
            users_at = int((await conn.execute(USERS_AT, tenant)).scalar_one())
            users = [] if users_at == self._users_at else await self._changed_users(conn)
        for campaign_id, version, state, agents in rows:
            known = self._state.campaigns.get(campaign_id)
            if known is None or (known.version, known.state, len(known.agents)) != (version, state, agents):
                await self._campaign_changed(campaign_id)
        if users:
            await self._agents_changed(users)
        self._users_at = users_at

    async def _changed_users(self, conn: AsyncConnection) -> list[int]:
        agents = self._state.agents
        rows = (await conn.execute(USERS, {"ids": list(agents)})).all()
        return [user_id for user_id, version in rows if user_id in agents and agents[user_id].version != version]
