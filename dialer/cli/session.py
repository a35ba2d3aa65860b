"""A database connection for commands that change something: settings, engines, tenant, one transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.admin import tenants
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
            return asyncio.run(connected(found.database_url, lambda conn: _of_tenant(conn, settings, work)))


async def _of_tenant(
    conn: AsyncConnection, settings: Settings, work: Callable[[AsyncConnection, int], Awaitable[T]]
) -> T:
    tenant_id = await tenants.served(conn, name=settings.tenant, now=datetime.now(UTC))
    return await work(conn, tenant_id)


async def connected(url: str, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """`work` in one transaction on a database whose schema is current; else a message and exit code 1."""
    engine = make_engine(url, pool_size=1)
    try:
        state = await migrate.state(engine)
        if state.complaint:
            fail(state.complaint)
        async with engine.begin() as conn:
            return await work(conn)
    except (SQLAlchemyError, OSError) as problem:
        fail(f"the database cannot be reached or refused ({why(problem)}); see: promiseline doctor")
    finally:
        await engine.dispose()
