"""An import killed at any moment goes on where it was, and nobody is there twice."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from campaigns.imports.csv_file import Record
from campaigns.imports.header import understand
from campaigns.imports.model import FileMapping
from campaigns.imports.rows import Reader
from campaigns.imports.workers import InProcesses
from tests.campaigns.imports.conftest import Importer
from tests.campaigns.imports.files import GOOD, NOW, Parts, a_file

ROOT = Path(__file__).parents[3]


def _kill_at(url: str, path: Path, tenant: int, phase: str, count: int, *flags: str) -> None:
    """Run an import in a process and kill -9 it at its `count`th report of `phase`."""
    words = [
        sys.executable,
        "-m",
        "tests.campaigns.imports.stuck",
        url,
        str(path),
        str(tenant),
        phase,
        str(count),
        *flags,
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stuck\n"
        os.kill(process.pid, signal.SIGKILL)


def _alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


async def _killed(importer: Importer, url: str, path: Path, phase: str, count: int, *flags: str) -> None:
    await asyncio.to_thread(_kill_at, url, path, importer.tenant, phase, count, *flags)
    for _ in range(200):  # the server notices that its client is gone, and lets go of the creditor
        if not await importer.ask("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the killed import still holds its lock")


@pytest.mark.parametrize(
    ("phase", "count", "line"), [("reading", 2, 201), ("reading", 1, 101), ("merging", 1, 451), ("merging", 6, 451)]
)
async def test_an_import_killed_while_reading_or_merging_goes_on(
    importer: Importer, database_url: str, tmp_path: Path, phase: str, count: int, line: int
) -> None:
    path = a_file(tmp_path, *[{}] * 449, {"debtor_reference": "D1"})
    await _killed(importer, database_url, path, phase, count)
    assert (await importer.sizes())["debtor"] == 0
    report = await importer(path)
    assert (report.state, report.resumed_at_line, report.rows, report.rows_loaded) == ("done", line, 450, 450)
    sizes = await importer.sizes()
    assert (sizes["debtor"], sizes["debt"], sizes["address"], sizes["import_batch"]) == (449, 450, 449, 1)
    assert await importer.staging() == []


async def test_rejects_of_before_the_kill_are_still_told(importer: Importer, database_url: str, tmp_path: Path) -> None:
    path = a_file(tmp_path, *[{}] * 5, {"balance": "x"}, *[{}] * 300)
    await _killed(importer, database_url, path, "reading", 2)
    rejects = tmp_path / "rejects.csv"
    report = await importer(path, rejects=rejects)
    assert (report.state, report.resumed_at_line, report.rows_rejected) == ("refused", 201, 1)
    assert len(rejects.read_text().splitlines()) == 2


async def test_an_import_in_parts_keeps_its_parts_and_goes_on_behind_them(
    importer: Importer, database_url: str, tmp_path: Path
) -> None:
    rows = 45_000
    path = a_file(tmp_path, *[{}] * rows, {"balance": "x"}, {"debt_reference": "L5"})
    await _killed(importer, database_url, path, "reading", 1, "--partial")
    assert (await importer.sizes())["debtor"] == 20_000
    report = await importer(path, partial=True)
    assert (report.state, report.resumed_at_line, report.rows_loaded, report.rows_rejected) == ("done", 20_001, rows, 2)
    assert (report.debtors_created, report.debts_created) == (rows, rows)
    sizes = await importer.sizes()
    assert (sizes["debtor"], sizes["debt"]) == (rows, rows)


async def test_another_way_of_reading_does_not_go_on_with_what_was_staged(
    importer: Importer, database_url: str, tmp_path: Path
) -> None:
    path = a_file(tmp_path, *[{}] * 350)
    await _killed(importer, database_url, path, "reading", 2)
    report = await importer(path, mapping=FileMapping(decimal_mark="."))
    assert (report.state, report.resumed_at_line) == ("done", 0)
    assert await importer.ask("SELECT state FROM import_batch ORDER BY id") == ["interrupted", "done"]
    assert await importer.staging() == []


async def test_reading_in_processes_gives_the_same_as_reading_here(importer: Importer, tmp_path: Path) -> None:
    path = a_file(tmp_path, *[{}] * 950, {"balance": "x"})
    here = await importer(path, dry_run=True)
    there = await importer(path, dry_run=True, workers=2)
    here.seconds = there.seconds = 0
    assert there == here


async def test_a_worker_ends_with_its_import_and_its_death_is_told() -> None:
    reader = Reader(understand(tuple(GOOD), FileMapping(), None, "x"), FileMapping(), None, Parts(), NOW)
    lanes = InProcesses(reader, 1)
    process = lanes._workers[0]._process
    chunk = await lanes.submit([Record(2, list(GOOD.values()))])
    assert len(chunk.staged) == 1
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="a worker of the import died; run the same command again"):
        await lanes.submit([Record(2, list(GOOD.values()))])
    lanes.close()
    assert process.returncode == -signal.SIGKILL
    lanes = InProcesses(reader, 1)
    lanes.close()
    assert lanes._workers[0]._process.returncode == 0


async def test_workers_end_when_the_import_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, signal\n"
        "from tests.campaigns.imports.test_killed import *\n"
        "reader = Reader(understand(tuple(GOOD), FileMapping(), None, 'x'), FileMapping(), None, Parts(), NOW)\n"
        "print(InProcesses(reader, 1)._workers[0]._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    for _ in range(500):
        if not _alive(int(done.stdout)):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the worker outlived its import")
