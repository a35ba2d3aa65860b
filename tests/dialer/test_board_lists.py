"""The board tells supervisors of a do-not-contact list that is overdue or cannot be opened."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.contact import GateContext
from dialer.number_shelf import NumberShelf
from tests.builders import a_do_not_contact_list, a_tenant
from tests.dialer.floor_rig import GATE, Rig, floor_rig

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


async def test_a_list_in_trouble_is_an_alarm_of_its_tenant_until_it_is_mended(rig: Rig, tmp_path: Path) -> None:
    await rig.people(0)
    floor = await rig.start()
    now = floor.state.now()
    shelf = NumberShelf(rig.engine, tmp_path, rig.clock)
    floor.state.gate = GateContext(GATE.books, shelf)
    async with rig.engine.begin() as conn:
        await a_do_not_contact_list(conn, rig.tenant, name="House", refresh_by=now - timedelta(days=1))
        values: dict[str, Any] = {"kind": "hashed", "version": 1, "digest": "0" * 64}
        await a_do_not_contact_list(conn, rig.tenant, name="National", **values)
        other = await a_tenant(conn, "Other")
        await a_do_not_contact_list(conn, other, name="Theirs", **values)
    await shelf.look(None, now)

    told = {alarm["id"]: (alarm["level"], alarm["text"]) for alarm in floor.board.view(rig.tenant)["alarms"]}
    assert told.keys() == {"list:House", "list:National"}
    assert told["list:House"][0] == "warning" and "was to be renewed by" in told["list:House"][1]
    assert (
        told["list:National"][0] == "error" and "nobody is contacted until that is mended" in told["list:National"][1]
    )
    assert [alarm["id"] for alarm in floor.board.view(other)["alarms"]] == ["list:Theirs"]

    shelf.troubles = ()
    assert floor.board.view(rig.tenant)["alarms"] == []
    await shelf.close()
