"""No module reaches a carrier except with a permit, which only the gate's admission issues in the same transaction."""

import copy
import pickle
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.users.model import PHONE, check_phone
from dialer.contact import Admitted, WantedContact, admit
from telephony.exchange import AGENT_PHONE
from telephony.messaging.port import Envelope, Rejected
from telephony.messaging.twilio import TwilioAccount, TwilioProvider
from telephony.permit import NotPermitted, Permit, Seal
from tests.builders import NOW, a_creditor, a_debtor, a_tenant
from tests.dialer.floor_rig import GATE
from tests.permits import permit
from tests.ways import PACKAGES, product, ways

PHONE_NUMBER = "+12125550142"

BYPASSES = {
    "dials through the port": """
        async def call(exchange, number):
            await exchange.originate(number)
        """,
    "orders a call of its own": """
        from telephony.exchange import Originate as Leg
        def order(permit): return Leg("x", "PJSIP/1@trunk", "", 30, permit)
        """,
    "dials by raw ARI": """
        async def call(exchange):
            await exchange.client.channels.originate_with_id("x", endpoint="PJSIP/1@trunk")
        """,
    "dials by raw ARI under another name": """
        async def call(exchange):
            channels = exchange.client.channels
            await channels.create(endpoint="PJSIP/1@trunk")
        """,
    "hides the name": """
        async def call(exchange):
            await getattr(exchange, "originate")("x")
        """,
    "imports the raw client": """
        from telephony.ari.client import AriClient
        """,
    "asks the carrier itself": """
        from telephony.messaging.port import Provider
        async def send(provider: Provider, envelope): await provider.send(envelope)
        """,
    "makes an envelope": """
        from telephony.messaging import port
        def order(): return port.Envelope
        """,
    "uses the carrier's library": """
        from twilio.rest import Client
        """,
    "posts to the carrier": """
        import aiohttp
        async def send():
            async with aiohttp.ClientSession() as http: await http.post("https://api.twilio.com")
        """,
    "posts by another library": """
        import httpx
        """,
    "sends mail": """
        import smtplib
        """,
    "sends mail by the library that the product has": """
        import aiosmtplib
        async def send(letter): await aiosmtplib.send(letter, hostname="mail")
        """,
    "holds the mail server itself": """
        from telephony.messaging.smtp import SmtpProvider
        """,
    "speaks to the mail server past the port": """
        async def mailed(provider, to, letter):
            client = provider._client()
            await client.rcpt(to)
            await client.data(letter)
        """,
    "speaks SMTP under another name": """
        from smtplib import SMTP_SSL as Post
        """,
    "speaks SMTP by a stream": """
        import asyncio
        async def mailed(): return await asyncio.open_connection("mail", 587)
        """,
    "opens a socket": """
        import asyncio
        async def call(): return await asyncio.open_connection("asterisk", 5038)
        """,
    "runs a program": """
        import os
        def call(): os.system("asterisk -rx 'channel originate PJSIP/1@trunk application Playback x'")
        """,
    "writes an attempt": """
        from sqlalchemy import insert
        from campaigns.db import tables as t
        def made(): return insert(t.attempt).values(state="committed")
        """,
    "writes an attempt as text": """
        ADD = "INSERT INTO attempt (id) VALUES (:id)"
        """,
    "issues a permit": """
        from telephony import permit
        def forge(seal, attempt): return permit.issue(seal, attempt, "voice", "+1")
        """,
    "unseals a permit": """
        from telephony.permit import Seal
        """,
    "uses a permit again": """
        def again(permit): permit._used = False
        """,
    "uses a permit again by name": """
        def again(permit): setattr(permit, "_used", False)
        """,
    "hides what it runs": """
        def call(words): exec(words)
        """,
    "rings a person as an agent": """
        from telephony.exchange import RingPhone
        """,
    "dials by a name that is worked out": """
        async def call(exchange):
            await getattr(exchange, "origin" + "ate")("x")
        """,
    "dials by a dotted name": """
        from operator import attrgetter
        async def call(exchange): await attrgetter("client.channels.create")(exchange)(endpoint="PJSIP/1@trunk")
        """,
    "dials by the class's own words": """
        async def call(exchange):
            await vars(type(exchange))["origin" "ate"](exchange, "x")
        """,
    "dials past getattr": """
        async def call(exchange, word):
            await exchange.__getattribute__(word)("x")
        """,
    "leaves a call file": """
        from pathlib import Path
        def call(number):
            Path(f"/var/spool/asterisk/outgoing/{number}.call").write_text("x")
        """,
    "asks the manager to dial": """
        def call(writer): writer.write(b"x"); return "Action: Originate"
        """,
    "answers the carrier with a message": """
        from aiohttp import web
        def answered(words): return web.Response(text=f"<Response><Message>{words}</Message></Response>")
        """,
    "speaks SIP by datagrams": """
        import asyncio
        async def call():
            loop = asyncio.get_running_loop()
            await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("trunk", 5060))
        """,
    "opens what it imported whole": """
        import urllib
        def send(): urllib.request.urlopen("https://api.twilio.com")
        """,
    "uses a library that nobody knows": """
        import pjsua2
        """,
    "runs a program by the loop": """
        import asyncio
        async def call():
            await asyncio.get_running_loop().subprocess_exec(asyncio.SubprocessProtocol, "asterisk", "-rx", "x")
        """,
    "runs a program by another name": """
        from os import system as tell
        def call(): tell("asterisk -rx x")
        """,
    "spawns a program": """
        import os
        def call(): os.posix_spawn("/usr/sbin/asterisk", ["asterisk"], {})
        """,
    "hides what it runs under another name": """
        from builtins import exec as tell
        def call(words): tell(words)
        """,
    "hides what it runs behind its module": """
        import builtins
        def call(words): builtins.exec(words)
        """,
    "runs what is no Python": """
        import ctypes
        """,
    "plays a permit": """
        from unittest.mock import Mock
        """,
    "takes another's permit": """
        import gc
        def found(): return [one for one in gc.get_objects() if type(one).__name__ == "Permit"]
        """,
    "writes an attempt by the table": """
        from campaigns.db import tables as t
        def made(): return t.attempt.insert()
        """,
    "writes an attempt under another name": """
        from sqlalchemy.dialects.postgresql import insert as put
        from campaigns.db import tables as t
        def made(): return put(t.attempt)
        """,
    "writes an attempt by a helper": """
        from campaigns.db import tables as t
        from sqlalchemy import insert
        def _put(table): return insert(table)
        def made(): return _put(t.attempt)
        """,
    "writes an attempt by the table's name": """
        from campaigns.db import tables as t
        from sqlalchemy import insert
        def made(): return insert(t.metadata.tables["att" "empt"])
        """,
    "writes an attempt with its schema": """
        ADD = 'INSERT INTO public."attempt" (id) VALUES (:id)'
        """,
    "copies attempts in": """
        async def made(raw, rows): await raw.copy_records_to_table("attempt", records=rows)
        """,
    "leaves by the database": """
        ASK = "COPY debtor TO PROGRAM 'curl https://api.twilio.com'"
        """,
}


