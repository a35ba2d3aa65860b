"""Delivers events to the applications that hold a WebSocket, with Asterisk's habits: loss, filters, replacement."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from telephony.sandbox.state import Json, stamp

ASTERISK_ID = "5a:4d:b0:00:00:01"


class Socket:
    """One event WebSocket's outgoing side: a queue that a writer task empties."""

    def __init__(self, abort: Callable[[], None]) -> None:
        self._queue: deque[bytes] = deque()
        self._more = asyncio.Event()
        self._abort = abort
        self.paused = False
        self.dropped = False
        """Cut by a fault: whatever was queued is lost."""

    def push(self, message: bytes) -> None:
        self._queue.append(message)
        self._more.set()

    def pause(self, paused: bool) -> None:
        self.paused = paused
        self._more.set()

    def abort(self) -> None:
        """Cut the TCP connection as a failing network does."""
        self.dropped = True
        self._more.set()
        self._abort()

    async def next_batch(self) -> list[bytes] | None:
        """All that is waiting; None at the end."""
        while True:
            if self._queue and not self.paused and not self.dropped:
                batch = list(self._queue)
                self._queue.clear()
                return batch
            if self.dropped:
                return None
            self._more.clear()
            await self._more.wait()


@dataclass(slots=True)
class App:
    name: str
    socket: Socket | None = None
    sources: set[str] = field(default_factory=set)
    """channel:ID, bridge:ID, endpoint:TECH/RESOURCE"""
    subscribe_all: bool = False
    allowed: frozenset[str] | None = None
    disallowed: frozenset[str] = frozenset()

    @property
    def active(self) -> bool:
        return self.socket is not None

    def json(self) -> Json:
        def ids(kind: str) -> list[str]:
            return sorted(source.split(":", 1)[1] for source in self.sources if source.startswith(kind + ":"))

        return {
            "name": self.name,
            "channel_ids": ids("channel"),
            "bridge_ids": ids("bridge"),
            "endpoint_ids": ids("endpoint"),
            "events_allowed": [{"type": name} for name in sorted(self.allowed or ())],
            "events_disallowed": [{"type": name} for name in sorted(self.disallowed)],
        }

    def wants(self, event_type: str) -> bool:
        if event_type in self.disallowed:
            return False
        return self.allowed is None or event_type in self.allowed


class Apps:
    """All applications of the node."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._encode = msgspec.json.Encoder().encode
        self._apps: dict[str, App] = {}

    def get(self, name: str) -> App | None:
        return self._apps.get(name)

    def all(self) -> list[App]:
        return list(self._apps.values())

    def active(self, name: str) -> bool:
        app = self._apps.get(name)
        return app is not None and app.active

    def heard(self, source: str) -> bool:
        """Is somebody subscribed to it now?"""
        return any(app.active and (app.subscribe_all or source in app.sources) for app in self._apps.values())

    def sockets(self) -> list[Socket]:
        return [app.socket for app in self._apps.values() if app.socket is not None]

    def subscribe(self, name: str, source: str) -> None:
        self._apps.setdefault(name, App(name)).sources.add(source)

    def unsubscribe(self, name: str, source: str) -> None:
        app = self._apps.get(name)
        if app is not None:
            app.sources.discard(source)
            self._forget_if_empty(app)

    def forget(self, source: str) -> None:
        """A channel or bridge is gone: nobody is subscribed to it any more."""
        for app in list(self._apps.values()):
            app.sources.discard(source)
            self._forget_if_empty(app)

    def attach(self, names: list[str], socket: Socket, subscribe_all: bool) -> None:
        """A WebSocket opens for these applications; a former one of the same name is told, and hears no more."""
        for name in names:
            app = self._apps.setdefault(name, App(name))
            if app.socket is not None:
                app.socket.push(self._encode(self._event(app, {"type": "ApplicationReplaced"})))
            app.socket = socket
            app.subscribe_all = subscribe_all

    def detach(self, socket: Socket) -> list[str]:
        """A WebSocket ended; returns the applications that nobody listens to any more.

        An application with subscriptions left keeps them and its filter; one without is forgotten, filter and all.
        """
        orphaned = []
        for app in list(self._apps.values()):
            if app.socket is socket:
                app.socket = None
                orphaned.append(app.name)
                self._forget_if_empty(app)
        return orphaned

    def _forget_if_empty(self, app: App) -> None:
        if app.socket is None and not app.sources:
            self._apps.pop(app.name, None)

    def _event(self, app: App, event: Json) -> Json:
        return event | {"timestamp": stamp(self._now()), "asterisk_id": ASTERISK_ID, "application": app.name}

    def publish(self, event: Json, *sources: str, repeat: bool = False) -> None:
        """Send to each application subscribed to one of `sources`. What nobody listens to is lost, as in Asterisk.

        `repeat`: one that is subscribed to two of the sources hears it twice, as Asterisk does it for a channel
        whose endpoint is subscribed too.
        """
        for app in self._apps.values():
            if app.socket is None or not app.wants(event["type"]):
                continue
            times = 1 if app.subscribe_all else sum(source in app.sources for source in sources)
            if times:
                message = self._encode(self._event(app, event))
                for _ in range(times if repeat else 1):
                    app.socket.push(message)

    def reply(self, name: str, socket: Socket, event: Json) -> None:
        """Send a RESTResponse, through the application's filter as Asterisk does."""
        app = self._apps.get(name)
        if app is not None and app.wants(event["type"]):
            socket.push(self._encode(self._event(app, event)))
