"""Agents' consoles without a browser: they log in, say ready, answer pings and note when each delta came."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType
from sqlalchemy.ext.asyncio import AsyncEngine

from agent_ui.sessions import COOKIE, Ended, SessionStore, hash_token
from telephony.clock import SystemClock

DAY = timedelta(hours=12)


@dataclass(slots=True)
class Console:
    """`talking`: when the console first showed each attempt as a talk, time.time() seconds."""

    user: int
    socket: ClientWebSocketResponse
    reads: bool
    deltas: int = 0
    talking: dict[str, float] = field(default_factory=dict)

    async def ready(self) -> None:
        command = {"cmd_id": f"bench-{self.user}", "name": "ready", "args": {}}
        await self.socket.send_str("42/agent,1" + orjson.dumps(["command", command]).decode())

    async def listen(self) -> None:
        async for message in self.socket:
            if message.type is not WSMsgType.TEXT:
                return
            if message.data == "2":
                await self.socket.send_str("3")
            elif '"delta"' in message.data[:24]:
                self.deltas += 1
                if self.reads:
                    self._note(message.data, time.time())

    def _note(self, text: str, came: float) -> None:
        delta = orjson.loads(text[text.index("[") :])[1]
        for op in delta["ops"]:
            call = op.get("value") if op["path"] == ["call"] else None
            if call and call["phase"] == "talking":
                self.talking.setdefault(call["attempt_id"], came)


@dataclass(slots=True)
class Consoles:
    """All agents of a benchmark; `reads` False counts deltas without reading them."""

    engine: AsyncEngine
    base: str
    tenant: int
    users: Sequence[int]
    reads: bool = False
    all: list[Console] = field(default_factory=list)
    _tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    _http: ClientSession = field(init=False)

    async def __aenter__(self) -> "Consoles":
        self._http = ClientSession(connector=TCPConnector(limit=0))
        store = SessionStore(self.engine, SystemClock(), DAY, DAY)
        async with self.engine.begin() as conn:
            tokens = [await store.create(conn, self.tenant, user) for user in self.users]
        standing = await store.find_all([hash_token(token) for token in tokens])
        for user, token in zip(self.users, tokens, strict=True):
            identity = standing[hash_token(token)]
            if isinstance(identity, Ended):
                raise RuntimeError(f"no session for user {user}: {identity.because}")
            self.all.append(await self._connect(user, token, identity.csrf))
        self._tasks = [asyncio.create_task(console.listen()) for console in self.all]
        return self

    async def all_ready(self, whole: Any, within_s: float = 30.0) -> None:
        """Every agent presses ready; returns when all legs are up."""
        for console in self.all:
            await console.ready()
        query = "SELECT count(*) AS n FROM agent_session WHERE state = 'ready' AND channel_id IS NOT NULL"
        async with asyncio.timeout(within_s):
            while (await whole.rows(query))[0]["n"] < len(self.all):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.2)
        await asyncio.sleep(1.0)

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()

    async def _connect(self, user: int, token: str, csrf: str) -> Console:
        headers = {"Cookie": f"{COOKIE}={token}", "Origin": self.base}
        socket = await self._http.ws_connect(
            f"{self.base}/live/?EIO=4&transport=websocket", headers=headers, max_msg_size=0
        )
        await socket.receive_str()
        await socket.send_str("40/agent," + orjson.dumps({"csrf": csrf}).decode())
        joined = await socket.receive_str()
        if not joined.startswith("40/agent,"):
            raise RuntimeError(f"a console was not let in: {joined}")
        await socket.send_str('42/agent,0["resume",{"epoch":null,"seq":0}]')
        await socket.receive_str()
        return Console(user, socket, self.reads)
