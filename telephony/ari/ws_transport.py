"""Carries REST requests over WebSockets of their own (Asterisk 22.4 and newer), in turn over a few of them.

Each socket of Asterisk serves one request at a time, so these are not the socket of the events: each has its own app
name. What a socket cannot carry (lists that are large, files, bodies near 64 KB) goes by HTTP.
"""

import asyncio
import secrets
from itertools import count

import aiohttp
import msgspec

from telephony.ari.decode import decode_message
from telephony.ari.errors import ExchangeUnavailable, ExchangeUnknown, refusal
from telephony.ari.generated.events import RESTResponse
from telephony.ari.request import Request
from telephony.ari.settings import AriSettings
from telephony.ari.transport import HttpTransport, Reply

LARGEST_BODY = 60_000


class CommandSocket:
    """One WebSocket; opened at the first request and again after a loss."""

    def __init__(self, settings: AriSettings, http: HttpTransport, app: str) -> None:
        self._settings = settings
        self._http = http
        self._app = app
        self._ids = count(1)
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self._opening = asyncio.Lock()
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None

    async def exchange(self, request: Request, deadline_s: float) -> Reply:
        node = self._settings.node
        sent = False
        request_id = str(next(self._ids))
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(deadline_s):
                ws = await self._open()
                self._waiting[request_id] = reply
                sent = True
                await ws.send_str(_frame(request_id, request))
                return await reply
        except aiohttp.ClientConnectionResetError as error:
            raise ExchangeUnavailable(f"node {node}: the command socket is closing") from error
        except TimeoutError as error:
            if sent:
                raise ExchangeUnknown(f"node {node}: no reply to {request.op} within {deadline_s:g} s") from error
            raise ExchangeUnavailable(f"node {node}: no command socket in {deadline_s:g} s") from error
        finally:
            self._waiting.pop(request_id, None)

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        async with self._opening:
            if self._ws is not None and not self._ws.closed:
                return self._ws
            node = self._settings.node
            try:
                ws = await self._http.session.ws_connect(
                    f"{self._settings.base_url}/events",
                    params={"app": self._app},
                    heartbeat=self._settings.heartbeat_s,
                    timeout=aiohttp.ClientWSTimeout(ws_close=0.5),
                )
            except aiohttp.WSServerHandshakeError as error:
                raise refusal(node, "events.command_socket", error.status, error.message) from error
            except (aiohttp.ClientError, OSError) as error:
                raise ExchangeUnavailable(f"node {node} cannot be reached ({type(error).__name__})") from error
            self._ws = ws
            self._reader = asyncio.create_task(self._read(ws), name=f"ari-command-{self._app}")
            return ws

    async def _read(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for frame in ws:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(frame.data)
        finally:
            self._lose_all()

    def _take(self, text: str) -> None:
        message = decode_message(text)
        if not isinstance(message, RESTResponse):
            return
        waiting = self._waiting.get(message.request_id)
        if waiting is not None and not waiting.done():
            body = (message.message_body or "").encode()
            waiting.set_result(Reply(message.status_code, message.reason_phrase, body))

    def _lose_all(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                why = f"node {self._settings.node}: the command socket was lost before the reply"
                waiting.set_exception(ExchangeUnknown(why))

    async def close(self) -> None:
        if self._ws is not None:
            await self._ws.close()
        if self._reader is not None:
            await self._reader


class WsTransport:
    """`ws_command_sockets` sockets in turn, and HTTP for the rest."""

    def __init__(self, settings: AriSettings, http: HttpTransport) -> None:
        token = secrets.token_hex(4)
        names = [f"{settings.app}-cmd-{token}-{n}" for n in range(settings.ws_command_sockets)]
        self._http = http
        self._sockets = [CommandSocket(settings, http, name) for name in names]
        self._turn = count()

    async def exchange(self, request: Request, deadline_s: float) -> Reply:
        if not _fits(request):
            return await self._http.exchange(request, deadline_s)
        socket = self._sockets[next(self._turn) % len(self._sockets)]
        return await socket.exchange(request, deadline_s)

    async def close(self) -> None:
        for socket in self._sockets:
            await socket.close()
        await self._http.close()


def _fits(request: Request) -> bool:
    action = request.op.rpartition(".")[2]
    if action.startswith("list") or action.endswith("file"):
        return False
    return request.body is None or len(msgspec.json.encode(request.body)) <= LARGEST_BODY


def _frame(request_id: str, request: Request) -> str:
    frame: dict[str, object] = {
        "type": "RESTRequest",
        "transaction_id": request_id,
        "request_id": request_id,
        "method": request.method,
        "uri": request.path.lstrip("/"),
    }
    if request.query:
        frame["query_strings"] = [{"name": name, "value": value} for name, value in request.query_texts()]
    if request.body is not None:
        frame["content_type"] = "application/json"
        frame["message_body"] = msgspec.json.encode(request.body).decode()
    return msgspec.json.encode(frame).decode()
