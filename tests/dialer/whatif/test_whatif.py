"""A campaign's own calls become a scenario, and a question about it gets an answer from a process of its own."""

import random
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.abandonment import service as abandonment
from campaigns.admin import service as admin
from campaigns.db import tables as t
from campaigns.model import CampaignSettings
from campaigns.problems import Refused
from compliance.abandonment_ledger import Policy
from dialer.pacing.start import MachineDetection, PacerStart
from dialer.simulation.reading import read
from dialer.state import new_id
from dialer.whatif.learnt import GRID, HourSeen, Learnt, happened, learn
from dialer.whatif.runs import Run, WhatIf
from dialer.whatif.scenario import Question, assumed, rows, scenario_of
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, a_tenant, a_user

SETTINGS = CampaignSettings(caller_id="+12125550100")
TEN = Question(agents=8, start_h=10.5, hours=2.0, mode="power", lines_per_agent=2.0)
SEEN = Learnt(
    (HourSeen(10, 4000, 1000, 400, 100, 100), HourSeen(11, 10, 9, 0, 0, 0)),
    delay_s=GRID, ring_s=GRID, talk_s=tuple(100 * q for q in GRID),
)  # fmt: skip
SINCE = NOW - timedelta(days=14)


def test_each_hour_has_its_own_shares_and_one_of_few_calls_those_of_the_day() -> None:
    half_past_ten, eleven, noon = rows(TEN, SEEN)
    assert (half_past_ten["t"], eleven["t"], noon["t"]) == (0, 1800, 5400)
    assert half_past_ten["human"] == pytest.approx(0.25, abs=0.001)
    assert 0.25 < eleven["human"] < 0.32, "ten calls prove little"
    assert noon["human"] == pytest.approx(1009 / 4010)


def test_the_hours_go_on_after_midnight() -> None:
    late = rows(
        Question(1, 23.0, 3.0, "power", 1.0),
        Learnt((HourSeen(0, 10_000, 5_000, 0, 0, 0), HourSeen(23, 10_000, 100, 0, 0, 0))),
    )
    assert [round(row["human"], 1) for row in late] == [0.0, 0.5, 0.3]


@pytest.mark.parametrize("detection", [None, MachineDetection(0.05, 0.1)])
def test_what_was_learnt_is_a_scenario_that_the_simulator_takes(detection: MachineDetection | None) -> None:
    made = read(scenario_of(TEN, SEEN, SETTINGS, PacerStart(amd=detection, abandon_target=0.02)))
    assert (made.agents.count, made.horizon_s, made.abandon_target, made.max_lines) == (8, 7200, 0.02, 500)
    assert (made.calls.amd is None) == (detection is None)


def test_persons_whom_detection_will_cut_are_put_back_to_those_who_were_left() -> None:
    for plain, whole in zip(rows(TEN, SEEN), rows(TEN, SEEN, 0.2), strict=True):
        assert whole["human"] * 0.8 == pytest.approx(plain["human"])
        assert whole["human"] + whole["machine"] == pytest.approx(plain["human"] + plain["machine"])
    few = rows(TEN, Learnt((HourSeen(10, 1000, 500, 10, 0, 0),)), 0.5)[0]
    assert few["human"] == pytest.approx(0.51) and few["machine"] == 0


@pytest.mark.parametrize("calls", [0, 150])
def test_a_campaign_of_which_little_is_known_is_not_guessed_at(calls: int) -> None:
    with pytest.raises(Refused, match=f"too little is known: {calls} calls"):
        scenario_of(TEN, Learnt((HourSeen(9, calls, calls, 0, 0, 0),)), SETTINGS, PacerStart())


async def a_past(conn: AsyncConnection, calls: int, now: datetime = NOW) -> tuple[int, int]:
    """A campaign that made so many calls yesterday from nine on: a quarter answered, 20 s to 180 s of talk."""
    rng, tenant = random.Random(1), await a_tenant(conn)  # noqa: S311 - no secret
    creditor, agent = await a_creditor(conn, tenant), await a_user(conn, tenant)
    campaign = await a_campaign(conn, tenant, creditor, agents=[agent])
    debtor = await a_debtor(conn, tenant, creditor)
    point = (await conn.execute(t.contact_point.select().where(t.contact_point.c.debtor_id == debtor))).first()
    assert point is not None
    start = now.replace(hour=9, minute=0) - timedelta(days=1)
    attempts = [
        _call(rng, tenant, campaign, debtor, point.id, agent, start + timedelta(seconds=3 * n)) for n in range(calls)
    ]
    if attempts:
        await conn.execute(insert(t.attempt), attempts)
    state = {"tenant_id": tenant, "user_id": agent, "from_at": start, "reason": None}
    await conn.execute(
        insert(t.agent_state_log),
        [
            {**state, "state": "wrap_up", "to_at": start + timedelta(seconds=20)},
            {**state, "state": "ready", "to_at": start + timedelta(seconds=60)},
        ],
    )
    return tenant, campaign


def _call(
    rng: random.Random, tenant: int, campaign: int, debtor: int, point: int, agent: int, at: datetime
) -> dict[str, Any]:
    human, ringing = rng.random() < 0.25, at + timedelta(seconds=2)
    answered = ringing + timedelta(seconds=rng.uniform(3, 15)) if human else None
    ended = (answered or ringing) + timedelta(seconds=rng.uniform(20, 180) if human else 22)
    return {
        "id": new_id(), "tenant_id": tenant, "campaign_id": campaign, "debtor_id": debtor, "contact_point_id": point,
        "debt_ids": [], "channel": "voice", "origin": "dialer", "at": at, "state": "ended", "ringing_at": ringing,
        "answered_at": answered, "bridged_at": answered, "ended_at": ended, "agent_id": agent if human else None,
        "answered_by": "person" if human else None, "outcome": "conversation" if human else "no_answer",
    }  # fmt: skip


