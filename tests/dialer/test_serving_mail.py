"""The whole server, built from settings with a mail server and nothing else that sends: it writes, and it stops."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from dialer.bootstrap import Server
from dialer.engines import Engines
from dialer.message_rows import NewMessage, enqueue
from dialer.settings import GivenSettings
from telephony.clock import ScaledClock
from telephony.messaging.sandbox.mail import MAIL_PASSWORD, MAIL_USER, SandboxMail
from tests.builders import NOW, a_contact_point, a_creditor, a_debtor

pytestmark = pytest.mark.postgres
ADDRESS = "dana@example.org"


def settings(folder: Path, mail: SandboxMail) -> GivenSettings:
    email = {
        "host": mail.host, "port": mail.port, "security": "none", "username": MAIL_USER, "password": MAIL_PASSWORD,
        "from_address": "desk@northwind.example",
    }  # fmt: skip
    return GivenSettings(
        data_dir=folder, secret_key=SecretStr("k" * 48), roles=("web", "messenger"), business_name="Northwind",
        business_phone="+12125550100", web={"port": 0}, email=email,
    )  # fmt: skip


async def an_email_is_queued(engine: AsyncEngine, tenant: int) -> None:
    async with engine.begin() as conn:
        debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant), language="es")
        point = await a_contact_point(conn, tenant, debtor, ADDRESS, "email", position=1)
        given = {"tenant_id": tenant, "contact_point_id": point, "channel": "email", "by": "written", "at": NOW}
        await conn.execute(insert(t.consent).values(**given))
        await enqueue(conn, NewMessage(tenant, debtor, point, "email", "missed_call", "key"), now=NOW)


async def test_an_email_leaves_and_its_link_ends_them(
    engine: AsyncEngine, database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    clock = ScaledClock(NOW)
    async with SandboxMail(clock) as mail:
        server = Server(settings(tmp_path, mail), Engines(database_url, valkey_url, embedded=False), clock)
        await server.start()
        try:
            await an_email_is_queued(engine, server.tenant_id)
            async with asyncio.timeout(30):
                await mail.arrived.wait()
            (letter,) = mail.letters
            assert letter.parsed["Subject"] == "Un mensaje de Northwind"
            path = "/unsubscribe/" + letter.text.rpartition("/")[2]
            async with aiohttp.ClientSession() as http, http.post(server.url + path) as response:
                assert response.status == 200 and 'lang="es"' in await response.text()
            async with engine.connect() as conn:
                closed = (await conn.execute(select(t.opt_out.c.address, t.opt_out.c.channel))).one()
            assert tuple(closed) == (ADDRESS, "email")
        finally:
            await server.stop()
