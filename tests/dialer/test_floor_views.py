"""What consoles and boards are shown is what the protocol says, and nothing of the debts too early."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from agent_ui.live.protocol import AgentConsole, SupervisorBoard
from dialer.streams import Delta
from tests.builders import a_contact_point, a_tenant
from tests.dialer.floor_rig import PERSON, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


async def test_every_state_of_the_console_is_as_the_protocol_says(rig: Rig) -> None:
    seen: set[str] = set()
    await rig.people(1, quick(wrap_up_s=5))
    await rig.debtor(PERSON)
    floor = await rig.start()

    def check(stream: str, delta: Delta) -> None:
        state = floor.hub.state(stream)
        if stream.startswith("agent:"):
            msgspec.convert(state, AgentConsole)
            seen.add(state["agent"]["state"])
            call = state["call"]
            if call is None or call["identity"] != "right_party":
                assert state["file"] is None
        else:
            msgspec.convert(state, SupervisorBoard)

    floor.hub.listen(check)
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await rig.press("identify", result="right_party", checks=["postal_code"])
    assert rig.console()["file"]["may_contact"]
    await rig.press("hold")
    await rig.until(lambda: rig.state() == "hold")
    await rig.press("hangup")
    await rig.until(lambda: rig.state() == "wrap_up")
    await rig.press("pause", reason="break")
    await rig.until(lambda: rig.state() == "paused")
    assert rig.console()["file"] is None and rig.console()["call"] is None
    await rig.press("logout")
    # reserved is told only where it lasts: of a previewed call, or while an agent's phone is rung (test_floor_modes.py)
    assert {"ready", "talking", "hold", "wrap_up", "paused", "offline"} <= seen


async def test_a_server_without_campaigns_and_agents_shows_its_board_and_its_nodes(rig: Rig) -> None:
    async with rig.engine.begin() as conn:
        rig.tenant = await a_tenant(conn)
    await rig.start(tenant_id=rig.tenant)
    await rig.until(lambda: rig.board().get("nodes", {}).get("a", {}).get("health") == "up")
    board = msgspec.convert(rig.board(), SupervisorBoard)
    assert (board["campaigns"], board["agents"], board["calls"]) == ({}, {}, {})


async def test_the_debts_are_shown_only_after_the_database_knows_of_the_right_party(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    floor = await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    shown: list[bool] = []

    def check(stream: str, delta: Delta) -> None:
        shown.extend(op.value is not None for op in delta.ops if op.path == ("file",))

    floor.hub.listen(check)
    assert (await rig.press("identify", result="right_party", checks=[])).error_code == "check_first"
    assert (await rig.press("identify", result="wrong_person", checks=[])).error_code is None
    assert shown == []
    assert (await rig.press("identify", result="right_party", checks=["last4"])).error_code is None
    assert shown == [True]
    (attempt,) = await rig.attempts()
    assert attempt["right_party_at"] is not None


async def test_what_may_not_be_done_is_said_of_the_debts_as_their_creditor_names_them(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await rig.press("identify", result="right_party", checks=["last4"])
    file = rig.console()["file"]
    (debt,) = file["debts"]
    (voice,) = [each for each in file["may_contact"] if each["channel"] == "voice"]
    assert not voice["allowed"]
    assert f"about {debt['reference']}" in voice["because"]
    assert voice["reasons"][0] == voice["because"] and voice["retry_at"] > "2026-03-"
    (sms,) = [each for each in file["may_contact"] if each["channel"] == "sms"]
    assert not sms["allowed"] and sms["reasons"]


async def test_bad_commands_say_what_is_wrong(rig: Rig) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    await rig.start()
    assert (await rig.press("hangup")).error_code == "no_call"
    assert (await rig.press("pause", reason="")).field == "reason"
    assert (await rig.press("dance")).error_code == "unknown_command"
    assert (await rig.press("preview_dial")).error_code == "no_preview"
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    assert (await rig.press("dispose", code="nonsense")).field == "code"
    assert (await rig.press("callback", due_at="tomorrow", own=True)).field == "due_at"
    assert (await rig.press("dtmf", digits="12x")).field == "digits"
    assert (await rig.press("opt_out", channel="fax")).field == "channel"
    assert (await rig.press("opt_out", channel="sms", reach="town")).field == "reach"
    await rig.press("identify", result="right_party", checks=["postal_code"])
    debt = rig.console()["file"]["debts"][0]["id"]
    wrong = await rig.press("promise", debt_id=debt, amount_minor=1, currency="USD", due_date="2026-03-10")
    assert (wrong.error_code, wrong.field) == ("refused", "amount_minor")
    assert (await rig.press("dtmf", digits="12#")).error_code is None
    assert (await rig.press("opt_out", channel="sms")).error_code is None
    due = rig.clock.now().replace(microsecond=0).isoformat()
    assert (await rig.press("callback", due_at=due, own=False)).field == "due_at"


async def test_an_agent_whose_console_went_away_is_paused_after_a_while(rig: Rig) -> None:
    await rig.people(1)
    await rig.start()
    await rig.ready()
    await rig.floor.agent_present(rig.actor(), True)
    await rig.floor.agent_present(rig.actor(), False)
    await rig.until(lambda: rig.state() == "paused")
    assert rig.console()["agent"]["reason"] == "away"


async def test_a_machine_by_the_agents_word_counts_as_one_also_after_a_restart(rig: Rig) -> None:
    await rig.people(1, quick(mode="power", lines_per_agent=1.5, default_disposition="hung_up"))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    assert rig.console()["call"]["default_disposition"] == "hung_up"
    await rig.press("hangup")
    await rig.until(lambda: rig.state() == "wrap_up")
    await rig.press("dispose", code="machine")

    def figures() -> tuple[object, ...]:
        shown = (rig.board().get("campaigns") or {}).get(str(rig.campaign)) or {}
        return shown.get("answered"), shown.get("machines"), shown.get("lines_per_agent")

    await rig.until(lambda: figures() == (1, 1, 1.5))
    await rig.kill()
    await rig.start()
    await rig.until(lambda: figures() == (1, 1, 1.5))


async def test_an_agent_closes_this_number_a_channel_or_everything(rig: Rig) -> None:
    await rig.people(1)
    debtor = await rig.debtor(PERSON)
    async with rig.engine.begin() as conn:
        await a_contact_point(conn, rig.tenant, debtor, "+12125550199", kind="mobile")
        await a_contact_point(conn, rig.tenant, debtor, "dana@example.org", kind="email")
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")

    async def closed() -> list[tuple[str, str]]:
        async with rig.engine.connect() as conn:
            found = await conn.execute(text("SELECT address, channel FROM opt_out ORDER BY id"))
            rows = [("this" if row[0] not in ("+12125550199", "dana@example.org") else row[0], row[1]) for row in found]
        return sorted(rows)

    assert (await rig.press("opt_out", channel="sms", reach="number")).result == {"addresses": 1}
    assert await closed() == [("this", "sms")]
    assert (await rig.press("opt_out", channel="voice")).result == {"addresses": 2}
    assert await closed() == [("+12125550199", "voice"), ("this", "sms"), ("this", "voice")]
    assert (await rig.press("opt_out", channel="all")).result == {"addresses": 3}
    async with rig.engine.connect() as conn:
        asked = (await conn.execute(text("SELECT kind, recorded_by FROM person_request"))).all()
        sources = (await conn.execute(text("SELECT DISTINCT source FROM opt_out"))).scalars().all()
    assert [tuple(row) for row in asked] == [("stop_calling", f"user:{rig.agents[0]}")]
    assert sources == ["agent"]
