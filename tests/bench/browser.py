"""One agent in a real Chromium among the consoles: when the page shows that a talk has begun."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page, async_playwright

from agent_ui.sessions import COOKIE

WATCH = """() => {
  window.benchTalks = [];
  let before = "";
  const look = () => {
    const state = document.querySelector("[data-testid=agent-state]")?.dataset.state ?? "";
    if (state !== before && state === "talking") window.benchTalks.push(Date.now());
    before = state;
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
  look();
}"""


@dataclass(slots=True)
class BrowserAgent:
    page: Page

    async def talks(self) -> list[float]:
        """Epoch seconds of each change of the page to talking."""
        found: list[float] = await self.page.evaluate("window.benchTalks")
        return [at / 1000 for at in found]


@asynccontextmanager
async def browser_agent(url: str, token: str) -> AsyncIterator[BrowserAgent]:
    """The page of the agent whose session's cookie is `token`, ready and watched."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise RuntimeError("no Chromium is installed: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            context = await browser.new_context()
            cookie: Any = {"name": COOKIE, "value": token, "url": url, "httpOnly": True}
            await context.add_cookies([cookie])
            page = await context.new_page()
            await page.goto(f"{url}/agent")
            await page.locator("[data-testid=link-state][data-phase=live]").wait_for(state="attached")
            await page.get_by_test_id("ready").click()
            await page.evaluate(WATCH)
            yield BrowserAgent(page)
        finally:
            await browser.close()
