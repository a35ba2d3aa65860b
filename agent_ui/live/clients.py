"""Consoles that are connected, the stream that each reads, and putting a delta on their queues."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from engineio import packet as eio_packet  # type: ignore[import-untyped]
from socketio import AsyncServer  # type: ignore[import-untyped]
from socketio.packet import EVENT  # type: ignore[import-untyped]

from agent_ui.live.wire import ConsolePacket
from agent_ui.metrics import WebMetrics
from agent_ui.sessions import Identity
from dialer.commands import Actor
from dialer.link import LinkState
from dialer.streams import Delta

log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class Client:
    """One namespace of one socket. `identity` is as of `checked_at`, by the machine's monotonic clock."""

    sid: str
    eio_sid: str
    namespace: str
    stream: str
    identity: Identity
    checked_at: float
    told: bool = False  # whether the floor is heard; from its first resume on
    reading: bool = False  # from the first resume on that found its stream
    leaving: bool = False
    line: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)  # of commands, first come first served
    waiting: int = 0  # commands in the line

    @property
    def actor(self) -> Actor:
        return Actor(self.identity.user_id, self.identity.tenant_id, self.identity.role)


def _packet(namespace: str, event: str, message: dict[str, Any] | orjson.Fragment) -> Any:
    return eio_packet.Packet(
        eio_packet.MESSAGE, ConsolePacket(EVENT, namespace=namespace, data=[event, message]).encode()
    )


class Clients:
    def __init__(self, sio: AsyncServer, metrics: WebMetrics, queue_limit: int) -> None:
        self._sio = sio
        self._metrics = metrics
        self._queue_limit = queue_limit
        self._by_sid: dict[str, Client] = {}
        self._by_stream: defaultdict[str, set[Client]] = defaultdict(set)

    def __iter__(self) -> Iterator[Client]:
        return iter(list(self._by_sid.values()))

    def get(self, sid: str) -> Client | None:
        return self._by_sid.get(sid)

    def add(self, client: Client) -> None:
        self._by_sid[client.sid] = client
        self._by_stream[client.stream].add(client)
        self._metrics.sockets.labels(client.namespace).inc()

    def remove(self, sid: str) -> Client | None:
        client = self._by_sid.pop(sid, None)
        if client is None:
            return None
        readers = self._by_stream[client.stream]
        readers.discard(client)
        if not readers:
            del self._by_stream[client.stream]
        self._metrics.sockets.labels(client.namespace).dec()
        return client

    def of_user(self, user_id: int, namespace: str | None = None) -> list[Client]:
        return [
            each
            for each in self._by_sid.values()
            if each.identity.user_id == user_id and namespace in (None, each.namespace)
        ]

    def uses(self, eio_sid: str) -> bool:
        return any(each.eio_sid == eio_sid for each in self._by_sid.values())

    def deliver(self, stream: str, delta: Delta) -> None:
        """Put the delta on the queue of everyone who reads the stream; encoded once.

        Not by the library's emit: that needs an await for each delta, and an await between a resume's answer and the
        next delta would let them overtake each other. A put on an unbounded queue never waits.
        """
        readers = self._by_stream.get(stream)
        if not readers:
            return
        packet: Any = None
        for client in list(readers):
            if not client.reading or client.leaving:
                continue
            if packet is None:
                packet = _packet(client.namespace, "delta", orjson.Fragment(delta.encoded))
            if self._put(client, packet):
                self._metrics.deltas.inc()

    def tell_link(self, client: Client, link: LinkState) -> None:
        """Whether the floor is heard, now and (`tell_all`) at each change."""
        client.told = True
        self._put(client, _packet(client.namespace, "floor", link.wire()))

    def tell_all(self, link: LinkState) -> None:
        for client in self:
            if client.told and not client.leaving:
                self.tell_link(client, link)

    def _put(self, client: Client, packet: Any) -> bool:
        socket = self._sio.eio.sockets.get(client.eio_sid)
        if socket is None or socket.closing or socket.closed:
            return False
        if socket.queue.qsize() >= self._queue_limit:
            # it resumes when it is back; until then its queue is our memory
            self.cut(client, "slow")
            return False
        socket.queue.put_nowait(packet)
        return True

    def cut_if_slow(self, client: Client) -> None:
        socket = self._sio.eio.sockets.get(client.eio_sid)
        if socket is not None and socket.queue.qsize() >= self._queue_limit:
            self.cut(client, "slow")

    def cut(self, client: Client, because: str) -> None:
        if not client.leaving:
            client.leaving = True
            log.warning("live.client_cut", because=because, user_id=client.identity.user_id)
            self.cut_socket(client.eio_sid, because)

    def cut_socket(self, eio_sid: str, because: str) -> None:
        """Abort the connection at once: a polite close would wait behind what the other side does not read."""
        self._metrics.drops.labels(because).inc()
        socket = self._sio.eio.sockets.get(eio_sid)
        if socket is not None:
            while not socket.queue.empty():
                socket.queue.get_nowait()
        environ = self._sio.environ.get(eio_sid)
        request = environ.get("aiohttp.request") if environ else None
        if request is not None and request.transport is not None:
            request.transport.abort()
