"""A running sandbox with fixed people, and a plain ARI client on it."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from telephony.sandbox import DebtorScript, Fate, SandboxExchange

Json = dict[str, Any]

PERSON = "15550000001"
IMPATIENT = "15550000002"
SILENT = "15550000003"
TALKER = "15550000004"
RINGS = "15550000005"

SCRIPTS = {
    PERSON: DebtorScript(setup_s=0.0, ring_s=0.05, patience_s=60.0),
    IMPATIENT: DebtorScript(setup_s=0.0, ring_s=0.0, patience_s=0.2),
    SILENT: DebtorScript(fate=Fate.SILENT),
    TALKER: DebtorScript(setup_s=0.0, ring_s=0.0, patience_s=60.0, talk_s=0.3),
    RINGS: DebtorScript(fate=Fate.NO_ANSWER, setup_s=0.0, ring_s=60.0),
}


class People:
    def script(self, number: str, attempt: int) -> DebtorScript:
        return SCRIPTS[number]


class Client:
    """A plain ARI client with one application."""

    def __init__(self, exchange: SandboxExchange, app: str = "app") -> None:
        self.exchange = exchange
        self.app = app
        token = b64encode(f"{exchange.username}:{exchange.password}".encode()).decode()
        self.session = aiohttp.ClientSession(headers={"Authorization": f"Basic {token}"})
        self.events: list[Json] = []
        self._more = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        socket = await self.session.ws_connect(f"{self.exchange.url}/ari/events?app={self.app}")
        self._reader = asyncio.create_task(self._read(socket))
        return socket

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            self.events.append(message.json())
            self._more.set()
        self._more.set()

    async def ended(self) -> None:
        """Until the socket has ended."""
        assert self._reader is not None
        await asyncio.wait_for(self._reader, 5)

    async def ask(self, method: str, path: str, **content: Any) -> tuple[int, Any]:
        async with self.session.request(method, f"{self.exchange.url}/ari/{path}", **content) as response:
            return response.status, await response.json() if response.content_length else None

    async def dial(self, channel: str, number: str, **more: object) -> int:
        endpoint = number if "/" in number else f"PJSIP/{number}@trunk"
        body = {"endpoint": endpoint, "app": self.app, "callerId": "15559999999", **more}
        return (await self.ask("POST", f"channels/{channel}", json=body))[0]

    async def until(self, kind: str, channel: str = "") -> Json:
        async with asyncio.timeout(5):
            while True:
                for event in self.events:
                    about = (event.get("channel") or event.get("peer") or {}).get("id", "")
                    if event["type"] == kind and channel in ("", about):
                        return event
                self._more.clear()
                await self._more.wait()

    async def close(self) -> None:
        await self.session.close()
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)


@pytest.fixture
async def exchange() -> AsyncIterator[SandboxExchange]:
    made = SandboxExchange(debtors=People())
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(exchange: SandboxExchange) -> AsyncIterator[Client]:
    made = Client(exchange)
    await made.connect()
    yield made
    await made.close()
