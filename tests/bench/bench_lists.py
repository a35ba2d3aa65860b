"""Measures a do-not-contact list of millions: the real import command, its file, opening it, look-ups.

python -m tests.bench lists [--smoke], or python -m tests.bench.bench_lists [--numbers 10000000]
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from campaigns.db import migrate
from campaigns.db.embedded import EmbeddedPostgres
from compliance.number_list import NumberList, false_positive, open_list
from tests.bench.bench_import import PROMISELINE, Watched
from tests.bench.figures import Figure, Result, below, percentile

NUMBERS, ASKED = 10_000_000, 200_000
LOADED_S, SIZE_MB, LOOK_US = 60.0, 200.0, 10.0
FIRST = 2_000_000_000
STEP = 799  # numbers of the file are so far apart; those between are on no list


def number(at: int) -> str:
    return f"+1{FIRST + at * STEP}"


def write_file(path: Path, numbers: int) -> None:
    """Every number once, in no order, as an outside list comes."""
    order = list(range(numbers))
    random.Random(1).shuffle(order)  # noqa: S311
    with path.open("w") as file:
        for at in range(0, numbers, 100_000):
            file.write("".join(f"+1{FIRST + one * STEP}\n" for one in order[at : at + 100_000]))


def run(data_dir: Path, *words: str) -> tuple[dict[str, Any], float, float]:
    """A command's report, its seconds and the most memory it held."""
    environment = {**os.environ, "PROMISELINE_DATA_DIR": str(data_dir)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [PROMISELINE, "lists", *words, "--json"], env=environment, stdout=subprocess.PIPE, text=True
    )
    watched = Watched(process.pid, 0.2)
    try:
        out, _ = process.communicate()
    finally:
        watched.stop()
    if process.returncode:
        raise SystemExit(f"lists {words[0]} ended with {process.returncode}: {out}")
    return json.loads(out), time.perf_counter() - started, watched.most_mb


def look_ups(found: NumberList, numbers: int, asked: int) -> dict[str, float]:
    """Microseconds of single look-ups, hash included, half of them of numbers that are there."""
    rng = random.Random(2)  # noqa: S311
    there = [number(rng.randrange(numbers)) for _ in range(asked // 2)]
    absent = [f"+1{FIRST + rng.randrange(numbers) * STEP + 1 + rng.randrange(STEP - 1)}" for _ in range(asked // 2)]
    wrong = sum(one not in found for one in there) + sum(one in found for one in absent)
    words = there + absent
    rng.shuffle(words)
    took = []
    for word in words:
        began = time.perf_counter_ns()
        _ = word in found
        took.append((time.perf_counter_ns() - began) / 1000)
    return {"p50": round(percentile(took, 50), 2), "p99": round(percentile(took, 99), 2), "wrong": float(wrong)}


def measure(numbers: int = NUMBERS, asked: int = ASKED) -> dict[str, Any]:
    """On the embedded PostgreSQL as it ships (durable), by the command that an operator runs."""
    folder = Path(tempfile.mkdtemp(prefix="promiseline-bench-"))
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    try:
        server.ensure_database()
        asyncio.run(migrate.upgrade(server.url()))
        file = folder / "registry.txt"
        write_file(file, numbers)
        run(folder, "create", "Registry", "--hashed")
        report, loaded_s, program_mb = run(folder, "import", "Registry", str(file))
        copy = folder / "lists" / report["digest"]
        began = time.perf_counter()
        with open_list(copy, report["digest"]) as found:
            opened_s = time.perf_counter() - began
            looks = look_ups(found, numbers, asked)
            count = found.count
        size = copy.stat().st_size
    finally:
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "numbers": numbers, "entries": count, "loaded_s": round(loaded_s, 1), "program_mb": round(program_mb),
        "size_mb": round(size / 1e6, 1), "opened_ms": round(opened_s * 1000, 1), "look_us": looks,
        "false_positive": false_positive(count), "complete": count == numbers and looks["wrong"] == 0,
    }  # fmt: skip


def bench(smoke: bool) -> Result:
    """A list of ten million numbers."""
    found = measure(20_000, 2_000) if smoke else measure()
    if not found["complete"]:
        raise SystemExit(f"the list answers wrongly: {found}")
    figures = [
        below(f"list of {found['numbers']:,} numbers loaded, by the command", found["loaded_s"], "s", LOADED_S),
        below("its file", found["size_mb"], "MB", SIZE_MB),
        Figure("most memory of the command", found["program_mb"], "MB"),
        Figure("opened and checked", found["opened_ms"], "ms"),
        Figure("look-up, p50", found["look_us"]["p50"], "µs"),
        below("look-up, p99", found["look_us"]["p99"], "µs", LOOK_US),
    ]
    return Result("lists", figures, found)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--numbers", type=int, default=NUMBERS)
    print(json.dumps(measure(options.parse_args().numbers), indent=1))


if __name__ == "__main__":
    main()
