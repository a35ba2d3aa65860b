"""A connection that the server closed is replaced before anybody gets it, whether it was used just now or long ago."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import engine as module
from campaigns.db.engine import make_engine

PID = text("SELECT pg_backend_pid()")


@pytest.fixture
async def one(database_url: str) -> AsyncIterator[AsyncEngine]:
    made = make_engine(database_url, pool_size=1, max_overflow=0)
    yield made
    await made.dispose()


async def _ended_by_the_server(one: AsyncEngine, engine: AsyncEngine) -> int:
    async with one.connect() as conn:
        pid: int = (await conn.execute(PID)).scalar_one()
        raw = await conn.get_raw_connection()
        driver = raw.driver_connection
        assert driver is not None
    closed = asyncio.Event()
    driver.add_termination_listener(lambda _connection: closed.set())
    async with engine.connect() as killer:
        await killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    await asyncio.wait_for(closed.wait(), 60)
    return pid


async def test_a_connection_used_just_now_whose_socket_is_closed_is_not_given_out(
    one: AsyncEngine, engine: AsyncEngine
) -> None:
    gone = await _ended_by_the_server(one, engine)
    async with one.connect() as conn:
        assert (await conn.execute(PID)).scalar_one() != gone


async def test_one_used_just_now_is_not_pinged_and_an_old_one_is(
    one: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinged: list[object] = []
    dialect = one.sync_engine.dialect
    really = dialect.do_ping

    def ping(connection: Any) -> bool:
        pinged.append(connection)
        return really(connection)

    monkeypatch.setattr(dialect, "do_ping", ping)
    for _ in range(3):
        async with one.connect() as conn:
            pid = (await conn.execute(PID)).scalar_one()
    assert not pinged
    monkeypatch.setattr(module, "TRUSTED_S", -1.0)  # every connection is an old one
    async with one.connect() as conn:
        assert (await conn.execute(PID)).scalar_one() == pid
    assert len(pinged) == 1


async def test_an_old_connection_that_does_not_answer_is_replaced(
    one: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with one.connect() as conn:
        before = (await conn.execute(PID)).scalar_one()
    dialect = one.sync_engine.dialect
    answers = iter([False, True])  # the second is the new one
    monkeypatch.setattr(dialect, "do_ping", lambda _connection: next(answers))
    monkeypatch.setattr(module, "TRUSTED_S", -1.0)  # every connection is an old one
    async with one.connect() as conn:
        assert (await conn.execute(PID)).scalar_one() != before
