"""How far an agent's call is, on a running floor: what the pacer is told, and what a console may say."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.floor_snapshot import snapshot
from dialer.pacing import PacingSnapshot
from dialer.pacing.interface import Seat, SeatEvent
from dialer.stages import TOLD_AT_MOST
from dialer.state import LiveCall, LiveCampaign
from tests.dialer.floor_rig import PERSON, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


def look(rig: Rig) -> PacingSnapshot:
    """What a pacer would be told now; the events are left to the floor's own tick."""
    state, floor = rig.floor.state, rig.floor
    campaign = state.campaigns[rig.campaign]
    kept = campaign.outcomes, campaign.seat_events
    found = snapshot(state, campaign, floor.tallies.campaign(rig.campaign), {rig.campaign}, rig.clock.now())
    campaign.outcomes, campaign.seat_events = kept
    return found


def seat(rig: Rig) -> Seat:
    (found,) = look(rig).seats
    return found


def the_call(rig: Rig) -> LiveCall:
    live = rig.floor.state.agents[rig.agents[0]]
    assert live.call is not None
    return live.call


async def in_a_talk(rig: Rig, *, wrap_up_s: int = 30) -> list[SeatEvent]:
    """One agent with a person on the line; the list fills with the events that the pacer is told from now on."""
    await rig.people(1, quick(wrap_up_s=wrap_up_s))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    told: list[SeatEvent] = []

    class Heard(LiveCampaign):
        __slots__ = ()

        def hear_seat(self, event: SeatEvent) -> None:
            told.append(event)
            LiveCampaign.hear_seat(self, event)

    rig.floor.state.campaigns[rig.campaign].__class__ = Heard
    return told


async def test_the_pacer_is_told_who_is_on_the_line_and_how_far_the_call_is(rig: Rig) -> None:
    told = await in_a_talk(rig)
    assert (seat(rig).state, seat(rig).stage) == ("talk", None)
    await rig.press("identify", result="right_party", checks=["last4"])
    first = seat(rig)
    assert (first.state, first.stage) == ("talk", "identified") and 0 <= first.stage_for_s <= first.for_s
    call = the_call(rig).attempt_id
    reply = await rig.press("stage", attempt_id=call, stage="promise")
    assert reply.result == {"taken": True} and seat(rig).stage == "promise"
    await rig.press("hold")
    await rig.until(lambda: rig.state() == "hold")
    assert (seat(rig).state, seat(rig).stage) == ("talk", "promise")
    await rig.press("hangup")
    await rig.until(lambda: rig.state() == "wrap_up")
    wrapping = seat(rig)
    assert (wrapping.state, wrapping.stage) == ("wrap", "promise") and wrapping.stage_for_s >= wrapping.for_s
    await rig.press("stage", attempt_id=call, stage="outcome")
    await rig.press("dispose", code="promise")
    await rig.until(lambda: rig.state() == "ready")
    assert seat(rig).stage is None
    assert [(event.kind, event.stage, event.shows) for event in told] == [
        ("talk_stage", None, "identified"),
        ("talk_stage", "identified", "promise"),
        ("talk_end", "promise", None),
        ("wrap_stage", "promise", "outcome"),
        ("wrap_end", "outcome", None),
    ]
    assert told[1].stage_for_s < told[1].duration_s <= told[2].duration_s


async def test_a_person_who_is_somebody_else_is_told_and_may_turn_out_to_be_the_right_one(rig: Rig) -> None:
    await in_a_talk(rig)
    await rig.press("identify", result="wrong_person", checks=[])
    assert seat(rig).stage == "not_party"
    await rig.press("identify", result="right_party", checks=["last4"])
    assert seat(rig).stage == "identified"
    await rig.press("identify", result="refused", checks=[])
    assert seat(rig).stage == "identified", "a stage only goes forward"


async def test_an_outcome_saved_in_the_talk_is_told_without_the_console(rig: Rig) -> None:
    await in_a_talk(rig)
    await rig.press("dispose", code="contact_no_result")
    assert seat(rig).stage == "not_party_outcome", "nobody was identified"
    await rig.press("identify", result="right_party", checks=["last4"])
    await rig.press("dispose", code="contact_no_result")
    assert seat(rig).stage == "outcome"


async def test_what_is_late_said_twice_backward_or_of_another_call_changes_nothing(rig: Rig) -> None:
    told = await in_a_talk(rig)
    await rig.press("identify", result="right_party", checks=["last4"])
    call = the_call(rig).attempt_id
    assert (await rig.press("stage", attempt_id="another", stage="outcome")).result == {"taken": False}
    assert (await rig.press("stage", attempt_id=call, stage="outcome")).result == {"taken": True}
    since = the_call(rig).staged_at
    for stage in ("outcome", "promise"):
        assert (await rig.press("stage", attempt_id=call, stage=stage)).result == {"taken": False}
    assert the_call(rig).staged_at == since and len(told) == 2
    await rig.press("hangup")
    await rig.until(lambda: rig.state() == "wrap_up")
    await rig.press("ready")
    assert (await rig.press("stage", attempt_id=call, stage="outcome")).result == {"taken": False}
    assert rig.state() == "ready" and seat(rig).stage is None


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"stage": "promise"},
        {"attempt_id": "x", "stage": "identified"},
        {"attempt_id": "x", "stage": ["promise"]},
        {"attempt_id": "x", "stage": "promise", "text": "what was typed"},
    ],
)
async def test_a_stage_that_a_console_may_not_say_is_refused_with_those_it_may(
    rig: Rig, args: dict[str, object]
) -> None:
    await in_a_talk(rig)
    reply = await rig.press("stage", **args)
    assert (reply.error_code, reply.field) == ("bad_stage", "stage") and "promise or outcome" in reply.message
    assert seat(rig).stage is None


async def test_a_console_that_does_not_stop_telling_is_refused(rig: Rig) -> None:
    await in_a_talk(rig)
    call = the_call(rig).attempt_id
    replies = [await rig.press("stage", attempt_id=call, stage="promise") for _ in range(TOLD_AT_MOST + 1)]
    assert [reply.error_code for reply in replies[-2:]] == [None, "too_many"]
    assert seat(rig).stage == "promise"


async def test_nothing_of_a_stage_is_stored(rig: Rig) -> None:
    await in_a_talk(rig)
    before = await rig.rows("SELECT count(*) AS n FROM audit")
    await rig.press("stage", attempt_id=the_call(rig).attempt_id, stage="promise")
    assert await rig.rows("SELECT count(*) AS n FROM audit") == before
    (attempt,) = await rig.attempts()
    assert (attempt["disposition"], attempt["right_party_at"]) == (None, None)
