"""The Socket.IO side of the consoles: namespaces, sessions that end, deltas out, commands in, and who is cut off."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import socketio  # type: ignore[import-untyped]
import structlog
from aiohttp import web

from agent_ui.deps import WebDeps
from agent_ui.live.bus import RedisBus
from agent_ui.live.clients import Client, Clients
from agent_ui.live.commands import Commands
from agent_ui.live.namespace import ConsoleNamespace, session_room
from agent_ui.live.presence import Presence
from agent_ui.live.watch import Watch
from agent_ui.live.wire import ConsolePacket, OrJson
from agent_ui.metrics import WebMetrics
from agent_ui.middleware import check_origin
from agent_ui.policy import SOCKET, Route
from agent_ui.sessions import Ended, SessionStore
from dialer.faults import database_gone

log = structlog.get_logger()

PING_INTERVAL_S = 10
PING_TIMEOUT_S = 8
BUFFER_BYTES = 64 * 1024
FRESH_S = 2.0  # the watch reads all sessions each second; older than this means that it could not
STOP_ROUNDS = 200
BYE_S = 1.0  # the time a console has to read its bye


class LiveServer:
    def __init__(self, deps: WebDeps, sessions: SessionStore, metrics: WebMetrics) -> None:
        settings = deps.settings
        self._deps = deps
        self._sessions = sessions
        self._bus = RedisBus(settings.redis_url) if settings.redis_url else None
        self._sio = socketio.AsyncServer(
            async_mode="aiohttp",
            namespaces=["/agent", "/supervisor"],
            client_manager=self._bus,
            serializer=ConsolePacket,
            json=OrJson,
            transports=["websocket"],
            cors_allowed_origins=sorted(settings.origins),
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            max_http_buffer_size=BUFFER_BYTES,
            # a task for each event: a slow command must not hold up pongs; Commands keeps the order
            async_handlers=True,
        )
        self._clients = Clients(self._sio, metrics, settings.queue_limit_packets)
        self._presence = Presence(deps.floor, self._clients, "/agent")
        self._commands = Commands(deps.floor, metrics, self._still_may, settings.command_deadline_s)
        self._watch = Watch(self._sio, self._clients, sessions, self._judge, self._presence, self.left)
        self._tasks: set[asyncio.Task[None]] = set()
        self._unlisten: list[Callable[[], None]] = []
        self._watching: asyncio.Task[None] | None = None
        for namespace, roles in (("/agent", {"agent"}), ("/supervisor", {"supervisor", "admin"})):
            self._sio.register_namespace(
                ConsoleNamespace(
                    namespace,
                    frozenset(roles),
                    sessions=sessions,
                    clients=self._clients,
                    floor=deps.floor,
                    doors=self,
                    runner=self._commands,
                    tenant_id=settings.tenant_id,
                    max_sockets=settings.max_sockets_per_user,
                )
            )

    def routes(self) -> list[Route]:
        return [Route("GET", "/live/", self._handle, SOCKET)]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        check_origin(request, self._deps.settings)
        try:
            response: web.StreamResponse = await self._sio.handle_request(request)
        except (ValueError, TypeError):
            # not even Engine.IO: the library lets go of the socket without closing it
            log.info("live.protocol_error")
            response = await self._let_go(request)
        return response

    async def _let_go(self, request: web.Request) -> web.StreamResponse:
        for eio_sid, environ in list(self._sio.environ.items()):
            if environ.get("aiohttp.request") is request:
                socket = self._sio.eio.sockets.pop(eio_sid, None)
                self._clients.cut_socket(eio_sid, "protocol")
                if socket is not None:
                    socket.queue.put_nowait(None)
                    await socket.close(wait=False, abort=True)
        return web.Response(status=400)

    def attach(self, app: web.Application) -> None:
        async def start(_: web.Application) -> None:
            await self.start()

        async def stop(_: web.Application) -> None:
            await self.stop()

        app.on_startup.append(start)
        app.on_shutdown.append(stop)

    async def start(self) -> None:
        floor = self._deps.floor
        self._unlisten = [floor.hub.listen(self._clients.deliver), floor.link.listen(self._clients.tell_all)]
        self._watching = asyncio.create_task(self._watch.run())

    async def stop(self) -> None:
        """Cut all consoles; they come back by themselves, to this process or another."""
        while self._unlisten:
            self._unlisten.pop()()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        for eio_sid in list(self._sio.eio.sockets):
            self._clients.cut_socket(eio_sid, "shutdown")
        await self._gone()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sio.shutdown()
        if self._bus is not None:
            await self._bus.aclose()

    async def _gone(self) -> None:
        """Wait a little until the cut sockets have said that they left, and the floor has heard it."""
        for _ in range(STOP_ROUNDS):
            if not self._sio.eio.sockets and not self._tasks:
                return
            await asyncio.sleep(0.01)

    async def joined(self, client: Client) -> None:
        log.info("live.joined", namespace=client.namespace, user_id=client.identity.user_id)
        if client.namespace == "/agent":
            await self._presence.update(client.actor)

    async def left(self, client: Client) -> None:
        log.info("live.left", namespace=client.namespace, user_id=client.identity.user_id)
        if client.namespace == "/agent":
            # not awaited: the library is closing this very connection
            self._spawn(self._presence.update(client.actor))

    async def session_ended(self, token_hash: bytes, because: str) -> None:
        """The session is no more: its sockets here hear it now; those of other web processes within a second."""
        for client in self._clients:
            if client.identity.token_hash == token_hash:
                self._dismiss(client, because)
        if self._bus is not None:
            self._spawn(self._tell_others(token_hash, because))

    async def _tell_others(self, token_hash: bytes, because: str) -> None:
        """Say bye on the other web processes; that they cut the session's sockets does not rest on this."""
        for namespace in ("/agent", "/supervisor"):
            await self._sio.emit("bye", {"because": because}, room=session_room(token_hash), namespace=namespace)

    async def user_ended(self, user_id: int, because: str) -> None:
        for client in self._clients.of_user(user_id):
            self._dismiss(client, because)

    async def _still_may(self, client: Client) -> bool:
        if time.monotonic() - client.checked_at > FRESH_S:
            try:
                found = await self._sessions.find(client.identity.token_hash)
            except Exception as fault:
                if not database_gone(fault):
                    raise
                # without the database no session can be checked; an agent must still be able to hang up
                return not client.leaving and self._deps.clock.now() < client.identity.expires_at
            self._judge(client, found)
        return not client.leaving

    def _judge(self, client: Client, found: Any) -> None:
        """Compare what the session is now with what the client joined as."""
        if isinstance(found, Ended):
            self._dismiss(client, found.because)
        elif found.role != client.identity.role:
            self._dismiss(client, "role_changed")
        else:
            client.identity = found
            client.checked_at = time.monotonic()

    def _dismiss(self, client: Client, because: str) -> None:
        if not client.leaving:
            client.leaving = True
            self._spawn(self._say_bye(client, because))

    async def _say_bye(self, client: Client, because: str) -> None:
        log.info("live.bye", because=because, user_id=client.identity.user_id)
        with contextlib.suppress(KeyError):
            await self._sio.emit(
                "bye", {"because": because}, to=client.sid, namespace=client.namespace, ignore_queue=True
            )
            await self._sio.disconnect(client.sid, namespace=client.namespace, ignore_queue=True)
        await asyncio.sleep(BYE_S)
        if not self._clients.uses(client.eio_sid):
            self._clients.cut_socket(client.eio_sid, "bye")

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
