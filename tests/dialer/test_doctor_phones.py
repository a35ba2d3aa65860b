"""What `promiseline doctor` says of the browser phones' address."""

from aiohttp import web
from aiohttp.test_utils import TestServer

from dialer.doctor import _phones
from dialer.settings import Settings, WebSettings


async def opened(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse(protocols=("sip",) if request.path == "/ws" else ())
    await socket.prepare(request)
    await socket.close()
    return socket


async def examined(path: str) -> tuple[bool, str, str]:
    app = web.Application()
    app.router.add_get("/ws", opened)
    app.router.add_get("/other", opened)
    async with TestServer(app) as server:
        url = str(server.make_url(path)).replace("http", "ws", 1)
        (found,) = await _phones(Settings(web=WebSettings(phone_ws_url=url)))
    return found.ok, found.says, found.mend


async def test_an_asterisk_that_speaks_sip_there_is_well() -> None:
    ok, says, mend = await examined("/ws")
    assert ok, says
    assert mend == ""


async def test_a_websocket_of_something_else_is_told_apart() -> None:
    ok, says, mend = await examined("/other")
    assert not ok
    assert "not one of SIP" in says
    assert "phone_ws_url" in mend


async def test_a_proxy_that_does_not_pass_it_on_is_named_with_its_answer() -> None:
    ok, says, _ = await examined("/nowhere")
    assert not ok
    assert "HTTP 404" in says


async def test_an_address_that_nobody_listens_at_is_named() -> None:
    (found,) = await _phones(Settings(web=WebSettings(phone_ws_url="ws://127.0.0.1:9/ws")))
    assert not found.ok
    assert "cannot be opened" in found.says


async def test_without_an_address_there_are_sip_telephones_only() -> None:
    (found,) = await _phones(Settings())
    assert found.ok
    assert "SIP telephones only" in found.says
