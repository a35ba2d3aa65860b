"""Split roles: four processes, a Valkey between them, the exchange and the carrier as processes of their own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db.embedded import EmbeddedValkey
from telephony.asterisk.ports import free_port
from telephony.messaging.sandbox.carrier import SANDBOX_ACCOUNT, SANDBOX_TOKEN
from telephony.sandbox.debtors import DebtorModel, DebtorScript, Fate
from tests.acceptance.consoles import agent_ready, supervisor
from tests.acceptance.stage import Promiseline, Stage, staged
from tests.dialer.cli.twins import EXCHANGE_PASSWORD, sandbox_carrier, sandbox_exchange

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ROLES = ("web", "dialer", "scheduler", "messenger")
EXCHANGE_SEED = "7"


def numbers(fate: Fate) -> list[str]:
    """Numbers that the exchange lets end so at the first call: its model is the same for the same seed."""
    model = DebtorModel(seed=EXCHANGE_SEED)
    scripts = {f"+1212555{n:04d}": model.script(f"1212555{n:04d}", 1) for n in range(100, 3000)}
    return [number for number, script in scripts.items() if script.fate is fate and _quick(script)]


def _quick(script: DebtorScript) -> bool:
    if script.fate is Fate.PERSON:
        return script.ring_s < 5 and script.talk_s > 150 and script.patience_s > 6
    return script.sip == 486


@dataclass(slots=True)
class Site:
    """Everything that a split installation consists of."""

    stage: Stage
    valkey: EmbeddedValkey
    carrier_log: Path
    roles: dict[str, Promiseline] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.roles["web"].url

    async def start(self) -> None:
        await asyncio.gather(*(role.start() for role in self.roles.values()))

    def texted(self) -> list[str]:
        lines = self.carrier_log.read_text().splitlines() if self.carrier_log.exists() else []
        return [entry["to"] for entry in map(json.loads, lines) if entry["what"] == "accepted"]


@pytest.fixture
async def site(engine: AsyncEngine, database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    valkey = EmbeddedValkey(tmp_path / "valkey")
    valkey.start()
    async with AsyncExitStack() as stack:
        stack.callback(valkey.destroy)
        ari = await stack.enter_async_context(sandbox_exchange("--seed", EXCHANGE_SEED))
        node = {"name": "lab", "url": ari, "password": EXCHANGE_PASSWORD}
        stage = await stack.enter_async_context(staged(engine, database_url, valkey.url(), tmp_path, [node]))
        log = tmp_path / "carrier.jsonl"
        inbound = f"{stage.promiseline.url}/hooks/twilio/inbound"
        carrier = await stack.enter_async_context(sandbox_carrier(inbound, log))
        messaging = {"provider": "sandbox", "account_sid": SANDBOX_ACCOUNT, "auth_token": SANDBOX_TOKEN}
        messaging |= {"base_url": carrier, "sms_sender": "+12125550199"}
        site = Site(stage, valkey, log)
        for role in ROLES:
            port = stage.promiseline.port if role == "web" else free_port()
            environment = stage.promiseline.environment | {
                "PROMISELINE_ROLES": json.dumps([role]),
                "PROMISELINE_WEB__PORT": str(port),
                "PROMISELINE_MESSAGING": json.dumps(messaging),
            }
            site.roles[role] = Promiseline(environment, port, log=tmp_path / f"{role}.log")
            stack.push_async_callback(site.roles[role].stop)
        yield site


async def identified(console: Page) -> None:
    """The pop of a call, and the identity check."""
    await expect(console.get_by_test_id("identity-gate")).to_be_visible(timeout=40_000)
    for check in await console.locator("[data-testid^=check-]").all():
        await check.check()
    await console.get_by_test_id("identify-right").click()
    await expect(console.get_by_test_id("debts")).to_be_visible()


async def promised(console: Page, amount: str) -> None:
    await console.get_by_test_id("promise-amount").fill(amount)
    due = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    await console.get_by_test_id("promise-date").fill(due)
    await console.get_by_test_id("promise-save").click()


async def closed(console: Page) -> None:
    await console.get_by_test_id("hangup").click()
    await console.get_by_test_id("disposition-promise").check(force=True)
    await console.get_by_test_id("dispose").click()


async def pressed(console: Page, state: str, *buttons: str) -> None:
    """Press until it is carried out: while the dialer cannot be heard the console says so and nothing happens."""
    shown = console.get_by_test_id("agent-state")
    async with asyncio.timeout(40):
        while await shown.get_attribute("data-state") != state:
            for button in buttons:
                await console.get_by_test_id(button).click(timeout=5_000)
            try:
                await expect(shown).to_have_attribute("data-state", state, timeout=6_000)
            except AssertionError:
                continue


async def test_four_processes_do_together_what_one_does(site: Site, browser: Browser) -> None:
    stage = site.stage
    persons, busy = numbers(Fate.PERSON), numbers(Fate.FAILED)
    first = await stage.debtor(persons[0], given_name="Dana", balances=(125_000,))
    await site.start()
    for name, role in site.roles.items():
        await answers_operators(role)
        if name != "web":
            await lets_nobody_in(role)
    await stage.start_campaign()
    board = await supervisor(browser, site.url)
    console = await agent_ready(browser, site.url)

    await identified(console)
    await promised(console, "250")
    await stage.eventually("SELECT 1 FROM promise WHERE debtor_id = :d AND amount_minor = 25000", d=first)
    await expect(board.get_by_test_id("total-promises")).to_contain_text("1")
    await closed(console)

    texted = await stage.debtor(busy[0])
    await stage.requeue(texted)
    await stage.eventually("SELECT 1 FROM message WHERE debtor_id = :d AND state = 'delivered'", 40, d=texted)
    assert site.texted() == [busy[0]]

    site.valkey.destroy()
    site.valkey.start()
    for page in (console, board):
        await expect(page.get_by_test_id("floor-banner")).to_be_hidden(timeout=20_000)
    await pressed(console, "paused", "pause", "pause-break")
    await pressed(console, "ready", "ready")
    second = await stage.debtor(persons[1], given_name="Sofia")
    await stage.requeue(second)
    await identified(console)
    await expect(console.get_by_test_id("ask-for").first).to_contain_text("Sofia")

    assert await exchange_check(site) == (True, "up: lab")
    await site.roles["dialer"].kill()
    await says_that_the_dialer_is_gone(console, board)
    ok, reason = await exchange_check(site)
    assert not ok and "the dialer is not heard since" in reason
    await site.roles["dialer"].start()
    for page in (console, board):
        await expect(page.get_by_test_id("floor-banner")).to_be_hidden(timeout=20_000)
        await expect(page.locator("[data-testid=link-state][data-phase=live]")).to_be_attached()

    await promised_again(console, "100")
    await stage.eventually("SELECT 1 FROM promise WHERE debtor_id = :d AND amount_minor = 10000", d=second)
    await expect(board.get_by_test_id("total-promises")).to_contain_text("2", timeout=20_000)
    await closed(console)
    ended = await stage.eventually("SELECT * FROM attempt WHERE debtor_id = :d AND state = 'ended'", d=second)
    assert ended["outcome"] == "conversation"
    third = await stage.debtor(persons[2], given_name="Tomas")
    await stage.requeue(third)
    await identified(console)
    await expect(console.get_by_test_id("ask-for").first).to_contain_text("Tomas")
    assert (await stage.one("SELECT count(*) AS n FROM attempt WHERE channel = 'voice'"))["n"] == 4, "none repeated"


async def says_that_the_dialer_is_gone(console: Page, board: Page) -> None:
    """Within 5 s, on both pages; the agent's call and what was typed stay, and nothing can be pressed."""
    async with asyncio.timeout(5):
        for page in (console, board):
            banner = page.get_by_test_id("floor-banner")
            await expect(banner).to_contain_text("Calls in progress go on", timeout=5_000)
            await expect(banner).to_have_attribute("data-why", "dialer")
    await expect(console.get_by_test_id("ask-for").first).to_contain_text("Sofia")
    await expect(console.get_by_test_id("hangup")).to_be_disabled()
    await expect(board.get_by_test_id("create-campaign")).to_be_disabled()


