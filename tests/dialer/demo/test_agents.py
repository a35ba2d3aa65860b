"""Simulated agents press what an agent would press, by what their console shows; on a real floor."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.commands import Actor
from dialer.demo.agents import Habits, Notebook, SimulatedAgent
from tests.dialer.floor_rig import MACHINE, PERSON, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres

ALWAYS: dict[str, Any] = {
    "identify_s": (1.0, 2.0),
    "talk_s": (2.0, 4.0),
    "wrap_up_s": (1.0, 2.0),
    "pause_after_call": 0.0,
}


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        await made.people(1, quick())
        yield made


async def worked(
    rig: Rig,
    habits: Habits,
    notebook: Notebook | None = None,
    *,
    hears: str = "person",
    noted: Callable[[], bool] = lambda: True,
) -> str:
    """The disposition of the one call that the agent takes."""
    floor = await rig.start()
    actor = Actor(rig.agents[0], rig.tenant, "agent")
    agent = SimulatedAgent(actor, floor, rig.clock, "seed", lambda _: hears, habits, notebook)
    await agent.start()
    await rig.until(lambda: rig.console()["today"]["calls"] == 1 and rig.state() == "ready", 30)
    assert await floor.records.written(20)
    await rig.until(noted)
    await agent.stop()
    async with rig.engine.connect() as conn:
        return str((await conn.execute(text("SELECT disposition FROM attempt"))).scalar_one())


async def test_an_agent_identifies_the_person_and_records_a_promise_within_the_limits(rig: Rig) -> None:
    await rig.debtor(PERSON)

    code = await worked(rig, Habits(**ALWAYS, right_party=1.0, promise=1.0))

    assert code == "promise"
    async with rig.engine.connect() as conn:
        promise = (await conn.execute(text("SELECT amount_minor, currency, due_date FROM promise"))).one()
    assert 0 < promise.amount_minor <= 125_000 and promise.currency == "USD"
    assert promise.due_date > rig.clock.now().date()


async def test_an_agent_who_reaches_somebody_else_says_so_and_notes_it(rig: Rig) -> None:
    await rig.debtor(PERSON)
    notebook = Notebook()

    code = await worked(
        rig, Habits(**ALWAYS, right_party=0.0, wrong_person=1.0), notebook, noted=lambda: bool(notebook.wrong_parties)
    )

    assert code == "wrong_person"
    assert len(notebook.wrong_parties) == 1


async def test_an_agent_who_hears_a_machine_hangs_up_and_says_so(rig: Rig) -> None:
    await rig.debtor(MACHINE)

    assert await worked(rig, Habits(**ALWAYS), hears="machine") == "machine"


async def test_a_person_who_forbids_calls_is_noted_for_the_inspection(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialer.demo.agents.OTHER_ENDS", ("no_more_calls",))
    await rig.debtor(PERSON)
    notebook = Notebook()

    code = await worked(
        rig, Habits(**ALWAYS, right_party=1.0, promise=0.0), notebook, noted=lambda: bool(notebook.no_more_calls)
    )

    assert code == "no_more_calls"
    assert len(notebook.no_more_calls) == 1
