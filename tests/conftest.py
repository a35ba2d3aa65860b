"""One PostgreSQL and one Valkey for the whole run; each test gets its own database, copied from a migrated template."""

import asyncio
import gc
import itertools
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from campaigns.db import migrate
from campaigns.db.embedded import EmbeddedPostgres, EmbeddedValkey
from campaigns.db.engine import make_engine

TEMPLATE = "template_promiseline"
REAL = ("tests/acceptance/", "tests/bench/", "tests/contracts/", "tests/telephony/ari/test_real_asterisk.py")
SMALL_RUNS, ON_ASTERISK = "tests/bench/test_smoke.py::test_the_benchmark", ("[lines]", "[floor]")

# the same examples at every run of make test, and no deadline: a loaded machine is no failure of the code
settings.register_profile("promiseline", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("PROMISELINE_HYPOTHESIS", "promiseline"))
_numbers = itertools.count()
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell ignores Ctrl+C for what a script puts in the background, and so would every program that a test starts
    signal.signal(signal.SIGINT, signal.default_int_handler)


class _RealPartsAlone(LoadScopeScheduling):  # type: ignore[misc]
    """What runs on a real Asterisk or in a real browser runs one after the other; the other process takes the rest."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(SMALL_RUNS) and not nodeid.endswith(ON_ASTERISK):
            return nodeid  # each is a program of its own
        return "real" if nodeid.startswith(REAL) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _RealPartsAlone:
    return _RealPartsAlone(config, log)


def pytest_collection_finish() -> None:
    """Six thousand collected tests are no garbage: a full collection that walks them stops the floors of the tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The run's own server, with the migrated database TEMPLATE in it."""
    server = EmbeddedPostgres(Path(tempfile.mkdtemp(prefix="promiseline-test-")) / "pg", durable=False)
    server.start()
    try:
        server.ensure_database(TEMPLATE)
        asyncio.run(migrate.upgrade(server.url(TEMPLATE)))
        yield server
    finally:
        server.destroy()
        server.data_dir.parent.rmdir()


async def _command(server: EmbeddedPostgres, command: str) -> None:
    place = make_url(server.url("postgres")).query
    conn = await asyncpg.connect(host=place["host"], port=int(str(place["port"])), user="postgres", database="postgres")
    try:
        await conn.execute(command)
    finally:
        await conn.close()


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The URL of a fresh migrated database, dropped after the test."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    await _command(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield postgres.url(name)
    await _command(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def empty_database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The URL of a database without any table, dropped after the test."""
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    await _command(postgres, f"CREATE DATABASE {name}")
    yield postgres.url(name)
    await _command(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    made = make_engine(database_url)
    yield made
    await made.dispose()


@pytest.fixture
async def conn(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection in autobegin mode: what a test does not commit is gone with its database."""
    async with engine.connect() as made:
        yield made


@pytest.fixture(scope="session")
def valkey() -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(Path(tempfile.mkdtemp(prefix="promiseline-test-")) / "valkey")
    server.start()
    try:
        yield server
    finally:
        server.destroy()
        server.data_dir.parent.rmdir()


@pytest.fixture
def valkey_url(valkey: EmbeddedValkey) -> str:
    """A Redis URL of an empty database."""
    valkey.flush()
    return valkey.url()
