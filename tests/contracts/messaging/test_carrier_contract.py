"""What the messenger relies on at a Twilio-speaking carrier, by the real twilio library.

Runs over the twin always, and over Twilio itself where TWILIO_CONTRACT_ACCOUNT_SID, _AUTH_TOKEN, _FROM and _TO are set
(test credentials send nothing: their magic numbers +15005550006 and +15005550001 serve).
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from telephony.messaging.port import STATUS_RANK, Accepted, DeliveryEvent, Envelope, Rejected
from telephony.messaging.sandbox.carrier import CarrierSettings
from telephony.messaging.sandbox.script import NO_CHANCE
from telephony.messaging.sandbox.server import SandboxCarrier
from telephony.messaging.twilio import TwilioAccount, TwilioProvider
from tests.permits import permit

REAL = all(os.environ.get(f"TWILIO_CONTRACT_{name}") for name in ("ACCOUNT_SID", "AUTH_TOKEN", "FROM", "TO"))


@dataclass
class Subject:
    provider: TwilioProvider
    to: str
    invalid: str = "+15005550001"
    stateful: bool = True


# without an account there is no real side to run: it is left out, and not counted as anything
@pytest.fixture(params=["twin", "real"] if REAL else ["twin"])
async def carrier(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "twin":
        settings = CarrierSettings(behaviour=NO_CHANCE)
        async with SandboxCarrier(settings) as sandbox:
            account = TwilioAccount(
                settings.account_sid,
                settings.auth_token,
                "+15005550006",
                "https://x.example",
                base_url=sandbox.base_url,
            )
            provider = TwilioProvider(account)
            yield Subject(provider, "+12125550142", invalid="+1202992" + "1211")
            await provider.close()
        return
    env = {name: os.environ[f"TWILIO_CONTRACT_{name}"] for name in ("ACCOUNT_SID", "AUTH_TOKEN", "FROM", "TO")}
    provider = TwilioProvider(TwilioAccount(env["ACCOUNT_SID"], env["AUTH_TOKEN"], env["FROM"], "https://x.example"))
    yield Subject(provider, env["TO"], stateful=env["FROM"] != "+15005550006")
    await provider.close()


def envelope(to: str, body: str = "Please call us", **values: object) -> Envelope:
    callback = "https://x.example/hooks/twilio/status/1"
    return Envelope(uuid4(), "sms", to, body, callback, permit(to, "sms"), **values)  # type: ignore[arg-type]


async def test_a_good_message_is_accepted_with_an_id_and_a_first_status(carrier: Subject) -> None:
    sent = await carrier.provider.send(envelope(carrier.to, validity_s=3600))
    assert isinstance(sent, Accepted)
    assert sent.provider_id.startswith("SM")
    assert len(sent.provider_id) == 34
    assert STATUS_RANK[sent.status] <= 2
    assert sent.segments == 1


async def test_a_number_that_is_none_is_rejected_with_its_code(carrier: Subject) -> None:
    sent = await carrier.provider.send(envelope(carrier.invalid))
    assert sent == Rejected("21211", "bad_address")


async def test_no_text_is_rejected_as_our_fault(carrier: Subject) -> None:
    sent = await carrier.provider.send(envelope(carrier.to, ""))
    assert isinstance(sent, Rejected)
    assert (sent.code, sent.kind) == ("21602", "content")


async def test_wrong_credentials_stop_the_carrier(carrier: Subject) -> None:
    account = carrier.provider._account
    wrong = TwilioProvider(
        TwilioAccount(account.account_sid, "wrong", account.sms_sender, "https://x.example", base_url=account.base_url)
    )
    sent = await wrong.send(envelope(carrier.to))
    await wrong.close()
    assert isinstance(sent, Rejected)
    assert (sent.code, sent.kind) == ("20003", "stop_provider")


async def test_a_sent_message_can_be_looked_up_and_found_by_its_text(carrier: Subject) -> None:
    if not carrier.stateful:  # Twilio's test credentials keep no messages
        return
    before = datetime.now(UTC)
    body = f"Please call us {uuid4()}"
    sent = await carrier.provider.send(envelope(carrier.to, body))
    assert isinstance(sent, Accepted)
    found = await carrier.provider.lookup(sent.provider_id)
    assert isinstance(found, DeliveryEvent)
    assert (found.provider_id, found.error_code) == (sent.provider_id, "")
    since, until = before - timedelta(seconds=5), datetime.now(UTC) + timedelta(seconds=5)
    listed = await carrier.provider.find("sms", carrier.to, body, since, until)
    assert [one.provider_id for one in listed] == [sent.provider_id]
    assert await carrier.provider.find("sms", carrier.to, body + ".", since, until) == []
    assert await carrier.provider.find("sms", carrier.to, body, since - timedelta(hours=2), since) == []


async def test_an_id_that_nobody_knows_is_none(carrier: Subject) -> None:
    if not carrier.stateful:
        return
    assert await carrier.provider.lookup("SM" + "f" * 32) is None
