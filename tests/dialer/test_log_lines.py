"""Lines of the log: what a fault or a library says, and nobody's data."""

import logging
import traceback

import orjson
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.log_lines import DiscreetExceptions, LibraryLines

SECRET = "Dana-Doe-12125550142"
RENDERED = structlog.processors.ExceptionRenderer(DiscreetExceptions())


def line_of(fault: BaseException) -> str:
    return orjson.dumps(RENDERED(None, "error", {"event": "x", "exc_info": fault})).decode()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("INSERT INTO alembic_version (version_num) VALUES (:s), (:s)", "23505 alembic_version"),
        ("INSERT INTO tenant (name, settings, created_at) VALUES (:s, NULL, now())", "23502 tenant"),
        ("SELECT CAST(:s AS text)::integer", "22P02"),
        ("SELECT CAST(:s AS integer)", "DataError"),
    ],
)
async def test_a_fault_of_the_database_is_named_without_the_rows_that_its_text_repeats(
    engine: AsyncEngine, statement: str, named: str
) -> None:
    with pytest.raises(DBAPIError) as fault:
        async with engine.begin() as conn:
            await conn.execute(text(statement), {"s": SECRET})
    try:
        raise RuntimeError("while the campaign started") from fault.value
    except RuntimeError as outer:
        line = line_of(outer)

    assert SECRET in "".join(traceback.format_exception(fault.value)), "else this proves nothing"
    assert SECRET not in line and "Failing row" not in line
    assert named in line
    assert "while the campaign started" in line and "test_log_lines.py" in line


def test_faults_of_a_group_show_their_places_only() -> None:
    try:
        raise ExceptionGroup("two tasks", [ValueError(SECRET), KeyError(SECRET)])
    except ExceptionGroup as group:
        line = line_of(group)

    assert SECRET not in line and "KeyError" in line


def test_what_a_library_logs_becomes_a_line_like_ours_without_its_values() -> None:
    logger = logging.Logger("aiohttp.server")
    logger.addHandler(LibraryLines())

    with structlog.testing.capture_logs() as lines:
        logger.log(35, "Error handling request from %s", SECRET)
        logger.error("Task exception was never retrieved\nfuture: <Task exception=KeyError('%s')>", SECRET)

    assert [(line["log_level"], line["library"], line["says"]) for line in lines] == [
        ("warning", "aiohttp.server", "Error handling request from %s"),
        ("error", "aiohttp.server", "Task exception was never retrieved"),
    ]
    assert SECRET not in str(lines)
