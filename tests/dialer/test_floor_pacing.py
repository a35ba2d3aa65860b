"""Pacing on a running floor: what is recorded, other modes and limits at once, what was learnt over a restart."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from campaigns.admin import service as admin
from campaigns.db import tables as t
from campaigns.model import CallStep
from dialer.cli.app import app
from dialer.commands import Actor, Command
from dialer.pacing import PacingSnapshot
from dialer.pacing.memory import ANSWERED
from dialer.pacing.start import PacerStart
from dialer.pacing.stored import adapted, begun, predictive, restored
from dialer.ticks.recorder import TickRecorder
from tests import builders
from tests.dialer.floor_rig import NO_ANSWER, PERSON, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


async def test_the_ticks_of_a_floor_are_recorded_and_the_same_pacer_decides_the_same(rig: Rig, tmp_path: Path) -> None:
    recorder = TickRecorder(tmp_path / "ticks", file_bytes=2**20, most_bytes=2**22)
    recorder.start()
    await rig.people(2, quick(mode="power", lines_per_agent=2.0, steps=(CallStep(tries=1),)))
    for script in (PERSON, NO_ANSWER, PERSON, NO_ANSWER, PERSON, PERSON):
        await rig.debtor(script)
    await rig.start(recorder=recorder)
    await rig.ready()
    await rig.until(lambda: rig.state(0) == rig.state(1) == "talking")
    await rig.clock.sleep(5)
    recorder.stop(10)
    as_it_was = replayed(tmp_path / "ticks")
    assert as_it_was["ticks"] > 10 and as_it_was["launched"] >= 4
    assert (as_it_was["differ"], as_it_was["notes"]) == (0, [])
    changed = replayed(tmp_path / "ticks", "--ratio", "4")
    assert changed["differ"] > 0 and changed["would_launch"] > changed["launched"]
    assert "ratio 4" in changed["first_differences"][0]["because_now"]
    assert replayed(tmp_path / "ticks", "--mode", "progressive")["would_launch"] < changed["launched"]


def replayed(folder: Path, *options: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["replay", str(folder), *options, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = orjson.loads(result.stdout)
    return found


async def test_new_limits_hold_from_the_next_tick_whoever_sets_them(rig: Rig) -> None:
    """The command line writes to the database and tells nobody: the floor sees it by itself."""
    await rig.people(1, quick(mode="power", lines_per_agent=1.0, steps=(CallStep(tries=1),)))
    for _ in range(6):
        await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until_rows("SELECT 1 AS one FROM attempt", lambda rows: len(rows) == 1)
    async with rig.engine.begin() as conn:
        changes = {"lines_per_agent": 4.0}
        await admin.change_settings(conn, rig.campaign, changes, now=rig.clock.now(), actor="cli")
    await rig.until_rows("SELECT 1 AS one FROM attempt", lambda rows: len(rows) == 4)
    (row,) = await rig.rows("SELECT detail FROM audit WHERE action = 'campaign.changed'")
    assert row["detail"] == {"fields": ["lines_per_agent"], "pacing": {"lines_per_agent": [1.0, 4.0]}}


async def test_a_supervisor_changes_limits_from_the_board_and_nothing_else(rig: Rig) -> None:
    await rig.people(1, quick(mode="power"))
    await rig.start()
    boss = Actor(1, rig.tenant, "supervisor")
    good = Command(
        "a", "campaign_set", {"campaign_id": rig.campaign, "settings": {"lines_per_agent": 3.0, "priority": 2}}
    )
    assert (await rig.floor.supervisor_command(boss, good)).error_code is None
    settings = rig.floor.state.campaigns[rig.campaign].settings
    assert (settings.lines_per_agent, settings.priority) == (3.0, 2)
    for wrong in ({"caller_id": "+12125550199"}, {}, None):
        args = {"campaign_id": rig.campaign, "settings": wrong}
        reply = await rig.floor.supervisor_command(boss, Command(f"b{wrong}", "campaign_set", args))
        assert (reply.error_code, reply.field) == ("bad_argument", "settings") and "lines_per_agent" in reply.message


async def test_the_board_shows_lines_agents_and_budget_as_they_are(rig: Rig) -> None:
    await rig.people(2, quick(mode="power", priority=4, ring_timeout_s=60, steps=(CallStep(tries=1),)))
    await rig.debtor(PERSON, score=90_000)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: "talking" in (rig.state(0), rig.state(1)))
    await rig.debtor(NO_ANSWER)
    # the last look may be older than the talk, and show the first call ringing
    await rig.until(lambda: (the_pacing(rig)["phases"]["ringing"], the_pacing(rig)["seats"]["talk"]) == (1, 1))
    shown = the_pacing(rig)
    assert (shown["lines"], shown["free_agents"]) == (1, 1)
    assert shown["seats"] == {"idle": 1, "talk": 1, "wrap": 0, "pause": 0}
    assert shown["budget"]["gauge"] and shown["budget"]["limit"] == 0.03 and shown["budget"]["bound"] is not None
    assert (shown["calibration"], shown["predicted_answers"]) == (None, None), "power forecasts nothing"
    assert rig.board()["campaigns"][str(rig.campaign)]["priority"] == 4
    metrics = rig.floor.metrics
    await rig.until(lambda: metrics.pacing_lines.labels(str(rig.campaign))._value.get() == 1)
    assert metrics.pacing_free.labels(str(rig.campaign))._value.get() == 1


def the_pacing(rig: Rig) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = rig.board()["campaigns"][str(rig.campaign)]["pacing"]
    return found or {"phases": {"ringing": 0}, "seats": {"talk": 0}, "saved_at": None}


async def test_an_agent_of_two_campaigns_dials_for_the_one_of_higher_priority_until_that_is_dry(rig: Rig) -> None:
    await rig.people(1, quick(priority=0, steps=(CallStep(tries=1),)))
    low = await rig.debtor(NO_ANSWER)
    async with rig.engine.begin() as conn:
        urgent = await builders.a_campaign(
            conn, rig.tenant, rig.creditor, settings=quick(priority=5, steps=(CallStep(tries=1),)),
            agents=rig.agents, state="running", name="urgent",
        )  # fmt: skip
    first, rig.campaign = rig.campaign, urgent
    high = await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    rows = await rig.until_rows("SELECT * FROM attempt ORDER BY at", lambda rows: len(rows) == 2, real_s=20)
    assert [row["debtor_id"] for row in rows] == [high, low]
    assert [row["campaign_id"] for row in rows] == [urgent, first]


async def predictive_talks(rig: Rig, persons: int) -> None:
    await rig.people(2, quick(mode="predictive", wrap_up_s=5, steps=(CallStep(tries=1),)))
    for _ in range(persons):
        await rig.debtor(TALKER)
    await rig.start()
    await rig.ready()


TALKER = replace(PERSON, talk_s=6.0)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """The forecast's arithmetic is compiled once for an installation; that is no part of a floor's time."""
    begun("predictive", 1.0, PacerStart()).decide(PacingSnapshot(0.0))


@pytest.mark.timeout(300)
async def test_the_predictive_pacer_dials_learns_and_knows_it_after_a_kill(rig: Rig) -> None:
    await predictive_talks(rig, 12)
    # an answer is known to the pacer with the next look
    await rig.until(lambda: the_marks(rig)[ANSWERED] >= 5, real_s=60)
    shown = rig.board()["campaigns"][str(rig.campaign)]
    assert shown["mode"] == "predictive" and "free" in shown["because"]
    assert shown["pacing"]["predicted_answers"] is not None and shown["pacing"]["calibration"]["surprised"] is False
    await rig.floor.keeper.save()
    learnt = the_marks(rig)
    assert learnt[ANSWERED] >= 5
    await rig.kill()
    await rig.start()
    assert the_marks(rig)[ANSWERED] >= learnt[ANSWERED] - 1 >= 4, "only what came after the last save is lost"
    await rig.until(lambda: the_pacing(rig)["saved_at"] is not None, real_s=40)


def the_marks(rig: Rig) -> Any:
    pacer = predictive(rig.floor.state.campaigns[rig.campaign].pacer)
    assert pacer is not None
    return pacer.memory.marks


def the_seen(rig: Rig) -> list[int]:
    tally = rig.floor.tallies.campaign(rig.campaign)
    return list(range(tally.bridged))


async def test_a_stored_state_that_does_not_load_is_replaced_by_a_fresh_one(rig: Rig) -> None:
    await rig.people(1, quick(mode="predictive", steps=(CallStep(tries=1),)))
    await rig.debtor(PERSON)
    async with rig.engine.begin() as conn:
        row = {"campaign_id": rig.campaign, "state": b"\x94garbage", "saved_at": rig.clock.now()}
        await conn.execute(insert(t.pacer_state).values(**row))
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await rig.floor.keeper.save()
    (kept,) = await rig.rows("SELECT state FROM pacer_state")
    assert restored(kept["state"], "predictive", 1.0, PacerStart())


async def test_what_was_learnt_stays_over_new_limits_another_ring_time_out_and_another_mode(rig: Rig) -> None:
    await predictive_talks(rig, 4)
    await rig.until(lambda: len(the_seen(rig)) >= 3, real_s=60)
    boss = Actor(1, rig.tenant, "supervisor")
    learnt = the_marks(rig)[ANSWERED]
    for number, settings in enumerate(
        ({"max_lines": 7, "calls_per_second": 3.0}, {"mode": "power"}, {"mode": "predictive"})
    ):
        args = {"campaign_id": rig.campaign, "settings": settings}
        assert (
            await rig.floor.supervisor_command(boss, Command(f"c{number}", "campaign_set", args))
        ).error_code is None
    assert the_marks(rig)[ANSWERED] >= learnt * 0.9
    pacer = rig.floor.state.campaigns[rig.campaign].pacer
    before, other = predictive(pacer), predictive(adapted(pacer, 1.0, PacerStart(ring_timeout_s=40.0)))
    assert before is not None and other is not None
    assert other.memory.ends.shape[1] > before.memory.ends.shape[1]
    assert other.decide(PacingSnapshot(rig.floor.state.seconds()))[1].launch == 0
