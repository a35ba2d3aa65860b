"""A statement made ready is the statement that SQLAlchemy would send, with the values that it would send."""

from datetime import datetime

import pytest
from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateTable

from campaigns.db import tables as t
from campaigns.db.ready import Ready
from tests.builders import NOW, a_tenant

pytestmark = pytest.mark.postgres
_name: BindParameter[str] = bindparam("name", required=False)
_from: BindParameter[datetime] = bindparam("since", required=False)
WANTED = select(t.tenant.c.id).where(
    t.tenant.c.name.in_(["First", "Second"]),
    t.tenant.c.name != _name,
    t.tenant.c.created_at >= _from,
    func.length(t.tenant.c.name) + func.length(_name) > 3,
)


async def test_it_finds_what_the_statement_finds(conn: AsyncConnection) -> None:
    made = {name: await a_tenant(conn, name) for name in ("First", "Second", "Third")}
    ready = Ready(WANTED)
    for name in made:
        values = {"name": name, "since": NOW}
        plain = set((await conn.execute(WANTED, values)).scalars())
        assert set((await ready.execute(conn, **values)).scalars()) == plain
        assert plain == {made["First"], made["Second"]} - {made[name]}


async def test_a_value_that_is_missing_is_told_before_anything_is_sent(conn: AsyncConnection) -> None:
    with pytest.raises(KeyError, match="since"):
        await Ready(WANTED).execute(conn, name="First")
    assert not conn.in_transaction()


def test_what_is_no_statement_is_refused() -> None:
    with pytest.raises(TypeError, match="no statement"):
        Ready(CreateTable(t.tenant))
