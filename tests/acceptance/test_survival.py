"""What is lost when a part is lost: nothing, on a real Asterisk and in a real Chromium."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db import migrate
from campaigns.db.embedded import EmbeddedPostgres
from campaigns.db.engine import make_engine
from telephony.ari.client import AriClient
from telephony.asterisk import public
from tests.acceptance.conftest import lab_node
from tests.acceptance.consoles import agent_ready, supervisor
from tests.acceptance.stage import Stage, staged
from tests.lab import AsteriskLab

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(240)]


def number(kind: str, line: int = 1) -> str:
    return f"+12125550{line}{kind}"


async def debtor_channels(lab: AsteriskLab) -> set[str]:
    async with AriClient(lab.ari_settings(app="onlooker")) as ari:
        return {channel.id for channel in await ari.channels.list() if channel.id.startswith("pl-c-")}


async def debtor_channels_are(count: int, lab: AsteriskLab) -> set[str]:
    """The channels of debtors, as soon as there are so many."""
    async with asyncio.timeout(20):
        while True:
            found = await debtor_channels(lab)
            if len(found) == count:
                return found
            await asyncio.sleep(0.1)


@pytest.fixture
async def pair(
    asterisk_lab: AsteriskLab, engine: AsyncEngine, database_url: str, valkey_url: str, tmp_path: Path
) -> AsyncIterator[Stage]:
    """Two agents at telephones of the real Asterisk."""
    phones = ("PJSIP/agent-1", "PJSIP/agent-2")
    async with staged(engine, database_url, valkey_url, tmp_path, [lab_node(asterisk_lab)], phones) as made:
        yield made


async def test_kill_9_during_a_talk_and_a_ringing_call_loses_nothing_and_repeats_nothing(
    pair: Stage, browser: Browser, asterisk_lab: AsteriskLab
) -> None:
    talking = await pair.debtor(number(public.PERSON), given_name="Tara")
    await pair.promiseline.start()
    await pair.start_campaign(ring_timeout_s=40)
    first = await agent_ready(browser, pair.promiseline.url, "agent1")
    await expect(first.get_by_test_id("identity-gate")).to_be_visible()
    for check in await first.locator("[data-testid^=check-]").all():
        await check.check()
    await first.get_by_test_id("identify-right").click()
    await expect(first.get_by_test_id("debts")).to_be_visible()
    ringing = await pair.debtor(number(public.NO_ANSWER, 2), given_name="Rina")
    await pair.requeue(ringing)
    await agent_ready(browser, pair.promiseline.url, "agent2")
    before = await debtor_channels_are(2, asterisk_lab)

    await pair.promiseline.kill()
    await expect(first.get_by_test_id("link-banner")).to_be_visible()
    await pair.promiseline.start()

    await expect(first.get_by_test_id("link-banner")).to_be_hidden()
    await expect(first.get_by_test_id("agent-state")).to_contain_text("Talking")
    await expect(first.get_by_test_id("debts")).to_contain_text("1,250.00")
    assert await debtor_channels(asterisk_lab) <= before, "nothing new was dialed"
    await first.get_by_test_id("hangup").click()
    ended = await pair.eventually("SELECT * FROM attempt WHERE debtor_id = :d AND state = 'ended'", d=talking)
    assert ended["outcome"] == "conversation"
    lost = await pair.eventually(
        "SELECT * FROM attempt WHERE debtor_id = :d AND state = 'ended'", within_s=60, d=ringing
    )
    assert lost["outcome"] in ("no_answer", "unknown")
    assert (await pair.one("SELECT count(*) AS n FROM attempt WHERE channel = 'voice'"))["n"] == 2


async def test_asterisk_gone_stops_dialing_at_once_and_its_return_needs_no_hand(
    stage: Stage, browser: Browser, asterisk_lab: AsteriskLab
) -> None:
    await stage.promiseline.start()
    await stage.debtor(number(public.BUSY))
    await stage.start_campaign()
    board = await supervisor(browser, stage.promiseline.url)
    await agent_ready(browser, stage.promiseline.url)
    await stage.eventually("SELECT 1 FROM attempt WHERE state = 'ended' AND outcome = 'busy'")

    asterisk_lab.ours.kill()
    try:
        await expect(board.get_by_test_id("node-lab")).to_have_attribute("data-health", "down")
        waiting = await stage.debtor(number(public.BUSY, 2))
        await stage.requeue(waiting)
        await asyncio.sleep(3.0)
        assert await stage.one("SELECT 1 AS dialed FROM attempt WHERE debtor_id = :d", d=waiting) is None
    finally:
        asterisk_lab.ours.restart()

    await expect(board.get_by_test_id("node-lab")).to_have_attribute("data-health", "up", timeout=20_000)
    await stage.eventually("SELECT 1 FROM attempt WHERE debtor_id = :d AND outcome = 'busy'", within_s=30, d=waiting)


async def test_valkey_gone_and_one_node_goes_on_dialing(
    asterisk_lab: AsteriskLab, engine: AsyncEngine, database_url: str, browser: Browser, tmp_path: Path
) -> None:
    nowhere = f"unix://{tmp_path}/no-valkey.sock"
    async with staged(engine, database_url, nowhere, tmp_path, [lab_node(asterisk_lab)]) as stage:
        await stage.promiseline.start()
        debtor = await stage.debtor(number(public.PERSON))
        await stage.start_campaign()
        console = await agent_ready(browser, stage.promiseline.url)

        await expect(console.get_by_test_id("identity-gate")).to_be_visible()
        await stage.eventually("SELECT 1 FROM attempt WHERE debtor_id = :d AND bridged_at IS NOT NULL", d=debtor)


TEXTER = "+12125550177"


async def test_postgresql_gone_means_no_dialing_and_its_return_needs_no_hand(
    asterisk_lab: AsteriskLab, valkey_url: str, browser: Browser, tmp_path: Path
) -> None:
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    postgres.start()
    try:
        postgres.ensure_database()
        url = postgres.url()
        await migrate.upgrade(url)
        engine = make_engine(url)
        async with staged(engine, url, valkey_url, tmp_path, [lab_node(asterisk_lab)]) as stage:
            await stage.promiseline.start()
            await stage.debtor(number(public.BUSY))
            await stage.start_campaign()
            board = await supervisor(browser, stage.promiseline.url)
            await agent_ready(browser, stage.promiseline.url)
            await stage.eventually("SELECT 1 FROM attempt WHERE state = 'ended' AND outcome = 'busy'")
            second = await stage.debtor(number(public.NO_ANSWER, 2))

            await engine.dispose()
            postgres.crash()
            await expect(board.get_by_test_id("alarms")).to_contain_text("database", ignore_case=True, timeout=15_000)
            assert await debtor_channels(asterisk_lab) == set()
            await stage.carrier.carrier.person_texts(TEXTER, "+12125550199", "STOP")

            postgres.start()
            await stage.eventually("SELECT 1 FROM opt_out WHERE address = :who", within_s=10, who=TEXTER)
            await stage.requeue(second)
            await stage.eventually("SELECT 1 FROM attempt WHERE debtor_id = :d", within_s=30, d=second)
            await expect(board.get_by_test_id("alarms")).not_to_contain_text(
                "database", ignore_case=True, timeout=15_000
            )
        await engine.dispose()
    finally:
        postgres.destroy()


async def test_a_debtor_outside_the_hours_is_never_dialed(stage: Stage, browser: Browser) -> None:
    await stage.promiseline.start()
    asleep = await stage.debtor(number(public.PERSON), hour=3)
    awake = await stage.debtor(number(public.BUSY))
    await stage.start_campaign()
    await agent_ready(browser, stage.promiseline.url)

    await stage.eventually("SELECT 1 FROM attempt WHERE debtor_id = :d", d=awake)
    await asyncio.sleep(2.0)
    assert await stage.one("SELECT 1 AS dialed FROM attempt WHERE debtor_id = :d", d=asleep) is None


async def test_a_person_who_waits_for_nobody_hears_the_message_and_is_counted_as_abandoned(
    stage: Stage, browser: Browser
) -> None:
    """Two answered calls and one agent: power dialing at two lines an agent."""
    debtors = [await stage.debtor(number(public.PERSON, line)) for line in (1, 2)]
    await stage.promiseline.start()
    await stage.start_campaign(mode="power", lines_per_agent=2.0)
    await agent_ready(browser, stage.promiseline.url)

    left = await stage.eventually("SELECT * FROM attempt WHERE abandoned AND state = 'ended'", within_s=40)

    assert left["debtor_id"] in debtors
    assert left["bridged_at"] is None
    assert left["answered_by"] in ("person", "unknown")
    # the message is longer than a second: who was hung up at once heard nothing
    assert (left["ended_at"] - left["answered_at"]).total_seconds() > 3.0
