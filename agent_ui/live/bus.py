"""Lets web processes tell each other's consoles that a session ended, over Redis; deltas never go this way.

Each web process mirrors the floor's streams by itself (dialer.bus), so that a delta sent over this bus too would come
twice. What is lost here costs a second at most: the watch of each process reads the sessions.
"""

import asyncio
from typing import Any

import socketio  # type: ignore[import-untyped]

from agent_ui.live.wire import OrJson


class RedisBus(socketio.AsyncRedisManager):  # type: ignore[misc]
    """The library's manager, made to close what it opens: by itself it only drops its connections."""

    def __init__(self, url: str) -> None:
        super().__init__(url, channel="promiseline:live", json=OrJson)
        self._opened: list[Any] = []
        self._closing: set[asyncio.Task[None]] = set()

    def _redis_connect(self) -> None:
        old, self._opened = self._opened, []
        super()._redis_connect()
        self._opened = [self.pubsub, self.redis]
        if old:
            task = asyncio.ensure_future(_close(old))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        listener = getattr(self, "thread", None)
        if listener is not None:
            listener.cancel()
            await asyncio.gather(listener, *self._closing, return_exceptions=True)
        await _close(self._opened)


async def _close(connections: list[Any]) -> None:
    for connection in connections:
        await asyncio.gather(connection.aclose(), return_exceptions=True)
