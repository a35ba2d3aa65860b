"""The doctor names contacts that left without a verdict that allowed them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import uuid_utils
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.doctor_gate import first_id, look_at_contacts
from tests.builders import an_attempt
from tests.campaigns.audit.shelf import opened

pytestmark = pytest.mark.postgres


async def test_a_contact_past_the_gate_is_told_for_a_day(engine: AsyncEngine, database_url: str) -> None:
    now = datetime.now(UTC)
    async with opened(engine) as shelf:
        await shelf.verdicts(2)
        async with engine.begin() as conn:
            await an_attempt(conn, shelf.tenant, shelf.debtor, direction="in")
        assert (await look_at_contacts(database_url, now)).ok
        async with engine.begin() as conn:
            past = [await an_attempt(conn, shelf.tenant, shelf.debtor) for _ in range(4)]
        told = await look_at_contacts(database_url, now)
        assert not told.ok and told.says.startswith("4 contacts") and f"evidence {past[0]}" in told.mend
        assert (await look_at_contacts(database_url, now + timedelta(days=1, minutes=5))).ok


async def test_a_refusal_is_no_verdict_that_allowed(engine: AsyncEngine, database_url: str) -> None:
    async with opened(engine) as shelf:
        await shelf.verdicts(1)
        await shelf.tamper("UPDATE verdict SET decision = 'deny'")
        assert not (await look_at_contacts(database_url, datetime.now(UTC))).ok


async def test_a_database_that_does_not_answer_is_told() -> None:
    told = await look_at_contacts("postgresql+asyncpg://nobody@127.0.0.1:1/none", datetime.now(UTC))
    assert not told.ok and "cannot be read" in told.says


def test_the_least_id_of_an_instant_is_below_every_id_of_then_and_above_those_before() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    made = UUID(int=uuid_utils.uuid7().int)
    after = datetime.now(UTC) + timedelta(milliseconds=2)
    assert UUID(first_id(before)) < made < UUID(first_id(after))


async def test_it_is_asked_by_the_ids(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "EXPLAIN SELECT id FROM attempt WHERE id >= '00000000-0000-7000-8000-000000000000' AND direction = 'out'"
        assert "pk_attempt" in "\n".join((await conn.execute(text(plan))).scalars())
