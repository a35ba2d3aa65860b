"""Planned breaks and shift ends on a running floor: kept at their time, told to the pacer before, no call cut."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.model import CallStep
from campaigns.shifts import service as shifts
from campaigns.shifts.model import PlanAsked
from dialer.commands import Actor, Command, Reply
from dialer.floor_snapshot import LEAVING
from tests import builders
from tests.dialer.floor_rig import NO_ANSWER, PERSON, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


def later(rig: Rig, seconds: float) -> datetime:
    return rig.clock.now() + timedelta(seconds=seconds)


async def plan(rig: Rig, kind: str, at: datetime, index: int = 0, **more: Any) -> Reply:
    return await rig.press("plan", index, kind=kind, at=at.isoformat(), **more)


async def boss(rig: Rig, name: str, **args: Any) -> Reply:
    return await rig.floor.supervisor_command(Actor(1, rig.tenant, "supervisor"), Command(uuid4().hex, name, args))


def seats(rig: Rig) -> list[tuple[str, str | None]]:
    seen = rig.floor.state.campaigns[rig.campaign].seen
    return [] if seen is None else [(seat.state, seat.then) for seat in seen.seats]


async def test_a_break_that_an_agent_plans_is_shown_and_kept(rig: Rig) -> None:
    await rig.people(1)
    await rig.start()
    await rig.ready()
    at = later(rig, 20)
    reply = await plan(rig, "pause", at, minutes=15, reason="lunch")
    shown = {"id": reply.result["plan_id"], "kind": "pause", "at": at.isoformat(), "minutes": 15, "reason": "lunch"}
    assert rig.console()["agent"]["planned"] == [shown]
    await rig.until(lambda: rig.board()["agents"][str(rig.agents[0])]["planned"] == [shown])
    await rig.until(lambda: rig.state() == "paused")
    agent = rig.console()["agent"]
    assert rig.clock.now() >= at and (agent["reason"], agent["planned"]) == ("lunch", [])
    since = datetime.fromisoformat(agent["since"])
    assert datetime.fromisoformat(agent["back_at"]) == since + timedelta(minutes=15)
    (row,) = await rig.until_rows("SELECT * FROM planned_end", lambda rows: rows[0]["over_at"])
    assert row["over_because"] == "kept" and row["planned_by"] == f"user:{rig.agents[0]}"
    await rig.press("ready")
    assert rig.console()["agent"]["back_at"] is None
    assert [row["action"] for row in await rig.rows("SELECT action FROM audit ORDER BY id")] == [
        "shift.planned", "shift.kept",
    ]  # fmt: skip


async def test_a_planned_end_waits_for_the_call_and_its_wrap_up(rig: Rig) -> None:
    await rig.people(1, quick(wrap_up_s=5, steps=(CallStep(tries=1),)))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await plan(rig, "logout", later(rig, 5))
    await rig.until(lambda: rig.console()["agent"]["wish"] == "logout")
    assert rig.state() == "talking"
    await rig.press("hangup")
    await rig.until(lambda: rig.state() == "wrap_up")
    await rig.until(lambda: rig.state() == "offline")
    (row,) = await rig.attempts()
    assert row["outcome"] == "conversation"


async def test_the_pacer_is_told_in_time_and_dials_nobody_for_who_leaves_soon(rig: Rig) -> None:
    await rig.people(1)
    await rig.start()
    await rig.ready()
    at = later(rig, LEAVING.total_seconds() + 20)
    await plan(rig, "logout", at)
    await rig.until(lambda: seats(rig) == [("idle", None)])
    assert rig.clock.now() < at - LEAVING + timedelta(seconds=5), "far from its time a plan changes nothing"
    await rig.until(lambda: seats(rig) == [("idle", "logout")])
    assert rig.state() == "ready" and rig.clock.now() < at, "the agent is still here"
    await rig.debtor(PERSON)
    await rig.until(lambda: rig.state() == "offline")
    assert await rig.attempts() == []


async def test_a_call_that_rings_already_is_not_given_up_before_its_agent_leaves(rig: Rig) -> None:
    await rig.people(1, quick(ring_timeout_s=60, steps=(CallStep(tries=1),)))
    await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: [call for call in rig.board()["calls"].values() if call["state"] == "ringing"])
    leaves = later(rig, 25)
    await plan(rig, "logout", leaves)
    (row,) = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert row["outcome"] == "cancelled" and row["ended_at"] >= leaves, "nor later than that: nobody is left"


async def test_a_person_who_answers_before_the_end_still_gets_the_agent(rig: Rig) -> None:
    await rig.people(1, quick(steps=(CallStep(tries=1),)))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await plan(rig, "logout", later(rig, 29))
    await rig.until(lambda: rig.state() in ("talking", "offline"))
    rows = await rig.attempts()
    assert [row["abandoned"] for row in rows] == [False] * len(rows)


async def test_a_supervisor_plans_for_an_agent_who_is_not_there_and_takes_it_back(rig: Rig) -> None:
    await rig.people(1)
    await rig.start()
    at = later(rig, 600).isoformat()
    made = await boss(rig, "agent_plan", user_id=rig.agents[0], kind="logout", at=at)
    assert made.error_code is None
    await rig.ready()
    assert [one["kind"] for one in rig.console()["agent"]["planned"]] == ["logout"]
    gone = await boss(rig, "agent_plan_cancel", user_id=rig.agents[0], plan_id=made.result["plan_id"])
    assert gone.error_code is None and rig.console()["agent"]["planned"] == []
    again = await boss(rig, "agent_plan_cancel", user_id=rig.agents[0], plan_id=made.result["plan_id"])
    assert (again.error_code, again.field) == ("refused", "plan_id")
    actions = [row["action"] for row in await rig.rows("SELECT action FROM audit ORDER BY id")]
    assert actions == ["shift.planned", "shift.cancelled"]


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"kind": "logout", "at": "17:30"}, "at"),
        ({"kind": "logout", "at": "2030-01-01T10:00:00"}, "at"),
        ({"kind": "logout", "at": "2020-01-01T10:00:00Z"}, "at"),
        ({"kind": "nap", "at": "2026-03-04T18:00:00Z"}, "kind"),
        ({"kind": "pause", "at": "2026-03-04T18:00:00Z", "minutes": "15", "reason": "lunch"}, "minutes"),
        ({"kind": "pause", "at": "2026-03-04T18:00:00Z", "reason": 7}, "reason"),
        ({"kind": "pause", "at": "2026-03-04T18:00:00Z", "reason": "wine"}, "reason"),
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused_with_its_field(rig: Rig, args: dict[str, Any], field: str) -> None:
    await rig.people(1)
    await rig.start()
    mine = await rig.press("plan", **args)
    bosses = await boss(rig, "agent_plan", user_id=rig.agents[0], **args)
    assert (mine.error_code, mine.field) == (bosses.error_code, bosses.field) == ("refused", field)
    for user_id in (None, "7", 2**70, True, 999_999):
        good = {"user_id": user_id, "kind": "logout", "at": "2026-03-04T18:00:00Z"}
        assert (await boss(rig, "agent_plan", **good)).field == "user_id"
    assert await rig.rows("SELECT 1 FROM planned_end") == []


async def test_a_plan_made_by_another_program_is_heard_of(rig: Rig) -> None:
    await rig.people(1)
    await rig.start()
    await rig.ready()
    asked = PlanAsked("pause", later(rig, 15), 5, "break")
    async with rig.engine.begin() as conn:
        await shifts.plan(
            conn, tenant_id=rig.tenant, user_id=rig.agents[0], asked=asked, now=rig.clock.now(), actor="cli"
        )
    await rig.until(lambda: rig.state() == "paused")
    assert rig.console()["agent"]["reason"] == "break"


async def test_a_plan_lives_through_a_restart_and_one_missed_meanwhile_is_kept_at_once(rig: Rig) -> None:
    await rig.people(2)
    await rig.start()
    await rig.ready()
    await plan(rig, "pause", later(rig, 5), 0, reason="lunch")
    soon = later(rig, 120)
    await plan(rig, "logout", soon, 1)
    await rig.kill()
    at = later(rig, 10)
    await rig.until(lambda: rig.clock.now() > at)
    await rig.start()
    await rig.until(lambda: rig.state(0) == "paused")
    assert [one["kind"] for one in rig.console(1)["agent"]["planned"]] == ["logout"]
    await rig.until(lambda: rig.state(1) == "offline", real_s=20)
    assert rig.clock.now() >= soon
    rows = await rig.until_rows("SELECT * FROM planned_end ORDER BY id", lambda rows: rows[1]["over_at"])
    assert [row["over_because"] for row in rows] == ["kept", "kept"]


async def test_a_plan_whose_time_passed_while_the_agent_was_away_does_nothing_when_they_come(rig: Rig) -> None:
    await rig.people(1)
    async with rig.engine.begin() as conn:
        asked = PlanAsked("logout", builders.NOW)
        early = builders.NOW - timedelta(hours=1)
        await shifts.plan(conn, tenant_id=rig.tenant, user_id=rig.agents[0], asked=asked, now=early, actor="cli")
    await rig.start()
    await rig.ready()
    (row,) = await rig.until_rows("SELECT * FROM planned_end", lambda rows: rows[0]["over_at"])
    assert row["over_because"] == "passed" and rig.state() == "ready"
