"""How fast stored verdicts are searched: `python -m tests.bench search` (real PostgreSQL, one page a question)."""

import asyncio
import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import migrate
from campaigns.db.embedded import EmbeddedPostgres
from campaigns.db.engine import make_engine
from dialer.verdict_search import Search, search
from tests.bench.figures import spread
from tests.builders import NOW, a_creditor, a_debtor, a_tenant

BUDGET_P99_MS = 200.0  # a person waits for it
ASKED = 30
# with facts of about the size that admit() stores, which no search should have to read
WRITE = text("""
INSERT INTO verdict (id, tenant_id, debtor_id, channel, origin, at, decision, reasons, flags, rulebooks, tzdb, inputs)
SELECT gen_random_uuid(), :tenant, :debtor + g % 5000, 'voice', 'dialer',
    CAST(:now AS timestamptz) - g * interval '1 second', 'deny',
    jsonb_build_array(jsonb_build_object('code', 'hours', 'rule', 'us-federal.hours', 'rulebook', 'us-federal',
        'version', '2026.1', 'source', '12 CFR 1006.6(b)(1)(i)', 'text', 'it is 07:12 in America/Los_Angeles')),
    ARRAY['rapid'], '{"us-federal": "2026.1"}', '2026a',
    jsonb_build_object('because', 'Not allowed: it is 07:12.', 'zones', '["America/Los_Angeles"]'::jsonb,
        'tallies', '[]'::jsonb, 'facts', repeat(md5(g::text), 40))
FROM generate_series(1, :count) g
""")


async def _measure(server: EmbeddedPostgres, count: int) -> dict[str, dict[str, float]]:
    server.ensure_database("bench_search")
    await migrate.upgrade(server.url("bench_search"))
    engine = make_engine(server.url("bench_search"))
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
        debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant))
        await conn.execute(WRITE, {"tenant": tenant, "debtor": debtor, "now": NOW, "count": count})
        await conn.execute(text("ANALYZE verdict"))
    wanted = {
        "newest": Search(tenant),
        "one person": Search(tenant, debtor_id=debtor),
        "reason that none has": Search(tenant, reason="opt_out"),
        "campaign that none has": Search(tenant, campaign_id=999),
    }
    async with engine.connect() as conn:
        found = {name: await _times(conn, one) for name, one in wanted.items()}
    await engine.dispose()
    return found


async def _times(conn: AsyncConnection, wanted: Search) -> dict[str, float]:
    taken = []
    for _ in range(ASKED):
        started = time.perf_counter()
        await search(conn, wanted)
        taken.append((time.perf_counter() - started) * 1000)
    return spread(taken)


def measure(server: EmbeddedPostgres, count: int) -> dict[str, dict[str, float]]:
    """Milliseconds of a page by what is looked for, among `count` verdicts of one tenant."""
    return asyncio.run(_measure(server, count))
