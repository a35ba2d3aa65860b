"""The provider on the twilio library: deadlines, one request a send, and webhooks' signatures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

import pytest
from aiohttp import web
from multidict import MultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from telephony.messaging.port import Accepted, DeliveryEvent, Envelope, LookupUnavailable, Rejected, Unknown
from telephony.messaging.sandbox.carrier import sign
from telephony.messaging.twilio import TwilioAccount, TwilioProvider
from tests.permits import permit

TO = "+12125550142"


def an_envelope(channel: Literal["sms", "whatsapp"] = "sms", body: str = "Please call us", **values: Any) -> Envelope:
    callback = "https://x.example/hooks/twilio/status/1"
    return Envelope(uuid4(), channel, TO, body, callback, permit(TO, channel), **values)


PUBLIC = "https://x.example"


@asynccontextmanager
async def answering(handler: object) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def provider(base_url: str = "http://127.0.0.1:9", **values: object) -> TwilioProvider:
    account = TwilioAccount("AC1", "token", "+12125550100", PUBLIC, base_url=base_url, **values)  # type: ignore[arg-type]
    return TwilioProvider(account)


async def sent_to(handler: object, **values: object) -> object:
    async with answering(handler) as url:
        carrier = provider(url, **values)
        try:
            return await carrier.send(an_envelope())
        finally:
            await carrier.close()


async def test_a_carrier_that_hangs_is_unknown_within_the_deadline_and_asked_once() -> None:
    asked = 0

    async def hang(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        await asyncio.sleep(30)
        return web.Response()

    async with asyncio.timeout(5):
        assert await sent_to(hang, timeout_s=0.3) == Unknown("TimeoutError")
    assert asked == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 302])
async def test_a_broken_answer_is_unknown_and_asked_once(status: int) -> None:
    asked = 0

    async def broken(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})

    assert await sent_to(broken) == Unknown(f"http {status}")
    assert asked == 1


async def test_an_answer_that_is_no_json_is_unknown() -> None:
    async def nonsense(request: web.Request) -> web.Response:
        return web.Response(status=201, text="<html>")

    assert isinstance(await sent_to(nonsense), Unknown)


async def test_an_answer_without_an_id_is_unknown() -> None:
    async def nameless(request: web.Request) -> web.Response:
        return web.json_response({"status": "queued"}, status=201)

    assert isinstance(await sent_to(nameless), Unknown)


@pytest.mark.parametrize(("status", "wait"), [(429, None), (429, "7"), (503, "7")])
async def test_an_overloaded_carrier_took_nothing(status: int, wait: str | None) -> None:
    async def busy(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={} if wait is None else {"Retry-After": wait})

    assert await sent_to(busy) == Rejected("20429", "not_accepted", None if wait is None else 7.0)


async def test_a_carrier_that_cannot_be_reached_took_nothing() -> None:
    carrier = provider("http://127.0.0.1:9")
    assert await carrier.send(an_envelope()) == Rejected("connect", "not_accepted")
    with pytest.raises(LookupUnavailable):
        await carrier.lookup("SM1")
    with pytest.raises(LookupUnavailable):
        await carrier.find("sms", "+12125550142", "x", datetime.now(UTC), datetime.now(UTC))
    await carrier.close()


async def test_the_request_carries_the_fields_that_twilio_wants() -> None:
    seen: list[tuple[str, dict[str, str], str]] = []

    async def note(request: web.Request) -> web.Response:
        fields = {name: str(value) for name, value in (await request.post()).items()}
        seen.append((request.path, fields, request.headers["Authorization"]))
        return web.json_response({"sid": "SM1", "status": "accepted", "num_segments": "0"}, status=201)

    async with answering(note) as url:
        account = TwilioAccount("AC1", "token", "MG1", PUBLIC, whatsapp_sender="+12125550101", base_url=url)
        carrier = TwilioProvider(account)
        assert await carrier.send(an_envelope()) == Accepted("SM1", "accepted", 1)
        whatsapp = an_envelope("whatsapp", "Hello", validity_s=60)
        await carrier.send(whatsapp)
        await carrier.close()
    assert [path for path, _, _ in seen] == ["/2010-04-01/Accounts/AC1/Messages.json"] * 2
    assert seen[0][1] == {
        "To": "+12125550142",
        "Body": "Please call us",
        "MessagingServiceSid": "MG1",
        "StatusCallback": "https://x.example/hooks/twilio/status/1",
    }
    assert seen[0][2] == "Basic QUMxOnRva2Vu"
    assert seen[1][1]["To"] == "whatsapp:+12125550142"
    assert seen[1][1]["From"] == "whatsapp:+12125550101"
    assert seen[1][1]["ValidityPeriod"] == "60"


FORM = [("MessageSid", "SM1"), ("MessageStatus", "delivered"), ("To", "+12125550142"), ("Body", " two  blanks ")]
PATH = "/hooks/twilio/status/1?t=abc"


def test_the_twins_signature_and_the_librarys_are_the_same() -> None:
    library = RequestValidator("token").compute_signature(PUBLIC + PATH, MultiDict(FORM))
    assert sign("token", PUBLIC + PATH, dict(FORM)) == library


def test_a_signature_over_the_public_address_is_good_and_nothing_else_is() -> None:
    carrier = provider()
    good = {"X-Twilio-Signature": sign("token", PUBLIC + PATH, dict(FORM))}
    assert carrier.verify(PATH, FORM, good)
    assert not carrier.verify(PATH.replace("abc", "abd"), FORM, good)
    assert not carrier.verify(PATH, [*FORM[:-1], ("Body", "two blanks")], good)
    assert not carrier.verify(PATH, FORM, {})
    assert not carrier.verify(PATH, FORM, {"X-Twilio-Signature": sign("token", "http://internal" + PATH, dict(FORM))})
    assert not carrier.verify(PATH, FORM, {"X-Twilio-Signature": sign("other", PUBLIC + PATH, dict(FORM))})


def test_while_secrets_are_rotated_both_are_good() -> None:
    carrier = provider(signing_secrets=("new", "old"))
    for secret in ("new", "old"):
        assert carrier.verify(PATH, FORM, {"X-Twilio-Signature": sign(secret, PUBLIC + PATH, dict(FORM))})
    assert not carrier.verify(PATH, FORM, {"X-Twilio-Signature": sign("token", PUBLIC + PATH, dict(FORM))})


def test_reports_and_replies_are_read() -> None:
    carrier = provider()
    report = [("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")]
    assert carrier.parse_status(report) == DeliveryEvent("SM1", "undelivered", "30003")
    assert carrier.parse_status([("MessageSid", "SM1"), ("MessageStatus", "new-word")]) is None
    assert carrier.parse_status([("MessageStatus", "sent")]) is None
    reply = [("MessageSid", "SM2"), ("From", "whatsapp:+12125550142"), ("To", "whatsapp:+1"), ("Body", " STOP ")]
    got = carrier.parse_inbound(reply)
    assert got is not None
    assert (got.channel, got.from_address, got.to_address, got.body) == ("whatsapp", "+12125550142", "+1", " STOP ")
    assert carrier.parse_inbound([("Body", "STOP")]) is None
