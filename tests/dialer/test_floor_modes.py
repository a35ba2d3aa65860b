"""Preview, an agent rung for each call, steps without a call, the gate's refusals."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.model import CallStep, MessageStep
from compliance.rulebooks.loader import load_rulebooks
from dialer.commands import Actor, Command
from dialer.contact import GateContext
from dialer.state import FloorSettings
from tests.dialer import floor_rig as floor_rig_module
from tests.dialer.floor_rig import BUSY, NO_ANSWER, PERSON, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


async def test_a_previewed_debtor_is_dialed_when_the_agent_says_so(rig: Rig) -> None:
    await rig.people(1, quick(mode="preview"))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "preview")
    call = rig.console()["call"]
    assert (call["phase"], call["checks"]) == ("preview", []) and call["ask_for"].startswith("Dana")
    assert await rig.attempts() == []
    assert (await rig.press("preview_dial")).error_code is None
    await rig.until(lambda: rig.state() == "reserved" and rig.console()["call"]["phase"] == "dialing")
    await rig.until(lambda: rig.state() == "talking")
    (attempt,) = await rig.attempts()
    assert (attempt["origin"], attempt["agent_id"]) == ("agent", rig.agents[0])


async def test_a_skipped_preview_goes_back_for_later_and_the_next_one_is_shown(rig: Rig) -> None:
    await rig.people(1, quick(mode="preview"))
    first = await rig.debtor(PERSON, score=90_000)
    await rig.debtor(PERSON, score=10_000)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "preview")
    shown = rig.console()["call"]["phone"]
    assert (await rig.press("preview_skip", reason="not_now")).error_code is None
    await rig.until(lambda: rig.state() == "preview" and rig.console()["call"]["phone"] != shown)
    (row,) = await rig.rows("SELECT state FROM queue_row WHERE debtor_id = :id", id=first)
    assert row["state"] == "waiting" and await rig.attempts() == []


async def test_a_busy_preview_call_frees_its_agent(rig: Rig) -> None:
    await rig.people(1, quick(mode="preview"))
    await rig.debtor(BUSY)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "preview")
    await rig.press("preview_dial")
    await rig.until_rows("SELECT * FROM attempt", lambda rows: rows and rows[0]["state"] == "ended")
    await rig.until(lambda: rig.state() == "ready")


async def test_an_agent_may_hang_up_a_preview_call_that_rings(rig: Rig) -> None:
    await rig.people(1, quick(mode="preview"))
    await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "preview")
    await rig.press("preview_dial")
    await rig.until(lambda: [call for call in rig.board()["calls"].values() if call["state"] == "ringing"])
    assert (await rig.press("hangup")).error_code is None
    rows = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert rows[0]["outcome"] == "cancelled"
    await rig.until(lambda: rig.state() == "ready")


async def test_an_agent_without_a_permanent_leg_is_rung_for_the_call(rig: Rig) -> None:
    await rig.people(1, quick(agent_connect="per_call", answer_wait_ms=5000))
    await rig.debtor(PERSON)
    await rig.start()
    assert (await rig.press("ready")).error_code is None
    assert rig.console()["agent"]["phone"]["connected"] is False
    await rig.until(lambda: rig.state() == "talking")
    await rig.press("hangup")
    await rig.press("dispose", code="contact_no_result")
    await rig.until(lambda: not rig.sandbox.node.channels and not rig.sandbox.node.bridges)
    assert rig.state() == "ready"


async def test_a_row_whose_step_is_a_message_gets_it_without_a_call(rig: Rig) -> None:
    await rig.people(1, quick(steps=(MessageStep(template="hello"), CallStep(tries=1))))
    await rig.debtor(BUSY)
    await rig.start()
    await rig.ready()
    (message,) = await rig.until_rows("SELECT * FROM message", lambda rows: rows)
    assert message["template"] == "hello"
    (row,) = await rig.until_rows("SELECT * FROM queue_row", lambda rows: rows[0]["state"] == "waiting")
    assert row["step"] == 1 and await rig.attempts() == []


async def test_a_refused_contact_is_put_off_and_counted_and_nothing_is_dialed(rig: Rig) -> None:
    await rig.people(1)
    debtor = await rig.debtor(PERSON)
    async with rig.engine.begin() as conn:
        await conn.execute(
            text(
                "INSERT INTO opt_out (tenant_id, address, channel, at, source)"
                " SELECT tenant_id, address, 'voice', :now, 'agent' FROM contact_point WHERE debtor_id = :id"
            ),
            {"now": rig.clock.now(), "id": debtor},
        )
    await rig.start()
    await rig.ready()
    (row,) = await rig.until_rows("SELECT * FROM queue_row", lambda rows: rows[0]["state"] == "suspended")
    assert row["held_because"] and await rig.attempts() == []
    await rig.until(lambda: sum(next(iter(rig.board()["campaigns"].values()))["denied"].values()) == 1)
    assert not [entry for entry in rig.sandbox.log.entries if entry.kind == "originate" and entry.number]


async def test_a_supervisor_starts_pauses_and_changes_a_campaign(rig: Rig) -> None:
    await rig.people(1, quick(steps=(CallStep(tries=1),)), state="paused")
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.clock.sleep(3)
    assert await rig.attempts() == []
    boss = Actor(1, rig.tenant, "supervisor")
    mode = Command("m", "campaign_mode", {"campaign_id": rig.campaign, "mode": "power", "lines_per_agent": 2.0})
    assert (await rig.floor.supervisor_command(boss, mode)).error_code is None
    start = Command("s", "campaign_start", {"campaign_id": rig.campaign})
    assert (await rig.floor.supervisor_command(boss, start)).error_code is None
    await rig.until(lambda: rig.state() == "talking")
    view = rig.board()["campaigns"][str(rig.campaign)]
    assert (view["state"], view["mode"]) == ("running", "power")
    stop = Command("p", "agent_pause", {"user_id": rig.agents[0]})
    assert (await rig.floor.supervisor_command(boss, stop)).result["wish"] == "pause"
    assert (await rig.floor.supervisor_command(rig.actor(), stop)).error_code == "forbidden"
    actions = {row["action"] for row in await rig.rows("SELECT action FROM audit")}
    assert {"campaign.started", "campaign.changed", "agent.paused"} <= actions


@pytest.mark.parametrize(
    ("state", "says"), [("draft", "promiseline campaign start"), ("paused", "the creditor has no open debtors")]
)
async def test_a_campaign_that_cannot_start_says_why_on_the_board_too(rig: Rig, state: str, says: str) -> None:
    await rig.people(1, quick(steps=(CallStep(tries=1),)), state=state)
    await rig.start()
    start = Command("s", "campaign_start", {"campaign_id": rig.campaign})
    reply = await rig.floor.supervisor_command(Actor(1, rig.tenant, "supervisor"), start)
    assert reply.error_code == "refused" and says in str(reply.message)
    if state == "draft":
        pause = await rig.floor.supervisor_command(
            Actor(1, rig.tenant, "supervisor"), Command("p", "campaign_pause", {"campaign_id": rig.campaign})
        )
        assert pause.error_code == "refused" and "it can become running" in str(pause.message)
    (row,) = await rig.rows("SELECT state FROM campaign")
    assert row["state"] == state and not await rig.rows("SELECT action FROM audit WHERE action LIKE 'campaign.%'")


async def test_detection_that_says_person_brings_an_agent(rig: Rig) -> None:
    await rig.people(1, quick(amd=True))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    rows = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["bridged_at"])
    assert rows[0]["abandoned"] is False


@pytest.mark.parametrize(
    ("code", "outcome", "queue_state", "messages"),
    [
        ("machine", "voicemail_no_message", "waiting", 1),
        ("wrong_person", "conversation", "done", 0),
        ("dispute", "conversation", "suspended", 0),
        ("contact_no_result", "conversation", "waiting", 0),
    ],
)
async def test_what_the_agent_says_of_the_call_decides_what_follows(
    rig: Rig, code: str, outcome: str, queue_state: str, messages: int
) -> None:
    steps = (CallStep(tries=1), MessageStep(template="missed_call"), CallStep(tries=1))
    await rig.people(1, quick(steps=steps))
    debtor = await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await rig.press("hangup")
    await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert (await rig.press("dispose", code=code)).error_code is None
    (attempt,) = await rig.attempts()
    assert (attempt["outcome"], attempt["disposition"]) == (outcome, code)
    (row,) = await rig.rows("SELECT * FROM queue_row")
    assert row["state"] == queue_state
    assert len(await rig.rows("SELECT 1 AS one FROM message")) == messages
    (point,) = await rig.rows("SELECT status FROM contact_point WHERE debtor_id = :id", id=debtor)
    assert point["status"] == ("wrong_person" if code == "wrong_person" else "good")
    requests = await rig.rows("SELECT kind FROM person_request")
    assert [request["kind"] for request in requests] == (["dispute"] if code == "dispute" else [])


async def test_calls_that_only_the_rate_holds_back_go_out_as_soon_as_it_allows(rig: Rig) -> None:
    """And not together at the next look, a minute later here: the exchange would get them in bursts."""
    await rig.people(1, quick(mode="power", lines_per_agent=10, calls_per_second=4))
    for _ in range(10):
        await rig.debtor(NO_ANSWER)
    await rig.start(FloorSettings(tick_s=60))
    await rig.ready()
    found = await rig.until_rows("SELECT at FROM attempt ORDER BY at", lambda rows: len(rows) == 10)
    assert 1 <= (found[-1]["at"] - found[0]["at"]).total_seconds() < 10, "six more than a second's worth"


async def test_outside_the_creditors_own_hours_nobody_is_claimed_and_no_verdict_is_written(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "afternoons.toml").write_text(
        'id = "afternoons"\ntitle = "A client"\nkind = "client"\n[[versions]]\nversion = "1"\n'
        '[[versions.hours]]\nwindows = { daily = ["14:00", "17:00"] }\n'
        'source = "contract 7"\nconfidence = "primary"\n'
    )
    monkeypatch.setattr(floor_rig_module, "GATE", GateContext(load_rulebooks(tmp_path)))
    await rig.people(1)
    await rig.debtor(NO_ANSWER)
    async with rig.engine.begin() as conn:
        await conn.execute(text("UPDATE creditor SET rulebooks = '{afternoons}'"))
    await rig.start()
    await rig.ready()
    campaign = rig.floor.state.campaigns[rig.campaign]
    await rig.until(lambda: campaign.because == "queue: nobody may be called now")
    assert await rig.rows("SELECT state, fence FROM queue_row") == [{"state": "ready", "fence": 0}]
    assert await rig.rows("SELECT 1 FROM verdict") == []


async def test_whoever_may_be_called_again_after_the_queue_ran_dry_is_called_within_seconds(rig: Rig) -> None:
    """Not after the minute for which a campaign knows its window groups: an agent waits meanwhile."""
    await rig.people(1)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.board()["campaigns"][str(rig.campaign)]["because"].startswith("queue: nobody"))
    dry = rig.clock.now()
    await rig.debtor(NO_ANSWER)
    await rig.until_rows("SELECT 1 FROM attempt", bool)
    assert (rig.clock.now() - dry).total_seconds() < 30
