"""Sockets that are slow, foreign, silent or malformed; and what they cost the others."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from sqlalchemy.ext.asyncio import AsyncConnection

from agent_ui.app import LIVE
from agent_ui.live import watch as watch_module
from agent_ui.sessions import COOKIE
from dialer.streams import Op
from tests.agent_ui.conftest import Browser, Refused, Web, WebMaker

ENGINE_IO = "/live/?EIO=4&transport=websocket"


async def raw(web: Web, cookie: str = "", origin: str = "", query: str = ENGINE_IO) -> ClientWebSocketResponse:
    headers = {"Origin": origin or web.base, **({"Cookie": f"{COOKIE}={cookie}"} if cookie else {})}
    return await web.browser().http.ws_connect(web.base + query, headers=headers)


async def joined(web: Web, browser: Browser, namespace: str = "/agent") -> ClientWebSocketResponse:
    socket = await raw(web, browser.cookie)
    assert (await socket.receive_str()).startswith("0{")
    await socket.send_str(f"40{namespace}," + json.dumps({"csrf": browser.csrf}))
    assert (await socket.receive_str()).startswith(f"40{namespace},")
    return socket


async def metric(web: Web, name: str) -> float:
    text = await (await web.browser().call("GET", "/metrics")).text()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


async def until_metric(web: Web, name: str, value: float) -> None:
    for _ in range(100):
        if await metric(web, name) == value:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{name} is {await metric(web, name)}, not {value}")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
async def test_a_page_of_another_site_cannot_open_a_socket(web: Web, origin: str) -> None:
    browser = await web.logged_in("agent")
    with pytest.raises(WSServerHandshakeError) as refused:
        await raw(web, browser.cookie, origin)
    assert refused.value.status == 403


async def test_there_is_no_polling(web: Web) -> None:
    response = await web.browser().call("GET", "/live/?EIO=4&transport=polling")
    assert response.status == 400
    assert (await web.browser().call("POST", "/live/?EIO=4&transport=polling")).status == 405


async def test_a_socket_that_does_not_read_is_cut_and_the_others_lose_nothing(make_web: WebMaker) -> None:
    web = await make_web({"queue_limit_packets": 100})
    browser = await web.logged_in("agent")
    console = await web.console(browser, "/agent")
    await console.resume()
    stalled = await joined(web, browser)
    await stalled.send_str('42/agent,0["resume",{"epoch":null,"seq":0}]')
    assert (await stalled.receive_str()).startswith('42/agent,["floor"')
    assert (await stalled.receive_str()).startswith("43/agent,0")
    transport = stalled._conn.transport  # type: ignore[union-attr]
    assert transport is not None
    transport.pause_reading()
    big = "x" * 50_000
    for number in range(400):
        web.floor.hub.publish(f"agent:{web.users['agent']}", [Op(("big",), f"{number} {big}")])
        await asyncio.sleep(0)
        if number % 20 == 19:
            await console.until(lambda number=number: len(console.deltas) == number + 1)  # type: ignore[misc]
    await until_metric(web, 'promiseline_consoles_dropped_total{because="slow"}', 1)
    await until_metric(web, "promiseline_consoles{", 1)
    assert [delta["seq"] for delta in console.deltas] == sorted(delta["seq"] for delta in console.deltas)
    assert len(console.deltas) == 400
    back = await web.console(browser, "/agent")
    assert "snapshot" in await back.resume()


async def test_a_socket_that_joins_nothing_is_cut(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "JOIN_WITHIN_ROUNDS", 1)
    socket = await raw(web)
    await until_metric(web, 'promiseline_consoles_dropped_total{because="never_joined"}', 1)
    while (message := await socket.receive(timeout=5)).type is WSMsgType.TEXT:
        pass
    assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR)


@pytest.mark.parametrize(
    "frame",
    [
        "4",
        "42",
        "42[]",
        "42{}",
        '42/agent,7["connect",{}]',
        '42/agent,7["disconnect","transport close"]',
        "42/agent,7[null]",
        "42/agent,7[[],{}]",
        "42/agent,7{",
        "42/agent,7" + "[" * 5000,
        "44/agent,{}",
        '451-/agent,7["resume",{"_placeholder":true,"num":0}]',
        "4" + "9" * 200,
        "47",
        "4x",
        "4null",
        '4{"a":1}',
        "43/agent,99[]",
        "6",
        "5",
    ],
)
async def test_a_malformed_packet_neither_breaks_the_socket_nor_makes_noise(
    web: Web, frame: str, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await joined(web, await web.logged_in("agent"))
    await socket.send_str(frame)
    await socket.send_str('42/agent,8["resume",{"epoch":null,"seq":0}]')
    answers: list[str] = []
    while not answers or not answers[-1].startswith("43/agent,8"):
        answers.append(await socket.receive_str(timeout=5))
    if ",7" in frame:
        assert any(answer.startswith("43/agent,7") and "malformed" in answer for answer in answers)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("frame", ["", "x", "b!", b"\x00", "9", "2"])
async def test_what_is_not_even_engine_io_costs_its_sender_at_most_the_socket(web: Web, frame: str | bytes) -> None:
    browser = await web.logged_in("agent")
    socket = await joined(web, browser)
    await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
    other = await web.console(browser, "/agent")
    assert (await other.command("c1"))["ok"]
    await socket.close()
    await until_metric(web, "promiseline_consoles{", 1)


async def test_a_frame_larger_than_the_limit_closes_the_socket(web: Web) -> None:
    socket = await joined(web, await web.logged_in("agent"))
    await socket.send_str('42/agent,1["command",{"cmd_id":"c","name":"note","args":{"text":"' + "x" * 70_000 + '"}}]')
    message = await socket.receive(timeout=5)
    assert message.type is WSMsgType.CLOSE
    assert message.data == 1009
    assert web.floor.commands == []


async def test_a_connection_that_breaks_while_it_joins_leaves_no_ghost(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await web.logged_in("agent")
    store, held = web.server.app[LIVE]._sessions, asyncio.Event()
    find, asked = store.find, asyncio.Event()

    async def slow_find(token_hash: bytes) -> Any:
        asked.set()
        await held.wait()
        return await find(token_hash)

    monkeypatch.setattr(store, "find", slow_find)
    socket = await raw(web, browser.cookie)
    await socket.send_str("40/agent," + json.dumps({"csrf": browser.csrf}))
    await asked.wait()
    (engine_socket,) = web.server.app[LIVE]._sio.eio.sockets.values()
    await engine_socket.close(wait=False, abort=True)  # as the library does when pongs stop
    held.set()
    for _ in range(100):
        if web.floor.presence == [(web.users["agent"], True), (web.users["agent"], False)]:
            break
        await asyncio.sleep(0.05)
    assert web.floor.presence == [(web.users["agent"], True), (web.users["agent"], False)]
    assert await metric(web, "promiseline_consoles{") == 0
    await socket.close()


async def test_without_the_database_a_command_still_reaches_the_floor(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = await web.console(await web.logged_in("agent"), "/agent")

    def gone(*_: Any, **__: Any) -> AsyncConnection:
        raise ConnectionRefusedError

    monkeypatch.setattr(type(web.deps.engine), "connect", gone)
    await asyncio.sleep(2.2)
    assert (await console.command("c1", "hangup"))["ok"]


async def test_without_the_database_nobody_joins_but_may_try_again(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await web.logged_in("agent")

    def gone(*_: Any, **__: Any) -> AsyncConnection:
        raise ConnectionRefusedError

    monkeypatch.setattr(type(web.deps.engine), "connect", gone)
    with pytest.raises(Refused, match="unavailable"):
        await web.console(browser, "/agent")


async def test_a_server_that_stops_lets_go_of_every_socket_and_tells_the_floor(make_web: WebMaker) -> None:
    web = await make_web()
    console = await web.console(await web.logged_in("agent"), "/agent")
    stalled = await joined(web, await web.logged_in("agent"))
    async with asyncio.timeout(5):
        await web.server.close()
    await asyncio.wait_for(console.gone.wait(), 5)
    assert console.byes == []
    assert (await stalled.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR)
    assert web.floor.presence[-1] == (web.users["agent"], False)
