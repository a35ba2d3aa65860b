"""Measures `promiseline import` of synthetic debtors with two phones each, by the real command on the real engines.

python -m tests.bench.bench_import [--debtors 1000000] [--partial] [--keep-file FILE] [--json]
"""

import argparse
import asyncio
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from campaigns.db import migrate
from campaigns.db.embedded import EmbeddedPostgres
from campaigns.db.engine import make_engine
from campaigns.synthetic.portfolio import Portfolio, write_csv

BUDGET_S, BUDGET_MB = 600.0, 1024.0
PROMISELINE = Path(sys.executable).with_name("promiseline")
COUNT = text(
    "SELECT (SELECT count(*) FROM debtor), (SELECT count(*) FROM debt),"
    " (SELECT count(*) FROM contact_point WHERE kind <> 'email'), (SELECT count(*) FROM debtor"
    " WHERE window_group_id IS NULL), (SELECT count(*) FROM pg_tables WHERE tablename LIKE 'import_row_%')"
)


def memory_mb(pid: int) -> float:
    """Proportional memory of a process and all its children: shared pages count once."""
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{one}/smaps_rollup").read_text(), re.M)
            total += int(found[1]) / 1024 if found else 0
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            continue  # it has ended meanwhile
    return total


class Watched:
    """Samples the most memory that a process tree held."""

    def __init__(self, pid: int, every_s: float) -> None:
        self.most_mb = 0.0
        self._pid, self._every_s = pid, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(self._every_s):
            self.most_mb = max(self.most_mb, memory_mb(self._pid))

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()


def write_file(path: Path, debtors: int) -> int:
    """The number of rows; every debtor has two phones and one debtor in eight two debts."""
    return write_csv(path, Portfolio(debtors, seed=1, today=datetime.now(UTC).date(), second_phone=1.0))


def import_it(data_dir: Path, server: EmbeddedPostgres, file: Path, words: list[str]) -> dict[str, Any]:
    """Run the command; its own report with the time and memory that were seen from outside."""
    postmaster = int((server.data_dir / "postmaster.pid").read_text().splitlines()[0])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(
        [PROMISELINE, "import", file, "--creditor", "Bench", "--json", *words],
        env={**os.environ, "PROMISELINE_DATA_DIR": str(data_dir)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    program, database = Watched(process.pid, 0.5), Watched(postmaster, 1.0)
    try:
        out, _ = process.communicate()
    finally:
        program.stop()
        database.stop()
    if process.returncode:
        raise SystemExit(f"the import ended with {process.returncode}: {out}")
    elapsed = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        **json.loads(out),
        "elapsed_s": round(elapsed, 1),
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "program_mb": round(program.most_mb),
        "database_mb": round(database.most_mb),
    }


async def counted(url: str) -> dict[str, int]:
    engine = make_engine(url, pool_size=1)
    try:
        async with engine.connect() as conn:
            row = (await conn.execute(COUNT)).one()
    finally:
        await engine.dispose()
    return dict(zip(("debtors", "debts", "phones", "without_hours", "staging_left"), map(int, row), strict=True))


def measure(debtors: int, words: list[str], file: Path | None = None) -> dict[str, Any]:
    """One import into an empty database on the embedded PostgreSQL as it ships (durable)."""
    folder = Path(tempfile.mkdtemp(prefix="promiseline-bench-"))
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    try:
        server.ensure_database()
        asyncio.run(migrate.upgrade(server.url()))
        path = file or folder / "debtors.csv"
        if not path.exists():
            write_file(path, debtors)
        size = path.stat().st_size
        told = import_it(folder, server, path, words)
        there = asyncio.run(counted(server.url()))
    finally:
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)
    per_s = round(told["rows"] / told["elapsed_s"])
    complete = there["debtors"] == debtors and there["debts"] == told["rows"] and not there["staging_left"]
    scaled = BUDGET_S * debtors / 1_000_000
    passed = complete and told["program_mb"] < BUDGET_MB and (debtors < 100_000 or told["elapsed_s"] < scaled)
    return {
        "bench": "import", "debtors": debtors, "rows": told["rows"], "file_mb": round(size / 1e6), "there": there,
        "elapsed_s": told["elapsed_s"], "rows_per_s": per_s, "program_mb": told["program_mb"],
        "program_cpu_s": told["cpu_s"], "database_mb": told["database_mb"],
        "budget": {"elapsed_s": scaled, "program_mb": BUDGET_MB},
        "load": os.getloadavg()[0], "passed": passed,
    }  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--debtors", type=int, default=1_000_000)
    options.add_argument("--partial", action="store_true")
    options.add_argument("--keep-file", type=Path, help="use this file, and write it there when it is missing")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    report = measure(given.debtors, ["--partial"] if given.partial else [], given.keep_file)
    if not given.json:
        print(f"{'debtors':>10} {'rows':>10} {'seconds':>8} {'rows/s':>8} {'program MB':>11} {'PostgreSQL MB':>14}")
        print(
            f"{report['debtors']:>10,} {report['rows']:>10,} {report['elapsed_s']:>8} {report['rows_per_s']:>8,} "
            f"{report['program_mb']:>11,} {report['database_mb']:>14,}"
        )
        print(f"budget: {report['budget']['elapsed_s']:.0f} s, {BUDGET_MB:.0f} MB; passed: {report['passed']}")
    print(json.dumps(report))


if __name__ == "__main__":
    main()
