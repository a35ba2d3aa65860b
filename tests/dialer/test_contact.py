"""admit(): the one way to a contact, on a real PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import tables as t
from campaigns.db.engine import reading
from compliance.rulebooks.loader import load_rulebooks
from dialer.contact import Admitted, GateContext, Refused, WantedContact, admit
from dialer.contact_rows import WrongIsolation
from tests.builders import (
    NOW,
    a_contact_point,
    a_creditor,
    a_debt,
    a_debtor,
    a_do_not_contact_list,
    a_tenant,
    an_attempt,
)

GATE = GateContext(load_rulebooks())
PHONE = "+12125550142"


@pytest.fixture
async def person(conn: AsyncConnection) -> "Person":
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    debtor = await a_debtor(conn, tenant, creditor, phones=(PHONE,))
    debt = (await conn.execute(select(t.debt.c.id).where(t.debt.c.debtor_id == debtor))).scalar_one()
    point = (await conn.execute(select(t.contact_point.c.id).where(t.contact_point.c.debtor_id == debtor))).scalar_one()
    await conn.commit()
    return Person(tenant, creditor, debtor, debt, point)


class Person:
    def __init__(self, tenant: int, creditor: int, debtor: int, debt: int, point: int) -> None:
        self.tenant, self.creditor, self.debtor, self.debt, self.point = tenant, creditor, debtor, debt, point

    def call(self, **values: Any) -> WantedContact:
        return replace(WantedContact(self.debtor, "voice", "dialer"), **values)

    def text(self, **values: Any) -> WantedContact:
        return replace(WantedContact(self.debtor, "sms", "message_step"), **values)

    async def consents_to_texts(self, conn: AsyncConnection) -> None:
        values = {"tenant_id": self.tenant, "contact_point_id": self.point, "channel": "sms", "by": "written"}
        await conn.execute(insert(t.consent).values(**values, at=NOW - timedelta(days=1)))


async def ask(conn: AsyncConnection, *wanted: WantedContact, **values: Any) -> list[Admitted | Refused]:
    return await admit(conn, wanted, **{"now": NOW, "gate": GATE, **values})


def reasons(answer: Admitted | Refused) -> tuple[str, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


async def test_an_allowed_call_leaves_an_attempt_and_a_verdict(conn: AsyncConnection, person: Person) -> None:
    (answer,) = await ask(conn, person.call(node="a", queue_fence=7))
    assert isinstance(answer, Admitted)
    assert (answer.address, answer.language, answer.contact_point_id) == (PHONE, "en", person.point)
    attempt = (await conn.execute(select(t.attempt))).mappings().one()
    assert (attempt["id"], attempt["state"], attempt["at"]) == (answer.attempt_id, "committed", NOW)
    assert (attempt["node"], attempt["queue_fence"], attempt["debt_ids"]) == ("a", 7, [person.debt])
    assert answer.attempt_id.version == 7
    verdict = (await conn.execute(select(t.verdict))).mappings().one()
    assert (verdict["decision"], verdict["attempt_id"]) == ("allow", answer.attempt_id)
    assert verdict["tzdb"] == "2026f"
    assert "us-federal" in verdict["rulebooks"]
    assert verdict["inputs"]["facts"]["contact"]["contact_point"] == str(person.point)


async def test_outside_hours_is_refused_with_the_time_to_try_again(conn: AsyncConnection, person: Person) -> None:
    night = NOW.replace(hour=4)
    (answer,) = await ask(conn, person.call(), now=night)
    assert isinstance(answer, Refused)
    assert answer.reasons == ("hours",)
    assert answer.retry_at == NOW.replace(hour=13)
    assert (await conn.execute(select(func.count()).select_from(t.attempt))).scalar_one() == 0
    stored = (await conn.execute(select(t.verdict))).mappings().one()
    assert (stored["decision"], stored["retry_at"], stored["attempt_id"]) == ("deny", answer.retry_at, None)
    assert stored["reasons"][0]["code"] == "hours"


async def test_seven_calls_in_seven_dates_are_the_limit(conn: AsyncConnection, person: Person) -> None:
    for days in range(1, 7):
        await an_attempt(conn, person.tenant, person.debtor, at=NOW - timedelta(days=days), debt_ids=[person.debt])
    (seventh,) = await ask(conn, person.call())
    assert isinstance(seventh, Admitted)
    await conn.execute(update(t.attempt).values(state="ended", outcome="no_answer"))
    (eighth,) = await ask(conn, person.call(), now=NOW + timedelta(hours=1))
    assert reasons(eighth) == ("frequency.attempts",)


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({"outcome": "unknown"}, True),
        ({"outcome": None}, True),
        ({"outcome": "failed", "cause": None}, True),
        ({"outcome": "failed", "cause": 34}, False),
        ({"outcome": "failed", "cause": 34, "ringing_at": NOW}, True),
        ({"outcome": "cancelled"}, False),
        ({"outcome": "cancelled", "ringing_at": NOW}, True),
        ({"outcome": "busy"}, False),
        ({"outcome": "answered_dropped"}, True),
        ({"outcome": "abandoned"}, True),
    ],
)
async def test_what_is_not_known_counts_as_a_call_unless_it_never_connected(
    conn: AsyncConnection, person: Person, values: dict[str, Any], counts: bool
) -> None:
    for hours in range(1, 8):
        at = NOW - timedelta(days=1, hours=-hours / 2)
        await an_attempt(conn, person.tenant, person.debtor, at=at, debt_ids=[person.debt], **values)
    (answer,) = await ask(conn, person.call())
    assert isinstance(answer, Refused) is counts


async def test_a_call_that_was_bridged_and_then_lost_counts_as_a_conversation(
    conn: AsyncConnection, person: Person
) -> None:
    lost: dict[str, Any] = {"outcome": "unknown", "answered_at": NOW, "bridged_at": NOW, "debt_ids": [person.debt]}
    await an_attempt(conn, person.tenant, person.debtor, at=NOW - timedelta(days=2), **lost)
    (answer,) = await ask(conn, person.call())
    assert reasons(answer) == ("frequency.conversation",)


@pytest.mark.parametrize(
    ("answered_by", "expected"),
    [("person", ("frequency.conversation",)), ("machine", ()), (None, ("frequency.conversation",))],
)
async def test_an_announcement_heard_by_a_person_counts_as_a_conversation_and_by_a_machine_as_a_message_left(
    conn: AsyncConnection, person: Person, answered_by: str | None, expected: tuple[str, ...]
) -> None:
    told: dict[str, Any] = {"outcome": "announced", "answered_by": answered_by, "debt_ids": [person.debt]}
    await an_attempt(conn, person.tenant, person.debtor, at=NOW - timedelta(days=2), **told)
    (answer,) = await ask(conn, person.call())
    assert (reasons(answer) if expected else isinstance(answer, Admitted)) == (expected or True)


async def test_a_person_in_a_call_is_not_called_again(conn: AsyncConnection, person: Person) -> None:
    await an_attempt(
        conn, person.tenant, person.debtor, at=NOW - timedelta(days=90), state="live", outcome=None, ended_at=None
    )
    (answer,) = await ask(conn, person.call())
    assert reasons(answer) == ("in_progress",)
    stored = (await conn.execute(select(t.verdict))).mappings().one()
    assert (stored["decision"], stored["reasons"][0]["code"]) == ("deny", "in_progress")


async def test_the_same_person_twice_in_one_batch_is_called_once(conn: AsyncConnection, person: Person) -> None:
    first, second = await ask(conn, person.call(), person.call())
    assert isinstance(first, Admitted)
    assert reasons(second) == ("in_progress",)


async def test_messages_of_one_batch_count_for_each_other(conn: AsyncConnection, person: Person) -> None:
    await person.consents_to_texts(conn)
    text = person.text(rulebooks=("us-nyc",))
    answers = await ask(conn, text, text, text)
    assert [isinstance(answer, Admitted) for answer in answers] == [True, True, False]
    assert reasons(answers[2]) == ("frequency.contacts",)


async def test_the_second_number_is_taken_when_the_first_is_closed(conn: AsyncConnection, person: Person) -> None:
    second = await a_contact_point(conn, person.tenant, person.debtor, "+12125550177", position=1)
    await opt_out(conn, person, PHONE, "voice")
    (answer,) = await ask(conn, person.call())
    assert isinstance(answer, Admitted)
    assert answer.contact_point_id == second
    decisions = (await conn.execute(select(t.verdict.c.contact_point_id, t.verdict.c.decision))).all()
    assert sorted(decisions) == [(person.point, "deny"), (second, "allow")]


async def opt_out(conn: AsyncConnection, person: Person, address: str, channel: str, **values: Any) -> None:
    row = {"tenant_id": person.tenant, "address": address, "channel": channel, "source": "agent", "at": NOW}
    await conn.execute(insert(t.opt_out).values(**{**row, **values}))


@pytest.mark.parametrize("channel", ["voice", "all"])
async def test_an_opt_out_by_address_closes_the_number(conn: AsyncConnection, person: Person, channel: str) -> None:
    await opt_out(conn, person, PHONE, channel)
    assert reasons((await ask(conn, person.call()))[0]) == ("opt_out",)


async def test_an_opt_out_that_was_lifted_closes_nothing(conn: AsyncConnection, person: Person) -> None:
    await opt_out(conn, person, PHONE, "voice", lifted_at=NOW)
    assert isinstance((await ask(conn, person.call()))[0], Admitted)


async def test_an_opt_out_of_another_tenant_closes_nothing(conn: AsyncConnection, person: Person) -> None:
    other = await a_tenant(conn, "Other")
    await opt_out(conn, person, PHONE, "voice", tenant_id=other)
    assert isinstance((await ask(conn, person.call()))[0], Admitted)


async def test_do_not_contact_lists_close_by_creditor(conn: AsyncConnection, person: Person) -> None:
    other = await a_creditor(conn, person.tenant)
    await a_do_not_contact_list(conn, person.tenant, PHONE, scope="creditor", creditor_id=other)
    assert isinstance((await ask(conn, person.call()))[0], Admitted)
    await conn.execute(update(t.attempt).values(state="ended", outcome="busy"))
    await a_do_not_contact_list(conn, person.tenant, PHONE, scope="creditor", creditor_id=person.creditor)
    assert reasons((await ask(conn, person.call()))[0]) == ("opt_out",)


async def test_requests_of_the_person_are_heard_until_they_end(conn: AsyncConnection, person: Person) -> None:
    row = {"tenant_id": person.tenant, "debtor_id": person.debtor, "recorded_by": "user:1", "at": NOW}
    await conn.execute(insert(t.person_request).values(**row, kind="stop_calling"))
    assert reasons((await ask(conn, person.call()))[0]) == ("opt_out",)
    await conn.execute(update(t.person_request).values(ended_at=NOW))
    assert isinstance((await ask(conn, person.call()))[0], Admitted)


async def test_a_refused_time_is_kept(conn: AsyncConnection, person: Person) -> None:
    details = {"deny": [{"weekdays": ["wed"], "from": "09:00", "to": "12:00"}], "until": None}
    row = {"tenant_id": person.tenant, "debtor_id": person.debtor, "recorded_by": "user:1", "at": NOW}
    await conn.execute(insert(t.person_request).values(**row, kind="inconvenient_time", details=details))
    (answer,) = await ask(conn, person.call())
    assert reasons(answer) == ("preference",)
    assert isinstance(answer, Refused)
    assert answer.retry_at == NOW.replace(hour=17)


@pytest.mark.parametrize(
    "details",
    [
        {"deny": [{"weekdays": ["noday"]}]},
        {"deny": [{}]},
        {"until": "soon"},
        {"place": "car"},
        {"deny": [{"weekdays": [0, 1, 2, 3, 4, 5, 6]}], "until": "9999-12-31"},
    ],
)
async def test_a_request_that_cannot_be_read_refuses_this_person_only(
    conn: AsyncConnection, person: Person, details: dict[str, Any]
) -> None:
    other = await a_debtor(conn, person.tenant, person.creditor)
    row = {"tenant_id": person.tenant, "debtor_id": person.debtor, "recorded_by": "user:1", "at": NOW}
    await conn.execute(insert(t.person_request).values(**row, kind="inconvenient_time", details=details))
    broken, fine = await ask(conn, person.call(), WantedContact(other, "voice", "dialer"))
    assert reasons(broken) == ("facts",)
    assert isinstance(fine, Admitted)


async def test_an_unknown_kind_of_request_refuses(conn: AsyncConnection, person: Person) -> None:
    row = {"tenant_id": person.tenant, "debtor_id": person.debtor, "recorded_by": "user:1", "at": NOW}
    await conn.execute(insert(t.person_request).values(**row, kind="something_new"))
    assert reasons((await ask(conn, person.call()))[0]) == ("facts",)


async def test_an_unknown_rulebook_or_zone_refuses(conn: AsyncConnection, person: Person) -> None:
    assert reasons((await ask(conn, person.call(rulebooks=("nowhere",))))[0]) == ("facts",)
    await conn.execute(update(t.debtor).values(own_timezone="Nowhere/Here"))
    assert reasons((await ask(conn, person.call()))[0]) == ("timezone_unknown",)


@pytest.mark.parametrize(("status", "code"), [("closed", "closed"), ("deceased", "cease"), ("bankrupt", "cease")])
async def test_the_files_status_closes_every_channel(
    conn: AsyncConnection, person: Person, status: str, code: str
) -> None:
    await conn.execute(update(t.debtor).values(status=status))
    assert code in reasons((await ask(conn, person.call()))[0])


async def test_without_an_open_debt_there_is_nothing_to_say(conn: AsyncConnection, person: Person) -> None:
    await conn.execute(update(t.debt).values(status="paid"))
    assert reasons((await ask(conn, person.call()))[0]) == ("no_debt",)
    await a_debt(conn, person.tenant, person.debtor, person.creditor)
    assert reasons((await ask(conn, person.call(debt_ids=(person.debt,))))[0]) == ("no_debt",)
    assert isinstance((await ask(conn, person.call()))[0], Admitted)


async def test_a_disputed_debt_is_held(conn: AsyncConnection, person: Person) -> None:
    await conn.execute(update(t.debt).values(status="disputed"))
    await a_debt(conn, person.tenant, person.debtor, person.creditor)
    assert isinstance((await ask(conn, person.call()))[0], Admitted)
    assert reasons((await ask(conn, person.text(debt_ids=(person.debt,))))[0]) == ("no_debt",)


@pytest.mark.parametrize("status", ["invalid", "wrong_person", "third_party"])
async def test_a_number_that_is_not_good_is_not_used(conn: AsyncConnection, person: Person, status: str) -> None:
    await conn.execute(update(t.contact_point).values(status=status))
    assert reasons((await ask(conn, person.call()))[0]) == ("no_contact_point",)
    assert isinstance((await ask(conn, person.call(contact_point_id=person.point)))[0], Refused)


async def test_a_landline_gets_no_text(conn: AsyncConnection, person: Person) -> None:
    await conn.execute(update(t.contact_point).values(kind="landline"))
    assert reasons((await ask(conn, person.text()))[0]) == ("no_contact_point",)


async def test_a_text_needs_consent_and_a_reply_counts_as_the_answer(conn: AsyncConnection, person: Person) -> None:
    assert reasons((await ask(conn, person.text()))[0]) == ("consent",)
    await person.consents_to_texts(conn)
    assert isinstance((await ask(conn, person.text()))[0], Admitted)


async def test_a_debtor_that_is_not_there_is_refused(conn: AsyncConnection, person: Person) -> None:
    nobody, somebody = await ask(conn, person.call(debtor_id=10**9), person.call())
    assert reasons(nobody) == ("no_debtor",)
    assert isinstance(somebody, Admitted)


async def test_a_transaction_that_cannot_see_others_is_refused(engine: AsyncEngine, person: Person) -> None:
    async with engine.connect() as conn:
        blind = await conn.execution_options(isolation_level="REPEATABLE READ")
        with pytest.raises(WrongIsolation):
            await ask(blind, person.call())


async def test_a_connection_that_keeps_no_lock_is_refused(engine: AsyncEngine, person: Person) -> None:
    async with reading(engine) as free:
        with pytest.raises(WrongIsolation):
            await ask(free, person.call())


async def test_the_number_of_queries_does_not_grow_with_the_batch(conn: AsyncConnection, person: Person) -> None:
    debtors = [await a_debtor(conn, person.tenant, person.creditor) for _ in range(12)]
    sent: list[str] = []

    def note(*args: Any) -> None:
        sent.append(args[2])

    from sqlalchemy import event

    event.listen(conn.sync_connection, "before_cursor_execute", note)
    await ask(conn, WantedContact(debtors[0], "voice", "dialer"))
    few = len(sent)
    await ask(conn, *(WantedContact(debtor, "voice", "dialer") for debtor in debtors[1:]))
    assert len(sent) - few == few


async def test_of_64_workers_one_gets_the_last_allowed_call(engine: AsyncEngine, person: Person) -> None:
    async with engine.begin() as conn:
        for days in range(1, 7):
            await an_attempt(conn, person.tenant, person.debtor, at=NOW - timedelta(days=days), debt_ids=[person.debt])
    together = asyncio.Barrier(16)

    async def worker(n: int) -> UUID | None:
        if n < 16:
            await together.wait()
        async with engine.begin() as conn:
            (answer,) = await ask(conn, person.call(queue_fence=n))
            if isinstance(answer, Refused):
                return None
            # end it at once: it is the cap and not the call in progress that must hold the others back
            await conn.execute(
                update(t.attempt).where(t.attempt.c.id == answer.attempt_id).values(state="ended", outcome="no_answer")
            )
            return answer.attempt_id

    got = await asyncio.gather(*(worker(n) for n in range(64)))
    assert len([attempt for attempt in got if attempt is not None]) == 1
    async with engine.connect() as conn:
        assert (await conn.execute(select(func.count()).select_from(t.attempt))).scalar_one() == 7
        assert (await conn.execute(select(func.count()).select_from(t.verdict))).scalar_one() == 64


async def test_batches_in_any_order_do_not_deadlock(engine: AsyncEngine, person: Person) -> None:
    async with engine.begin() as conn:
        debtors = [await a_debtor(conn, person.tenant, person.creditor) for _ in range(6)]

    async def worker(n: int) -> int:
        turned = debtors[n % 6 :] + debtors[: n % 6]
        async with engine.begin() as conn:
            answers = await ask(conn, *(WantedContact(debtor, "voice", "dialer") for debtor in turned))
        return sum(isinstance(answer, Admitted) for answer in answers)

    assert sum(await asyncio.gather(*(worker(n) for n in range(12)))) == 6
