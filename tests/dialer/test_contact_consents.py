"""A consent that is taken back closes the channel at the next question to the gate; one given anew opens it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.consents import service as consents
from campaigns.db import tables as t
from compliance.rulebooks.loader import load_rulebooks
from dialer.contact import Admitted, GateContext, Refused, WantedContact, admit
from tests.builders import NOW, a_creditor, a_debtor, a_tenant

GATE = GateContext(load_rulebooks())
PHONE = "+12125550142"


@pytest.fixture
async def texter(engine: AsyncEngine) -> dict[str, int]:
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
        debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant), phones=(PHONE,))
        query = select(t.contact_point.c.id).where(t.contact_point.c.debtor_id == debtor)
        point = (await conn.execute(query)).scalar_one()
    return {"tenant_id": tenant, "debtor": debtor, "contact_point_id": point}


async def text_to(conn: AsyncConnection, who: dict[str, int], now: datetime = NOW) -> Admitted | Refused:
    (answer,) = await admit(conn, [WantedContact(who["debtor"], "sms", "message_step")], now=now, gate=GATE)
    return answer


def at(who: dict[str, int], when: datetime) -> dict[str, Any]:
    return {
        "tenant_id": who["tenant_id"], "contact_point_id": who["contact_point_id"], "channel": "sms", "at": when,
        "now": when, "actor": "user:1",
    }  # fmt: skip


async def test_a_text_needs_a_consent_that_holds(conn: AsyncConnection, texter: dict[str, int]) -> None:
    refused = await text_to(conn, texter)
    assert isinstance(refused, Refused) and refused.reasons == ("consent",)
    await consents.record_consent(conn, **at(texter, NOW - timedelta(days=2)), how="written")
    assert isinstance(await text_to(conn, texter), Admitted)


async def test_a_revocation_closes_at_once_even_for_who_wrote_to_us(
    conn: AsyncConnection, texter: dict[str, int]
) -> None:
    await consents.record_consent(conn, **at(texter, NOW - timedelta(days=2)), how="written")
    row = {
        "tenant_id": texter["tenant_id"], "provider": "twilio", "provider_id": "SM1", "channel": "sms",
        "from_address": PHONE, "to_address": "+12125550100", "body": "hello", "meaning": "other",
        "debtor_id": texter["debtor"], "at": NOW - timedelta(days=1),
    }  # fmt: skip
    await conn.execute(insert(t.inbound_message).values(**row))
    assert await consents.revoke(conn, **at(texter, NOW - timedelta(seconds=1))) == 1
    refused = await text_to(conn, texter)
    assert isinstance(refused, Refused) and refused.reasons == ("opt_out",)


async def test_an_expired_consent_is_none_and_a_new_one_opens_again(
    conn: AsyncConnection, texter: dict[str, int]
) -> None:
    await consents.record_consent(conn, **at(texter, NOW - timedelta(days=3)), how="written")
    await consents.expire(conn, **at(texter, NOW - timedelta(days=2)))
    refused = await text_to(conn, texter)
    assert isinstance(refused, Refused) and refused.reasons == ("consent",)
    await consents.record_consent(conn, **at(texter, NOW - timedelta(days=1)), how="written")
    assert isinstance(await text_to(conn, texter), Admitted)


async def test_a_revocation_waits_for_an_admission_under_way_and_binds_the_next(
    engine: AsyncEngine, texter: dict[str, int]
) -> None:
    async with engine.begin() as conn:
        await consents.record_consent(conn, **at(texter, NOW - timedelta(days=2)), how="written")

    async def take_back() -> None:
        async with engine.begin() as conn:
            await consents.revoke(conn, **at(texter, NOW))

    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with engine.begin() as conn, engine.connect() as watch:
        assert isinstance(await text_to(conn, texter), Admitted)
        revoking = asyncio.create_task(take_back())
        while not (await watch.execute(waiting)).scalar_one():
            assert not revoking.done(), "the person's row is locked by the admission"
    await revoking
    async with engine.begin() as conn:
        refused = await text_to(conn, texter, NOW + timedelta(seconds=1))
    assert isinstance(refused, Refused) and refused.reasons == ("opt_out",)
