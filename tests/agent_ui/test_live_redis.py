"""Two web processes: a session that ends on one is told to its consoles on the other, with Redis at once."""

import asyncio

import pytest

from agent_ui.live import watch as watch_module
from dialer.streams import Op
from tests.agent_ui.conftest import Console, Web, WebMaker
from tests.agent_ui.test_live import agent_stream


async def pair(make_web: WebMaker, redis_url: str) -> tuple[Web, Web]:
    first = await make_web({"redis_url": redis_url})
    second = await make_web({"redis_url": redis_url, "tenant_id": first.tenant})
    return first, second


async def hears(console: Console) -> list[dict[str, object]]:
    await console.until(lambda: bool(console.byes))
    return console.byes


async def test_with_redis_a_logout_on_one_process_is_heard_on_the_other_at_once(
    make_web: WebMaker, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "EVERY_S", 60.0)
    first, second = await pair(make_web, valkey_url)
    browser = await first.logged_in("agent")
    here, there = await first.console(browser, "/agent"), await second.console(browser, "/agent")
    await asyncio.sleep(0.3)  # the library subscribes in a task of its own and tells nobody when it has
    await browser.call("POST", "/api/logout")
    assert {"because": "logged_out"} in await hears(here)
    assert await hears(there) == [{"because": "logged_out"}]


async def test_without_redis_it_is_heard_within_a_moment(make_web: WebMaker) -> None:
    first, second = await pair(make_web, "")
    browser = await first.logged_in("agent")
    there = await second.console(browser, "/agent")
    await browser.call("POST", "/api/logout")
    assert await hears(there) == [{"because": "logged_out"}]


async def test_a_delta_goes_to_the_consoles_of_its_own_process_only(make_web: WebMaker, valkey_url: str) -> None:
    first, second = await pair(make_web, valkey_url)
    browser = await first.logged_in("agent")
    here, there = await first.console(browser, "/agent"), await second.console(browser, "/agent")
    await here.resume()
    await there.resume()
    # each process has its own mirror of the floor's streams: a bus between the sockets would send everything twice
    first.floor.hub.publish(agent_stream(first), [Op(("agent", "state"), "ready")])
    await here.until(lambda: bool(here.deltas))
    await asyncio.sleep(0.2)
    assert (len(here.deltas), there.deltas) == (1, [])


async def test_a_redis_that_is_gone_holds_up_nobody(make_web: WebMaker) -> None:
    web = await make_web({"redis_url": "redis://127.0.0.1:1/0"})
    browser = await web.logged_in("agent")
    console = await web.console(browser, "/agent")
    assert (await console.command("c1"))["ok"]
    await browser.call("POST", "/api/logout")
    assert await hears(console) == [{"because": "logged_out"}]
