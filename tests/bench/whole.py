"""The whole system for a benchmark: PostgreSQL, Valkey, many debtors, and `promiseline serve` as a process."""

import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.admin import service as admin
from campaigns.db import migrate, tables as t
from campaigns.db.embedded import EmbeddedPostgres, EmbeddedValkey
from campaigns.db.engine import make_engine
from campaigns.model import CampaignSettings
from campaigns.templates import service as templates
from telephony.asterisk.ports import free_port
from tests.acceptance.stage import Promiseline, zone_where_it_is
from tests.bench.lines_lab import LinesLab
from tests.bench.probe import Noted
from tests.builders import a_campaign, a_creditor, a_window_group

HISTORY = 3
DEBTORS = (
    """INSERT INTO debtor (tenant_id, creditor_id, external_ref, given_name, family_name, language, own_timezone,
           window_group_id, created_at)
       SELECT :t, :c, 'B' || i, 'Dana', 'Doe' || i, 'en', :zone, :g, :now FROM generate_series(1, :n) i""",
    """INSERT INTO address (tenant_id, debtor_id, country, region, city, postal_code, timezone)
       SELECT tenant_id, id, 'US', 'NY', 'Springfield', '10001', :zone FROM debtor WHERE creditor_id = :c""",
    """INSERT INTO contact_point (tenant_id, debtor_id, kind, address, position)
       SELECT tenant_id, id, 'mobile', '+1' || (2125000000 + 2 * id + p), p
       FROM debtor, generate_series(0, 1) p WHERE creditor_id = :c""",
    """INSERT INTO debt (tenant_id, debtor_id, creditor_id, external_ref, principal_minor, balance_minor, currency,
           due_date)
       SELECT tenant_id, id, :c, 'L' || id, 125000, 125000, 'USD', CAST(:now AS timestamptz) - interval '95 days'
       FROM debtor WHERE creditor_id = :c""",
    """INSERT INTO attempt (id, tenant_id, debtor_id, contact_point_id, debt_ids, channel, origin, at, state, ended_at,
           outcome)
       SELECT gen_random_uuid(), p.tenant_id, p.debtor_id, p.id, ARRAY[]::bigint[], 'voice', 'dialer',
           CAST(:now AS timestamptz) - make_interval(days => 10 * h), 'ended',
           CAST(:now AS timestamptz) - make_interval(days => 10 * h), 'no_answer'
       FROM contact_point p JOIN debtor d ON d.id = p.debtor_id, generate_series(1, :history) h
       WHERE p.position = 0 AND d.creditor_id = :c""",
    """INSERT INTO queue_row (campaign_id, debtor_id, tenant_id, state, window_group_id, score, callable_from)
       SELECT :campaign, id, tenant_id, 'ready', :g, (hashint8(id) & 1048575) % 100001, :now
       FROM debtor WHERE creditor_id = :c""",
)


class Probed(Promiseline):
    """The server with the stop watch of tests.bench.probe."""

    program = "from tests.bench.probe import serve; serve()"
    of_tests = True

    def noted(self) -> Noted:
        return Noted.read(Path(self.environment["PROMISELINE_PROBE"]))


@dataclass(slots=True)
class Whole:
    engine: AsyncEngine
    server: Probed
    tenant: int
    agents: list[int]
    campaign: int
    pids: dict[str, int]

    async def set(self, **values: Any) -> None:
        """Change the campaign's settings; the server notices within two seconds."""
        async with self.engine.begin() as conn:
            await conn.execute(
                text(
                    "UPDATE campaign SET settings = settings || CAST(:new AS jsonb), version = version + 1"
                    " WHERE id = :id"
                ),
                {"new": json.dumps(values), "id": self.campaign},
            )

    async def state(self, state: str) -> None:
        async with self.engine.begin() as conn:
            await conn.execute(
                text("UPDATE campaign SET state = :state, version = version + 1 WHERE id = :id"),
                {"state": state, "id": self.campaign},
            )

    async def rows(self, query: str, **values: Any) -> list[Any]:
        async with self.engine.connect() as conn:
            return list((await conn.execute(text(query), values)).mappings())


