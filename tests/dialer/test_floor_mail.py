"""From a call that nobody answers to an e-mail at the server, and from its own link to no e-mail ever more."""

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from campaigns.model import CallStep, MessageStep
from campaigns.templates.service import install_defaults
from compliance.rulebooks.spec import SWITCHES
from dialer.messenger import Messenger, MessengerSettings
from dialer.parts import make_providers
from dialer.settings import GivenSettings
from dialer.unsubscribing import Unsubscribing
from telephony.messaging.router import Router
from telephony.messaging.sandbox.mail import MAIL_PASSWORD, MAIL_USER, SandboxMail
from tests import builders
from tests.dialer.floor_rig import GATE, NO_ANSWER, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres
ADDRESS = "dana@example.org"
STEPS = (CallStep(tries=1), MessageStep(template="missed_call", channel="email"), CallStep(tries=1))


def messenger(rig: Rig, server: SandboxMail) -> Messenger:
    """As the composition root makes it from settings."""
    email = {
        "host": server.host, "port": server.port, "security": "none", "username": MAIL_USER, "password": MAIL_PASSWORD,
        "from_address": "desk@northwind.example",
    }  # fmt: skip
    given = GivenSettings(email=email, business_name="Northwind")
    chosen = MessengerSettings(rig.tenant, "worker", "https://dial.example.com", b"k" * 32, per_second=1000)
    return Messenger(rig.engine, chosen, GATE, Router(make_providers(given, rig.clock), rig.clock), rig.clock)


async def prepared(rig: Rig) -> int:
    """A person who does not answer and may be written to by e-mail; their address."""
    await rig.people(1, quick(steps=STEPS))
    debtor = await rig.debtor(NO_ANSWER)
    async with rig.engine.begin() as conn:
        business = {"business_name": "Northwind", "business_phone": "+12125550100", "switches": list(SWITCHES)}
        await conn.execute(t.tenant.update().values(settings=business))
        await install_defaults(conn, rig.tenant)
        point = await builders.a_contact_point(conn, rig.tenant, debtor, ADDRESS, "email", position=1)
        given = {"tenant_id": rig.tenant, "contact_point_id": point, "channel": "email", "by": "written"}
        await conn.execute(insert(t.consent).values(**given, at=builders.NOW))
    return point


async def test_who_does_not_answer_gets_an_email_and_can_end_them(engine: AsyncEngine) -> None:
    async with floor_rig(engine) as rig:
        await prepared(rig)
        await rig.start()
        await rig.ready()
        (queued,) = await rig.until_rows("SELECT * FROM message", lambda rows: rows)
        assert (queued["channel"], queued["state"]) == ("email", "queued")
        async with SandboxMail(rig.clock) as server:
            worker = messenger(rig, server)
            assert await worker.tick() == 1
            (letter,) = server.letters
            (sent,) = await rig.rows("SELECT * FROM message")
            assert (sent["state"], sent["provider"]) == ("sent", "smtp"), sent
            assert letter.to == ADDRESS and letter.parsed["Subject"] == "A message from Northwind"
            assert letter.text.startswith("Northwind tried to reach Dana. Please call +12125550100.")
            assert letter.parsed["From"] == "Northwind <desk@northwind.example>"
            (attempt,) = await rig.rows("SELECT * FROM attempt WHERE channel = 'email'")
            assert (attempt["outcome"], attempt["state"]) == ("message_sent", "ended")

            token = letter.text.rpartition("/")[2]
            assert await Unsubscribing(rig.engine, rig.tenant, rig.clock).stop(token) is not None
            async with rig.engine.begin() as conn:
                again = dict(sent) | {"id": builders.uuid7(), "dedupe_key": "again", "state": "queued"}
                again |= {"attempt_id": None, "unsubscribe_token": None, "provider_id": None, "final_at": None}
                await conn.execute(insert(t.message).values(**again))
            assert await worker.tick() == 1
            assert len(server.letters) == 1
            (after,) = await rig.rows("SELECT state, error_code FROM message WHERE dedupe_key = 'again'")
            assert (after["state"], after["error_code"]) == ("refused", "opt_out")
