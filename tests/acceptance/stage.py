"""Sets the stage of an acceptance test: a database, the sandbox carrier, `promiseline serve` as its own process."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.admin import service as admin
from campaigns.model import CallStep, CampaignSettings, MessageStep
from campaigns.queue import service as queue
from campaigns.templates import service as templates
from campaigns.users import service as users
from campaigns.users.passwords import Passwords
from compliance.rulebooks.spec import SWITCHES
from dialer.campaign_policy import RulebookPolicy
from telephony.asterisk.ports import free_port
from telephony.messaging.sandbox.carrier import SANDBOX_ACCOUNT, SANDBOX_TOKEN
from telephony.messaging.sandbox.server import SandboxCarrier
from tests.builders import a_contact_point, a_creditor, a_debtor, a_window_group
from tests.lab import SECRET_KEY
from tests.policy import POLICY

PASSWORD = "correct horse battery staple"
ROOT = Path(__file__).parents[2]


def zone_where_it_is(hour: int) -> str:
    """A fixed-offset zone whose clocks show about this hour now; contact hours depend on the real time."""
    ahead = (hour - datetime.now(UTC).hour) % 24
    ahead = ahead - 24 if ahead > 12 else ahead
    # POSIX signs: Etc/GMT-3 is three hours ahead of UTC
    zone = f"Etc/GMT{'-' if ahead >= 0 else '+'}{abs(ahead)}"
    ZoneInfo(zone)
    return zone


@dataclass(slots=True)
class Promiseline:
    """`promiseline serve` in its own process, as an operator runs it."""

    environment: dict[str, str]
    port: int
    process: asyncio.subprocess.Process | None = None
    log: Path = field(default_factory=Path)
    program: ClassVar[str] = "from dialer.cli import main; main()"
    of_tests: ClassVar[bool] = False
    """Whether the program is one of the tests', which are not installed."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        with self.log.open("ab") as file:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                self.program,
                "serve",
                env=os.environ | self.environment | ({"PYTHONPATH": str(ROOT)} if self.of_tests else {}),
                stdout=file,
                stderr=file,
                cwd=self.log.parent,
            )
        await self.ready()

    async def ready(self) -> None:
        async with asyncio.timeout(90), aiohttp.ClientSession() as http:
            while True:
                assert self.process is not None and self.process.returncode is None, self.log.read_text()
                try:
                    async with http.get(f"{self.url}/healthz") as reply:
                        if reply.status == 200:
                            return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(10):
                    await self.process.wait()
            except TimeoutError:
                await self.kill()


@dataclass(slots=True)
class Stage:
    engine: AsyncEngine
    promiseline: Promiseline
    carrier: SandboxCarrier
    tenant: int
    creditor: int
    creditor_name: str
    agents: list[int]
    campaign: int = 0
    policy: RulebookPolicy = POLICY

    async def debtor(self, *phones: str, hour: int = 12, sms: bool = True, **values: Any) -> int:
        """A debtor for whom it is about `hour` o'clock, with consent to texts unless told otherwise."""
        zone = zone_where_it_is(hour)
        async with self.engine.begin() as conn:
            group = await a_window_group(conn, (zone,), ("us-federal",))
            debtor = await a_debtor(
                conn, self.tenant, self.creditor, phones=(), own_timezone=zone, window_group_id=group,
                timezone=zone, **values,
            )  # fmt: skip
            for position, phone in enumerate(phones):
                point = await a_contact_point(conn, self.tenant, debtor, phone, position=position)
                if sms:
                    await conn.execute(
                        text(
                            "INSERT INTO consent (tenant_id, contact_point_id, channel, by, at)"
                            " VALUES (:tenant, :point, 'sms', 'written', :at)"
                        ),
                        {"tenant": self.tenant, "point": point, "at": datetime.now(UTC) - timedelta(days=3)},
                    )
        return debtor

    async def start_campaign(self, **settings: Any) -> int:
        """Make and start the campaign; the server is told as the command line would have it."""
        given = CampaignSettings(
            caller_id="+12125550100",
            steps=(CallStep(tries=1, retry_after_s=3600), MessageStep(template="missed_call")),
            **({"mode": "progressive", "wrap_up_s": 60, "ring_timeout_s": 15} | settings),
        )
        async with self.engine.begin() as conn:
            self.campaign = await admin.create(
                conn, tenant_id=self.tenant, creditor=self.creditor_name, name="Acceptance",
                settings=given.model_dump(mode="json"), now=datetime.now(UTC), actor="test", agents=self.agents,
            )  # fmt: skip
            await admin.start(conn, self.campaign, policy=self.policy, now=datetime.now(UTC), actor="test")
        return self.campaign

    async def requeue(self, debtor: int) -> None:
        """Put a debtor who came after the start into the running campaign's queue."""
        async with self.engine.begin() as conn:
            await queue.fill(conn, self.campaign, datetime.now(UTC))
            await queue.promote_due(conn, datetime.now(UTC))
            row = await conn.execute(text("SELECT 1 FROM queue_row WHERE debtor_id = :d"), {"d": debtor})
            assert row.one_or_none() is not None

    async def one(self, query: str, **values: Any) -> Any:
        async with self.engine.connect() as conn:
            return (await conn.execute(text(query), values)).mappings().one_or_none()

    async def eventually(self, query: str, within_s: float = 20.0, **values: Any) -> Any:
        """The first row of the query, as soon as there is one."""
        async with asyncio.timeout(within_s):
            while True:
                row = await self.one(query, **values)
                if row is not None:
                    return row
                await asyncio.sleep(0.05)


