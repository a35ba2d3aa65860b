"""Replies: STOP before anything else, START, and what a person must read; through the carrier's signed webhook."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from dialer.contact import Admitted, Refused, WantedContact, admit
from telephony.messaging.port import InboundMessage
from tests.builders import NOW, a_campaign, a_debtor, a_queue_row
from tests.dialer.messaging_rig import GATE, PHONE, SENDER, Rig, rig


@pytest.fixture
async def it(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with rig(engine) as made:
        yield made


def inbound(body: str, **values: Any) -> InboundMessage:
    return replace(InboundMessage("twilio", "SM9", "sms", PHONE, SENDER, body), **values)


async def ask(it: Rig, channel: str) -> Admitted | Refused:
    async with it.engine.begin() as conn:
        wanted = WantedContact(it.debtor, channel, "dialer")  # type: ignore[arg-type]
        (answer,) = await admit(conn, [wanted], now=it.clock.now(), gate=GATE)
    return answer


async def test_a_reply_stop_ends_all_texts_at_once(it: Rig) -> None:
    queued = await it.queue()
    it.script(reply="STOP", reply_after_s=0.05)
    first = await it.queue()
    async with it.engine.begin() as conn:
        await conn.execute(update(t.message).where(t.message.c.id == queued).values(not_before=NOW.replace(hour=20)))
    assert (await it.send(first))["state"] == "delivered"
    assert [(row["channel"], row["source"]) for row in await it.rows(t.opt_out)] == [("sms", "sms_reply")]
    assert (await it.message(queued))["state"] == "cancelled"
    late = await it.queue()
    assert (await it.send(late))["state"] == "refused"
    assert len(it.carrier.messages) == 1
    assert len(it.carrier.log.of("confirmation")) == 1  # the carrier's own; ours would be the second
    assert isinstance(await ask(it, "voice"), Admitted)


async def test_the_evidence_is_the_id_and_never_the_text(it: Rig) -> None:
    await it.inbound.handle_inbound(inbound("STOP"))
    assert {row["evidence"] for row in await it.rows(t.opt_out)} == {"twilio SM9"}
    assert "STOP" not in str(await it.rows(t.outcome_event))


async def test_the_same_reply_twice_is_taken_once(it: Rig) -> None:
    assert (await it.inbound.handle_inbound(inbound("STOP"))).new
    assert not (await it.inbound.handle_inbound(inbound("STOP"))).new
    assert len(await it.rows(t.inbound_message)) == 1
    assert len(await it.rows(t.opt_out)) == 1
    assert await it.events("opt_out") == ["opt_out.recorded"]


@pytest.mark.parametrize("body", ["stop", " Stop. ", "لغو", "UNSUBSCRIBE", "S.T.O.P"])
async def test_one_word_closes_texts_in_any_language(it: Rig, body: str) -> None:
    assert (await it.inbound.handle_inbound(inbound(body))).meaning == "stop"
    assert [row["channel"] for row in await it.rows(t.opt_out)] == ["sms"]


async def test_a_sentence_closes_calls_too(it: Rig) -> None:
    assert (await it.inbound.handle_inbound(inbound("please stop contacting me"))).meaning == "stop"
    assert [row["channel"] for row in await it.rows(t.opt_out)] == ["all"]
    assert isinstance(await ask(it, "voice"), Refused)


async def test_start_lifts_what_stop_closed(it: Rig) -> None:
    await it.inbound.handle_inbound(inbound("STOP"))
    assert isinstance(await ask(it, "sms"), Refused)
    await it.inbound.handle_inbound(inbound("START", provider_id="SM10"))
    assert isinstance(await ask(it, "sms"), Admitted)
    assert await it.events("opt_out") == ["opt_out.recorded", "opt_out.lifted"]


async def test_start_after_a_sentence_opens_texts_and_not_calls(it: Rig) -> None:
    await it.inbound.handle_inbound(inbound("please stop contacting me"))
    await it.inbound.handle_inbound(inbound("START", provider_id="SM10"))
    assert isinstance(await ask(it, "sms"), Admitted)
    assert isinstance(await ask(it, "voice"), Refused)


async def test_an_unclear_reply_suspends_until_a_person_has_read_it(it: Rig) -> None:
    queued = await it.queue()
    async with it.engine.begin() as conn:
        campaign = await a_campaign(conn, it.tenant, it.creditor)
        await a_queue_row(conn, it.tenant, campaign, it.debtor)
    taken = await it.inbound.handle_inbound(inbound("not interested"))
    assert (taken.meaning, taken.withdrawn) == ("unclear", 1)
    async with it.engine.connect() as conn:
        row = (await conn.execute(t.queue_row.select())).mappings().one()
    assert (row["state"], row["held_because"]) == ("suspended", "unclear_reply")
    assert (await it.message(queued))["state"] == "cancelled"
    (event,) = await it.rows(t.outcome_event)
    assert (event["kind"], event["payload"]["review"]) == ("reply.unclear", True)
    assert not await it.rows(t.opt_out)


async def test_everybody_who_shares_the_number_is_left_alone(it: Rig) -> None:
    async with it.engine.begin() as conn:
        other = await a_debtor(conn, it.tenant, it.creditor, phones=(PHONE,))
        points = {row["debtor_id"]: row["id"] for row in (await conn.execute(t.contact_point.select())).mappings()}
        values = {"tenant_id": it.tenant, "contact_point_id": points[other], "channel": "sms", "by": "written"}
        await conn.execute(insert(t.consent).values(**values, at=NOW))
    theirs = await it.queue(debtor_id=other, contact_point_id=points[other])
    taken = await it.inbound.handle_inbound(inbound("STOP"))
    assert taken.debtor_id == other  # who was written to last
    assert (await it.message(theirs))["state"] == "cancelled"


async def test_a_reply_from_an_unknown_number_is_kept_and_a_stop_binds(it: Rig) -> None:
    taken = await it.inbound.handle_inbound(inbound("STOP", from_address="+447700900123"))
    assert (taken.new, taken.debtor_id) == (True, None)
    assert {row["address"] for row in await it.rows(t.opt_out)} == {"+447700900123"}
    (kept,) = await it.rows(t.inbound_message)
    assert (kept["meaning"], kept["debtor_id"]) == ("stop", None)


async def test_another_reply_is_kept_and_told(it: Rig) -> None:
    taken = await it.inbound.handle_inbound(inbound("I pay Friday"))
    assert taken.meaning == "other"
    assert await it.events() == ["reply.other"]


async def test_a_stop_while_the_request_is_out_cannot_call_it_back(it: Rig) -> None:
    message_id = await it.queue()
    await it.messenger.prepare(["sms"], 10)
    await it.inbound.handle_inbound(inbound("STOP"))
    assert (await it.message(message_id))["state"] == "in_flight"


async def test_a_person_texts_through_the_signed_webhook(it: Rig) -> None:
    await it.carrier.person_texts(PHONE, SENDER, "I pay Friday  ")
    assert it.hooks == [204]
    (kept,) = await it.rows(t.inbound_message)
    assert (kept["body"], kept["from_address"], kept["debtor_id"]) == ("I pay Friday  ", PHONE, it.debtor)


async def test_a_stop_gets_through_a_deadlock(it: Rig) -> None:
    messages = [await it.queue() for _ in range(4)]
    stopped = asyncio.Event()

    async def other() -> None:
        async with it.engine.connect() as conn:
            await conn.execute(text("SET deadlock_timeout = '10s'"))  # so that it is the STOP that is turned away
            await conn.execute(update(t.message).where(t.message.c.id == messages[-1]).values(template="x"))
            stopped.set()
            await asyncio.sleep(0.3)
            await conn.execute(update(t.message).where(t.message.c.id == messages[0]).values(template="x"))
            await conn.commit()

    turned = asyncio.create_task(other())
    await stopped.wait()
    taken = await it.inbound.handle_inbound(inbound("STOP"))
    await turned
    assert (taken.new, taken.meaning) == (True, "stop")
    assert len(await it.rows(t.opt_out)) == 1
    assert {row["state"] for row in await it.rows(t.message)} == {"cancelled"}
