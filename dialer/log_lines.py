"""Makes lines of the log out of exceptions and of what libraries say, without the values that their texts repeat."""

import logging
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import structlog

OF_DATABASES = ("sqlalchemy.", "asyncpg.")
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class DiscreetExceptions(structlog.tracebacks.ExceptionDictTransformer):
    """Types and places of a chain of exceptions, never local variables.

    A database's text repeats rows ("Failing row contains ...", "Key (address)=(...)"): its code and the names of
    table and constraint take its place.
    """

    def __init__(self) -> None:
        super().__init__(show_locals=False)

    def __call__(self, exc_info: ExcInfo) -> list[dict[str, Any]]:
        stacks: list[dict[str, Any]] = super().__call__(exc_info)
        said = {type(one).__name__: _named(one) for one in _chain(exc_info[1]) if _of_database(one)}
        return [_discreet(stack, said) for stack in stacks]


class LibraryLines(logging.Handler):
    """What libraries and asyncio log, as lines like ours: the first line of the text before its values are put in."""

    def emit(self, record: logging.LogRecord) -> None:
        says = str(record.msg).partition("\n")[0]
        more = {"exc_info": record.exc_info} if record.exc_info and record.exc_info[1] else {}
        # levels between ours, as some libraries have, count as the one below
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        structlog.get_logger().log(level, "library.said", library=record.name, says=says, **more)


def _discreet(stack: dict[str, Any], said: dict[str, str]) -> dict[str, Any]:
    if stack.get("exc_type") in said:
        stack["exc_value"] = said[stack["exc_type"]]
        stack["exc_notes"] = []
    if stack.get("exceptions"):
        # of a group each has a chain of its own, which is not looked through: their places say enough
        for chain in stack["exceptions"]:
            for one in chain:
                one["exc_value"] = ""
    return stack


def _chain(fault: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [fault]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "orig", None)]


def _of_database(fault: BaseException) -> bool:
    return f"{type(fault).__module__}.".startswith(OF_DATABASES)


def _named(fault: BaseException) -> str:
    """SQLSTATE, table and constraint as far as they are known; none of them is anybody's data."""
    for one in _chain(fault):
        known = [
            getattr(one, "sqlstate", None),
            getattr(one, "table_name", None),
            getattr(one, "constraint_name", None),
        ]
        if any(known):
            return " ".join(str(word) for word in known if word)
    return ""
