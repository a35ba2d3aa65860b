"""Serves the simulated node by HTTP and WebSocket, and carries out the injected faults of the wire."""

import asyncio
import base64
import hmac
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from aiohttp import WSMsgType, web
from yarl import URL

from telephony.sandbox.api import Api, Reply
from telephony.sandbox.apps import Socket
from telephony.sandbox.faults import Fault, Rule
from telephony.sandbox.state import Json

if TYPE_CHECKING:
    from telephony.sandbox.exchange import SandboxExchange

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode


class AriServer:
    def __init__(self, exchange: "SandboxExchange", api: Api) -> None:
        self._exchange = exchange
        self._api = api
        self._sockets: set[Socket] = set()
        self._connections: set[asyncio.Transport] = set()
        self._paused = False

    def application(self) -> web.Application:
        app = web.Application(client_max_size=256 * 1024)
        app.router.add_get("/ari/events", self._events)
        app.router.add_route("*", "/ari/{path:.*}", self._http)
        return app

    def cut_sockets(self) -> None:
        for socket in list(self._sockets):
            socket.abort()
            self._gone(socket)

    def cut_all(self) -> None:
        self.cut_sockets()
        for transport in list(self._connections):
            transport.abort()

    def pause(self, paused: bool) -> None:
        self._paused = paused
        for socket in self._sockets:
            socket.pause(paused)

    def _authorised(self, request: web.Request) -> bool:
        expected = f"{self._exchange.username}:{self._exchange.password}"
        key = request.query.get("api_key")
        if key is None:
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "basic":
                return False
            try:
                key = base64.b64decode(given, validate=True).decode()
            except ValueError:
                return False
        return hmac.compare_digest(key.encode(), expected.encode())

    async def _http(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            self._connections.add(request.transport)
            self._connections = {item for item in self._connections if not item.is_closing()}
        if not self._authorised(request):
            headers = {"WWW-Authenticate": 'Basic realm="Asterisk REST Interface"'}
            return _json(401, {"message": "Authentication required"}, headers)
        path = request.rel_url.raw_path.removeprefix("/ari/")
        rule = self._exchange.faults.take(request.method, path)
        if rule is not None and rule.fault is Fault.REFUSE:
            return _json(rule.status, {"message": "Service unavailable"})
        if rule is not None and rule.fault is Fault.DROP_REQUEST:
            return self._cut(request)
        try:
            body = await _body(request)
        except msgspec.DecodeError:
            return _json(400, {"message": "Error parsing request body"})
        reply = self._api.answer(request.method, path, request.query, body)
        if rule is not None and await self._spoil(rule):
            return self._cut(request)
        if reply.body is None:
            return web.Response(status=reply.status)
        return _json(reply.status, reply.body)

    async def _spoil(self, rule: Rule) -> bool:
        """Wait as the fault says; True when the reply is to be lost."""
        if rule.fault is Fault.DELAY:
            await asyncio.sleep(rule.seconds)
        if rule.fault is Fault.STALL:
            await asyncio.Event().wait()
        return rule.fault is Fault.DROP_REPLY

    def _cut(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if not self._authorised(request):
            return _json(401, {"message": "Authentication required"})
        names = [name for name in request.query.get("app", "").split(",") if name]
        if not names:
            return _json(400, {"message": "HTTP request is missing param: [app]"})
        web_socket = web.WebSocketResponse(autoping=True, max_msg_size=64 * 1024)
        await web_socket.prepare(request)
        transport = request.transport
        socket = Socket(lambda: transport.abort() if transport is not None else None)
        socket.paused = self._paused
        self._sockets.add(socket)
        self._exchange.apps.attach(names, socket, request.query.get("subscribeAll") == "true")
        self._note(names, "app_up")
        writer = asyncio.create_task(self._write(web_socket, socket))
        try:
            async for message in web_socket:
                if message.type is WSMsgType.TEXT:
                    await self._rest(names[0], socket, message.data)
        finally:
            self._gone(socket)
            socket.abort()
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return web_socket

    async def _write(self, web_socket: web.WebSocketResponse, socket: Socket) -> None:
        try:
            while (batch := await socket.next_batch()) is not None:
                for message in batch:
                    await web_socket.send_str(message.decode())
        except ConnectionError:
            socket.dropped = True

    def _gone(self, socket: Socket) -> None:
        if socket in self._sockets:
            self._sockets.discard(socket)
            self._note(self._exchange.apps.detach(socket), "app_down")

    def _note(self, names: list[str], kind: Any) -> None:
        for name in names:
            self._exchange.log.add(self._exchange.clock.now(), kind, other=name)

    async def _rest(self, app: str, socket: Socket, text: str) -> None:
        """REST over WebSocket: one request at a time on each socket, as Asterisk does it."""
        try:
            message = msgspec.json.decode(text)
        except msgspec.DecodeError:
            log.warning("sandbox.bad_websocket_message")
            return
        if not isinstance(message, dict) or message.get("type") != "RESTRequest":
            return
        method, uri = str(message.get("method", "")), str(message.get("uri", ""))
        path, _, _ = uri.partition("?")
        rule = self._exchange.faults.take(method, path)
        if rule is not None and rule.fault is Fault.DROP_REQUEST:
            return
        if rule is not None and rule.fault is Fault.REFUSE:
            reply = Reply(rule.status, {"message": "Service unavailable"})
        else:
            reply = self._api.answer(method, path, _query_of(message, uri), _body_of(message))
        if rule is not None and await self._spoil(rule):
            return
        self._exchange.apps.reply(app, socket, _rest_response(message, uri, reply))


async def _body(request: web.Request) -> Any:
    """The decoded JSON body; a body of another type is not looked at, as in Asterisk."""
    data = await request.read()
    return msgspec.json.decode(data) if data and request.content_type == "application/json" else None


def _query_of(message: Json, uri: str) -> dict[str, str]:
    query = dict(URL(f"/{uri}", encoded=True).query)
    for item in message.get("query_strings") or ():
        query[str(item["name"])] = str(item["value"])
    return query


def _body_of(message: Json) -> Any:
    body = message.get("message_body")
    if isinstance(body, str) and body:
        try:
            return msgspec.json.decode(body)
        except msgspec.DecodeError:
            return None
    return body


_PHRASES = {200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 404: "Not Found", 409: "Conflict"}


def _rest_response(message: Json, uri: str, reply: Reply) -> Json:
    event: Json = {
        "type": "RESTResponse",
        "transaction_id": message.get("transaction_id", ""),
        "request_id": message.get("request_id", ""),
        "status_code": reply.status,
        "reason_phrase": _PHRASES.get(reply.status, "Error"),
        "uri": uri,
    }
    if reply.body is not None:
        event["content_type"] = "application/json"
        event["message_body"] = _encode(reply.body).decode()
    return event


def _json(status: int, body: Json | list[Json], headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=_encode(body), content_type="application/json", headers=headers)
