"""The floor when the database or the exchange does not answer, and when the process dies at bad moments."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db.embedded import EmbeddedPostgres
from dialer.call import CallState
from dialer.state import FloorSettings
from telephony.exchange import ExchangeUnknown, Originate
from tests.dialer.floor_rig import MACHINE, NO_ANSWER, PERSON, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


class Broken:
    """Stands before the engine: while `down`, every transaction fails as when the server is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.down = False

    def __getattr__(self, name: str) -> Any:
        if self.down and name in ("begin", "connect"):
            raise ConnectionRefusedError("the test's database is away")
        return getattr(self._engine, name)


async def test_without_the_database_nothing_is_dialed_calls_go_on_and_all_is_written_later(rig: Rig) -> None:
    await rig.people(2)
    await rig.debtor(PERSON)
    database = Broken(rig.engine)
    floor = await rig.start()
    floor.state.engine = database  # type: ignore[assignment]
    await rig.ready(0)
    await rig.until(lambda: rig.state() == "talking")
    database.down = True
    await rig.debtor(PERSON)
    assert (await rig.press("ready", 1)).error_code is None
    await rig.until(lambda: [alarm for alarm in rig.board()["alarms"] if alarm["id"] == "database"])
    assert (await rig.press("note", text="hello")).error_code == "database_down"
    assert rig.state() == "talking"
    await rig.press("hangup")
    await rig.until(lambda: rig.state() == "wrap_up")
    assert len(await rig.attempts()) == 1
    database.down = False
    rows = await rig.until_rows("SELECT * FROM attempt ORDER BY at", lambda rows: rows[0]["state"] == "ended")
    assert rows[0]["outcome"] == "conversation"
    await rig.until_rows("SELECT * FROM attempt", lambda rows: len(rows) == 2)
    await rig.until(lambda: not rig.board()["alarms"])


async def test_a_floor_that_dials_nothing_says_too_that_the_database_is_away(rig: Rig) -> None:
    await rig.people(1, state="paused")
    database = Broken(rig.engine)
    floor = await rig.start()
    floor.state.engine = database  # type: ignore[assignment]
    database.down = True
    await rig.until(lambda: [alarm for alarm in rig.board()["alarms"] if alarm["id"] == "database"])
    database.down = False
    await rig.until(lambda: not rig.board()["alarms"])


async def test_an_agent_who_cannot_be_read_is_told_to_try_again(rig: Rig) -> None:
    await rig.people(1, state="draft")
    floor = await rig.start()
    floor.state.agents.clear()
    database = Broken(rig.engine)
    database.down = True
    floor.state.engine = database  # type: ignore[assignment]
    assert (await rig.press("ready")).error_code == "database_down"
    await floor.agent_present(rig.actor(), True)
    database.down = False
    assert (await rig.press("ready")).error_code is None