async def exchange_check(site: Site) -> tuple[bool, str]:
    """What /readyz of the web role says of the floor."""
    async with aiohttp.ClientSession(site.url) as http, http.get("/readyz") as reply:
        checks = {check["name"]: check for check in (await reply.json())["checks"]}
    return checks["exchange"]["ok"], checks["exchange"]["reason"]


async def promised_again(console: Page, amount: str) -> None:
    """The new dialer found the talk; the console needs no hand, a command that comes too early is pressed again."""
    async with asyncio.timeout(40):
        while True:
            await promised(console, amount)
            try:
                await expect(console.get_by_test_id("promise-amount")).not_to_have_value(amount, timeout=3_000)
                return
            except AssertionError:
                continue


async def answers_operators(role: Promiseline) -> None:
    async with aiohttp.ClientSession(role.url) as http:
        async with http.get("/healthz") as reply:
            assert (await reply.json())["alive"]
        async with http.get("/readyz") as reply:
            body = await reply.json()
            checks = {check["name"]: check["ok"] for check in body["checks"]}
            assert body["ready"] and checks["database"] and checks["redis"], body
        async with http.get("/metrics") as reply:
            assert reply.status == 200
            assert "# TYPE" in await reply.text()


async def lets_nobody_in(role: Promiseline) -> None:
    """Pages, logins and webhooks are the web role's alone."""
    async with aiohttp.ClientSession(role.url) as http:
        for path in ("/", "/agent", "/api/me", "/live/"):
            async with http.get(path) as reply:
                assert reply.status == 404, path
        async with http.post("/api/login", json={"login": "agent1", "password": "guess"}) as reply:
            assert reply.status == 404
