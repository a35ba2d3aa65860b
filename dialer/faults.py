"""Tells a database that does not answer from a fault of ours, and says in a few words why it could not be used."""

from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
    TimeoutError as PoolTimeout,
)

# SQLSTATE classes whose texts name a role or a database and no data: 28 authorization, 3D database, 53, 57 resources
SAID_BY_POSTGRES = frozenset({"28", "3D", "53", "57"})


def why(problem: Exception) -> str:
    """The reason in a few words, never a value: an address or a query may hold what nobody should read."""
    cause = getattr(problem, "orig", None)
    if str(getattr(cause, "sqlstate", None) or "")[:2] in SAID_BY_POSTGRES:
        return str(cause).removeprefix(f"{type(cause.__cause__)}: ") if cause is not None else ""
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return type(problem).__name__


# classes of SQLSTATE that tell of the server and not of the query: 08 connection, 53 resources, 57P operator's hand
_SERVER = ("08", "53", "57P")


def database_gone(fault: BaseException) -> bool:
    """Whether a query failed because the server is away, starting, stopping, or out of connections."""
    if isinstance(fault, DBAPIError):
        state = str(getattr(fault.orig, "sqlstate", None) or "")
        if state:
            return state.startswith(_SERVER)
        return fault.connection_invalidated or isinstance(fault, OperationalError | InterfaceError)
    # connecting to nobody is not wrapped by SQLAlchemy
    return isinstance(fault, PoolTimeout | PendingRollbackError | OSError | TimeoutError)
