"""How soon the gate answers with facts from PostgreSQL: `python -m tests.bench verdicts` (durable, 100,000 persons).

Open loop: questions fall due 200 times a second whether the earlier ones are answered or not, and each is timed from
its due instant. Whoever is free takes all that wait, in one transaction, as a campaign's tick does. `look`: facts and
verdict, nothing written, as `explain` and the debtor's page ask. `admission`: the person locked, verdict and attempt
written and committed, so that a call might go out.
"""

import asyncio
import gc
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import migrate
from campaigns.db.embedded import EmbeddedPostgres
from campaigns.db.engine import make_engine, reading
from compliance.rulebooks.loader import load_rulebooks
from dialer.contact import Admitted, GateContext, WantedContact, admit, would
from dialer.contact_rows import lock_and_read
from tests.bench.figures import spread
from tests.builders import NOW, a_creditor, a_tenant, a_window_group

RATE, SECONDS, PERSONS, HISTORY = 200, 20, 100_000, 20
BUDGET_P99_MS = 5.0
LANES = 2  # two campaigns' loops; each has one transaction at a time
AT_ONCE = 32  # dialer.engine.AT_ONCE
WARM_UP = 200

Ask = Callable[[Sequence[int]], Awaitable[int]]

_PERSONS = text("""
WITH person AS (
    INSERT INTO debtor (tenant_id, creditor_id, external_ref, given_name, family_name, language, window_group_id,
                        created_at)
    SELECT :tenant, :creditor, 'V' || g, 'Dana', 'Doe' || g, 'en', :group, CAST(:now AS timestamptz)
    FROM generate_series(1, CAST(:persons AS integer)) g RETURNING id
), place AS (
    INSERT INTO address (tenant_id, debtor_id, country, region, city, postal_code, timezone)
    SELECT :tenant, id, 'US', 'NY', 'Springfield', '10001', 'America/New_York' FROM person
), phone AS (
    INSERT INTO contact_point (tenant_id, debtor_id, kind, address, position)
    SELECT :tenant, id, 'mobile', prefix || lpad((2000000 + id % 8000000)::text, 7, '0'), place
    FROM person, (VALUES ('+1212', 0), ('+1646', 1)) AS p(prefix, place)
), wish AS (
    INSERT INTO person_request (tenant_id, debtor_id, kind, details, at, recorded_by)
    SELECT :tenant, id, 'inconvenient_time', '{"deny": [{"weekdays": ["sun"], "from": "09:00", "to": "12:00"}]}',
        CAST(:now AS timestamptz) - interval '30 days', 'user:1'
    FROM person WHERE id % 5 = 0
)
INSERT INTO debt (tenant_id, debtor_id, creditor_id, external_ref, balance_minor, principal_minor, currency, due_date)
SELECT :tenant, id, :creditor, 'L' || id, 125000, 125000, 'USD', DATE '2025-12-01' FROM person
""")
# one person in ten is at the limit of seven in seven days
_HISTORY = text("""
INSERT INTO attempt (id, tenant_id, debtor_id, contact_point_id, debt_ids, channel, origin, at, state, ended_at,
                     outcome)
SELECT lpad(to_hex(p.id * 100 + g), 32, '0')::uuid, p.tenant_id, p.debtor_id, p.id, ARRAY[d.id], 'voice', 'dialer',
    made.at, 'ended', made.at + interval '30 s', 'no_answer'
FROM contact_point p JOIN debt d ON d.debtor_id = p.debtor_id, generate_series(1, CAST(:history AS integer)) g,
LATERAL (
    SELECT CAST(:now AS timestamptz) - make_interval(hours => CASE WHEN p.debtor_id % 10 = 0 THEN 15 * g
                                                                   ELSE 30 * g + (p.debtor_id % 24)::integer END) AS at
) made
WHERE p.position = 0
""")


async def fill(conn: AsyncConnection, persons: int) -> list[int]:
    """Persons with two numbers, an address, a debt and HISTORY calls in 25 days; some with a wish. Their ids."""
    tenant = await a_tenant(conn)
    values = {
        "tenant": tenant,
        "creditor": await a_creditor(conn, tenant),
        "group": await a_window_group(conn),
        "now": NOW,
        "persons": persons,
    }
    # millions of rows that nobody doubts: neither foreign keys nor what follows from an answer is looked at
    await conn.execute(text("SET LOCAL session_replication_role = replica"))
    await conn.execute(_PERSONS, values)
    await conn.execute(_HISTORY, {"now": NOW, "history": HISTORY})
    return list((await conn.execute(text("SELECT id FROM debtor ORDER BY id"))).scalars())


def looking(engine: AsyncEngine, gate: GateContext) -> Ask:
    async def ask(debtors: Sequence[int]) -> int:
        async with reading(engine) as conn:
            known = await lock_and_read(conn, debtors, now=NOW, lock=False, lists=gate.lists)
        wanted = [WantedContact(debtor, "voice", "dialer") for debtor in debtors]
        answers = [would(known[one.debtor_id], one, now=NOW, gate=gate)[0] for one in wanted]
        return sum(isinstance(answer, Admitted) for answer in answers)

    return ask


