"""The embedded servers start quickly, outlive a killed program, and end with the last one that uses them."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis.asyncio
from sqlalchemy import text

from campaigns.db.embedded import EmbeddedPostgres, EmbeddedValkey, EngineError
from campaigns.db.engine import make_engine

START_AND_WAIT = """
import sys, time
from pathlib import Path
from campaigns.db.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
server.start()
server.ensure_database("kept")
print("up", flush=True)
time.sleep(120)
"""


def _wait_for_end(pid: int) -> None:
    """Return when the process, no child of ours, has ended."""
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.01)


@pytest.fixture
def folder() -> Iterator[Path]:
    """pytest's own tmp_path has a name too long for a socket and is closed to other users."""
    made = Path(tempfile.mkdtemp(prefix="promiseline-test-"))
    yield made
    EmbeddedPostgres(made / "pg", durable=False).destroy()
    made.rmdir()


def _start_elsewhere(data: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(data)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    return process


async def test_a_second_start_attaches_to_the_server_a_killed_program_left(folder: Path) -> None:
    process = _start_elsewhere(folder / "pg")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    server = EmbeddedPostgres(folder / "pg", durable=False)
    before = time.monotonic()
    server.start()
    assert time.monotonic() - before < 2
    assert not server.ensure_database("kept")
    server.stop()
    assert not server.is_running()


async def test_the_server_stays_while_another_program_uses_it(folder: Path) -> None:
    process = _start_elsewhere(folder / "pg")
    server = EmbeddedPostgres(folder / "pg", durable=False)
    server.start()
    server.stop()
    assert server.is_running()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    server.start()
    server.stop()
    assert not server.is_running()


async def test_data_is_there_after_a_crash_of_the_server(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "pg", durable=True)
    server.start()
    server.ensure_database("kept")
    engine = make_engine(server.url("kept"))
    async with engine.begin() as conn:
        await conn.execute(text("CREATE TABLE seen AS SELECT 7 AS n"))
    await engine.dispose()
    postmaster = int((folder / "pg" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGQUIT)  # dies without a checkpoint
    _wait_for_end(postmaster)
    server.start()
    engine = make_engine(server.url("kept"))
    async with engine.connect() as conn:
        assert (await conn.execute(text("SELECT n, current_setting('fsync') FROM seen"))).one() == (7, "on")
    await engine.dispose()


def test_a_url_before_the_start_is_refused_with_the_way_to_mend_it(folder: Path) -> None:
    with pytest.raises(EngineError, match=r"call start\(\) first"):
        EmbeddedPostgres(folder / "pg").url()


def test_a_broken_data_directory_is_refused_with_the_servers_own_words(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "pg", durable=False)
    server.start()
    server.stop()
    (folder / "pg" / "postgresql.conf").write_text("shared_buffers = nonsense\n")
    with pytest.raises(EngineError, match="nonsense"):
        server.start()


async def test_json_goes_in_and_out_as_python_values(database_url: str) -> None:
    engine = make_engine(database_url.replace("postgresql+asyncpg://", "postgresql://"))
    async with engine.connect() as conn:
        assert (await conn.execute(text("""SELECT '{"a": [1, 2.5, "ß"]}'::jsonb"""))).scalar_one() == {
            "a": [1, 2.5, "ß"]
        }
        assert (await conn.execute(text("SHOW timezone"))).scalar_one() == "UTC"
    await engine.dispose()


def test_another_kind_of_database_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="sqlite"):
        make_engine("sqlite:///x.db")


async def test_valkey_answers_by_its_url_and_a_second_one_attaches(valkey: EmbeddedValkey, valkey_url: str) -> None:
    second = EmbeddedValkey(valkey.data_dir)
    second.start()
    client = redis.asyncio.from_url(second.url())
    await client.set("a", "b")
    assert await client.get("a") == b"b"
    await client.aclose()
    second.stop()
    assert valkey.is_running()
