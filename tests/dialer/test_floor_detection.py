"""Machine detection and predictive pacing on a running floor: above 1:1 by evidence only, and it says so."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.abandonment import service
from campaigns.model import CallStep
from dialer.commands import Actor, Command
from dialer.pacing import PacingSnapshot
from dialer.pacing.interface import SeatEvent
from dialer.pacing.memory import ANSWERED
from dialer.pacing.start import PacerStart
from dialer.pacing.stored import begun, predictive
from dialer.state import LiveCampaign
from tests import builders
from tests.dialer.floor_rig import MACHINE, NO_ANSWER, PERSON, Rig, floor_rig, quick

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]
AGENTS = 5
# a person who talks for some seconds, by a detection that is sure of it
TALKER = replace(PERSON, ring_s=3.0, talk_s=8.0, greeting_s=0.6)


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


@pytest.fixture(autouse=True)
def compiled() -> None:
    """The forecast's arithmetic is compiled once for an installation; that is no part of a floor's time."""
    begun("predictive", 1.0, PacerStart()).decide(PacingSnapshot(0.0))


async def detecting(rig: Rig, **settings: Any) -> None:
    """A predictive campaign with detection that has passed on 500 persons and cut 400 calls in the last hour."""
    made = {"mode": "predictive", "amd": True, "wrap_up_s": 2, "steps": (CallStep(tries=1),)}
    await rig.people(AGENTS, quick(**made | settings))
    at = rig.clock.now() - timedelta(minutes=20)
    async with rig.engine.begin() as conn:
        debtor = await builders.a_debtor(conn, rig.tenant, rig.creditor)
        for number in range(900):
            person = number < 500
            await builders.an_attempt(
                conn, rig.tenant, debtor, at=at, campaign_id=rig.campaign, answered_at=at, greeting_at=at,
                answered_by="person" if person else "machine", ended_at=at + timedelta(seconds=60),
                bridged_at=at if person else None, outcome="conversation" if person else "amd_machine",
            )  # fmt: skip


async def listened(rig: Rig, sample: int, found: int) -> None:
    """Somebody listens, and the command line or a web process writes it down: the floor is not told."""
    async with rig.engine.begin() as conn:
        await service.add_sample_test(
            conn, tenant_id=rig.tenant, tested_on=rig.clock.now().date(), sample=sample, false_positives=found,
            tested_by="Q. Auditor", now=rig.clock.now(), actor="cli",
        )  # fmt: skip


def view(rig: Rig) -> Mapping[str, Any]:
    found: Mapping[str, Any] = rig.board()["campaigns"][str(rig.campaign)]
    return found


def because(rig: Rig) -> str:
    return str(view(rig)["because"])


def alarms(rig: Rig) -> list[str]:
    return [alarm["text"] for alarm in rig.board()["alarms"] if alarm["id"].startswith("detection:")]


async def test_without_evidence_it_stays_at_one_for_one_and_says_why_and_how_to_mend_it(rig: Rig) -> None:
    await detecting(rig)
    for _ in range(3 * AGENTS):
        await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: view(rig)["in_flight"] == AGENTS)
    await rig.until(lambda: because(rig).startswith("1:1; machine detection: no valid sample test"))
    assert "promiseline compliance amd-evidence add" in because(rig)
    await rig.until(lambda: len(alarms(rig)) == 1)
    assert "dials one call for each free agent" in alarms(rig)[0] and "calls or more" in alarms(rig)[0]
    assert view(rig)["pacing"]["budget"]["holds"] and view(rig)["in_flight"] == AGENTS


async def test_with_evidence_of_half_a_percent_it_dials_above_one_for_one_and_stays_under_its_target(rig: Rig) -> None:
    await detecting(rig)
    await listened(rig, 1000, 5)
    for number in range(120):
        await rig.debtor(TALKER if number % 4 == 0 else MACHINE if number % 4 == 1 else NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: view(rig)["in_flight"] > AGENTS)
    start = rig.floor.state.campaigns[rig.campaign].start
    assert start.amd is not None and 0.005 < start.amd.est_fp < 0.02
    assert alarms(rig) == [] and "machine detection" not in because(rig)
    done = "SELECT * FROM attempt WHERE state = 'ended' AND queue_fence IS NOT NULL"
    await rig.until_rows(done, lambda rows: len(rows) >= 110, real_s=120)
    rows = await rig.rows("SELECT sum(persons) AS persons, sum(missed) AS missed, sum(machines_cut) AS cut"
                          " FROM abandonment_slot")  # fmt: skip
    persons, lost = rows[0]["persons"], rows[0]["missed"] + rows[0]["cut"] * 5 / 1000
    assert persons >= 525 and rows[0]["cut"] >= 425
    assert lost / (persons + lost) <= start.abandon_target


async def test_a_test_recorded_while_it_runs_is_gone_by_and_what_was_learnt_stays(rig: Rig) -> None:
    await detecting(rig)
    for number in range(24 * AGENTS):
        await rig.debtor(TALKER if number % 4 == 0 else NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: answered(rig) >= 4, real_s=60)
    await rig.until(lambda: because(rig).startswith("1:1; machine detection"))
    learnt = answered(rig)
    await listened(rig, 1000, 5)
    await rig.until(lambda: alarms(rig) == [], real_s=20)
    await rig.until(lambda: view(rig)["in_flight"] > AGENTS, real_s=60)
    assert answered(rig) >= learnt
    await listened(rig, 1000, 400)
    await rig.until(lambda: "405 of 2000 cut calls had a person" in because(rig), real_s=20)
    assert "tune detection or switch it off" in alarms(rig)[0]


async def test_another_mode_is_not_held_by_detection_and_predictive_is_again(rig: Rig) -> None:
    await detecting(rig, mode="power", lines_per_agent=2.0)
    for _ in range(6 * AGENTS):
        await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: view(rig)["in_flight"] == 2 * AGENTS)
    assert alarms(rig) == []
    boss = Actor(1, rig.tenant, "supervisor")
    for mode, text in (("predictive", "1:1; machine detection"), ("power", "ratio 2")):
        args = {"campaign_id": rig.campaign, "settings": {"mode": mode}}
        assert (await rig.floor.supervisor_command(boss, Command(mode, "campaign_set", args))).error_code is None
        await rig.until(lambda text=text: because(rig).startswith(text), real_s=20)  # type: ignore[misc]


async def test_machines_that_agents_name_while_they_talk_are_no_persons_to_the_pacer(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[SeatEvent] = []
    hear = LiveCampaign.hear_seat

    def heard(campaign: LiveCampaign, event: SeatEvent) -> None:
        told.append(event)
        hear(campaign, event)

    monkeypatch.setattr(LiveCampaign, "hear_seat", heard)
    await detecting(rig)
    await listened(rig, 1000, 5)
    await rig.debtor(replace(PERSON, talk_s=600.0))
    await rig.start()
    await rig.ready(0)
    await rig.until(lambda: rig.state() == "talking", real_s=20)
    assert (await rig.press("dispose", code="machine")).error_code is None
    await rig.press("hangup")
    await rig.until(lambda: any(one.kind == "talk_end" for one in told))
    assert [one.machine for one in told if one.kind == "talk_end"] == [True]


def answered(rig: Rig) -> float:
    pacer = predictive(rig.floor.state.campaigns[rig.campaign].pacer)
    assert pacer is not None
    return float(pacer.memory.marks[ANSWERED])
