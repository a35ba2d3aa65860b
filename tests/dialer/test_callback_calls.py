"""Agreed callbacks reach an agent at their time, through the gate, and are tried again when nobody answers."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.callbacks import service as callbacks
from tests.dialer.floor_rig import BUSY, PERSON, Rig, floor_rig

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


async def agreed(rig: Rig, debtor: int, *, agent: int | None = None) -> None:
    async with rig.engine.begin() as conn:
        point = (await rig.rows("SELECT id FROM contact_point WHERE debtor_id = :id", id=debtor))[0]["id"]
        await callbacks.record(
            conn,
            tenant_id=rig.tenant,
            debtor_id=debtor,
            contact_point_id=point,
            due_at=rig.clock.now() + timedelta(seconds=2),
            command_id="c",
            now=rig.clock.now(),
            recorded_by="user:1",
            campaign_id=rig.campaign,
            agent_id=agent,
        )


async def without_queue(rig: Rig) -> None:
    async with rig.engine.begin() as conn:
        await conn.exec_driver_sql("UPDATE queue_row SET state = 'done'")


async def test_a_callback_is_shown_to_the_agent_who_agreed_it_and_dialed_at_their_click(rig: Rig) -> None:
    await rig.people(2)
    debtor = await rig.debtor(PERSON)
    await without_queue(rig)
    await rig.start()
    await rig.ready()
    await agreed(rig, debtor, agent=rig.agents[1])
    await rig.until(lambda: rig.state(1) == "preview")
    assert rig.state(0) == "ready"
    assert (await rig.press("preview_dial", 1)).error_code is None
    await rig.until(lambda: rig.state(1) == "talking")
    (attempt,) = await rig.attempts()
    assert (attempt["origin"], attempt["agent_id"]) == ("callback", rig.agents[1])
    await rig.press("hangup", 1)
    await rig.until_rows("SELECT * FROM callback", lambda rows: rows[0]["state"] == "done")


async def test_a_callback_that_reaches_nobody_is_pending_again(rig: Rig) -> None:
    await rig.people(1)
    debtor = await rig.debtor(BUSY)
    await without_queue(rig)
    await rig.start()
    await rig.ready()
    await agreed(rig, debtor)
    await rig.until(lambda: rig.state() == "preview")
    await rig.press("preview_dial")
    rows = await rig.until_rows("SELECT * FROM callback", lambda rows: rows[0]["state"] == "pending")
    assert rows[0]["due_at"] > rig.clock.now() + timedelta(minutes=20)
    await rig.until(lambda: rig.state() == "ready")


async def test_a_callback_that_was_shown_when_the_process_died_is_shown_again(rig: Rig) -> None:
    await rig.people(1)
    debtor = await rig.debtor(PERSON)
    await without_queue(rig)
    await rig.start()
    await rig.ready()
    await agreed(rig, debtor)
    await rig.until(lambda: rig.state() == "preview")
    await rig.kill()
    await rig.start()
    await rig.until(lambda: rig.state() == "preview")
