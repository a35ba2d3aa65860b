"""What replies close and open, and the replies that somebody must read: held, listed, decided."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from campaigns.problems import Refused
from campaigns.requests.service import record_opt_out, record_request
from dialer import reviews
from dialer.contact import Admitted, Refused as Denied, WantedContact, admit
from dialer.inbound import own_words
from telephony.messaging.port import InboundMessage
from telephony.number import mask_address
from tests.builders import NOW, a_campaign, a_contact_point, a_do_not_contact_list, a_queue_row, next_number
from tests.dialer.messaging_rig import GATE, PHONE, SENDER, Rig, rig

OTHER_PHONE = "+12125550143"
MAIL = "dana@example.org"


@pytest.fixture
async def it(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with rig(engine) as made:
        yield made


async def says(it: Rig, body: str, **values: Any) -> str:
    message = InboundMessage("twilio", f"SM{next_number()}", "sms", PHONE, SENDER, body)
    return (await it.inbound.handle_inbound(replace(message, **values))).meaning


async def allowed(it: Rig, channel: str, origin: str = "dialer") -> bool:
    async with it.engine.begin() as conn:
        wanted = WantedContact(it.debtor, channel, origin)  # type: ignore[arg-type]
        (answer,) = await admit(conn, [wanted], now=it.clock.now(), gate=GATE)
        await conn.rollback()
    assert isinstance(answer, Admitted | Denied)
    return isinstance(answer, Admitted)


async def closed(it: Rig) -> set[tuple[str, str]]:
    return {(row["address"], row["channel"]) for row in await it.rows(t.opt_out) if row["lifted_at"] is None}


async def second_number_and_mail(it: Rig) -> None:
    async with it.engine.begin() as conn:
        await a_contact_point(conn, it.tenant, it.debtor, OTHER_PHONE, kind="mobile")
        await a_contact_point(conn, it.tenant, it.debtor, MAIL, kind="email")


async def queued(it: Rig) -> None:
    async with it.engine.begin() as conn:
        campaign = await a_campaign(conn, it.tenant, it.creditor)
        await a_queue_row(conn, it.tenant, campaign, it.debtor)


async def queue_state(it: Rig) -> tuple[str, str | None]:
    async with it.engine.connect() as conn:
        row = (await conn.execute(text("SELECT state, held_because FROM queue_row"))).one()
    return row.state, row.held_because


async def waiting(it: Rig) -> list[reviews.Review]:
    async with it.engine.connect() as conn:
        return await reviews.open_reviews(conn, it.tenant, it.clock.now())


async def decide(it: Rig, decision: str, scope: str | None = None, review_id: int | None = None) -> reviews.Decided:
    async with it.engine.begin() as conn:
        return await reviews.decide(
            conn,
            tenant_id=it.tenant,
            review_id=review_id if review_id is not None else (await waiting(it))[0].id,
            decision=decision,  # type: ignore[arg-type]
            scope=scope,  # type: ignore[arg-type]
            actor="user:7",
            now=it.clock.now(),
        )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("STOP", {(PHONE, "sms")}),
        ("stop please", {(PHONE, "sms")}),
        ("no more texts", {(PHONE, "sms"), (OTHER_PHONE, "sms")}),
        ("stop texting this number", {(PHONE, "sms")}),
        ("stop calling me", {(PHONE, "voice")}),
        ("keine Anrufe mehr bitte", {(PHONE, "voice")}),
        ("lose my number", {(PHONE, "all")}),
        ("leave me alone", {(PHONE, "all"), (OTHER_PHONE, "all"), (MAIL, "all")}),
        ("cease and desist", {(PHONE, "all"), (OTHER_PHONE, "all"), (MAIL, "all")}),
        ("stop emailing me", {(MAIL, "email")}),
        ("don't call or text me", {(PHONE, "voice"), (PHONE, "sms"), (OTHER_PHONE, "sms")}),
    ],
)
async def test_a_stop_closes_what_its_words_name(it: Rig, body: str, expected: set[tuple[str, str]]) -> None:
    await second_number_and_mail(it)
    assert await says(it, body) == "stop"
    assert await closed(it) == expected


async def test_stop_calling_closes_calls_on_every_number_and_leaves_texts(it: Rig) -> None:
    queued_text = await it.queue()
    assert await says(it, "stop calling me") == "stop"
    async with it.engine.begin() as conn:  # a number that we learn later
        await a_contact_point(conn, it.tenant, it.debtor, OTHER_PHONE, kind="mobile")
    assert not await allowed(it, "voice")
    assert not await allowed(it, "voice", "agent")
    assert await allowed(it, "sms")
    assert (await it.message(queued_text))["state"] == "queued"
    assert [row["kind"] for row in await it.rows(t.person_request)] == ["stop_calling"]


async def test_stop_by_whatsapp_closes_the_address_for_texts(it: Rig) -> None:
    assert await says(it, "Arrêtez", channel="whatsapp") == "stop"
    assert [(row["channel"], row["source"]) for row in await it.rows(t.opt_out)] == [("whatsapp", "whatsapp_reply")]
    assert not await allowed(it, "sms")


async def test_stop_by_email_reads_the_persons_own_words_only(it: Rig) -> None:
    await second_number_and_mail(it)
    quote = "I pay on Friday.\n\nOn 3 March Northwind wrote:\n> Please call.\n> Reply STOP to end these messages."
    assert await says(it, quote, channel="email", from_address=MAIL) == "other"
    assert await closed(it) == set()
    assert await says(it, "Unsubscribe\n> Please call", channel="email", from_address=MAIL) == "stop"
    assert await closed(it) == {(MAIL, "email")}


def test_the_quoted_part_of_a_mail_is_left_out_in_other_languages_too() -> None:
    assert own_words("Ja\nAm 3. Mai schrieb Northwind:\nSTOP") == "Ja"
    assert own_words("sí\n> STOP\nmañana") == "sí\nmañana"


async def test_an_unclear_reply_holds_every_channel_and_hand(it: Rig) -> None:
    await queued(it)
    assert await allowed(it, "voice")
    assert await says(it, "not interested") == "unclear"
    for channel, origin in (("voice", "dialer"), ("voice", "agent"), ("sms", "message_step"), ("voice", "callback")):
        assert not await allowed(it, channel, origin)
    assert await queue_state(it) == ("suspended", "unclear_reply")


async def test_the_list_shows_age_channel_language_and_the_text_and_masks_the_address(it: Rig) -> None:
    await says(it, "wrong number")
    it.clock.advance(7200)
    (review,) = await waiting(it)
    assert (review.channel, review.language, review.meaning, review.text) == ("sms", "en", "unclear", "wrong number")
    assert review.address_masked == "+121••••••42"
    assert 7200 <= review.age_s < 7400
    assert mask_address(MAIL) == "d•••@example.org"


async def test_the_one_that_waits_longest_is_first_and_unknown_numbers_are_listed_too(it: Rig) -> None:
    await says(it, "wrong number", from_address="+447700900123")
    it.clock.advance(60)
    await says(it, "talk to my lawyer")
    assert [(one.text, one.debtor_id) for one in await waiting(it)] == [
        ("wrong number", None), ("talk to my lawyer", it.debtor),
    ]  # fmt: skip


async def test_decided_other_the_queue_goes_on(it: Rig) -> None:
    await queued(it)
    await says(it, "who is this")
    assert (await decide(it, "other")).freed == 1
    assert (await queue_state(it))[1] is None
    assert await allowed(it, "voice")
    assert await waiting(it) == []
    assert await closed(it) == set()


async def test_decided_stop_closes_the_scope_and_ends_the_hold(it: Rig) -> None:
    await queued(it)
    await second_number_and_mail(it)
    await says(it, "not interested")
    done = await decide(it, "stop", "everything")
    assert (done.closed, done.freed) == (3, 1)
    assert await closed(it) == {(PHONE, "all"), (OTHER_PHONE, "all"), (MAIL, "all")}
    assert await queue_state(it) == ("suspended", "opted_out")
    assert not await allowed(it, "voice")


async def test_decided_start_opens_what_the_person_had_closed(it: Rig) -> None:
    await says(it, "STOP")
    await says(it, "wrong number")
    assert (await decide(it, "start")).reopened == 1
    assert await allowed(it, "sms")


async def test_a_decision_is_audited_without_the_text_or_the_address(it: Rig) -> None:
    await says(it, "not interested")
    done = await decide(it, "stop", "texts")
    rows = [row for row in await it.rows(t.audit) if row["action"] == "review.decided"]
    assert [(row["actor"], row["subject"], row["detail"]["scope"]) for row in rows] == [
        ("user:7", f"inbound_message:{done.review_id}", "texts")
    ]
    assert PHONE not in str(rows) and "interested" not in str(rows)
    (kept,) = await it.rows(t.inbound_message)
    assert (kept["review"], kept["decision"], kept["decided_by"]) == ("decided", "stop", "user:7")


async def test_two_unclear_replies_hold_until_both_are_decided(it: Rig) -> None:
    await says(it, "not interested")
    await says(it, "wrong number")
    assert (await decide(it, "other")).freed == 0
    assert not await allowed(it, "voice")
    assert (await decide(it, "other")).freed == 1
    assert await allowed(it, "voice")


async def test_what_cannot_be_decided_says_why(it: Rig) -> None:
    await says(it, "not interested")
    (review,) = await waiting(it)
    with pytest.raises(Refused, match="what the person wants closed"):
        await decide(it, "stop")
    with pytest.raises(Refused, match="no decision"):
        await decide(it, "maybe")
    with pytest.raises(Refused, match="belongs to the decision stop"):
        await decide(it, "other", "texts")
    with pytest.raises(Refused, match="there is no review 999"):
        await decide(it, "other", review_id=999)
    await decide(it, "other")
    with pytest.raises(Refused, match=r"decided before: other, by user:7"):
        await decide(it, "other", review_id=review.id)


async def test_a_stop_with_a_place_in_it_binds_at_once_and_is_read_by_somebody_too(it: Rig) -> None:
    assert await says(it, "Never call me at work again") == "stop"
    assert not await allowed(it, "voice")
    assert [one.meaning for one in await waiting(it)] == ["stop"]


async def test_a_stop_by_likelihood_alone_binds_at_once_and_is_read_by_somebody_too(it: Rig) -> None:
    assert await says(it, "spare me the messages") == "stop"
    assert not await allowed(it, "voice")
    assert [one.meaning for one in await waiting(it)] == ["stop"]


async def test_the_persons_own_start_settles_an_unclear_reply(it: Rig) -> None:
    await queued(it)
    await says(it, "not interested")
    await says(it, "START")
    assert await waiting(it) == []
    assert (await queue_state(it))[1] is None


async def test_start_opens_texts_and_leaves_calls_that_a_sentence_closed(it: Rig) -> None:
    await says(it, "leave me alone")
    await says(it, "stop calling me")
    await says(it, "START")
    assert await allowed(it, "sms")
    assert not await allowed(it, "voice")


@pytest.mark.parametrize("source", ["provider", "import", "house"])
async def test_start_does_not_open_what_others_closed(it: Rig, source: str) -> None:
    async with it.engine.begin() as conn:
        await record_opt_out(
            conn, tenant_id=it.tenant, address=PHONE, channel="sms", at=it.clock.now(), source=source
        )  # fmt: skip
    await says(it, "STOP")
    await says(it, "START")
    assert await closed(it) == {(PHONE, "sms")}
    assert not await allowed(it, "sms")


@pytest.mark.parametrize(
    ("kind", "details"),
    [("cease_all", {"form": "written"}), ("attorney", {}), ("breathing_space", {}), ("legal", {})],
)
async def test_start_does_not_lift_a_letter_an_attorney_or_the_law(it: Rig, kind: str, details: dict[str, str]) -> None:
    async with it.engine.begin() as conn:
        await record_request(
            conn, tenant_id=it.tenant, debtor_id=it.debtor, kind=kind, at=NOW, recorded_by="user:1", details=details
        )  # fmt: skip
    await says(it, "START")
    assert not await allowed(it, "sms")
    assert not await allowed(it, "voice")


async def test_start_does_not_take_an_address_off_a_list(it: Rig) -> None:
    async with it.engine.begin() as conn:
        await a_do_not_contact_list(conn, it.tenant, PHONE)
    await says(it, "START")
    assert not await allowed(it, "sms")


async def test_a_stop_is_stored_even_where_nothing_is_left_to_close(it: Rig) -> None:
    await says(it, "STOP")
    await says(it, "STOP")
    assert len(await it.rows(t.inbound_message)) == 2
    assert {row["meaning"] for row in await it.rows(t.inbound_message)} == {"stop"}


async def test_we_confirm_nothing_ourselves(it: Rig) -> None:
    for body in ("STOP", "leave me alone", "not interested", "START"):
        await says(it, body)
    assert not await it.rows(t.message)  # the carrier's own confirmation is the one that is allowed
    assert len(it.carrier.messages) == 0
