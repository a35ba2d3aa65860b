"""Looks after the sockets: sessions that ended, consoles that read too slowly, sockets that never joined."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from socketio import AsyncServer  # type: ignore[import-untyped]

from agent_ui.live.clients import Client, Clients
from agent_ui.live.presence import Presence
from agent_ui.sessions import Ended, Identity, SessionStore
from dialer.faults import database_gone

log = structlog.get_logger()

EVERY_S = 1.0
JOIN_WITHIN_ROUNDS = 10


class Watch:
    """`judge` is told the present standing of each client's session, `left` of clients that are no more."""

    def __init__(
        self,
        sio: AsyncServer,
        clients: Clients,
        sessions: SessionStore,
        judge: Callable[[Client, Identity | Ended], None],
        presence: Presence,
        left: Callable[[Client], Awaitable[None]],
    ) -> None:
        self._sio = sio
        self._clients = clients
        self._sessions = sessions
        self._judge = judge
        self._presence = presence
        self._left = left
        self._strangers: dict[str, int] = {}

    async def run(self) -> None:
        """For ever. Its pace is the machine's and not the clock's: it guards real connections."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.round()
            except Exception as fault:
                # nobody else looks after the sockets; a round that failed is logged and the next one comes
                if database_gone(fault):
                    log.warning("live.sessions_unread", error=type(fault).__name__)
                else:
                    log.exception("live.watch_failed")

    async def round(self) -> None:
        self._cut_slow_ones()
        self._cut_strangers()
        await self._bury_ghosts()
        await self._presence.settle()
        await self._read_sessions()

    def _cut_slow_ones(self) -> None:
        """A queue may also fill with answers; deltas are checked as they are put."""
        for client in self._clients:
            self._clients.cut_if_slow(client)

    def _cut_strangers(self) -> None:
        """Sockets that joined no namespace hold memory for nobody."""
        joined = {client.eio_sid for client in self._clients}
        rounds = {eio_sid: self._strangers.get(eio_sid, 0) + 1 for eio_sid in self._sio.eio.sockets}
        self._strangers = {eio_sid: count for eio_sid, count in rounds.items() if eio_sid not in joined}
        for eio_sid, count in list(self._strangers.items()):
            if count > JOIN_WITHIN_ROUNDS:
                self._clients.cut_socket(eio_sid, "never_joined")

    async def _bury_ghosts(self) -> None:
        """Clients whose socket closed while they joined: the library never says that they left."""
        for client in self._clients:
            socket = self._sio.eio.sockets.get(client.eio_sid)
            if (socket is None or socket.closed) and self._clients.remove(client.sid) is not None:
                await self._sio.manager.disconnect(client.sid, client.namespace, ignore_queue=True)
                await self._left(client)

    async def _read_sessions(self) -> None:
        hashes = {client.identity.token_hash for client in self._clients}
        if not hashes:
            return
        found = await self._sessions.find_all(hashes)
        for client in self._clients:
            # one that joined during the query is not in the answer
            if client.identity.token_hash in found:
                self._judge(client, found[client.identity.token_hash])
        stale = [each.token_hash for each in found.values() if isinstance(each, Identity) and self._wants(each)]
        if stale:
            await self._sessions.touch(stale)

    def _wants(self, identity: Identity) -> bool:
        """An open console keeps its session in use."""
        return self._sessions.wants_touch(identity)
