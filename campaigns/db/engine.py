"""Makes the one kind of database engine that all of Promiseline uses: asyncpg, UTC, JSON by orjson."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import orjson
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

TRUSTED_S = 1.0
"""So long after its last use a connection is not asked whether it lives: that is three ways there and back."""


def to_json(value: Any) -> str:
    """What is stored as JSON; a Struct of msgspec may be anywhere in it."""
    return orjson.dumps(value, _struct, orjson.OPT_NON_STR_KEYS).decode()


def _struct(value: Any) -> orjson.Fragment:
    """A Struct inside what is stored as JSON: msgspec writes it in a tenth of the time that plain values would take."""
    if isinstance(value, msgspec.Struct):
        return orjson.Fragment(msgspec.json.encode(value))
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection for questions that change nothing: each statement is a transaction and a snapshot by itself.

    That is what READ COMMITTED shows a reader too, without the two ways there and back for BEGIN and ROLLBACK.
    """
    async with engine.connect() as conn:
        yield await conn.execution_options(isolation_level="AUTOCOMMIT")


def make_engine(
    url: str, *, pool_size: int = 10, max_overflow: int = 10, application: str = "promiseline"
) -> AsyncEngine:
    """An engine for `url` (postgresql:// is taken as postgresql+asyncpg://). Nothing is connected yet.

    A lost server is noticed on checkout; waiting for a connection ends after 10 s, connecting after 5 s.
    """
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+asyncpg")
    if parsed.drivername != "postgresql+asyncpg":
        raise ValueError(f"the database URL begins with {parsed.drivername}://; it must be postgresql+asyncpg://")
    engine = create_async_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=10,
        pool_recycle=3600,
        pool_use_lifo=True,  # the connection used last is alive, and its server process has plans and pages at hand
        json_serializer=to_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # an exception's text lands in logs, and parameters are people's data
        connect_args={
            "timeout": 5,
            "server_settings": {"application_name": application, "timezone": "UTC", "jit": "off"},
        },
    )
    _look_before_use(engine)
    return engine


def _look_before_use(engine: AsyncEngine) -> None:
    """As pool_pre_ping, but a connection that was used just now is only asked whether its socket was closed."""
    pool, dialect = engine.sync_engine.pool, engine.sync_engine.dialect

    def used(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    def look(connection: Any, record: Any, _proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        if time.monotonic() - record.info["used"] > TRUSTED_S:
            try:
                alive = dialect.do_ping(connection)
            except dialect.loaded_dbapi.Error as problem:
                raise InvalidatePoolError from problem
            if not alive:
                raise InvalidatePoolError

    event.listen(pool, "connect", used)
    event.listen(pool, "checkin", used)
    event.listen(pool, "checkout", look)
