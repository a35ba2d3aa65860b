"""E-mails through queue, gate and a mail server: once, with their own way out, and unknown stays unknown."""

import io
import json
from collections.abc import AsyncIterator

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from campaigns.requests.service import record_opt_out
from telephony.messaging.sandbox.mail import MailScript
from tests.dialer.messaging_rig import MAIL, Rig, rig

pytestmark = pytest.mark.postgres


@pytest.fixture
async def it(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with rig(engine) as made:
        yield made


async def mailed(it: Rig, script: MailScript | None = None, **values: object) -> dict[str, object]:
    """One e-mail, queued and worked on once."""
    point = await it.mail_point()
    if script is not None:
        it.mail.scripts[MAIL] = script
    return await it.send(await it.queue(channel="email", contact_point_id=point, **values))


async def test_an_email_goes_from_the_queue_to_the_server_with_its_own_way_out(it: Rig) -> None:
    message = await mailed(it)
    assert (message["state"], message["provider"]) == ("sent", "smtp")
    (letter,) = it.mail.letters
    assert letter.parsed["Subject"] == message["subject"] == "missed call Northwind"
    assert letter.text == message["body"]
    assert message["provider_id"] == letter.parsed["Message-ID"] == f"<{message['id']}@northwind.example>"
    token = str(message["unsubscribe_token"])
    assert len(token) == 22
    assert letter.parsed["List-Unsubscribe"].endswith(f"/unsubscribe/{token}>")
    assert letter.text.endswith(f"/unsubscribe/{token}")
    assert letter.parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_the_servers_acceptance_is_the_last_word_and_the_contact_counts(it: Rig) -> None:
    message = await mailed(it)
    assert message["final_at"] is not None and message["lease_until"] is None
    (attempt,) = await it.rows(t.attempt)
    assert (attempt["channel"], attempt["outcome"], attempt["state"]) == ("email", "message_sent", "ended")
    assert await it.events("message.") == ["message.sent"]
    it.clock.advance(3 * 86400)
    assert await it.messenger.reports.settle_overdue() == 0


async def test_each_email_has_its_own_token(it: Rig) -> None:
    point = await it.mail_point()
    first = await it.queue(channel="email", contact_point_id=point, origin="agent")
    second = await it.queue(channel="email", contact_point_id=point, origin="agent")
    await it.messenger.tick()
    tokens = {(await it.message(one))["unsubscribe_token"] for one in (first, second)}
    assert len(tokens - {None}) == len(it.mail.letters) > 0


async def test_a_reply_lost_after_the_message_is_unknown_and_never_sent_again(it: Rig) -> None:
    message = await mailed(it, MailScript(drop="taken"))
    assert message["state"] == "unknown"
    for _ in range(6):
        it.clock.advance(3600)
        await it.messenger.reports.settle_overdue()
        await it.messenger.tick()
    after = await it.message(message["id"])  # type: ignore[arg-type]
    assert (after["state"], after["final_at"] is not None) == ("unknown", True)
    assert len(it.mail.letters) == 1
    assert await it.events("message.") == ["message.unknown", "message.unsettled"]
    assert [row["outcome"] for row in await it.rows(t.attempt)] == ["unknown"]


async def test_a_deferred_email_is_tried_again_through_the_gate_and_given_up_after_two_days(it: Rig) -> None:
    message = await mailed(it, MailScript(recipient="450 4.2.0 Greylisted"))
    assert message["state"] == "queued"
    it.clock.advance(901)
    it.mail.scripts.clear()
    assert (await it.send(message["id"]))["state"] == "sent"  # type: ignore[arg-type]
    assert [row["outcome"] for row in await it.rows(t.attempt)] == ["failed", "message_sent"]


async def test_an_email_that_is_put_off_for_two_days_fails(it: Rig) -> None:
    message = await mailed(it, MailScript(recipient="450 4.2.0 Greylisted"))
    it.clock.advance(48 * 3600)  # the same hour two days later
    after = await it.send(message["id"])  # type: ignore[arg-type]
    assert (after["state"], after["error_code"]) == ("failed", "smtp_later")


async def test_one_put_off_mailbox_does_not_stop_the_others(it: Rig) -> None:
    await mailed(it, MailScript(recipient="450 4.2.0 Greylisted"))
    assert "email" in it.messenger._router.open_channels()


async def test_a_mailbox_that_is_not_there_is_marked(it: Rig) -> None:
    message = await mailed(it, MailScript(recipient="550 5.1.1 No such user"))
    assert (message["state"], message["error_code"]) == ("failed", "smtp_no_mailbox")
    statuses = {row["address"]: row["status"] for row in await it.rows(t.contact_point)}
    assert statuses[MAIL] == "invalid"


async def test_after_an_opt_out_no_email_leaves(it: Rig) -> None:
    point = await it.mail_point()
    queued = await it.queue(channel="email", contact_point_id=point)
    async with it.engine.begin() as conn:
        await record_opt_out(
            conn, tenant_id=it.tenant, address=MAIL, channel="email", at=it.clock.now(), source="unsubscribe"
        )
    assert (await it.send(queued))["state"] == "cancelled"
    later = await it.queue(channel="email", contact_point_id=point)
    assert (await it.send(later))["state"] == "refused"
    assert it.mail.letters == [] and it.mail.connections == 0


async def test_without_consent_no_email_leaves(it: Rig) -> None:
    point = await it.mail_point(consent=False)
    message = await it.send(await it.queue(channel="email", contact_point_id=point))
    assert message["state"] != "sent" and it.mail.letters == []


async def test_a_template_without_a_subject_sends_nothing(it: Rig) -> None:
    async with it.engine.begin() as conn:
        await conn.execute(text("UPDATE template SET subject = NULL WHERE channel = 'email'"))
    message = await mailed(it)
    assert (message["state"], message["error_code"]) == ("failed", "template")
    assert it.mail.letters == []


async def test_the_persons_language_is_that_of_subject_and_text(it: Rig) -> None:
    async with it.engine.begin() as conn:
        await conn.execute(text("UPDATE debtor SET language = 'es'"))
    await mailed(it)
    (letter,) = it.mail.letters
    assert letter.parsed["Subject"] == "llamada perdida Northwind"
    assert letter.parsed["Content-Language"] == "es"


async def test_no_line_of_the_log_holds_an_address_a_name_or_a_token(it: Rig) -> None:
    written = io.StringIO()
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.WriteLoggerFactory(written)
    )
    try:
        point = await it.mail_point()
        for script in (
            MailScript(),
            MailScript(drop="taken"),
            MailScript(recipient=f"550 5.1.1 <{MAIL}> is not here"),
            MailScript(end=f"554 5.7.1 spam for {MAIL}"),
        ):
            it.mail.scripts[MAIL] = script
            await it.send(await it.queue(channel="email", contact_point_id=point, origin="agent"))
            it.clock.advance(86400)
            await it.messenger.reports.settle_overdue()
    finally:
        structlog.reset_defaults()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert lines
    tokens = [row["unsubscribe_token"] for row in await it.rows(t.message) if row["unsubscribe_token"]]
    for secret in (MAIL, "Dana", "example.org", *tokens):
        assert secret not in written.getvalue()