def test_no_module_reaches_a_carrier_past_the_gate() -> None:
    found = ways(product())
    assert found == [], "\n".join(map(str, found))


def test_every_package_of_the_product_is_read() -> None:
    sources = product()
    assert {file.partition("/")[0] for file in sources} == set(PACKAGES)
    assert "dialer/contact.py" in sources and len(sources) > 200


@pytest.mark.parametrize("package", ["dialer", "agent_ui", "campaigns"])
@pytest.mark.parametrize("name", BYPASSES)
def test_a_module_with_a_way_around_is_found(name: str, package: str, tmp_path: Path) -> None:
    for each in PACKAGES:
        (tmp_path / each).mkdir()
    lines = BYPASSES[name].splitlines()[1:]
    bypass = "\n".join(line[8:] for line in lines)
    (tmp_path / package / "shortcut.py").write_text(bypass)
    found = ways(product(tmp_path))
    assert found and {way.file for way in found} == {f"{package}/shortcut.py"}


def test_the_allowed_places_do_what_they_are_allowed_to() -> None:
    """The list is no longer than the truth: take the allowed places away, and each is found."""
    moved = {f"dialer/moved/{file}": source for file, source in product().items()}
    files = {way.file.removeprefix("dialer/moved/") for way in ways(moved)}
    assert {
        "dialer/agents.py",
        "dialer/call_runner.py",
        "dialer/contact.py",
        "dialer/messenger.py",
        "dialer/seals.py",
        "telephony/ari/exchange.py",
        "telephony/messaging/router.py",
        "telephony/messaging/smtp.py",
        "telephony/messaging/twilio.py",
    } <= files


