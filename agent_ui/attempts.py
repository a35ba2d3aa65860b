"""Counts wrong passwords of a login and of a source before they are tried, so that many at once gain nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_ui.deps import WebDeps
from agent_ui.metrics import WebMetrics
from agent_ui.problems import Problem
from agent_ui.source import login_hash, requester, source_hash
from agent_ui.throttle import PER_LOGIN, PER_SOURCE, WINDOW, wait_s
from campaigns.db.tables import login_failure

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, counted as failed until it is forgotten. `who` and `source` are hashes."""

    id: int
    who: bytes
    source: bytes


class Attempts:
    def __init__(self, deps: WebDeps, metrics: WebMetrics) -> None:
        self._deps = deps
        self._metrics = metrics

    async def count(self, request: web.Request, login: str) -> Attempt:
        """Raises Problem, with the seconds, where this login or this source must wait."""
        settings = self._deps.settings
        who = login_hash(settings.tenant_id, login)
        source = source_hash(requester(request, settings.trusted_proxies))
        now = self._deps.clock.now()
        async with self._deps.engine.begin() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(_lock_number(who))))
            await connection.execute(select(func.pg_advisory_xact_lock(_lock_number(source))))
            by_login = await _failures(connection, login_failure.c.login_hash == who, now)
            by_source = await _failures(connection, login_failure.c.source_hash == source, now)
            wait = max(wait_s(by_login, now, PER_LOGIN), wait_s(by_source, now, PER_SOURCE))
            if not wait:
                row = insert(login_failure).values(login_hash=who, source_hash=source, at=now)
                made = (await connection.execute(row.returning(login_failure.c.id))).scalar_one()
                return Attempt(int(made), who, source)
        self._metrics.logins.labels("must_wait").inc()
        log.warning("login.must_wait", wait_s=wait)
        message = f"Too many failed logins. Wait {wait} s and try again."
        raise Problem(429, "must_wait", message, retry_after_s=wait)

    async def forget(self, connection: AsyncConnection, attempt: Attempt) -> None:
        """It was the right password: neither this try nor the failed ones from here before it count any more."""
        mine = (login_failure.c.login_hash == attempt.who) & (login_failure.c.source_hash == attempt.source)
        await connection.execute(delete(login_failure).where((login_failure.c.id == attempt.id) | mine))


def _lock_number(name: bytes) -> int:
    return int.from_bytes(name[:8], "big", signed=True)


async def _failures(connection: AsyncConnection, whose: Any, now: datetime) -> list[datetime]:
    query = select(login_failure.c.at).where(whose, login_failure.c.at > now - WINDOW)
    return list((await connection.execute(query)).scalars())
