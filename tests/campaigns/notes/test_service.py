"""Notes are kept once, and an empty or endless one is refused."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.notes import service
from campaigns.problems import Refused
from tests.builders import NOW, a_creditor, a_debtor, a_tenant


async def test_the_same_command_gives_the_same_note(conn: AsyncConnection) -> None:
    tenant = await a_tenant(conn)
    debtor = await a_debtor(conn, tenant, await a_creditor(conn, tenant))
    one = await service.record(conn, tenant_id=tenant, debtor_id=debtor, body=" said ", command_id="c", now=NOW)
    same = await service.record(conn, tenant_id=tenant, debtor_id=debtor, body="said", command_id="c", now=NOW)
    other = await service.record(conn, tenant_id=tenant, debtor_id=debtor, body="more", command_id="d", now=NOW)
    assert one == same != other


@pytest.mark.parametrize(("body", "words"), [("  ", "empty"), ("x" * 4001, "shorten")])
async def test_an_empty_or_endless_note_is_refused(conn: AsyncConnection, body: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        await service.record(conn, tenant_id=1, debtor_id=1, body=body, command_id="c", now=NOW)
