"""Keeps what persons press while they hear an announcement: the key that ends calls to their number."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from campaigns.requests import service as requests
from dialer.state import FloorState, LiveCall

log = structlog.get_logger(__name__)
AGAIN_S = 2.0


class Announcements:
    def __init__(self, state: FloorState) -> None:
        self._state = state

    def opted_out(self, live: LiveCall) -> None:
        """Close the number for calls, at once or as soon as the database is back."""
        self._state.tasks.spawn(self._close(live), "announcement-opt-out")

    async def _close(self, live: LiveCall) -> None:
        at = self._state.now()
        while True:
            try:
                async with self._state.engine.begin() as conn:
                    await requests.record_opt_out(
                        conn,
                        tenant_id=live.tenant_id,
                        address=live.phone,
                        channel="voice",
                        at=at,
                        source="keypad",
                        evidence=live.attempt_id,
                        debtor_id=live.debtor_id,
                    )
                return
            except (SQLAlchemyError, OSError) as problem:
                log.error("announcement.opt_out_not_saved", attempt_id=live.attempt_id, problem=type(problem).__name__)
                await self._state.clock.sleep(AGAIN_S * self._state.clock.speed)