@pytest.fixture
async def past(engine: AsyncEngine) -> tuple[int, int]:
    async with engine.begin() as conn:
        return await a_past(conn, 1000)


@pytest.mark.postgres
async def test_what_is_learnt_is_what_the_calls_were(engine: AsyncEngine, past: tuple[int, int]) -> None:
    async with engine.connect() as conn:
        found = await learn(conn, past[1], "UTC", SINCE)
        (day,) = await happened(conn, past[1], "UTC", SINCE)
    (nine,) = found.hours
    assert (nine.hour, nine.calls) == (9, 1000) and 200 < nine.human < 300
    assert (len(found.talk_s), found.delay_s[0], found.machine_ring_s) == (21, 2.0, ())
    assert 20 <= found.talk_s[0] < 60 < found.talk_s[10] < 140 < found.talk_s[20] <= 180
    assert found.wrap_up_s == (20.0,) * 21
    assert (day["calls"], day["answered"], day["talks"], day["agents"]) == (1000, nine.human, nine.human, 1)
    assert day["occupancy"] == 0.25


@pytest.fixture
async def what_if(engine: AsyncEngine) -> AsyncIterator[WhatIf]:
    made = WhatIf(engine, Policy())
    yield made
    await made.close()


async def over(run: Run, what_if: WhatIf) -> Run:
    for task in list(what_if._tasks):
        await task
    return run


ASKED = {"agents": 6, "start_h": 9.0, "hours": 1.0, "mode": "progressive"}


@pytest.mark.postgres
@pytest.mark.timeout(240)
async def test_a_question_is_answered_with_intervals_beside_what_happened(
    what_if: WhatIf, past: tuple[int, int]
) -> None:
    run = await over(await what_if.ask(*past, ASKED, 3, NOW), what_if)
    assert (run.state, run.progress, run.message) == ("done", 1.0, "")
    figures = run.answer["figures"]
    assert figures["abandon_rate"]["mean"] < 0.01, "1:1 abandons nobody to speak of"
    assert 0.4 < figures["occupancy"]["low"] <= figures["occupancy"]["mean"] <= figures["occupancy"]["high"] < 1
    assert run.answer["happened"][0]["calls"] == 1000 and run.answer["learnt"]["calls"] == 1000
    assert what_if.run(past[0], past[1], run.id) is run and what_if.run(past[0] + 1, past[1], run.id) is None


@pytest.mark.postgres
async def test_a_question_that_takes_too_long_ends_and_says_so(engine: AsyncEngine, past: tuple[int, int]) -> None:
    slow = (sys.executable, "-c", "import time; time.sleep(60)")
    what_if = WhatIf(engine, Policy(), within_s=0.2, worker=slow)
    run = await over(await what_if.ask(*past, ASKED, 3, NOW), what_if)
    assert run.state == "timeout" and "fewer agents" in run.message


@pytest.mark.postgres
async def test_a_worker_that_dies_is_told_and_the_next_question_is_answered(
    engine: AsyncEngine, past: tuple[int, int]
) -> None:
    what_if = WhatIf(engine, Policy(), worker=(sys.executable, "-c", "raise SystemExit(3)"))
    run = await over(await what_if.ask(*past, ASKED, 3, NOW), what_if)
    assert run.state == "failed" and "without an answer" in run.message


@pytest.mark.postgres
async def test_it_reckons_with_what_the_sample_tests_say_of_detection(
    engine: AsyncEngine, what_if: WhatIf, past: tuple[int, int]
) -> None:
    async with engine.begin() as conn:
        await admin.change_settings(conn, past[1], {"amd": True}, now=NOW, actor="cli")
    untested = await what_if.ask(*past, ASKED, 1, NOW)
    async with engine.begin() as conn:
        await abandonment.add_sample_test(
            conn, tenant_id=past[0], tested_on=NOW.date(), sample=2000, false_positives=10, tested_by="Q. Auditor",
            now=NOW, actor="cli",
        )  # fmt: skip
    tested = await what_if.ask(*past, ASKED, 1, NOW)
    told = {
        one["text"]: one["value"]
        for one in (await over(untested, what_if)).answer["assumed"]
        if one["value"] is not None
    }
    assert told["machine detection takes 20.0% of persons for machines"] == 0.2
    (said,) = [
        one["text"] for one in (await over(tested, what_if)).answer["assumed"] if one["code"] == "machine_errors"
    ]
    assert 0.1 < float(said.split()[3].rstrip("%")) < 5.0


@pytest.mark.parametrize(("mode", "told"), [("predictive", [0.03]), ("power", [0.03]), ("progressive", [])])
def test_it_says_that_no_gauge_is_simulated(mode: str, told: list[float]) -> None:
    """In the first hours of a day they leave a pacer less than the limit."""
    found = assumed(replace(TEN, mode=mode), SEEN, SETTINGS, PacerStart())
    assert [one["value"] for one in found if one["code"] == "whole_limit"] == told


@pytest.mark.postgres
async def test_a_mode_that_cannot_be_simulated_is_refused(what_if: WhatIf, past: tuple[int, int]) -> None:
    with pytest.raises(Refused, match="mode preview is not simulated"):
        await what_if.ask(*past, {**ASKED, "mode": "preview"}, 3, NOW)
