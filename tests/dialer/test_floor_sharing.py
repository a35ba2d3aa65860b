"""Who gets whom: cut wrap-ups, ringing calls whose agents left, skipped previews."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.model import CallStep
from dialer.pacing import Pacer, PacingDecision, PacingSnapshot
from tests.dialer.floor_rig import NO_ANSWER, PERSON, Rig, floor_rig, quick


class Once:
    """One call at a time, whoever is free."""

    def decide(self, snapshot: PacingSnapshot) -> tuple[Pacer, PacingDecision]:
        return self, PacingDecision(0 if snapshot.lines_in_use else 1, "once")


pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


async def in_wrap_up(rig: Rig, **changes: object) -> None:
    """One agent in a long wrap-up, and one more person in the queue, whom power dials for them."""
    await rig.people(1, quick(wrap_up_s=600, mode="progressive", steps=(CallStep(tries=1),), **changes))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "talking")
    await rig.press("hangup")
    await rig.until(lambda: rig.state() == "wrap_up")


async def a_person_waits(rig: Rig) -> None:
    """Somebody answers whom no free agent can take: launched as the floor would launch a call."""
    await rig.debtor(PERSON)
    rig.floor.state.campaigns[rig.campaign].pacer = Once()
    rig.floor.state.wake(None)


async def test_a_person_who_waits_ends_the_longest_wrap_up_where_the_campaign_allows_it(rig: Rig) -> None:
    await in_wrap_up(rig, wrap_up_cut_for_waiting=True)
    await a_person_waits(rig)
    await rig.until(lambda: rig.state() == "talking")
    query = "SELECT * FROM attempt ORDER BY at"
    first, second = await rig.until_rows(query, lambda rows: rows[0]["disposition"] and rows[1]["bridged_at"])
    assert first["disposition"] == "contact_no_result" and second["abandoned"] is False
    assert "your wrap-up ended early" in rig.console()["notices"][0]["text"]


async def test_a_wrap_up_is_left_alone_where_the_campaign_does_not_allow_a_cut(rig: Rig) -> None:
    await in_wrap_up(rig)
    await a_person_waits(rig)
    rows = await rig.until_rows(
        "SELECT * FROM attempt ORDER BY at", lambda rows: len(rows) == 2 and rows[1]["abandoned"]
    )
    assert rows[1]["bridged_at"] is None and rig.state() == "wrap_up"


async def test_calls_are_given_up_when_their_agents_leave_but_never_before_the_shortest_ring(rig: Rig) -> None:
    await rig.people(2, quick(steps=(CallStep(tries=2),), ring_timeout_s=40))
    for _ in range(2):
        await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until(
        lambda: [call for call in rig.board()["calls"].values() if call["state"] == "ringing"].__len__() == 2
    )
    await rig.press("pause", 0, reason="lunch")
    await rig.press("pause", 1, reason="lunch")
    rows = await rig.until_rows(
        "SELECT *, ended_at - ringing_at AS rang FROM attempt",
        lambda rows: all(row["state"] == "ended" for row in rows),
    )
    assert [row["outcome"] for row in rows] == ["cancelled", "cancelled"]
    assert all(15 <= row["rang"].total_seconds() < 22 for row in rows)
    # they rang: tries that count, and not to be called again at once
    queue = await rig.until_rows("SELECT * FROM queue_row", lambda rows: all(row["state"] == "waiting" for row in rows))
    assert [(row["tries"], row["callable_from"] > rig.clock.now()) for row in queue] == [(1, True), (1, True)]


async def test_calls_ring_on_when_agents_leave_where_the_campaign_says_so(rig: Rig) -> None:
    await rig.people(1, quick(steps=(CallStep(tries=2),), ring_timeout_s=25, cancel_ringing=False))
    await rig.debtor(NO_ANSWER)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: [call for call in rig.board()["calls"].values() if call["state"] == "ringing"])
    await rig.press("pause", reason="lunch")
    (row,) = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert row["outcome"] == "no_answer"


async def test_a_person_may_be_skipped_only_as_often_as_the_campaign_allows(rig: Rig) -> None:
    await rig.people(1, quick(mode="preview", preview_skips=1))
    debtor = await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "preview")
    assert rig.console()["call"]["skips_left"] == 1
    assert (await rig.press("preview_skip", reason="not_now")).error_code is None
    (row,) = await rig.until_rows("SELECT * FROM queue_row", lambda rows: rows[0]["state"] == "waiting")
    assert row["skips"] == 1
    async with rig.engine.begin() as conn:
        await conn.execute(text("UPDATE queue_row SET state = 'ready' WHERE debtor_id = :id"), {"id": debtor})
    await rig.until(lambda: rig.state() == "preview")
    assert rig.console()["call"]["skips_left"] == 0
    reply = await rig.press("preview_skip", reason="not_now")
    assert reply.error_code == "skips_used" and "dial, or pause" in reply.message
    await rig.press("preview_dial")
    await rig.until(lambda: rig.state() == "talking")
    await rig.press("hangup")
    await rig.press("dispose", code="contact_no_result")
    (row,) = await rig.until_rows("SELECT * FROM queue_row", lambda rows: rows[0]["state"] != "leased")
    assert row["skips"] == 0, "the next try may be skipped again"


async def test_the_end_of_a_previews_time_dials_where_the_campaign_says_so(rig: Rig) -> None:
    await rig.people(1, quick(mode="preview", preview_s=5, preview_end="dial"))
    await rig.debtor(PERSON)
    await rig.start()
    await rig.ready()
    await rig.until(lambda: rig.state() == "preview")
    assert rig.console()["call"]["dials_at_end"] is True
    await rig.until(lambda: rig.state() == "talking")