async def _admitted(conn: AsyncConnection) -> Admitted:
    tenant = await a_tenant(conn)
    debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant), phones=(PHONE_NUMBER,))
    (answer,) = await admit(conn, [WantedContact(debtor, "voice", "agent")], now=NOW, gate=GATE)
    assert isinstance(answer, Admitted)
    return answer


async def test_a_permit_is_good_once_and_after_the_commit_only(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        answer = await _admitted(conn)
        with pytest.raises(NotPermitted, match="not committed"):
            answer.permit.use("voice", PHONE_NUMBER)
    with pytest.raises(NotPermitted, match="another channel or address"):
        answer.permit.use("sms", PHONE_NUMBER)
    with pytest.raises(NotPermitted, match="another channel or address"):
        answer.permit.use_for_endpoint("PJSIP/12125550143@trunk")
    answer.permit.use_for_endpoint("PJSIP/912125550142@trunk")  # 9 for a line
    with pytest.raises(NotPermitted, match="used already"):
        answer.permit.use("voice", PHONE_NUMBER)


async def test_a_permit_of_a_transaction_that_was_undone_is_void(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        answer = await _admitted(conn)
        await conn.rollback()
        await conn.execute(text("SELECT 1"))
        await conn.commit()  # another transaction of the same connection
    with pytest.raises(NotPermitted, match="rolled back"):
        answer.permit.use("voice", PHONE_NUMBER)


async def test_a_permit_of_a_savepoint_that_was_undone_is_void(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        async with conn.begin_nested() as inner:
            answer = await _admitted(conn)
            await inner.rollback()
    with pytest.raises(NotPermitted, match="rolled back"):
        answer.permit.use("voice", PHONE_NUMBER)


async def test_two_admissions_of_one_transaction_are_good_together(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        first, second = await _admitted(conn), await _admitted(conn)
    first.permit.use("voice", PHONE_NUMBER)
    second.permit.use("voice", PHONE_NUMBER)


def test_a_permit_cannot_be_forged_copied_or_kept() -> None:
    with pytest.raises(NotPermitted):
        Permit(object(), Seal(), uuid4(), "voice", PHONE_NUMBER)
    good = permit(PHONE_NUMBER)
    for way in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            way(good)
    with pytest.raises(TypeError):

        class Mine(Permit):  # type: ignore[misc]
            pass


async def test_the_carriers_adapter_hands_over_nothing_without_a_good_permit() -> None:
    provider = TwilioProvider(TwilioAccount("AC1", "t", "+12125550100", "https://x.example", base_url="http://nowhere"))
    other = Envelope(uuid4(), "sms", "+12125550143", "Hello", "https://x.example/s", permit(PHONE_NUMBER, "sms"))
    assert await provider.send(other) == Rejected("not_permitted", "content")
    assert provider._http is None


@pytest.mark.parametrize("endpoint", ["PJSIP/agent-7", "PJSIP/agent-web-1", "PJSIP/1001", "PJSIP/desk_4.b"])
def test_an_agents_phone_is_a_registered_phone(endpoint: str) -> None:
    assert AGENT_PHONE.match(endpoint) and check_phone(endpoint) == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "PJSIP/12125550142@trunk",
        "PJSIP/12125550142",
        "PJSIP/+12125550142",
        "PJSIP/trunk/sip:12125550142@carrier",
        "Local/12125550142@outbound",
        "Local/12125550142",
        "DAHDI/g1/12125550142",
        "SIP/trunk/12125550142",
        "agent-7",
        "PJSIP/",
        "PJSIP/agent-7\n",
    ],
)
def test_a_number_is_no_agents_phone(endpoint: str) -> None:
    assert not AGENT_PHONE.fullmatch(endpoint) and check_phone(endpoint)


def test_both_packages_mean_the_same_by_a_phone() -> None:
    assert AGENT_PHONE.pattern == PHONE.pattern
