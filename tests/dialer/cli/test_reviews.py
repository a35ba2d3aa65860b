"""`promiseline reviews list|decide`."""

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import tables as t
from tests.builders import NOW
from tests.dialer.cli.program import Program

pytestmark = pytest.mark.postgres


async def test_a_reply_is_listed_and_decided(program: Program, engine: AsyncEngine) -> None:
    assert (await program("reviews", "list")).out == "Reviews: none\n"
    async with engine.begin() as conn:
        tenant = (await conn.execute(select(t.tenant.c.id))).scalar_one()
        row = {
            "tenant_id": tenant, "provider": "twilio", "provider_id": "SM1", "channel": "sms", "meaning": "unclear",
            "from_address": "+12125550142", "to_address": "+12125550100", "body": "who is this", "at": NOW,
            "review": "open",
        }  # fmt: skip
        made = (await conn.execute(insert(t.inbound_message).values(**row).returning(t.inbound_message.c.id))).scalar()
    (listed,) = (await program("reviews", "list", "--json")).json()
    assert (listed["id"], listed["text"], listed["address_masked"]) == (made, "who is this", "+121••••••42")
    assert "who is this" in (await program("reviews", "list")).out

    assert "scope" in (await program("reviews", "decide", str(made), "stop")).refusal()
    done = (await program("reviews", "decide", str(made), "stop", "--scope", "number", "--json")).json()
    assert (done["decision"], done["closed"]) == ("stop", 1)
    assert "decided before" in (await program("reviews", "decide", str(made), "other")).refusal()
    async with engine.connect() as conn:
        kept = (await conn.execute(select(t.opt_out.c.address, t.opt_out.c.channel, t.opt_out.c.source))).one()
    assert tuple(kept) == ("+12125550142", "all", "sms_reply")