def admitting(engine: AsyncEngine, gate: GateContext) -> Ask:
    async def ask(debtors: Sequence[int]) -> int:
        wanted = [WantedContact(debtor, "voice", "dialer", node="a") for debtor in debtors]
        async with engine.begin() as conn:
            answers = await admit(conn, wanted, now=NOW, gate=gate)
        return sum(isinstance(answer, Admitted) for answer in answers)

    return ask


class OpenLoop:
    """Hands out each question when it is due; `took` are milliseconds from there to the answer."""

    def __init__(self, ask: Ask, debtors: Sequence[int]) -> None:
        self._ask = ask
        self._debtors = debtors
        self._waiting: deque[tuple[float, int]] = deque()
        self._came = asyncio.Event()
        self._all_due = False
        self.took: list[float] = []
        self.batches = 0
        self.allowed = 0

    async def run(self) -> None:
        lanes = [asyncio.create_task(self._lane()) for _ in range(LANES)]
        await asyncio.to_thread(self._ask_all, asyncio.get_running_loop())
        await asyncio.gather(*lanes)

    def _ask_all(self, loop: asyncio.AbstractEventLoop) -> None:
        """From a thread, as from outside: a loop's own timers are up to a millisecond late, and that is the asker's."""
        began = time.perf_counter()
        for number, debtor in enumerate(self._debtors):
            due = began + number / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            loop.call_soon_threadsafe(self._take, due, debtor)
        loop.call_soon_threadsafe(self._end)

    def _take(self, due: float, debtor: int) -> None:
        self._waiting.append((due, debtor))
        self._came.set()

    def _end(self) -> None:
        self._all_due = True
        self._came.set()

    async def _lane(self) -> None:
        while self._waiting or not self._all_due:
            if not self._waiting:
                self._came.clear()
                await self._came.wait()
                continue
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            allowed = await self._ask([debtor for _, debtor in batch])
            done = time.perf_counter()
            self.allowed += allowed
            self.took += [(done - due) * 1000 for due, _ in batch]
            self.batches += 1


async def _measure(server: EmbeddedPostgres, persons: int, seconds: int) -> dict[str, dict[str, float]]:
    server.ensure_database("bench_verdicts")
    await migrate.upgrade(server.url("bench_verdicts"))
    engine = make_engine(server.url("bench_verdicts"))
    gate = GateContext(load_rulebooks())
    async with engine.begin() as conn:
        debtors = await fill(conn, persons)
    async with engine.connect() as conn:
        free = await conn.execution_options(isolation_level="AUTOCOMMIT")
        await free.execute(text("VACUUM ANALYZE"))
        await free.execute(text("CHECKPOINT"))
    count = RATE * seconds
    # spread over the whole table: neighbours would share their pages
    chosen = [debtors[(number * 7919) % len(debtors)] for number in range(count + WARM_UP)]
    assert len(set(chosen)) == len(chosen), "each person is asked about once: a second call would be refused"
    found = {}
    for name, ask in (("look", looking(engine, gate)), ("admission", admitting(engine, gate))):
        warm, loop = OpenLoop(ask, chosen[:WARM_UP]), OpenLoop(ask, chosen[WARM_UP:])
        await warm.run()
        gc.collect()
        gc.freeze()  # as `promiseline serve` does
        began = time.process_time()
        await loop.run()
        cpu_ms = round((time.process_time() - began) * 1000 / count, 3)
        assert 0 < loop.allowed < count, loop.allowed
        found[name] = spread(loop.took, 2) | {"allowed": loop.allowed, "in_one": round(count / loop.batches, 2)}
        found[name]["cpu_ms"] = cpu_ms
    admitted = warm.allowed + loop.allowed
    # of the admissions and of nobody's look; who is refused was asked about at both numbers
    assert await _written(engine) == (2 * len(chosen) - admitted, admitted)
    await engine.dispose()
    return found


async def _written(engine: AsyncEngine) -> tuple[int, int]:
    """Verdicts, and attempts that are not over."""
    async with engine.connect() as conn:
        verdicts = (await conn.execute(text("SELECT count(*) FROM verdict"))).scalar_one()
        attempts = (await conn.execute(text("SELECT count(*) FROM attempt WHERE state <> 'ended'"))).scalar_one()
    return verdicts, attempts


def measure(server: EmbeddedPostgres, persons: int = PERSONS, seconds: int = SECONDS) -> dict[str, dict[str, float]]:
    """Milliseconds by kind of question, with how many were allowed and how many came in one transaction.

    `cpu_ms`: of this process for each question, the asker's thread included.
    """
    return uvloop.run(_measure(server, persons, seconds))