@asynccontextmanager
async def staged(
    engine: AsyncEngine,
    database_url: str,
    valkey_url: str,
    folder: Path,
    nodes: Sequence[dict[str, Any]],
    phones: Sequence[str] = ("PJSIP/agent-1",),
) -> AsyncIterator[Stage]:
    """Everything up but the server: fill the stage, then `await stage.promiseline.start()`."""
    port = free_port()
    carrier = SandboxCarrier()
    async with carrier:
        carrier.carrier.inbound_url = f"http://127.0.0.1:{port}/hooks/twilio/inbound"
        tenant, creditor, name, agents = await _people(engine, phones)
        environment = {
            "PROMISELINE_DATABASE_URL": database_url,
            "PROMISELINE_REDIS_URL": valkey_url,
            "PROMISELINE_SECRET_KEY": SECRET_KEY,
            "PROMISELINE_BUSINESS_NAME": "Example Recovery",
            "PROMISELINE_BUSINESS_PHONE": "+12125550100",
            "PROMISELINE_NODES": json.dumps(list(nodes)),
            "PROMISELINE_WEB__PORT": str(port),
            "PROMISELINE_WEB__PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
            "PROMISELINE_MESSAGING": json.dumps(
                {
                    "provider": "sandbox",
                    "account_sid": SANDBOX_ACCOUNT,
                    "auth_token": SANDBOX_TOKEN,
                    "base_url": carrier.base_url,
                    "sms_sender": "+12125550199",
                }
            ),
        }
        promiseline = Promiseline(environment, port, log=folder / "promiseline.log")
        made = Stage(engine, promiseline, carrier, tenant, creditor, name, agents)
        try:
            yield made
        finally:
            # the one that the test may have put there in place of it
            await made.promiseline.stop()


async def _people(engine: AsyncEngine, phones: Sequence[str]) -> tuple[int, int, str, list[int]]:
    now = datetime.now(UTC)
    agents = []
    async with engine.begin() as conn:
        # the sandbox carrier bars nothing
        business = {
            "business_name": "Example Recovery",
            "business_phone": "+12125550100",
            "switches": list(SWITCHES),
        }
        tenant = await admin.create_tenant(conn, name="main", now=now, settings=business)
        await templates.install_defaults(conn, tenant)
        creditor = await a_creditor(conn, tenant, name="Northwind Bank")
        for number, phone in enumerate(phones, 1):
            agents.append(
                await users.create(
                    conn, Passwords(), tenant_id=tenant, login=f"agent{number}", display_name=f"Agent {number}",
                    role="agent", password=PASSWORD, now=now, actor="test", phone_endpoint=phone,
                )
            )  # fmt: skip
        await users.create(
            conn, Passwords(), tenant_id=tenant, login="supervisor", display_name="Sam", role="supervisor",
            password=PASSWORD, now=now, actor="test",
        )  # fmt: skip
    return tenant, creditor, "Northwind Bank", agents
