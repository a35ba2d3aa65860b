"""How fast the audit trail is sealed and verified: `python -m tests.bench audit` (real PostgreSQL, durable)."""

import asyncio
import time
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.audit import reading, sealing
from campaigns.db import migrate
from campaigns.db.embedded import EmbeddedPostgres
from campaigns.db.engine import make_engine
from tests.builders import NOW, a_creditor, a_debtor, a_tenant
from tests.campaigns.audit.chains import KEY, TRUSTED

BUDGET_CPU_MS = 20.0  # of each second: a fiftieth of one core
WRITTEN_PER_S = 250  # verdicts at the highest rate of dialing
WRITE_ROWS = text("""
INSERT INTO audit (tenant_id, at, actor, action, subject, detail)
SELECT :tenant, CAST(:now AS timestamptz) + g * interval '1 ms', 'user:' || g % 50, 'promise.recorded', 'debtor:' || g,
    jsonb_build_object('promise_id', g, 'amount_minor', 5000, 'currency', 'USD', 'due_date', '2026-03-11')
FROM generate_series(1, :count) g
""")
# the size of a stored verdict with 20 attempts of history, as admit() writes it
WRITE_VERDICTS = text("""
INSERT INTO verdict (id, tenant_id, debtor_id, channel, origin, at, decision, reasons, flags, rulebooks, tzdb, inputs)
SELECT gen_random_uuid(), :tenant, :debtor, 'voice', 'dialer', CAST(:now AS timestamptz), 'deny',
    jsonb_build_array(jsonb_build_object('code', 'cap', 'rule', 'us-federal.7-in-7', 'text', 'the 8th attempt')),
    ARRAY['rapid'], '{"us-federal": "2026.1"}', '2026a',
    jsonb_build_object('n', g, 'facts', jsonb_build_object('history',
        (SELECT jsonb_agg(jsonb_build_object('at', :now, 'kind', 'voice', 'outcome', 'no_answer', 'point', h * g))
         FROM generate_series(1, 20) h)))
FROM generate_series(1, :count) g
""")


async def measure(server: EmbeddedPostgres, rows: int, verdicts: int) -> dict[str, Any]:
    """Rates a second; `cpu_ms_of_a_second`: what sealing WRITTEN_PER_S verdicts takes of the program's own time."""
    server.ensure_database("bench_audit")
    await migrate.upgrade(server.url("bench_audit"))
    engine = make_engine(server.url("bench_audit"))
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
        debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant))
        values = {"tenant": tenant, "now": NOW}
        await conn.execute(WRITE_ROWS, values | {"count": rows})
    async with engine.connect() as conn:
        await (await conn.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
    sealed_s, sealed = await _seal(engine, tenant)
    assert sealed == rows, sealed
    async with engine.begin() as conn:
        await sealing.checkpoint(conn, tenant, KEY, now=NOW, every=sealing.AT_ONCE)
    verified_s = await _verify(engine, tenant, rows)
    async with engine.begin() as conn:
        await conn.execute(WRITE_VERDICTS, values | {"debtor": debtor, "count": verdicts})
    cpu = time.process_time()
    verdicts_sealed_s, verdict_rows = await _seal(engine, tenant)
    cpu = time.process_time() - cpu
    both_s = await _verify(engine, tenant, rows + verdict_rows)
    await engine.dispose()
    return {
        "rows": rows,
        "verdicts": verdicts,
        "sealed_per_s": round(rows / sealed_s),
        "verified_per_s": round(rows / verified_s),
        "verdicts_sealed_per_s": round(verdicts / verdicts_sealed_s),
        "verdicts_verified_per_s": round(verdicts / max(both_s - verified_s, 1e-9)),
        "verdict_rows": verdict_rows,
        "cpu_ms_of_a_second": round(1000 * cpu / verdicts * WRITTEN_PER_S, 1),
    }


async def _seal(engine: AsyncEngine, tenant: int) -> tuple[float, int]:
    """Seconds and rows, each batch committed, as the sealer does."""
    async with engine.begin() as conn:
        mark = await sealing.mark(conn)
    started, rows, more = time.perf_counter(), 0, True
    while more:
        async with engine.begin() as conn:
            done = await sealing.seal(conn, tenant, now=NOW, upto=mark)
        rows, more = rows + done.rows, done.more
    return time.perf_counter() - started, rows


async def _verify(engine: AsyncEngine, tenant: int, rows: int) -> float:
    started = time.perf_counter()
    async with engine.connect() as conn:
        await reading.snapshot(conn)
        report = await reading.check(conn, tenant, TRUSTED)
    assert report.ok and report.rows == rows, report
    return time.perf_counter() - started


def run(server: EmbeddedPostgres, rows: int, verdicts: int) -> dict[str, Any]:
    return asyncio.run(measure(server, rows, verdicts))
