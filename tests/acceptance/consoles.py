"""What people do at the consoles, in a real browser."""

from playwright.async_api import Browser, Page, expect

from tests.acceptance.conftest import new_page
from tests.acceptance.stage import PASSWORD


async def log_in(browser: Browser, url: str, login: str, console: str) -> Page:
    """Log in by the page and wait for the console."""
    _, page = await new_page(browser)
    await page.goto(url)
    await page.get_by_test_id("login-name").fill(login)
    await page.get_by_test_id("login-password").fill(PASSWORD)
    await page.get_by_test_id("login-submit").click()
    await page.wait_for_url(f"**/{console}**")
    return page


async def agent_ready(browser: Browser, url: str, login: str = "agent1") -> Page:
    page = await log_in(browser, url, login, "agent")
    await page.get_by_test_id("ready").click()
    await expect(page.get_by_test_id("agent-state")).to_contain_text("Ready")
    return page


async def supervisor(browser: Browser, url: str) -> Page:
    return await log_in(browser, url, "supervisor", "supervisor")
