"""Appointments: one pending for each person, due at their time, given to their agent, with the person's consent."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.callbacks import service
from campaigns.problems import Refused
from tests.builders import NOW, a_creditor, a_debtor, a_tenant, a_user

HOUR = timedelta(hours=1)


async def _person(conn: AsyncConnection) -> dict[str, Any]:
    tenant = await a_tenant(conn)
    debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant))
    point = (await conn.execute(text("SELECT id FROM contact_point WHERE debtor_id = :d"), {"d": debtor})).scalar_one()
    return {"tenant_id": tenant, "debtor_id": debtor, "contact_point_id": point, "now": NOW, "recorded_by": "user:1"}


async def test_an_appointment_replaces_the_pending_one_and_records_the_consent(conn: AsyncConnection) -> None:
    person = await _person(conn)
    first = await service.record(conn, **person, due_at=NOW + HOUR, command_id="a")
    assert await service.record(conn, **person, due_at=NOW + HOUR, command_id="a") == first
    second = await service.record(conn, **person, due_at=NOW + 2 * HOUR, command_id="b")
    states = {row.id: row.state for row in await conn.execute(text("SELECT id, state FROM callback"))}
    assert states == {first: "cancelled", second: "pending"}
    kinds = (await conn.execute(text("SELECT kind, details->>'expires' FROM person_request ORDER BY id"))).all()
    assert [row[0] for row in kinds] == ["callback_consent", "callback_consent"]
    assert datetime.fromisoformat(kinds[1][1]) == NOW + 26 * HOUR


async def test_due_appointments_are_claimed_once_and_by_their_own_agent(conn: AsyncConnection) -> None:
    person = await _person(conn)
    agent = await a_user(conn, person["tenant_id"])
    made = await service.record(conn, **person, due_at=NOW + HOUR, command_id="a", agent_id=agent)
    assert await service.claim_due(conn, NOW, 10, agent_id=agent) == []
    assert await service.claim_due(conn, NOW + HOUR, 10) == []
    (due,) = await service.claim_due(conn, NOW + HOUR, 10, agent_id=agent)
    assert due.id == made and due.debtor_id == person["debtor_id"]
    assert await service.claim_due(conn, NOW + HOUR, 10, agent_id=agent) == []
    await service.finish(conn, made, "pending", later=NOW + 3 * HOUR)
    assert await service.claim_due(conn, NOW + 2 * HOUR, 10, agent_id=agent) == []
    assert len(await service.claim_due(conn, NOW + 3 * HOUR, 10, agent_id=agent)) == 1


@pytest.mark.parametrize(("due", "words"), [(-HOUR, "past"), (timedelta(days=91), "too far")])
async def test_impossible_times_are_refused(conn: AsyncConnection, due: timedelta, words: str) -> None:
    person = await _person(conn)
    with pytest.raises(Refused, match=words):
        await service.record(conn, **person, due_at=NOW + due, command_id="a")


async def test_a_number_that_is_no_good_is_refused(conn: AsyncConnection) -> None:
    person = await _person(conn)
    await conn.execute(text("UPDATE contact_point SET status = 'wrong_person'"))
    with pytest.raises(Refused, match="choose a good number"):
        await service.record(conn, **person, due_at=NOW + HOUR, command_id="a")
