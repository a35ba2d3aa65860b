"""Measures a claim of 100 queue rows out of 10,000 and out of 1,000,000 waiting ones, on the embedded PostgreSQL.

python -m tests.bench.bench_claim [--rounds 300] [--json]
"""

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import migrate
from campaigns.db.embedded import EmbeddedPostgres
from campaigns.db.engine import make_engine
from campaigns.queue import service
from tests.builders import a_campaign, a_creditor, a_tenant

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
GROUPS, OPEN, LIMIT = 24, 12, 100
BUDGET_P99_MS, BUDGET_RATIO = 15.0, 1.5
SIZES = (10_000, 1_000_000)


async def _populate(engine: AsyncEngine, size: int) -> tuple[int, list[int]]:
    """A campaign with `size` ready rows spread over all groups, laid as `fill` lays them; its id and open groups."""
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
        creditor = await a_creditor(conn, tenant)
        campaign = await a_campaign(conn, tenant, creditor)
        await conn.execute(
            text("INSERT INTO window_group (zones, rulebooks) SELECT ARRAY['zone' || i], ARRAY['x'] "
                 "FROM generate_series(1, :n) i ON CONFLICT DO NOTHING"), {"n": GROUPS},
        )  # fmt: skip
        groups = list((await conn.execute(text("SELECT id FROM window_group ORDER BY id"))).scalars())
        await conn.execute(
            text("INSERT INTO debtor"
                 " (tenant_id, creditor_id, external_ref, given_name, family_name, language, created_at)"
                 " SELECT :t, :c, 'R' || i, 'A', 'B', 'en', :now FROM generate_series(1, :n) i"),
            {"t": tenant, "c": creditor, "n": size, "now": NOW},
        )  # fmt: skip
        await conn.execute(
            text("INSERT INTO queue_row"
                 " (campaign_id, debtor_id, tenant_id, state, window_group_id, score, callable_from)"
                 " SELECT :campaign, id, :t, 'ready', (CAST(:groups AS int[]))[1 + id % :g],"
                 " (hashint8(id) & 1048575) % 100001, :now FROM debtor WHERE creditor_id = :c ORDER BY 5, 6 DESC, 2"),
            {"campaign": campaign, "t": tenant, "c": creditor, "g": GROUPS, "groups": groups, "now": NOW},
        )  # fmt: skip
    async with engine.connect() as conn:
        auto = await conn.execution_options(isolation_level="AUTOCOMMIT")
        await auto.execute(text("VACUUM ANALYZE queue_row"))
        await auto.execute(text("VACUUM ANALYZE debtor"))
        await auto.execute(text("CHECKPOINT"))
    return campaign, groups[:OPEN]


async def _round(engine: AsyncEngine, campaign: int, open_groups: list[int], refill: bool) -> float:
    """Milliseconds of one claim, commit included. The rows then wait as after a call: each claim meets new ones."""
    began = time.perf_counter()
    async with engine.begin() as conn:
        rows = await service.claim(conn, campaign, open_groups, LIMIT, owner="bench", lease_s=60, now=NOW)
    took = (time.perf_counter() - began) * 1000
    if len(rows) != LIMIT:
        raise RuntimeError(f"claimed {len(rows)} rows, not {LIMIT}")
    async with engine.begin() as conn:
        await service.release(conn, campaign, rows, later=NOW)
        if refill:
            await service.promote_due(conn, NOW, limit=max(SIZES))
    return took


async def measure(server: EmbeddedPostgres, rounds: int, measured: Sequence[int] = SIZES) -> dict[str, Any]:
    """Both sizes side by side, turn by turn, so that whatever else the machine does hits both."""
    places: dict[int, tuple[AsyncEngine, int, list[int]]] = {}
    for size in measured:
        server.ensure_database(f"bench{size}")
        url = server.url(f"bench{size}")
        await migrate.upgrade(url)
        engine = make_engine(url, pool_size=2)
        places[size] = (engine, *await _populate(engine, size))
    taken: dict[int, list[float]] = {size: [] for size in measured}
    for number in range(rounds + 20):
        for size, (engine, campaign, open_groups) in places.items():
            took = await _round(engine, campaign, open_groups, number % (size // (4 * LIMIT)) == 0)
            if number >= 20:
                taken[size].append(took)
    for engine, _, _ in places.values():
        await engine.dispose()
    return {str(size): _figures(taken[size]) for size in measured}


def _figures(taken: list[float]) -> dict[str, float]:
    hundredths = statistics.quantiles(taken, n=100)
    return {"p50_ms": round(hundredths[49], 2), "p95_ms": round(hundredths[94], 2), "p99_ms": round(hundredths[98], 2)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=300)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="promiseline-bench-"))
    server = EmbeddedPostgres(folder / "pg")
    server.start()
    try:
        sizes = asyncio.run(measure(server, given.rounds))
    finally:
        server.destroy()
        shutil.rmtree(folder)
    small, large = sizes[str(SIZES[0])], sizes[str(SIZES[1])]
    ratio = round(large["p50_ms"] / small["p50_ms"], 2)
    passed = large["p99_ms"] < BUDGET_P99_MS and ratio <= BUDGET_RATIO
    report = {"bench": "claim", "rows": LIMIT, "open_groups": OPEN, "sizes": sizes, "ratio_p50": ratio,
              "ratio_p99": round(large["p99_ms"] / small["p99_ms"], 2),
              "budget": {"p99_ms": BUDGET_P99_MS, "ratio": BUDGET_RATIO}, "passed": passed}  # fmt: skip
    if given.json:
        print(json.dumps(report))
        return
    print(f"{'waiting rows':>14} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8}")
    for size, figures in sizes.items():
        print(f"{int(size):>14,} {figures['p50_ms']:>8} {figures['p95_ms']:>8} {figures['p99_ms']:>8}")
    print(f"1,000,000 against 10,000: {ratio} times (median); budget {BUDGET_RATIO}; p99 budget {BUDGET_P99_MS} ms")
    print(json.dumps(report))


if __name__ == "__main__":
    main()
