"""All benchmarks by name; each is a function of `smoke` (a small one, in seconds) that gives its figures."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from campaigns.db.embedded import EmbeddedPostgres
from tests.bench import (
    bench_admit,
    bench_audit,
    bench_claim,
    bench_floor,
    bench_gate,
    bench_import,
    bench_lines,
    bench_lists,
    bench_live,
    bench_occupancy,
    bench_pacing_shocks,
    bench_search,
    bench_simulator,
    bench_stages,
    bench_verdicts,
    bench_year,
)
from tests.bench.figures import Figure, Result, at_least, below


@contextmanager
def _server(*, durable: bool) -> Iterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="promiseline-bench-"))
    server = EmbeddedPostgres(folder / "pg", durable=durable)
    server.start()
    try:
        yield server
    finally:
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def claim(smoke: bool) -> Result:
    """A claim of 100 rows of the queue, commit included."""
    measured = (1_000, 4_000) if smoke else bench_claim.SIZES
    with _server(durable=True) as server:
        sizes = asyncio.run(bench_claim.measure(server, 5 if smoke else 300, measured))
    few, many = (sizes[str(size)] for size in measured)
    ratio = round(many["p50_ms"] / few["p50_ms"], 2)
    figures = [
        Figure(f"claim of 100 from {measured[0]:,}, p50", few["p50_ms"], "ms"),
        Figure(f"claim of 100 from {measured[1]:,}, p50", many["p50_ms"], "ms"),
        below(f"claim of 100 from {measured[1]:,}, p99", many["p99_ms"], "ms", bench_claim.BUDGET_P99_MS),
        Figure(
            "large / small, medians", ratio, "", f"<= {bench_claim.BUDGET_RATIO}", ratio <= bench_claim.BUDGET_RATIO
        ),
    ]
    return Result("claim", figures, {"sizes": sizes})


def admit(smoke: bool) -> Result:
    """Admissions by the gate: facts read, verdict and attempt written, committed."""
    found = asyncio.run(bench_admit.measure((20,), 240) if smoke else bench_admit.measure())
    best = max(found, key=lambda name: found[name])
    return Result("admit", [at_least(f"admissions, {best}", found[best], "/s", bench_admit.TARGET)], dict(found))


def gate(smoke: bool) -> Result:
    """One verdict, 200 events of history."""
    found = bench_gate.all_kinds(10) if smoke else bench_gate.all_kinds()
    figures = [below(f"{name}, CPU p99", kind["verdict_cpu_us"]["p99"], "µs", 50.0) for name, kind in found.items()]
    return Result("gate", figures, dict(found))


def live(smoke: bool) -> Result:
    """A delta from the floor to each of 200 consoles, server and consoles in one process."""
    consoles, rounds = (5, 5) if smoke else (200, 100)
    with _server(durable=False) as server:
        server.ensure_database("bench_live")
        found = uvloop.run(bench_live.measure(server.url("bench_live"), consoles, rounds))
    figures = [
        below("delta to console, spread, p99", found["spread"]["p99_ms"], "ms", bench_live.BUDGET_P99_MS),
        Figure("delta to console, burst, p99", found["burst"]["p99_ms"], "ms"),
        Figure("CPU of a delta, both ends", found["spread"]["cpu_us"], "µs"),
    ]
    return Result("live", figures, found)


def audit(smoke: bool) -> Result:
    """The audit trail: sealing (each batch committed) and verifying, rows and the gate's verdicts."""
    with _server(durable=True) as server:
        found = bench_audit.run(server, *((3_000, 600) if smoke else (200_000, 50_000)))
    figures = [
        Figure("audit rows sealed", found["sealed_per_s"], "/s"),
        Figure("audit rows verified", found["verified_per_s"], "/s"),
        at_least("verdicts sealed", found["verdicts_sealed_per_s"], "/s", bench_audit.WRITTEN_PER_S),
        Figure("verdicts verified", found["verdicts_verified_per_s"], "/s"),
        below("CPU of sealing 250 verdicts", found["cpu_ms_of_a_second"], "ms", bench_audit.BUDGET_CPU_MS),
    ]
    return Result("audit", figures, found)


def import_file(smoke: bool) -> Result:
    """`promiseline import` of debtors with two phones each, by the real command."""
    report = bench_import.measure(300 if smoke else 1_000_000, [])
    figures = [
        below(f"import of {report['debtors']:,} debtors", report["elapsed_s"], "s", bench_import.BUDGET_S),
        below("most memory of the program", report["program_mb"], "MB", bench_import.BUDGET_MB),
        Figure("rows", report["rows_per_s"], "/s"),
    ]
    return Result("import", figures, report)


def search(smoke: bool) -> Result:
    """A page of the search over stored verdicts."""
    count = 30_000 if smoke else 1_000_000
    with _server(durable=False) as server:
        found = bench_search.measure(server, count)
    figures = [
        below(f"page of {count:,} verdicts, {name}, p99", kind["p99"], "ms", bench_search.BUDGET_P99_MS)
        for name, kind in found.items()
    ]
    return Result("search", figures, dict(found))


def verdicts(smoke: bool) -> Result:
    """A verdict with its facts from PostgreSQL, 200 a second."""
    persons, seconds = (2_000, 2) if smoke else (bench_verdicts.PERSONS, bench_verdicts.SECONDS)
    with _server(durable=True) as server:
        found = bench_verdicts.measure(server, persons, seconds)
    figures = []
    for name, kind in found.items():
        figures += [Figure(f"{name}, p{percent}", kind[f"p{percent}"], "ms") for percent in (50, 95)]
        figures.append(below(f"{name}, p99", kind["p99"], "ms", bench_verdicts.BUDGET_P99_MS))
        figures.append(Figure(f"{name}, CPU of the program", kind["cpu_ms"], "ms"))
    return Result("verdicts", figures, dict(found))


ALL: dict[str, Callable[[bool], Result]] = {
    "lines": bench_lines.bench,
    "floor": bench_floor.bench,
    "claim": claim,
    "admit": admit,
    "gate": gate,
    "audit": audit,
    "live": live,
    "import": import_file,
    "year": bench_year.bench,
    "lists": bench_lists.bench,
    "search": search,
    "verdicts": verdicts,
    "simulator": bench_simulator.bench,
    "stages": bench_stages.bench,
    "occupancy": bench_occupancy.bench,
    "occupancy_first_day": bench_occupancy.first_day,
    "pacing_shocks": bench_pacing_shocks.bench,
}
LONG = frozenset({"year", "stages", "occupancy", "occupancy_first_day", "pacing_shocks"})
"""Run only when they are named: they take a quarter of an hour and more."""