@asynccontextmanager
async def whole_system(
    lab: LinesLab, debtors: int, settings: CampaignSettings, *, over_ws: bool = False
) -> AsyncIterator[Whole]:
    """Filled and up; the campaign is a draft. PostgreSQL is durable: every commit waits for the disk."""
    folder = Path(tempfile.mkdtemp(prefix="promiseline-bench-"))
    postgres, valkey = EmbeddedPostgres(folder / "pg"), EmbeddedValkey(folder / "valkey")
    postgres.start()
    valkey.start()
    try:
        postgres.ensure_database()
        url = postgres.url()
        await migrate.upgrade(url)
        engine = make_engine(url, pool_size=2)
        tenant, agents, campaign = await _fill(engine, lab, debtors, settings)
        port = free_port()
        server = Probed(
            _environment(lab, url, valkey.url(), port, folder, over_ws), port, log=folder / "promiseline.log"
        )
        try:
            await server.start()
            pids = {
                "server": server.process.pid if server.process else 0,
                "postgres": int((folder / "pg" / "postmaster.pid").read_text().split()[0]),
                **lab.pids(),
            }
            yield Whole(engine, server, tenant, agents, campaign, pids)
        finally:
            await server.stop()
            await engine.dispose()
    finally:
        if os.environ.get("PROMISELINE_BENCH_KEEP"):
            shutil.copy(folder / "promiseline.log", os.environ["PROMISELINE_BENCH_KEEP"])
        valkey.destroy()
        postgres.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _environment(lab: LinesLab, database: str, redis: str, port: int, folder: Path, over_ws: bool) -> dict[str, str]:
    node = {
        "name": "bench",
        "url": lab.asterisk.url,
        "username": lab.asterisk.settings.ari_user,
        "password": lab.asterisk.settings.ari_password,
        "app": lab.asterisk.settings.app,
        "trunk": "PJSIP/{number}@trunk",
        "originates_per_s": 1000,
        "pool_size": 64,
        "rest_over_ws": over_ws,
    }
    return {
        "PROMISELINE_DATABASE_URL": database,
        "PROMISELINE_REDIS_URL": redis,
        "PROMISELINE_SECRET_KEY": "benchmarks sign addresses with this key",
        "PROMISELINE_NODES": json.dumps([node]),
        # far more lines than agents, on purpose: pacing is to follow calls_per_second alone
        "PROMISELINE_ABANDONMENT__MIN_ANSWERS": "100000",
        "PROMISELINE_WEB__PORT": str(port),
        "PROMISELINE_WEB__PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "PROMISELINE_PROBE": str(folder / "probe"),
    }


async def _fill(
    engine: AsyncEngine, lab: LinesLab, debtors: int, settings: CampaignSettings
) -> tuple[int, list[int], int]:
    now, zone = datetime.now(UTC), zone_where_it_is(12)
    async with engine.begin() as conn:
        tenant = await admin.create_tenant(conn, name="main", now=now, settings={})
        await templates.install_defaults(conn, tenant)
        creditor = await a_creditor(conn, tenant, name="Northwind Bank")
        group = await a_window_group(conn, (zone,), ("us-federal",))
        # nobody logs in with a password here: the consoles get their sessions from the database
        people = [
            {"tenant_id": tenant, "login": f"agent{n}", "display_name": f"Agent {n}", "role": "agent",
             "password_hash": "!", "phone_endpoint": phone, "created_at": now}
            for n, phone in enumerate(lab.phones, 1)
        ]  # fmt: skip
        agents = list((await conn.execute(insert(t.app_user).returning(t.app_user.c.id), people)).scalars())
        campaign = await a_campaign(conn, tenant, creditor, settings=settings, agents=agents)
        values = {"t": tenant, "c": creditor, "g": group, "zone": zone, "now": now, "n": debtors,
                  "history": HISTORY, "campaign": campaign}  # fmt: skip
        for statement in DEBTORS:
            await conn.execute(text(statement), values)
    async with engine.connect() as conn:
        auto = await conn.execution_options(isolation_level="AUTOCOMMIT")
        await auto.execute(text("VACUUM ANALYZE"))
        await auto.execute(text("CHECKPOINT"))
    return tenant, agents, campaign