async def test_a_lost_reply_to_the_originate_is_never_repeated(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    exchange = rig.exchanges[-1]
    original = exchange.originate

    async def lossy(call: Originate) -> None:
        await original(call)
        if call.kind == "debtor":
            raise ExchangeUnknown("the reply was lost")

    monkeypatch.setattr(exchange, "originate", lossy)
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    dialed = [entry for entry in rig.sandbox.log.entries if entry.kind == "originate" and entry.number]
    assert len(dialed) == 1 and len(await rig.attempts()) == 1


async def test_nobody_is_put_beside_a_debtor_whose_hang_up_was_lost(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.people(1)
    await rig.debtor(PERSON, score=90_000)
    await rig.debtor(PERSON, score=10_000)
    await rig.start()
    exchange = rig.exchanges[-1]
    original, lost = exchange.hangup, list[str]()

    async def lossy(channel_id: str, *, q850: int = 16) -> None:
        if not lost:
            lost.append(channel_id)
            raise ExchangeUnknown("the request was lost")
        await original(channel_id, q850=q850)

    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    monkeypatch.setattr(exchange, "hangup", lossy)
    await rig.press("hangup")
    await rig.press("dispose", code="contact_no_result")
    assert rig.state() == "ready" and lost
    await rig.clock.sleep(2)
    assert len(await rig.attempts()) == 1  # the first one is still in the agent's bridge
    await rig.until(lambda: rig.state() == "talking")
    together = [bridge for bridge in rig.sandbox.node.bridges.values() if len(bridge.members) > 2]
    assert together == [] and lost[0] not in rig.sandbox.node.channels


async def test_an_originate_that_was_never_done_is_closed_as_lost_by_reconciliation(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start(FloorSettings(reconcile_s=3.0))
    exchange = rig.exchanges[-1]
    original = exchange.originate

    async def lost(call: Originate) -> None:
        if call.kind == "debtor":
            raise ExchangeUnknown("the request was lost")
        await original(call)

    monkeypatch.setattr(exchange, "originate", lost)
    await rig.ready()
    rows = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows and rows[0]["state"] == "ended")
    assert rows[0]["outcome"] == "unknown"


async def test_events_lost_with_the_socket_are_made_good_by_reconciliation(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    (attempt,) = await rig.attempts()
    rig.sandbox.close_sockets()
    rig.sandbox.hang_up(rig.line(attempt))
    await rig.until(lambda: rig.state() == "wrap_up")
    rows = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert rows[0]["outcome"] == "conversation"


async def test_a_crashed_node_ends_its_calls_and_the_agent_comes_back_by_itself(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await rig.sandbox.crash()
    await rig.until(lambda: rig.console()["nodes"]["a"]["health"] == "down")
    await rig.sandbox.restart()
    await rig.until(lambda: rig.state() == "wrap_up", real_s=20)
    rows = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert rows[0]["outcome"] == "conversation"
    await rig.until(lambda: rig.console()["agent"]["phone"]["connected"], real_s=20)


async def test_after_a_kill_in_wrap_up_the_agent_can_still_say_what_the_call_was(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await rig.press("hangup")
    await rig.until_rows("SELECT * FROM agent_session", lambda rows: rows[0]["state"] == "wrap_up")
    await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    await rig.kill()
    await rig.start()
    await rig.until(lambda: rig.state() == "wrap_up")
    assert (await rig.press("dispose", code="refuses")).error_code is None
    (attempt,) = await rig.attempts()
    assert attempt["disposition"] == "refuses"
    (row,) = await rig.rows("SELECT * FROM queue_row")
    assert (row["state"], row["held_because"]) == ("suspended", "refuses")


async def test_after_a_kill_an_answered_person_without_an_agent_hears_the_message(rig: Rig) -> None:
    await rig.people(1, quick(mode="power", lines_per_agent=2.0, answer_wait_ms=5000))
    await rig.debtor(PERSON)
    await rig.debtor(PERSON)
    floor = await rig.start()
    await rig.ready()
    await rig.until(lambda: [c for c in floor.state.calls.values() if c.call.state is CallState.WAITING])
    await rig.until_rows("SELECT * FROM attempt", lambda rows: all(row["answered_at"] for row in rows))
    await rig.kill()
    await rig.clock.sleep(6)
    await rig.start()
    rows = await rig.until_rows("SELECT * FROM attempt", lambda rows: [row for row in rows if row["state"] == "ended"])
    (lost,) = [row for row in rows if row["state"] == "ended"]
    assert (lost["outcome"], lost["abandoned"]) == ("abandoned", True)
    assert [entry for entry in rig.sandbox.log.entries if entry.kind == "play_start"]


async def test_after_a_kill_before_the_dial_the_attempt_is_closed_and_not_dialed(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    floor = await rig.start()
    floor.engine.launch = lambda live: None  # type: ignore[method-assign]
    await rig.ready()
    await rig.until_rows("SELECT * FROM attempt", lambda rows: rows)
    await rig.kill()
    await rig.start()
    rows = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert [row["outcome"] for row in rows] == ["unknown"]
    assert not [entry for entry in rig.sandbox.log.entries if entry.kind == "originate" and entry.number]


async def test_an_orphan_of_ours_on_the_exchange_is_hung_up(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.board().get("calls"))
    await rig.kill()
    async with rig.engine.begin() as conn:
        await conn.execute(text("UPDATE attempt SET state = 'ended', ended_at = at, outcome = 'no_answer'"))
    await rig.start()
    await rig.until(lambda: not [c for c in rig.sandbox.node.channels if c.startswith("pl-c-")])


async def test_a_record_that_the_database_refuses_does_not_hold_back_the_others(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(MACHINE)
    floor = await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    agent = floor.state.agents[rig.agents[0]]
    floor.records.state_ended(replace(agent, tenant_id=999_999), "ready", None, rig.clock.now(), rig.clock.now())
    await rig.press("hangup")
    await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    lost = floor.metrics.records_lost.labels("logs")
    await rig.until(lambda: lost._value.get() == 1)


async def test_two_floors_do_not_lead_one_campaign(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.until_rows("SELECT * FROM lease", lambda rows: rows)
    async with rig.engine.begin() as conn:
        await conn.execute(text("UPDATE lease SET owner = 'other', fence = fence + 1"))
    rig.floor.engine._loops[rig.campaign].led_until = None
    await rig.ready()
    await asyncio.sleep(0.3)
    assert await rig.attempts() == []
    assert "another process" in rig.floor.state.campaigns[rig.campaign].because


@pytest.mark.usefixtures("postgres")
async def test_stop_lets_the_next_start_lead_at_once(rig: Rig, postgres: EmbeddedPostgres) -> None:
    await rig.people(1)
    await rig.start()
    await rig.until_rows("SELECT * FROM lease", lambda rows: rows)
    await rig.floors.pop().stop()
    await rig.exchanges.pop().close()
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
