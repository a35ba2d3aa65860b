"""A small scripted ARI server: answers as told, records what it is asked, and breaks its sockets on demand."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from aiohttp import WSMsgType, web

Json = dict[str, Any]
Handler = Callable[["Asked"], Awaitable[web.StreamResponse | None]]

USERNAME, PASSWORD = "dialer", "right"
STAMP = "%Y-%m-%dT%H:%M:%S.%f"


def stamp(at: datetime | None = None) -> str:
    """A time as Asterisk writes it."""
    return (at or datetime.now(UTC)).strftime(STAMP)[:-3] + "+0000"


def channel(channel_id: str, state: str = "Up", **fields: object) -> Json:
    party = {"name": "", "number": ""}
    plan = {"context": "", "exten": "s", "priority": 1, "app_name": "", "app_data": ""}
    made: Json = {"id": channel_id, "name": f"PJSIP/{channel_id}", "state": state, "creationtime": stamp()}
    return {
        **made,
        "caller": party,
        "connected": party,
        "dialplan": plan,
        "accountcode": "",
        "language": "en",
        **fields,
    }


def bridge(bridge_id: str, *channel_ids: str, name: str = "") -> Json:
    made: Json = {"id": bridge_id, "name": name, "channels": list(channel_ids), "technology": "simple_bridge"}
    return {**made, "bridge_type": "mixing", "bridge_class": "stasis", "creator": "Stasis", "creationtime": stamp()}


def event(kind: str, at: datetime | None = None, **fields: object) -> Json:
    return {"type": kind, "application": "promiseline", "timestamp": stamp(at), "asterisk_id": "x", **fields}


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    raw: web.Request | None = None

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    def kill(self) -> None:
        """Cut the connection without a reply."""
        assert self.raw is not None and self.raw.transport is not None
        self.raw.transport.abort()


@dataclass
class ScriptedAri:
    """Replies: `script["GET /channels"] = (status, body)` or an async handler; the rest gets a friendly default."""

    script: dict[str, tuple[int, Any] | Handler] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    apps: list[str] = field(default_factory=list)
    opened: int = 0
    silent: bool = False
    refuse_sockets: int = 0
    closes_at_once: bool = False
    accept_password: str = PASSWORD
    port: int = 0

    def __post_init__(self) -> None:
        self._app = web.Application()
        self._app.router.add_get("/ari/events", self._events)
        self._app.router.add_route("*", "/ari/{rest:.*}", self._rest)
        self._runner = web.AppRunner(self._app, shutdown_timeout=0.1)
        self.changed = asyncio.Condition()

    async def start(self) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = cast(tuple[str, int], self._runner.addresses[0])[1]

    async def stop(self) -> None:
        for socket in self.sockets:
            self._abort(socket)
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lines(self, prefix: str = "") -> list[str]:
        return [asked.line for asked in self.asked if asked.line.startswith(prefix)]

    def one(self, line: str) -> Asked:
        return next(asked for asked in self.asked if asked.line == line)

    async def send(self, *events: Json | str) -> None:
        """To the newest event socket."""
        for message in events:
            await self.sockets[-1].send_str(message if isinstance(message, str) else json.dumps(message))

    async def close_cleanly(self) -> None:
        await self.sockets[-1].close()

    def kill(self) -> None:
        self._abort(self.sockets[-1])

    def _abort(self, socket: web.WebSocketResponse) -> None:
        request = socket._req
        if request is not None and request.transport is not None:
            request.transport.abort()

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for something to be asked or opened."""
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(done)

    async def _note(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def _authorized(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        return given == "Basic " + base64.b64encode(f"{USERNAME}:{self.accept_password}".encode()).decode()

    async def _events(self, request: web.Request) -> web.StreamResponse:
        self.opened += 1
        await self._note()
        if not self._authorized(request):
            return web.json_response({"message": "Authentication required"}, status=401)
        if self.refuse_sockets:
            self.refuse_sockets -= 1
            return web.json_response({"message": "no"}, status=503)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        if self.closes_at_once:
            await socket.close()
            return socket
        self.apps.append(request.query["app"])
        if "-cmd-" not in request.query["app"]:
            self.sockets.append(socket)
        await self._note()
        async for frame in socket:
            if frame.type is WSMsgType.PING and not self.silent:
                await socket.pong(frame.data)
            elif frame.type is WSMsgType.TEXT:
                await self._over_socket(socket, json.loads(frame.data))
        return socket

    async def _over_socket(self, socket: web.WebSocketResponse, frame: Json) -> None:
        query = {item["name"]: item["value"] for item in frame.get("query_strings", [])}
        body = json.loads(frame["message_body"]) if "message_body" in frame else None
        asked = Asked(frame["method"], "/" + frame["uri"], query, body, {"via": "socket"})
        reply = await self._reply(asked)
        if reply is None:
            self._abort(socket)
            return
        assert isinstance(reply, web.Response)
        text = reply.text or ""
        answer = event("RESTResponse", status_code=reply.status, reason_phrase=reply.reason, message_body=text)
        same = {name: frame[name] for name in ("transaction_id", "request_id", "uri")}
        await socket.send_str(json.dumps({**answer, **same}))

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        path = request.rel_url.raw_path.removeprefix("/ari")
        asked = Asked(request.method, path, dict(request.query), body, dict(request.headers), request)
        if not self._authorized(request):
            self.asked.append(asked)
            return web.json_response({"message": "Authentication required"}, status=401)
        reply = await self._reply(asked)
        return reply if reply is not None else web.Response(status=204)

    async def _reply(self, asked: Asked) -> web.StreamResponse | None:
        self.asked.append(asked)
        await self._note()
        told = self.script.get(asked.line)
        if callable(told):
            return await told(asked)
        status, body = told if told is not None else self._friendly(asked)
        return web.Response(status=204) if body is None else web.json_response(body, status=status)

    def _friendly(self, asked: Asked) -> tuple[int, Any]:
        parts = asked.path.strip("/").split("/")
        if asked.line == "GET /asterisk/ping":
            return 200, {"asterisk_id": "x", "ping": "pong", "timestamp": stamp()}
        if asked.line in ("GET /channels", "GET /bridges", "GET /endpoints"):
            return 200, []
        if parts[0] == "applications":
            return 200, {"name": parts[1]}
        if parts[0] == "endpoints" and asked.method == "GET":
            return 200, {"technology": parts[1], "resource": parts[2], "state": "online", "channel_ids": []}
        if asked.method == "POST" and parts[0] == "channels" and len(parts) == 2:
            return 200, channel(parts[1], "Down")
        if asked.method == "POST" and parts[0] == "channels" and parts[2:3] == ["play"]:
            return 201, {"id": parts[3], "media_uri": "sound:x", "target_uri": f"channel:{parts[1]}", "state": "queued"}
        if asked.method == "POST" and parts[0] == "bridges" and len(parts) == 2:
            return 200, bridge(parts[1])
        if asked.method == "GET":
            return 404, {"message": f"{parts[0][:-1].capitalize()} not found"}
        return 204, None
