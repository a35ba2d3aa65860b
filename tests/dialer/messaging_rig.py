"""A messenger with a real database, the sandbox carrier over HTTP, and a small web server that takes its webhooks."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from aiohttp import web
from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from compliance.rulebooks.loader import load_rulebooks
from compliance.rulebooks.spec import SWITCHES
from dialer.carrier_webhook import CarrierWebhook
from dialer.contact import GateContext
from dialer.inbound import Inbound
from dialer.message_rows import NewMessage, enqueue
from dialer.messenger import Messenger, MessengerSettings
from dialer.spool import ReplySpool
from telephony.messaging.letter import Sender
from telephony.messaging.router import Router
from telephony.messaging.sandbox.carrier import Carrier, CarrierSettings
from telephony.messaging.sandbox.mail import MAIL_PASSWORD, MAIL_USER, SandboxMail
from telephony.messaging.sandbox.script import NO_CHANCE, Script
from telephony.messaging.sandbox.server import SandboxCarrier
from telephony.messaging.smtp import SmtpAccount, SmtpProvider
from telephony.messaging.twilio import TwilioAccount, TwilioProvider
from tests.builders import NOW, a_contact_point, a_creditor, a_debtor, a_tenant, next_number

PHONE = "+12125550142"
MAIL = "dana@example.org"
SENDER = "+12125550100"
KEY = b"k" * 32
NOWHERE = Path("/dev/null/spool")  # a reply that is kept here fails the test
GATE = GateContext(load_rulebooks())


class JumpClock:
    """Runs twenty times as fast as the wall's, and jumps when told to; sleepers wake when their time has come."""

    speed = 20.0

    def __init__(self, start: datetime = NOW) -> None:
        self._start = start
        self._epoch = time.monotonic()
        self._jumped = 0.0
        self._jump = asyncio.Event()

    def monotonic(self) -> float:
        return (time.monotonic() - self._epoch) * self.speed + self._jumped

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def advance(self, seconds: float) -> None:
        self._jumped += seconds
        self._jump.set()
        self._jump = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        target = self.monotonic() + seconds
        while (left := target - self.monotonic()) > 0:
            try:
                # not wait_for: in Python 3.11 it loses a cancellation that comes together with the jump
                async with asyncio.timeout(left / self.speed):
                    await self._jump.wait()
            except TimeoutError:
                continue


@dataclass
class Rig:
    engine: AsyncEngine
    clock: JumpClock
    carrier: Carrier
    provider: TwilioProvider
    messenger: Messenger
    inbound: Inbound
    webhook: CarrierWebhook
    tenant: int
    creditor: int
    debtor: int
    point: int
    hooks: list[int]
    delivered: asyncio.Event
    mail: SandboxMail
    drop_hooks: bool = False

    async def mail_point(self, address: str = MAIL, *, consent: bool = True) -> int:
        """An e-mail address of the person, with consent to be written to there."""
        async with self.engine.begin() as conn:
            point = await a_contact_point(conn, self.tenant, self.debtor, address, "email", position=1)
            if consent:
                given = {"tenant_id": self.tenant, "contact_point_id": point, "channel": "email", "by": "written"}
                await conn.execute(insert(t.consent).values(**given, at=NOW - timedelta(days=1)))
        return point

    async def queue(self, **values: Any) -> UUID:
        wanted: dict[str, Any] = {
            "tenant_id": self.tenant,
            "debtor_id": self.debtor,
            "contact_point_id": self.point,
            "channel": "sms",
            "template": "missed_call",
            "dedupe_key": f"key{next_number()}",
        }
        async with self.engine.begin() as conn:
            made = await enqueue(conn, NewMessage(**{**wanted, **values}), now=self.clock.now())
        assert made is not None
        return made

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        async with self.engine.connect() as conn:
            order = table.c.id
            return [dict(row) for row in (await conn.execute(select(table).order_by(order))).mappings()]

    async def message(self, message_id: UUID) -> dict[str, Any]:
        async with self.engine.connect() as conn:
            found = await conn.execute(select(t.message).where(t.message.c.id == message_id))
            return dict(found.mappings().one())

    async def events(self, kind_prefix: str = "") -> list[str]:
        return [row["kind"] for row in await self.rows(t.outcome_event) if row["kind"].startswith(kind_prefix)]

    def script(self, **values: Any) -> None:
        """What befalls the next messages to PHONE."""
        self.carrier.scripts[PHONE] = Script(**{"accept_latency_s": 0.0, "step_s": 0.02, **values})

    async def send(self, message_id: UUID) -> dict[str, Any]:
        """One tick, and everything that follows at the carrier."""
        await self.messenger.tick()
        await self.carrier.settled()
        return await self.message(message_id)


