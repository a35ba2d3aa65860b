"""The chain on a real database and the sandbox exchange: dial, answer, agent, promise, fallback."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.dialer.floor_rig import BUSY, MACHINE, NO_ANSWER, PERSON, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


async def test_a_person_answers_and_a_promise_is_recorded(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    call = rig.console()["call"]
    assert (call["phase"], call["identity"]) == ("talking", "unchecked")
    assert call["ask_for"].startswith("Dana") and rig.console()["file"] is None
    refused = await rig.press("promise", debt_id=1, amount_minor=1, currency="USD", due_date="2026-03-10")
    assert refused.error_code == "not_identified"
    assert (await rig.press("identify", result="right_party", checks=["date_of_birth"])).error_code is None
    debt = rig.console()["file"]["debts"][0]
    due = (rig.clock.now() + timedelta(days=7)).date().isoformat()
    saved = await rig.press("promise", debt_id=debt["id"], amount_minor=5000, currency="USD", due_date=due)
    assert saved.error_code is None, saved
    assert rig.console()["file"]["promises"][0]["amount"] == {"minor": 5000, "currency": "USD"}
    await rig.press("hangup")
    await rig.until(lambda: rig.state() == "wrap_up")
    assert (await rig.press("dispose", code="promise")).error_code is None
    assert rig.state() == "ready"
    assert (await rig.attempts())[0]["disposition"] == "promise"  # committed before the reply
    (attempt,) = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert (attempt["outcome"], attempt["disposition"]) == ("conversation", "promise")
    assert attempt["right_party_at"] is not None and attempt["answered_by"] == "person"
    (row,) = await rig.rows("SELECT state, held_because FROM queue_row")
    assert row["state"] == "suspended" and "promise_pending" in row["held_because"]
    kinds = {event["kind"] for event in await rig.rows("SELECT kind FROM outcome_event")}
    assert {"attempt.ended", "attempt.disposed", "promise.recorded"} <= kinds


async def test_who_does_not_answer_gets_a_message_queued_once(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    (attempt,) = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows and rows[0]["state"] == "ended")
    assert attempt["outcome"] == "no_answer"
    (message,) = await rig.rows("SELECT * FROM message")
    assert (message["state"], message["template"], message["channel"]) == ("queued", "missed_call", "sms")
    (row,) = await rig.rows("SELECT * FROM queue_row")
    assert row["state"] in ("waiting", "done")


async def test_busy_is_busy(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(BUSY)
    await rig.start()
    await rig.ready()
    (attempt,) = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows and rows[0]["state"] == "ended")
    assert (attempt["outcome"], attempt["cause"], attempt["tech_cause"]) == ("busy", 17, 486)


async def test_a_person_without_an_agent_hears_the_message_and_counts_as_abandoned(rig: Rig) -> None:
    await rig.people(1, quick(mode="power", lines_per_agent=2.0))
    await rig.debtor(PERSON)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    ended = await rig.until_rows("SELECT * FROM attempt", lambda rows: [row for row in rows if row["state"] == "ended"])
    (lost,) = [row for row in ended if row["state"] == "ended"]
    assert (lost["outcome"], lost["abandoned"], lost["bridged_at"]) == ("abandoned", True, None)
    heard = [entry for entry in rig.sandbox.log.entries if entry.kind == "play_start"]
    assert len(heard) == 1
    await rig.until(lambda: rig.board()["totals"]["abandoned"] == 1)


async def test_a_machine_is_hung_up_on_when_detection_is_on(rig: Rig) -> None:
    await rig.people(1, quick(amd=True))
    await rig.debtor(MACHINE)
    await rig.start()
    await rig.ready()
    (attempt,) = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows and rows[0]["state"] == "ended")
    assert (attempt["outcome"], attempt["answered_by"], attempt["bridged_at"]) == ("amd_machine", "machine", None)


async def test_a_leg_lost_in_talk_gives_the_debtor_to_another_agent(rig: Rig) -> None:
    await rig.people(2)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready(0)
    await rig.until(lambda: rig.state(0) == "talking")
    await rig.ready(1)
    told: list[bool] = []
    rig.floor.hub.listen(lambda stream, delta: told.append(rig.console(0)["agent"]["phone"]["online"]))
    rig.sandbox.kill_phone("agent-1")
    await rig.until(lambda: rig.state(1) == "talking")
    assert rig.state(0) == "wrap_up" and False in told
    await rig.press("hangup", 1)
    await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    (attempt,) = await rig.attempts()
    assert (attempt["outcome"], attempt["abandoned"], attempt["agent_id"]) == ("conversation", False, rig.agents[1])


async def test_a_leg_lost_in_talk_without_another_agent_ends_with_the_message_and_no_dead_air(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    rig.sandbox.set_phone("agent-1", online=False)
    await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    (attempt,) = await rig.attempts()
    assert (attempt["outcome"], attempt["abandoned"]) == ("conversation", False)
    assert [entry for entry in rig.sandbox.log.entries if entry.kind == "play_start"]
    rig.sandbox.set_phone("agent-1", online=True)
    await rig.until(lambda: rig.console()["agent"]["phone"]["connected"])


async def test_hold_pause_wish_and_default_disposition(rig: Rig) -> None:
    await rig.people(1, quick(wrap_up_s=5))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await rig.press("hold")
    await rig.until(lambda: rig.console()["call"]["phase"] == "hold")
    await rig.press("unhold")
    await rig.until(lambda: rig.state() == "talking")
    assert (await rig.press("pause", reason="lunch")).error_code is None
    assert rig.console()["agent"]["wish"] == "pause"
    await rig.press("hangup")
    await rig.until(lambda: rig.state() == "paused")
    rows = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["disposition"])
    assert rows[0]["disposition"] == "contact_no_result"


async def test_the_same_command_does_nothing_twice(rig: Rig) -> None:
    from dialer.commands import Command

    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    note = Command("click-1", "note", {"text": "Asked to call back."})
    first = await rig.floor.agent_command(rig.actor(), note)
    again = await rig.floor.agent_command(rig.actor(), note)
    assert first == again and first.error_code is None
    assert len(await rig.rows("SELECT 1 AS one FROM note")) == 1


async def test_no_originate_while_the_node_is_down_and_dialing_goes_on_by_itself(rig: Rig) -> None:
    await rig.people(1)
    await rig.start()
    await rig.ready()
    await rig.sandbox.crash()
    await rig.until(lambda: rig.console()["nodes"]["a"]["health"] == "down")
    await rig.until(lambda: rig.board()["alarms"])
    await rig.debtor(PERSON)
    await rig.clock.sleep(5)
    assert await rig.attempts() == []
    await rig.sandbox.restart()
    await rig.until(lambda: rig.state() == "talking", real_s=20)
    assert len(await rig.attempts()) == 1
    await rig.until(lambda: not rig.board()["alarms"])


async def test_after_a_kill_the_call_is_adopted_and_the_agent_gets_it_back(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await rig.until_rows("SELECT * FROM agent_session", lambda rows: rows and rows[0]["state"] == "talking")
    await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["bridged_at"])
    await rig.kill()
    await rig.start()
    await rig.until(lambda: rig.console()["agent"]["phone"]["connected"])
    assert rig.state() == "talking" and rig.console()["call"]["phase"] == "talking"
    assert len(rig.sandbox.node.channels) == 2
    await rig.press("hangup")
    await rig.press("dispose", code="contact_no_result")
    rows = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert len(rows) == 1 and rows[0]["outcome"] == "conversation"
    originates = [entry for entry in rig.sandbox.log.entries if entry.kind == "originate" and entry.number]
    assert len(originates) == 1


async def test_after_a_kill_a_call_that_ended_meanwhile_is_closed_as_placed(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.board().get("calls"))
    await rig.kill()
    for channel in list(rig.sandbox.node.channels):
        rig.sandbox.hang_up(channel)
    await rig.start()
    rows = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert [row["outcome"] for row in rows] == ["unknown"]
    (row,) = await rig.rows("SELECT * FROM queue_row")
    assert row["state"] != "leased"
