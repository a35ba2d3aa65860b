"""The agent's browser as the agent's telephone, on a real Asterisk 22 and in a real Chromium with a fake microphone."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect
from sqlalchemy.ext.asyncio import AsyncEngine

from telephony.ari.client import AriClient
from telephony.asterisk import public
from tests.acceptance.conftest import lab_node, new_page
from tests.acceptance.stage import PASSWORD, Stage, staged
from tests.lab import AsteriskLab

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(180)]

PERSON = f"+121255501{public.PERSON}"
CONNECTIONS = """
const Real = window.RTCPeerConnection;
window.connections = [];
window.RTCPeerConnection = class extends Real {
  constructor(...given) { super(...given); window.connections.push(this); }
};
"""
HEARD = """async () => {
  const reports = [...(await window.connections.at(-1).getStats()).values()];
  const of = (type) => reports.find((one) => one.type === type && one.kind === "audio") ?? {};
  return {heard: of("inbound-rtp").totalAudioEnergy ?? 0, said: of("media-source").totalAudioEnergy ?? 0};
}"""
# the fake microphone is allowed beforehand, which no real one is
UNASKED = "navigator.permissions.query = async () => ({state: 'prompt', onchange: null});"
REFUSING = (
    UNASKED
    + """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };
"""
)


@pytest.fixture
async def floor(
    asterisk_lab: AsteriskLab, engine: AsyncEngine, database_url: str, valkey_url: str, tmp_path: Path
) -> AsyncIterator[Stage]:
    """Two agents whose phones are their browsers."""
    phones = ("PJSIP/agent-web-1", "PJSIP/agent-web-2")
    async with staged(engine, database_url, valkey_url, tmp_path, [lab_node(asterisk_lab)], phones) as made:
        yield made


async def sign_in(browser: Browser, url: str, login: str, *, before: str = "") -> Page:
    context, page = await new_page(browser, permissions=["microphone"])
    await context.add_init_script(CONNECTIONS + before)
    await page.goto(url)
    await page.get_by_test_id("login-name").fill(login)
    await page.get_by_test_id("login-password").fill(PASSWORD)
    await page.get_by_test_id("login-submit").click()
    await page.wait_for_url("**/agent**")
    return page


async def phone_is(page: Page, state: str) -> None:
    await expect(page.get_by_test_id("phone-status")).to_have_attribute("data-state", state)


async def ready_in_browser(browser: Browser, url: str, login: str) -> Page:
    page = await sign_in(browser, url, login)
    await phone_is(page, "registered")
    await page.get_by_test_id("ready").click()
    await phone_is(page, "open")
    return page


async def channels(lab: AsteriskLab, prefix: str) -> list[str]:
    async with AriClient(lab.ari_settings(app="onlooker")) as ari:
        return [channel.id for channel in await ari.channels.list() if channel.id.startswith(prefix)]


async def packets(lab: AsteriskLab, channel_id: str) -> tuple[int, int]:
    """Received and sent by Asterisk."""
    async with AriClient(lab.ari_settings(app="onlooker")) as ari:
        counted = await ari.channels.rtpstatistics(channel_id)
        return counted.rxcount, counted.txcount


async def until(met: Callable[[], Awaitable[bool]], within_s: float = 15.0) -> float:
    """Seconds until `met()` is true."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        while True:
            if await met():
                return time.monotonic() - began
            await asyncio.sleep(0.02)


async def test_agent_and_debtor_hear_each_other_by_the_browser_alone(
    floor: Stage, browser: Browser, asterisk_lab: AsteriskLab
) -> None:
    await floor.debtor(PERSON)
    await floor.promiseline.start()
    await floor.start_campaign()
    page = await ready_in_browser(browser, floor.promiseline.url, "agent1")
    await expect(page.get_by_test_id("agent-state")).to_contain_text("Talking")
    (leg,), (debtor,) = await channels(asterisk_lab, "pl-a-"), await channels(asterisk_lab, "pl-c-")

    before = await packets(asterisk_lab, leg), await packets(asterisk_lab, debtor), await page.evaluate(HEARD)
    await asyncio.sleep(2.0)
    after = await packets(asterisk_lab, leg), await packets(asterisk_lab, debtor), await page.evaluate(HEARD)

    for old, new in zip(before[:2], after[:2], strict=True):
        assert new[0] - old[0] > 50, "sound comes in: 50 packets a second"
        assert new[1] - old[1] > 50, "sound goes out"
    assert after[2]["heard"] > before[2]["heard"], "the agent hears the debtor"
    assert after[2]["said"] > before[2]["said"], "the debtor hears the agent"
    await expect(page.get_by_test_id("phone-status")).to_have_attribute("data-quality", "good")
    assert await floor.one("SELECT 1 AS dead FROM attempt WHERE abandoned") is None


async def leg_is_gone(lab: AsteriskLab, leg: str) -> bool:
    return leg not in await channels(lab, "pl-a-")