@asynccontextmanager
async def rig(
    engine: AsyncEngine, start: datetime = NOW, timeout_s: float = 5.0, spool_in: Path = NOWHERE
) -> AsyncIterator[Rig]:
    async with engine.begin() as conn:
        tenant = await a_tenant(
            conn, settings={"business_name": "Northwind", "business_phone": SENDER, "switches": list(SWITCHES)}
        )
        for language, words in (("en", "missed call"), ("es", "llamada perdida")):
            body = f"{words}, {{{{given_name}}}}: {{{{business_phone}}}}"
            row = {"tenant_id": tenant, "name": "missed_call", "channel": "sms", "language": language, "body": body}
            await conn.execute(insert(t.template).values(**row))
            subject, body = f"{words} {{{{business_name}}}}", f"{body}\nunsubscribe:\n{{{{unsubscribe_url}}}}"
            await conn.execute(
                insert(t.template).values(**row | {"channel": "email", "subject": subject, "body": body})
            )
        creditor = await a_creditor(conn, tenant)
        debtor = await a_debtor(conn, tenant, creditor, phones=(PHONE,))
        found = await conn.execute(select(t.contact_point.c.id).where(t.contact_point.c.debtor_id == debtor))
        point = int(found.scalar_one())
        consent = {"tenant_id": tenant, "contact_point_id": point, "channel": "sms", "by": "written"}
        await conn.execute(insert(t.consent).values(**consent, at=NOW - timedelta(days=1)))
    clock = JumpClock(start)
    settings = CarrierSettings(behaviour=NO_CHANCE)
    hooks: list[int] = []
    async with SandboxCarrier(settings, clock) as sandbox, SandboxMail(clock, sandbox.carrier.log) as mail:
        held: dict[str, Rig] = {}
        async with _web(held, hooks) as public_url:
            account = TwilioAccount(
                settings.account_sid, settings.auth_token, SENDER, public_url,
                base_url=sandbox.base_url, timeout_s=timeout_s,
            )  # fmt: skip
            provider = TwilioProvider(account)
            sender = Sender("desk@northwind.example", "Northwind", "answers@northwind.example")
            server = SmtpAccount("127.0.0.1", mail.port, sender, "none", MAIL_USER, MAIL_PASSWORD, timeout_s)
            router = Router([provider, SmtpProvider(server, clock)], clock)
            chosen = MessengerSettings(tenant, "worker-1", public_url, KEY, per_second=1000, batch=50)
            messenger = Messenger(engine, chosen, GATE, router, clock)
            inbound = Inbound(engine, tenant, clock)
            spool = ReplySpool(spool_in, inbound)
            webhook = CarrierWebhook(provider, messenger.reports, inbound, KEY, spool, clock)
            sandbox.carrier.inbound_url = f"{public_url}/hooks/twilio/inbound"
            made = Rig(
                engine, clock, sandbox.carrier, provider, messenger, inbound, webhook,
                tenant, creditor, debtor, point, hooks, asyncio.Event(), mail,
            )  # fmt: skip
            held["rig"] = made
            try:
                yield made
            finally:
                await sandbox.carrier.close()
                await router.close()


@asynccontextmanager
async def _web(held: dict[str, Rig], hooks: list[int]) -> AsyncIterator[str]:
    async def take(request: web.Request) -> web.Response:
        one = held["rig"]
        form = parse_qsl((await request.read()).decode(), keep_blank_values=True)
        status = 204 if one.webhook.verify(request.raw_path, form, request.headers) else 403
        if one.drop_hooks:
            status = 503
        hooks.append(status)
        if status == 204:
            if "message_id" in request.match_info:
                await one.webhook.status(UUID(request.match_info["message_id"]), form)
                if ("MessageStatus", "delivered") in form:
                    one.delivered.set()
            else:
                await one.webhook.inbound(form)
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/hooks/twilio/status/{message_id}", take)
    app.router.add_post("/hooks/twilio/inbound", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
