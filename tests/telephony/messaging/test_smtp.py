"""One contract for the sandbox's mail server and for real ones: what is sent, refused, unknown, and never twice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from telephony.clock import SystemClock
from telephony.messaging.port import Accepted, Envelope, LookupUnavailable, Rejected, Unknown
from telephony.messaging.sandbox.mail import MailScript
from telephony.messaging.smtp import SmtpAccount, SmtpProvider
from telephony.messaging.smtp_replies import ServerFault
from tests.mail_servers import KINDS, SENDER, MailServer, mail_server, real_server
from tests.permits import permit

TO = "dana@example.org"
STOP = "https://dial.example.com/unsubscribe/AAAAAAAAAAAAAAAAAAAAAA"


def an_envelope(to: str = TO, body: str = "Please call us.", **values: Any) -> Envelope:
    given = {"subject": "A message from Northwind", "language": "en", "unsubscribe_url": STOP} | values
    return Envelope(uuid4(), "email", to, body, "", permit(to, "email"), **given)


@pytest.fixture(params=KINDS)
async def mail(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[MailServer, SmtpAccount]]:
    async with mail_server(request.param, tmp_path) as made:
        yield made


Mail = tuple[MailServer, SmtpAccount]


async def sent(account: SmtpAccount, envelope: Envelope) -> object:
    return await SmtpProvider(account, SystemClock()).send(envelope)


async def test_a_message_arrives_as_it_was_written(mail: Mail) -> None:
    server, account = mail
    envelope = an_envelope(body="Dana, please call +1 212 555 0100.\n.\n..two dots\nTo unsubscribe:\n" + STOP)
    assert await sent(account, envelope) == Accepted(f"<{envelope.message_id}@northwind.example>", "sent")
    (letter,) = server.letters
    assert (letter.sender, letter.to, letter.text) == (SENDER.address, TO, envelope.body)
    headers = letter.parsed
    assert str(headers["From"]) == "Northwind <desk@northwind.example>"
    assert (headers["To"], headers["Reply-To"]) == (TO, "answers@northwind.example")
    assert headers["Subject"] == "A message from Northwind"
    assert headers["Message-ID"] == f"<{envelope.message_id}@northwind.example>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "en"
    assert abs((datetime.now(UTC) - parsedate_to_datetime(headers["Date"])).total_seconds()) < 60


async def test_the_one_click_way_out_is_in_the_headers_whole(mail: Mail) -> None:
    server, account = mail
    long = STOP.replace("dial", "dial-" + "a" * 120)
    await sent(account, an_envelope(unsubscribe_url=long))
    head = server.letters[0].raw.partition(b"\r\n\r\n")[0]
    assert f"\r\nList-Unsubscribe: <{long}>\r\n".encode() in head
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in head


@pytest.mark.parametrize("words", ["سلام، لطفاً تماس بگیرید", "يرجى الاتصال", "ਕਿਰਪਾ ਕਰਕੇ ਕਾਲ ਕਰੋ", "Proszę o kontakt"])
async def test_every_script_arrives_in_subject_and_text(mail: Mail, words: str) -> None:
    server, account = mail
    account = replace(account, sender=replace(SENDER, name=words))
    await sent(account, an_envelope(body=f"{words} 😀\n" * 40, subject=f"{words} " * 4, language="fa"))
    (letter,) = server.letters
    assert letter.raw.isascii()
    # the policy's own reader puts a blank between two encoded words of a name; the older one reads as RFC 2047 says
    sender = message_from_bytes(letter.raw)["From"]
    assert str(make_header(decode_header(sender))) == f"{words} <{SENDER.address}>"
    assert letter.parsed["Subject"] == (f"{words} " * 4).strip()
    assert letter.text == (f"{words} 😀\n" * 40).rstrip("\n")
    assert max(map(len, letter.raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("script", "code", "kind"),
    [
        (MailScript(recipient="550 5.1.1 No such user"), "smtp_no_mailbox", "bad_address"),
        (MailScript(recipient="450 4.2.0 Greylisted, try later"), "smtp_later", "deferred"),
        (MailScript(recipient="452 4.2.2 Mailbox full"), "smtp_later", "deferred"),
        (MailScript(recipient="554 5.7.1 Listed"), "smtp_refused", "blocked"),
        (MailScript(end="451 4.3.0 Not now"), "smtp_later", "deferred"),
        (MailScript(end="554 5.7.1 Looks like spam"), "smtp_refused", "blocked"),
        (MailScript(end="552 5.3.4 Too big"), "smtp_too_big", "content"),
        (MailScript(drop="recipient"), "smtp_connect", "not_accepted"),
    ],
)
async def test_what_the_server_refuses_was_not_sent(mail: Mail, script: MailScript, code: str, kind: str) -> None:
    server, account = mail
    server.scripts[TO] = script
    answer = await sent(account, an_envelope())
    assert isinstance(answer, Rejected) and (answer.code, answer.kind) == (code, kind)
    assert server.letters == []


async def test_a_reply_that_is_lost_after_the_message_leaves_it_unknown(mail: Mail) -> None:
    server, account = mail
    server.scripts[TO] = MailScript(drop="taken")
    assert isinstance(await sent(account, an_envelope()), Unknown)
    assert len(server.letters) == 1


async def test_the_same_message_again_is_recognisable(mail: Mail) -> None:
    server, account = mail
    envelope = an_envelope()
    server.scripts[TO] = MailScript(drop="taken")
    await sent(account, envelope)
    server.scripts.clear()
    again = replace(envelope, permit=permit(TO, "email"))
    await sent(account, again)
    assert len({letter.parsed["Message-ID"] for letter in server.letters}) == 1 < len(server.letters)


async def test_a_wrong_password_stops_the_server_and_is_no_refusal_of_the_person(mail: Mail) -> None:
    server, account = mail
    answer = await sent(replace(account, password="wrong"), an_envelope())
    assert isinstance(answer, Rejected) and (answer.code, answer.kind) == ("smtp_login", "stop_provider")
    with pytest.raises(ServerFault, match="smtp_login"):
        await SmtpProvider(replace(account, password="wrong"), SystemClock()).check()
    answer = await sent(replace(account, username="", password=""), an_envelope())
    assert isinstance(answer, Rejected) and answer.code == "smtp_login"
    assert server.letters == []


async def test_a_check_sends_nothing_and_tells_of_the_encryption(mail: Mail) -> None:
    server, account = mail
    said = await SmtpProvider(account, SystemClock()).check()
    assert said.startswith("TLSv1.") or account.security == "none"
    assert server.letters == []


async def test_nothing_is_handed_over_without_a_good_permit(mail: Mail) -> None:
    server, account = mail
    provider = SmtpProvider(account, SystemClock())
    envelope = an_envelope()
    assert await provider.send(replace(envelope, to="other@example.org")) == Rejected("not_permitted", "content")
    assert isinstance(await provider.send(envelope), Accepted)
    assert await provider.send(envelope) == Rejected("not_permitted", "content")
    assert [letter.to for letter in server.letters] == [TO]


async def test_a_server_that_cannot_be_reached_took_nothing() -> None:
    account = SmtpAccount("127.0.0.1", 9, SENDER)
    answer = await sent(account, an_envelope())
    assert isinstance(answer, Rejected) and (answer.code, answer.kind) == ("smtp_connect", "not_accepted")
    with pytest.raises(ServerFault, match="smtp_connect"):
        await SmtpProvider(account, SystemClock()).check()


async def test_an_authority_that_is_not_there_is_an_answer_and_no_fault(tmp_path: Path) -> None:
    answer = await sent(SmtpAccount("127.0.0.1", 9, SENDER, ca_file=str(tmp_path / "none.pem")), an_envelope())
    assert isinstance(answer, Rejected) and (answer.code, answer.kind) == ("smtp_tls", "stop_provider")


async def test_a_server_that_says_nothing_is_left_within_the_deadline(tmp_path: Path) -> None:
    async with mail_server("twin", tmp_path) as (server, account):
        server.scripts[TO] = MailScript(latency_s=30.0)
        answer = await sent(replace(account, timeout_s=0.3), an_envelope())
    assert isinstance(answer, Rejected) and answer.code == "smtp_connect"


async def test_a_server_without_starttls_gets_no_password(tmp_path: Path) -> None:
    async with mail_server("twin", tmp_path) as (server, account):
        answer = await sent(replace(account, security="starttls"), an_envelope())
        assert isinstance(answer, Rejected) and (answer.code, answer.kind) == ("smtp_tls", "stop_provider")
        assert server.letters == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(("name", "trusted"), [("localhost", False), ("elsewhere", True)])
async def test_a_certificate_that_nobody_vouches_for_or_of_another_host_is_refused(
    tmp_path: Path, security: Any, name: str, trusted: bool
) -> None:
    async with real_server(tmp_path, security, name) as server:
        ca = str(tmp_path / f"{name}.pem") if trusted else ""
        account = SmtpAccount("localhost", server.port, SENDER, security, "sandbox", "sandbox-token", 5.0, ca)
        answer = await sent(account, an_envelope())
        assert isinstance(answer, Rejected) and (answer.code, answer.kind) == ("smtp_tls", "stop_provider")
        assert server.letters == []


@pytest.mark.parametrize("to", ["жанна@example.org", "dana doe@example.org", "dana", "dana@exa..mple.org"])
async def test_an_address_that_cannot_be_carried_is_refused_before_any_connection(to: str) -> None:
    answer = await sent(SmtpAccount("127.0.0.1", 9, SENDER), an_envelope(to))
    assert isinstance(answer, Rejected) and (answer.code, answer.kind) == ("smtp_address", "bad_address")


async def test_a_domain_in_another_script_is_written_in_ascii(mail: Mail) -> None:
    server, account = mail
    assert isinstance(await sent(account, an_envelope("dana@bücher.example")), Accepted)
    assert server.letters[0].to == "dana@xn--bcher-kva.example"


async def test_a_line_break_in_a_subject_makes_no_header(mail: Mail) -> None:
    server, account = mail
    await sent(account, an_envelope(subject="Hello\r\nBcc: all@example.org"))
    assert server.letters[0].parsed["Bcc"] is None
    assert server.letters[0].parsed["Subject"] == "Hello Bcc: all@example.org"


async def test_a_mail_server_cannot_be_asked_and_calls_nobody() -> None:
    provider = SmtpProvider(SmtpAccount("127.0.0.1", 9, SENDER), SystemClock())
    assert not provider.capabilities.lookup and not provider.capabilities.receipts
    with pytest.raises(LookupUnavailable):
        await provider.lookup("x")
    with pytest.raises(LookupUnavailable):
        await provider.find("email", TO, "x", datetime.now(UTC), datetime.now(UTC))
    assert not provider.verify("/hooks/smtp/inbound", [], {})
    assert provider.parse_inbound([("From", TO)]) is None and provider.parse_status([("MessageStatus", "sent")]) is None


async def test_a_letter_names_its_message_and_nobody_else(tmp_path: Path) -> None:
    async with mail_server("twin", tmp_path) as (server, account):
        envelope = an_envelope()
        await sent(account, envelope)
        named = str(server.letters[0].parsed["Message-ID"]).strip("<>").partition("@")[0]
    assert UUID(named) == envelope.message_id
