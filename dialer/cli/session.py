"""A database connection for commands that change something: settings, engines, tenant, one transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.admin import service as admin
from campaigns.db import migrate
from campaigns.db.embedded import EngineError
from campaigns.db.engine import make_engine
from campaigns.problems import Refused
from dialer.cli.output import fail, told_clearly
from dialer.engines import engines
from dialer.faults import why
from dialer.settings import Settings, SettingsProblem, load_settings

T = TypeVar("T")


def in_transaction(work: Callable[[AsyncConnection, int], Awaitable[T]]) -> T:
    """`work(connection, tenant id)` in one transaction; every refusal becomes a message and exit code 1."""
    with told_clearly(SettingsProblem, EngineError, Refused):
        settings = load_settings()
        with engines(settings) as found:
            return asyncio.run(_run(settings, found.database_url, work))


async def _run(settings: Settings, url: str, work: Callable[[AsyncConnection, int], Awaitable[T]]) -> T:
    engine = make_engine(url, pool_size=1)
    try:
        state = await migrate.state(engine)
        if state.complaint:
            fail(state.complaint)
        async with engine.begin() as conn:
            tenant_id = await admin.create_tenant(conn, name=settings.tenant, now=datetime.now(UTC))
            return await work(conn, tenant_id)
    except (SQLAlchemyError, OSError) as problem:
        fail(f"the database cannot be reached or refused ({why(problem)}); see: promiseline doctor")
    finally:
        await engine.dispose()
