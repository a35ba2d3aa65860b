"""Makes the one kind of database engine that all of Promiseline uses: asyncpg, UTC, JSON by orjson."""

from typing import Any

import orjson
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def _dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def make_engine(
    url: str, *, pool_size: int = 10, max_overflow: int = 10, application: str = "promiseline"
) -> AsyncEngine:
    """An engine for `url` (postgresql:// is taken as postgresql+asyncpg://). Nothing is connected yet.

    A lost server is noticed on checkout (pre-ping); waiting for a connection ends after 10 s, connecting after 5 s.
    """
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+asyncpg")
    if parsed.drivername != "postgresql+asyncpg":
        raise ValueError(f"the database URL begins with {parsed.drivername}://; it must be postgresql+asyncpg://")
    return create_async_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=10,
        pool_pre_ping=True,
        pool_recycle=3600,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # an exception's text lands in logs, and parameters are people's data
        connect_args={
            "timeout": 5,
            "server_settings": {"application_name": application, "timezone": "UTC", "jit": "off"},
        },
    )
