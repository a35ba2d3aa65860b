"""A real browser and a real Asterisk for the acceptance tests; a missing one is a failure."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.acceptance.stage import Stage, staged
from tests.lab import AsteriskLab, asterisk_lab

__all__ = ["asterisk_lab"]

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found is not None, "no Chromium is installed: apt-get install chromium (make test does it)"
    return found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        yield made
        await made.close()


async def new_page(browser: Browser, **options: Any) -> tuple[BrowserContext, Page]:
    """A page in a context of its own (its own cookies); anything that the page logs as an error fails the test."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    return context, page


def lab_node(lab: AsteriskLab) -> dict[str, Any]:
    return {
        "name": "lab",
        "url": lab.ours.url,
        "username": lab.ours.settings.ari_user,
        "password": lab.ours.settings.ari_password,
        "app": lab.ours.settings.app,
        "trunk": "PJSIP/{number}@trunk",
    }


@pytest.fixture
async def stage(
    asterisk_lab: AsteriskLab, engine: AsyncEngine, database_url: str, valkey_url: str, tmp_path: Path
) -> AsyncIterator[Stage]:
    """One agent at a telephone of the real Asterisk; the server is not started yet."""
    async with staged(engine, database_url, valkey_url, tmp_path, [lab_node(asterisk_lab)]) as made:
        yield made
