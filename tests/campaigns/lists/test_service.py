"""Lists on a real PostgreSQL: what is refused, what stays when it ends, what a version replaces, what is audited."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.db import tables as t
from campaigns.lists import service as lists
from campaigns.lists.model import LONGEST_PREFIX, Source, prefix_problem, prefixes_of
from campaigns.problems import Refused
from tests.builders import NOW, a_campaign, a_creditor, a_tenant

PHONE, OTHER = "+12125550142", "+12125550143"
SOURCE = Source("file.csv", "0" * 64, 2, 0)
BY: dict[str, Any] = {"now": NOW, "actor": "user:7"}


@pytest.fixture
async def tenant(conn: AsyncConnection) -> int:
    return await a_tenant(conn)


async def a_list(conn: AsyncConnection, tenant: int, name: str = "House", **values: Any) -> int:
    return await lists.create(conn, tenant_id=tenant, name=name, **{**BY, **values})


async def put(conn: AsyncConnection, tenant: int, *addresses: str, **values: Any) -> int:
    of = await lists.get(conn, tenant, "House", lock=True)
    return await lists.add(conn, of, addresses, **{"source": "cli", "at": NOW, "by": "user:7", **values})


async def test_a_list_keeps_who_made_it_why_and_until_when(conn: AsyncConnection, tenant: int) -> None:
    creditor = await a_creditor(conn, tenant, name="Bank")
    due = NOW + timedelta(days=30)
    made = await a_list(
        conn, tenant, scope="creditor", whose="Bank", source="Bank", evidence="contract 7", refresh_by=due
    )
    (one,) = await lists.everything(conn, tenant)
    assert (one.id, one.scope, one.creditor_id, one.whose) == (made, "creditor", creditor, "Bank")
    assert (one.source, one.evidence, one.created_by, one.refresh_by) == ("Bank", "contract 7", "user:7", due)
    assert not one.overdue(due - timedelta(seconds=1)) and one.overdue(due)
    audited = (await conn.execute(select(t.audit.c.action, t.audit.c.subject))).one()
    assert tuple(audited) == ("list.created", f"list:{made}")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "  "}, "name is empty"),
        ({"name": "House"}, "choose another name"),
        ({"name": "A", "scope": "creditor", "whose": "Nobody"}, "there is no creditor Nobody; known are none yet"),
        ({"name": "A", "scope": "campaign"}, "there is no campaign"),
        ({"name": "A", "refresh_by": NOW}, "the day is past"),
        ({"name": "A", "kind": "bloom"}, "kind"),
    ],
)
async def test_what_cannot_be_made_is_refused(
    conn: AsyncConnection, tenant: int, values: dict[str, Any], words: str
) -> None:
    await a_list(conn, tenant)
    with pytest.raises(Refused, match=words):
        await a_list(conn, tenant, **values)


async def test_a_campaign_may_be_named_by_its_number(conn: AsyncConnection, tenant: int) -> None:
    campaign = await a_campaign(conn, tenant, await a_creditor(conn, tenant))
    await a_list(conn, tenant, scope="campaign", whose=str(campaign))
    assert (await lists.get(conn, tenant, "House")).campaign_id == campaign


async def test_an_entry_is_there_once_and_its_end_stays(conn: AsyncConnection, tenant: int) -> None:
    await a_list(conn, tenant)
    assert await put(conn, tenant, PHONE, OTHER, evidence="letter 1") == 2
    assert await put(conn, tenant, PHONE, evidence="letter 2") == 0
    of = await lists.get(conn, tenant, "House")
    assert of.entries == 2
    assert await lists.end_entry(conn, of, PHONE, **BY, reason="moved")
    assert not await lists.end_entry(conn, of, PHONE, **BY, reason="moved")
    assert await put(conn, tenant, PHONE, evidence="letter 3") == 1
    found = await lists.entries_of(conn, tenant, [PHONE])
    assert [(one.evidence, one.end_reason, one.by) for one in found] == [
        ("letter 3", None, "user:7"),
        ("letter 1", "moved", "user:7"),
    ]


async def test_an_ended_list_takes_nothing_more_and_its_entries_tell_its_end(
    conn: AsyncConnection, tenant: int
) -> None:
    await a_list(conn, tenant)
    await put(conn, tenant, PHONE)
    await lists.end_list(conn, await lists.get(conn, tenant, "House"), **BY, reason="contract ended")
    (one,) = await lists.entries_of(conn, tenant, [PHONE])
    assert (one.ended_at, one.ended_by, one.end_reason) == (NOW, "user:7", "contract ended")
    with pytest.raises(Refused, match="ended on 2026-03-04"):
        await put(conn, tenant, OTHER)


async def test_a_name_that_nobody_knows_is_told_with_those_that_are(conn: AsyncConnection, tenant: int) -> None:
    await a_list(conn, tenant)
    with pytest.raises(Refused, match="there is no list Horse; known are House"):
        await lists.get(conn, tenant, "Horse")
    with pytest.raises(Refused, match="no list House; known are none yet"):
        await lists.get(conn, await a_tenant(conn, "Other"), "House")


async def test_a_hashed_list_takes_files_only(conn: AsyncConnection, tenant: int) -> None:
    await a_list(conn, tenant, kind="hashed")
    with pytest.raises(Refused, match="hashed list"):
        await put(conn, tenant, PHONE)
    with pytest.raises(Refused, match="--replace"):
        await lists.end_entry(conn, await lists.get(conn, tenant, "House"), PHONE, **BY, reason="x")


async def test_a_replacing_version_ends_what_it_lacks_but_nothing_that_came_by_hand(
    conn: AsyncConnection, tenant: int
) -> None:
    await a_list(conn, tenant)
    await put(conn, tenant, "+12125550199", evidence="by hand")
    for mode, numbers in (("add", [PHONE, OTHER]), ("add", [PHONE]), ("replace", [OTHER, "+4520123456"])):
        of = await lists.get(conn, tenant, "House", lock=True)
        made = await lists.begin_version(conn, of, mode=mode, source=SOURCE, at=NOW, by="cli")
        await put(conn, tenant, *numbers, import_id=made, source="import")
        await lists.finish_version(conn, of, made, mode=mode, now=NOW, actor="cli")
    live = select(t.do_not_contact.c.address).where(t.do_not_contact.c.ended_at.is_(None))
    assert set((await conn.execute(live)).scalars()) == {OTHER, "+4520123456", "+12125550199"}
    (gone,) = await lists.entries_of(conn, tenant, [PHONE])
    assert gone.end_reason == "not in version 3"
    of = await lists.get(conn, tenant, "House")
    assert [(one.version, one.mode, one.entries) for one in await lists.versions(conn, of.id)] == [
        (3, "replace", 3), (2, "add", 3), (1, "add", 3),
    ]  # fmt: skip


async def test_audit_holds_no_number(conn: AsyncConnection, tenant: int) -> None:
    await a_list(conn, tenant)
    await put(conn, tenant, PHONE)
    await lists.end_entry(conn, await lists.get(conn, tenant, "House"), PHONE, **BY, reason="moved")
    told = (await conn.execute(text("SELECT string_agg(audit::text, ' ') FROM audit"))).scalar_one()
    assert "list.added" in told and "list.entry_ended" in told and "5550142" not in told


@pytest.mark.parametrize("wrong", ["4890", "+", "+0", "+48 90", "+48a", "+" + "1" * (LONGEST_PREFIX + 1), "+٤٥"])
def test_what_is_no_prefix_says_how_one_is_written(wrong: str) -> None:
    assert "prefix" in str(prefix_problem(wrong))


@given(number=st.integers(10**6, 10**15 - 1).map(lambda n: f"+{n}"), length=st.integers(2, LONGEST_PREFIX + 1))
def test_every_prefix_that_can_be_listed_is_looked_for(number: str, length: int) -> None:
    prefix = number[:length]
    if prefix_problem(prefix) is None and prefix != number:
        assert prefix in prefixes_of(number)
    assert all(number.startswith(one) for one in prefixes_of(number))
    assert prefixes_of("dana@example.com") == []
