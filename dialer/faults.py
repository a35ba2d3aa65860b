"""Says in a few words why the database could not be used."""

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
