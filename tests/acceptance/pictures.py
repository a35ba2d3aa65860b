"""Takes the quick start's pictures of a running `make demo`: `python -m tests.acceptance.pictures`."""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from dialer.demo.setting_up import Login, read_logins
from tests.acceptance.conftest import QUIET, chromium

OUT = Path(__file__).parents[2] / "docs" / "pictures"
WIDE = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)


async def _log_in(browser: Browser, url: str, login: Login, scheme: str = "light") -> Page:
    context = await browser.new_context(viewport=WIDE, color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_test_id("login-name").fill(login.login)
    await page.get_by_test_id("login-password").fill(login.password)
    await page.get_by_test_id("login-submit").click()
    await page.wait_for_url(f"**/{'agent' if login.role == 'agent' else 'supervisor'}**")
    return page


async def _agent(browser: Browser, url: str, login: Login) -> None:
    page = await _log_in(browser, url, login)
    ready = page.get_by_test_id("ready")
    await ready.wait_for()
    if await ready.is_enabled():
        await ready.click()
    await page.get_by_test_id("identity-gate").wait_for(timeout=180_000)
    await page.screenshot(path=OUT / "agent-identity.png")
    for check in await page.locator("[data-testid^=check-]").all():
        await check.check(force=True)
    await page.get_by_test_id("identify-right").click()
    await page.get_by_test_id("debts").wait_for()
    await page.screenshot(path=OUT / "agent-file.png")
    await page.set_viewport_size(PHONE)
    await page.screenshot(path=OUT / "agent-phone-sized.png")


async def take(url: str, logins: dict[str, Login]) -> None:
    OUT.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        context = await browser.new_context(viewport=WIDE)
        page = await context.new_page()
        await page.goto(url)
        await page.get_by_test_id("login-name").wait_for()
        await page.screenshot(path=OUT / "login.png")
        await _agent(browser, url, logins["agent"])
        for scheme in ("light", "dark"):
            board = await _log_in(browser, url, logins["supervisor"], scheme)
            await board.get_by_test_id("live-call").first.wait_for(timeout=60_000)
            await board.screenshot(path=OUT / f"supervisor-{scheme}.png")
        await browser.close()


if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
    asyncio.run(take(address, {login.role: login for login in read_logins(Path(".demo"))}))