async def test_a_closed_page_takes_the_agent_out_within_a_second_and_another_agent_has_the_debtor(
    floor: Stage, browser: Browser, asterisk_lab: AsteriskLab
) -> None:
    await floor.debtor(PERSON)
    await floor.promiseline.start()
    await floor.start_campaign()
    first = await ready_in_browser(browser, floor.promiseline.url, "agent1")
    await expect(first.get_by_test_id("agent-state")).to_contain_text("Talking")
    (leg,), (debtor,) = await channels(asterisk_lab, "pl-a-"), await channels(asterisk_lab, "pl-c-")
    second = await ready_in_browser(browser, floor.promiseline.url, "agent2")

    await first.close()

    assert await until(lambda: leg_is_gone(asterisk_lab, leg)) < 1.0
    await expect(second.get_by_test_id("agent-state")).to_contain_text("Talking", timeout=2_000)
    assert await channels(asterisk_lab, "pl-c-") == [debtor], "the same call goes on"
    before = await second.evaluate(HEARD)
    await asyncio.sleep(1.0)
    assert (await second.evaluate(HEARD))["heard"] > before["heard"]


async def test_a_debtor_whose_only_agent_closed_the_page_hears_the_message_and_is_hung_up(
    floor: Stage, browser: Browser, asterisk_lab: AsteriskLab
) -> None:
    debtor = await floor.debtor(PERSON)
    await floor.promiseline.start()
    await floor.start_campaign()
    page = await ready_in_browser(browser, floor.promiseline.url, "agent1")
    await expect(page.get_by_test_id("agent-state")).to_contain_text("Talking")
    (line,) = await channels(asterisk_lab, "pl-c-")

    await page.close()

    await asyncio.sleep(2.5)  # the longest that anybody is let wait is two seconds
    before = await packets(asterisk_lab, line)
    await asyncio.sleep(1.0)
    assert (await packets(asterisk_lab, line))[1] - before[1] > 40, "the message is being said"
    ended = await floor.eventually("SELECT * FROM attempt WHERE debtor_id = :d AND state = 'ended'", d=debtor)
    assert ended["bridged_at"] is not None
    assert not ended["abandoned"], "the debtor had been connected"


async def test_a_reopened_page_brings_the_leg_back_without_a_hand(
    floor: Stage, browser: Browser, asterisk_lab: AsteriskLab
) -> None:
    await floor.debtor(PERSON, hour=3)  # asleep: nobody is dialed
    await floor.promiseline.start()
    await floor.start_campaign()
    page = await ready_in_browser(browser, floor.promiseline.url, "agent1")
    (old_leg,) = await channels(asterisk_lab, "pl-a-")
    context = page.context
    await page.close()

    again = await context.new_page()
    await again.goto(f"{floor.promiseline.url}/agent")

    await phone_is(again, "open")
    (new_leg,) = await channels(asterisk_lab, "pl-a-")
    assert new_leg != old_leg
    assert (await floor.one("SELECT count(*) AS n FROM attempt"))["n"] == 0


async def test_a_lost_phone_line_shows_at_once_and_comes_back_by_itself(
    floor: Stage, browser: Browser, asterisk_lab: AsteriskLab
) -> None:
    await floor.debtor(PERSON, hour=3)  # asleep: nobody is dialed
    await floor.promiseline.start()
    await floor.start_campaign()
    page = await ready_in_browser(browser, floor.promiseline.url, "agent1")

    asterisk_lab.ours.kill()
    try:
        await expect(page.get_by_test_id("phone-trouble")).to_have_attribute("data-state", "lost", timeout=1_000)
    finally:
        asterisk_lab.ours.restart()

    await expect(page.get_by_test_id("phone-trouble")).to_be_hidden(timeout=30_000)
    await expect(page.get_by_test_id("phone-status")).to_have_attribute("data-state", "open", timeout=20_000)


async def test_the_microphone_is_asked_for_with_an_explanation_and_nothing_registers_before(
    floor: Stage, browser: Browser, asterisk_lab: AsteriskLab
) -> None:
    await floor.promiseline.start()
    page = await sign_in(browser, floor.promiseline.url, "agent1", before=UNASKED)
    await expect(page.get_by_test_id("phone-trouble")).to_contain_text("needs your microphone")
    assert "agent-web-1" not in asterisk_lab.ours.cli("pjsip show contacts")

    await page.get_by_test_id("phone-allow").click()

    await phone_is(page, "registered")
    await expect(page.get_by_test_id("phone-trouble")).to_be_hidden()
    await page.get_by_test_id("phone-status").click()
    await expect(page.get_by_test_id("microphone-sign")).to_have_attribute("data-heard", "true")
    await expect(page.get_by_test_id("phone-microphone")).to_be_enabled()


async def test_a_refused_microphone_says_how_to_mend_it(floor: Stage, browser: Browser) -> None:
    await floor.promiseline.start()
    page = await sign_in(browser, floor.promiseline.url, "agent1", before=REFUSING)
    await page.get_by_test_id("phone-allow").click()

    await phone_is(page, "denied")
    await expect(page.get_by_test_id("phone-trouble")).to_contain_text("set Microphone to Allow")


async def test_an_agent_with_a_telephone_loads_no_sip_library(
    stage: Stage, browser: Browser, asterisk_lab: AsteriskLab
) -> None:
    await stage.promiseline.start()
    loaded: list[str] = []

    async def note(route: Route) -> None:
        loaded.append(route.request.url)
        await route.continue_()

    context, page = await new_page(browser)
    await context.route("**/assets/*.js", note)
    await page.goto(stage.promiseline.url)
    await page.get_by_test_id("login-name").fill("agent1")
    await page.get_by_test_id("login-password").fill(PASSWORD)
    await page.get_by_test_id("login-submit").click()

    await phone_is(page, "telephone")
    assert loaded
    assert not [url for url in loaded if "/line-" in url]
