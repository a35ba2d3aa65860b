"""How many admissions a second one process and its PostgreSQL do: `python -m tests.bench.bench_admit [--json]`.

The target is 300 a second in batches of 20 to 50; each person has two numbers and 20 earlier attempts.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import migrate, tables as t
from campaigns.db.embedded import EmbeddedPostgres
from campaigns.db.engine import make_engine
from compliance.rulebooks.loader import load_rulebooks
from dialer.contact import Admitted, GateContext, WantedContact, admit
from tests.builders import NOW, a_creditor, a_debtor, a_tenant, uuid7

PERSONS, HISTORY, TARGET = 2000, 20, 300


async def fill(conn: AsyncConnection, persons: int = PERSONS) -> list[int]:
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    debtors = []
    for n in range(persons):
        phones = (f"+1212555{n:04d}", f"+1646555{n:04d}")
        debtor = await a_debtor(conn, tenant, creditor, phones=phones)
        debtors.append(debtor)
    await conn.execute(
        text(
            "INSERT INTO attempt (id, tenant_id, debtor_id, contact_point_id, debt_ids, channel, origin, at, state,"
            " ended_at, outcome) SELECT gen_random_uuid(), p.tenant_id, p.debtor_id, p.id, ARRAY[]::bigint[], 'voice',"
            " 'dialer', CAST(:now AS timestamptz) - make_interval(days => 8 + g), 'ended', :now, 'no_answer'"
            " FROM contact_point p, generate_series(1, :n) g WHERE p.position = 0"
        ),
        {"now": NOW, "n": HISTORY},
    )
    await conn.execute(insert(t.audit).values(tenant_id=tenant, at=NOW, actor="cli", action="x", subject=str(uuid7())))
    return debtors


async def run(engine: AsyncEngine, debtors: list[int], batch: int, workers: int, gate: GateContext) -> float:
    batches = [debtors[at : at + batch] for at in range(0, len(debtors), batch)]
    admitted = 0

    async def worker() -> None:
        nonlocal admitted
        while batches:
            wanted = [WantedContact(debtor, "voice", "dialer", node="a") for debtor in batches.pop()]
            async with engine.begin() as conn:
                answers = await admit(conn, wanted, now=NOW, gate=gate)
            admitted += sum(isinstance(answer, Admitted) for answer in answers)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(workers)))
    took = time.perf_counter() - started
    assert admitted == len(debtors), admitted
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM attempt WHERE state <> 'ended'"))
    return len(debtors) / took


async def measure(batches: Sequence[int] = (1, 20, 50), persons: int = PERSONS) -> dict[str, int]:
    """Admissions a second by batch and workers."""
    gate = GateContext(load_rulebooks())
    with tempfile.TemporaryDirectory(prefix="promiseline-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "pg", durable=True)
        server.start()
        try:
            server.ensure_database("bench")
            await migrate.upgrade(server.url("bench"))
            engine = make_engine(server.url("bench"))
            async with engine.begin() as conn:
                debtors = await fill(conn, persons)
            async with engine.connect() as conn:
                await (await conn.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
            await run(engine, debtors[:200], 20, 1, gate)
            found = {
                f"batch {batch}, {workers} workers": round(await run(engine, debtors, batch, workers, gate))
                for batch in batches
                for workers in (1, 2)
            }
            await engine.dispose()
        finally:
            server.destroy()
    return found


async def main(as_json: bool) -> None:
    found = await measure()
    if as_json:
        print(json.dumps({"admissions_per_s": found, "target": TARGET, "history": HISTORY}))
        return
    for name, rate in found.items():
        print(f"{name:24} {rate:6d} admissions/s")


assert timedelta(days=8 + HISTORY) < timedelta(days=60)
if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    asyncio.run(main(parser.parse_args().json))
