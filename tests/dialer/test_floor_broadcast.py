"""Announcements without agents: heard, ended by key, never abandoned, only where all rulebooks allow them."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.admin.model import PolicyFacts
from campaigns.model import CallStep, CampaignSettings
from compliance.rulebooks.loader import load_rulebooks
from compliance.rulebooks.model import Rulebooks
from dialer.campaign_policy import RulebookPolicy
from dialer.commands import Actor, Command, Reply
from dialer.contact import GateContext
from telephony.exchange import Dtmf, PlaybackEnded
from tests.dialer import floor_rig as rigs
from tests.dialer.floor_rig import MACHINE, PERSON, Rig, floor_rig, quick
from tests.policy import announcing

pytestmark = pytest.mark.postgres
WORDS = "This is Northwind Recovery. Please call us. Press 9 to be called no more."


def broadcast(**changes: Any) -> CampaignSettings:
    defaults = {"mode": "broadcast", "announcement": "sound:promiseline/hello", "announcement_words": WORDS}
    return quick(steps=(CallStep(tries=1),), **{**defaults, **changes})


@pytest.fixture
async def rig(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    monkeypatch.setattr(rigs, "GATE", GateContext(announcing()))
    async with floor_rig(engine) as made:
        yield made


async def test_persons_hear_the_announcement_without_any_agent_and_none_counts_as_abandoned(rig: Rig) -> None:
    await rig.people(0, broadcast(max_lines=2))
    for _ in range(3):
        await rig.debtor(PERSON)
    await rig.start()
    rows = await rig.until_rows(
        "SELECT * FROM attempt", lambda rows: len(rows) == 3 and all(row["state"] == "ended" for row in rows), real_s=30
    )
    assert {(row["origin"], row["outcome"], row["abandoned"]) for row in rows} == {("announcement", "announced", False)}
    assert await rig.rows("SELECT 1 AS one FROM abandonment_slot WHERE persons > 0") == []
    queue = await rig.until_rows("SELECT * FROM queue_row", lambda rows: all(row["state"] == "done" for row in rows))
    assert len(queue) == 3
    assert len([entry for entry in rig.sandbox.log.entries if entry.kind == "play_start"]) == 3


async def test_the_key_closes_the_number_for_calls(rig: Rig) -> None:
    await rig.people(0, broadcast())
    await rig.debtor(PERSON)
    await rig.start()
    await rig.until(lambda: [call for call in rig.board()["calls"].values() if call["state"] == "announcing"])
    (call,) = rig.floor.state.calls.values()
    rig.floor.calls.feed(call, Dtmf(call.channel_id, "9", rig.clock.now()))
    (row,) = await rig.until_rows("SELECT * FROM opt_out", lambda rows: rows)
    assert (row["address"], row["channel"], row["source"]) == (call.phone, "voice", "keypad")
    assert row["evidence"] == call.attempt_id


async def test_a_machine_hears_nothing_unless_the_campaign_says_so(rig: Rig) -> None:
    await rig.people(0, broadcast(amd=True))
    await rig.debtor(MACHINE)
    await rig.start()
    (row,) = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows and rows[0]["state"] == "ended")
    assert (row["outcome"], row["abandoned"]) == ("amd_machine", False)


async def test_the_gate_refuses_whom_a_silent_rulebook_binds_and_says_why(engine: AsyncEngine) -> None:
    async with floor_rig(engine) as rig:
        await rig.people(0, broadcast())
        await rig.debtor(PERSON)
        await rig.start()
        (row,) = await rig.until_rows("SELECT * FROM verdict", lambda rows: rows)
        assert row["decision"] == "deny" and row["origin"] == "announcement"
        assert "an announcement without an agent is not allowed" in row["reasons"][0]["text"]
        assert await rig.attempts() == []


async def chosen(rig: Rig, **changes: Any) -> Reply:
    """What the board answers to a supervisor who sets a paused campaign to mode broadcast."""
    await rig.people(1, quick(), state="paused")
    await rig.debtor(PERSON)
    await rig.start()
    given = {"announcement": "sound:promiseline/hello", "announcement_words": WORDS, "amd": True}
    args = {"campaign_id": rig.campaign, "mode": "broadcast", **given, **changes}
    boss = Actor(1, rig.tenant, "supervisor")
    return await rig.floor.supervisor_command(boss, Command("b", "campaign_mode", args))


async def mode_of(rig: Rig) -> tuple[str, str]:
    (row,) = await rig.rows("SELECT settings FROM campaign")
    return row["settings"]["mode"], row["settings"]["announcement"]


async def test_choosing_the_mode_names_the_silent_rulebook_and_changes_nothing(engine: AsyncEngine) -> None:
    async with floor_rig(engine) as rig:
        reply = await chosen(rig)
        assert (reply.error_code, reply.field) == ("refused", "mode")
        assert "allowed only where every rulebook says so" in reply.message and "us-federal" in reply.message
        assert await mode_of(rig) == ("progressive", "")


async def test_choosing_the_mode_sets_the_announcement_with_it_where_the_rulebooks_allow_it(rig: Rig) -> None:
    assert (await chosen(rig)).error_code is None
    assert await mode_of(rig) == ("broadcast", "sound:promiseline/hello")


async def test_words_that_lack_the_rulebooks_way_out_are_refused_at_their_field(rig: Rig) -> None:
    reply = await chosen(rig, announcement_words="Call us. 9")
    assert (reply.error_code, reply.field) == ("refused", "announcement_words")
    assert await mode_of(rig) == ("progressive", "")


async def test_an_announcement_that_was_playing_at_a_kill_is_ended_by_the_next_life(rig: Rig) -> None:
    await rig.people(0, broadcast())
    await rig.debtor(PERSON)
    await rig.start()
    await rig.until(lambda: [call for call in rig.board()["calls"].values() if call["state"] == "announcing"])
    await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["answered_at"])
    await rig.kill()
    await rig.start()
    (call,) = rig.floor.state.calls.values()
    assert str(call.call.state) == "announcing"
    rig.floor.calls.feed(call, PlaybackEnded("p", call.channel_id, False, rig.clock.now()))
    (row,) = await rig.until_rows("SELECT * FROM attempt", lambda rows: rows[0]["state"] == "ended")
    assert (row["outcome"], row["abandoned"]) == ("announced", False)


@pytest.mark.parametrize(
    ("books", "words", "says"),
    [
        (load_rulebooks(), WORDS, "us-federal does not"),
        (announcing(), "Call us. 9", "us-federal asks for one of: press 9"),
    ],
)
def test_a_start_is_refused_with_the_rulebook_that_stands_against_it(books: Rulebooks, words: str, says: str) -> None:
    facts = PolicyFacts(broadcast(announcement_words=words), ("us-federal",), (), {}, (), date(2026, 3, 2))
    assert says in " ".join(problem.message for problem in RulebookPolicy(books).problems(facts))
