"""Tells a database that does not answer from a fault of ours."""

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError as PoolTimeout


def database_gone(fault: BaseException) -> bool:
    """Whether a query failed because the server is away, starting, stopping, or out of connections."""
    if isinstance(fault, DBAPIError):
        return fault.connection_invalidated or isinstance(fault, OperationalError | InterfaceError)
    # connecting is not wrapped by SQLAlchemy
    return isinstance(fault, PoolTimeout | OSError | TimeoutError | asyncpg.PostgresError | asyncpg.InterfaceError)
