"""One namespace of the consoles: who may join, what they may send, and the answers."""

import asyncio
import hmac
import time
from typing import Any, Protocol

import orjson
import socketio  # type: ignore[import-untyped]
import structlog
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused  # type: ignore[import-untyped]

from agent_ui.live.clients import Client, Clients
from agent_ui.live.wire import MALFORMED, read_command, read_resume, refusal
from agent_ui.sessions import COOKIE, Ended, Identity, SessionStore, hash_token
from dialer.commands import Command, FloorPort, Reply
from dialer.faults import database_gone
from dialer.streams import Snapshot

log = structlog.get_logger()

STREAM_WITHIN_S = 1.0


def session_room(token_hash: bytes) -> str:
    """The room of all sockets of one session, in every web process."""
    return f"session:{token_hash.hex()}"


class CommandRunner(Protocol):
    async def run(self, client: Client, command: Command) -> Reply: ...


class Doors(Protocol):
    """What the namespace needs of the server around it."""

    async def joined(self, client: Client) -> None: ...
    async def left(self, client: Client) -> None: ...


class ConsoleNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """`roles` may join and act; `stream_of` names the one stream that an identity reads here."""

    def __init__(
        self,
        namespace: str,
        roles: frozenset[str],
        *,
        sessions: SessionStore,
        clients: Clients,
        floor: FloorPort,
        doors: Doors,
        runner: CommandRunner,
        tenant_id: int,
        max_sockets: int,
    ) -> None:
        super().__init__(namespace)
        self._roles = roles
        self._sessions = sessions
        self._clients = clients
        self._hub = floor.hub
        self._link = floor.link
        self._doors = doors
        self._runner = runner
        self._tenant_id = tenant_id
        self._max_sockets = max_sockets

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Every event comes through here; what is not known gets a refusal as its answer, never an exception."""
        sid, rest = args[0], args[1:]
        if event == "connect":
            return await self._connect(sid, *rest)
        client = self._clients.get(sid)
        if event == "disconnect":
            if self._clients.remove(sid) is not None and client is not None:
                await self._doors.left(client)
            return None
        try:
            return await self._answer(event, client, rest)
        except Exception:
            # whatever failed, the console must get an answer and keep its socket
            log.exception("live.event_failed", namespace=self.namespace)
            return refusal("internal", "Something went wrong on the server. Try again.").wire()

    async def _answer(self, event: str, client: Client | None, rest: tuple[Any, ...]) -> Any:
        if client is None or client.leaving:
            return refusal("session_ended", "Your session ended. Log in again.").wire()
        if client.identity.role not in self._roles:
            return refusal("forbidden", "Your role may not do this. Log in again.").wire()
        if event == "resume":
            return await self._resume(client, rest)
        if event == "command":
            return await self._command(client, rest)
        if event == MALFORMED:
            return refusal("malformed", "An event is a list: its name, then its arguments.").wire()
        return refusal("unknown_event", "The events here are resume and command.").wire()

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        request: web.Request = environ["aiohttp.request"]
        identity = await self._identify(request, auth)
        if len(self._clients.of_user(identity.user_id)) >= self._max_sockets:
            raise Refused("Too many consoles of this user are open. Close some.", {"code": "too_many"})
        client = Client(
            sid=sid,
            eio_sid=self.server.manager.eio_sid_from_sid(sid, self.namespace),
            namespace=self.namespace,
            stream=self._stream_of(identity),
            identity=identity,
            checked_at=time.monotonic(),
        )
        self._clients.add(client)
        await self.enter_room(sid, session_room(identity.token_hash))
        try:
            await self._doors.joined(client)
        except BaseException:
            self._clients.remove(sid)
            raise

    async def _identify(self, request: web.Request, auth: Any) -> Identity:
        token = request.cookies.get(COOKIE, "")
        try:
            found = await self._sessions.find(hash_token(token)) if token else Ended("logged_out")
        except Exception as fault:
            if not database_gone(fault):
                log.exception("live.connect_failed")
            raise Refused("The server cannot check your session just now.", {"code": "unavailable"}) from None
        if isinstance(found, Ended) or found.tenant_id != self._tenant_id:
            raise Refused("Your session ended. Log in again.", {"code": "not_logged_in"})
        csrf = auth.get("csrf") if isinstance(auth, dict) else None
        if not isinstance(csrf, str) or not hmac.compare_digest(csrf.encode(), found.csrf.encode()):
            raise Refused("The page is out of date. Reload it.", {"code": "csrf"})
        if found.role not in self._roles:
            raise Refused("Your role has another console.", {"code": "forbidden"})
        return found

    def _stream_of(self, identity: Identity) -> str:
        return f"agent:{identity.user_id}" if self.namespace == "/agent" else f"floor:{identity.tenant_id}"

    async def _resume(self, client: Client, payload: tuple[Any, ...]) -> Any:
        have = read_resume(payload)
        if isinstance(have, Reply):
            return have.wire()
        if not client.told:
            self._clients.tell_link(client, self._link.state)
        if not self._hub.state(client.stream):
            if not self._link.state.up:
                return refusal(
                    "dialer_unreachable", "The dialer is not heard. The console asks again by itself."
                ).wire()
            if not await self._appears(client.stream):
                # no answer at all: the console asks again, and would take an empty state for the truth
                return self.server.not_handled
        # from here to the answer's place on the queue nothing awaits, so that no delta can slip in between
        client.reading = True
        missed = self._hub.resume(client.stream, *have)
        if isinstance(missed, Snapshot):
            return {"snapshot": missed.wire()}
        return {"deltas": [orjson.Fragment(delta) for delta in missed]}

    async def _appears(self, stream: str) -> bool:
        """Whether the floor publishes the stream in a moment; it may just have been told of the agent."""
        there = asyncio.Event()
        unlisten = self._hub.listen(lambda name, _: there.set() if name == stream else None)
        try:
            async with asyncio.timeout(STREAM_WITHIN_S):
                await there.wait()
        except TimeoutError:
            return False
        finally:
            unlisten()
        return True

    async def _command(self, client: Client, payload: tuple[Any, ...]) -> Any:
        command = read_command(payload)
        reply = command if isinstance(command, Reply) else await self._runner.run(client, command)
        return reply.wire()
