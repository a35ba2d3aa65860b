"""The least that can be driven through ARI: originate, hear the answer, hang up. No truth, no gate, no agents.

`quiet` is the one thing that can be taken from it: the events that say nothing new are not sent. Then a call is 9
events and not 16, and the loop holds more; the whole system does the same.

Overhead of a call: from before its originate is asked for (waiting for one of the 64 connections counts) to the arrival
of its StasisStart, less the half second that SIPp rings.
"""

import asyncio
import itertools
import time
import uuid
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec

from telephony.asterisk.lab import LabAsterisk
from tests.bench.lines_lab import RING_S, TALK_S

APP = "bare-loop"
POOL = 64
QUIET = ("ChannelVarset", "ChannelDialplan", "ChannelCallerId", "ChannelConnectedLine")


class Channel(msgspec.Struct):
    id: str


class Event(msgspec.Struct):
    type: str
    channel: Channel | None = None


@dataclass(slots=True)
class Held:
    """What one rate did. Times are perf_counter() seconds, by channel id."""

    asked: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    ended: int = 0
    events: int = 0
    failed: int = 0

    def overheads_ms(self, since: float, until: float) -> list[float]:
        """Of the calls asked for in this span; a call whose answer did not come is not in it."""
        inside = ((call, at) for call, at in self.asked.items() if since <= at < until)
        return [(self.answered[call] - at - RING_S) * 1000 for call, at in inside if call in self.answered]


class BareLoop:
    """`async with BareLoop(asterisk) as loop: await loop.hold(rate, seconds)`."""

    def __init__(self, asterisk: LabAsterisk, *, quiet: bool = False) -> None:
        self._quiet = quiet
        token = b64encode(f"{asterisk.settings.ari_user}:{asterisk.settings.ari_password}".encode()).decode()
        self._url = f"{asterisk.url}/ari"
        self._headers = {"Authorization": f"Basic {token}"}
        self._held = Held()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> "BareLoop":
        connector = aiohttp.TCPConnector(limit=POOL)
        self._http = aiohttp.ClientSession(connector=connector, headers=self._headers)
        self._ws = await self._http.ws_connect(f"{self._url}/events?app={APP}", max_msg_size=0)
        refused = [{"type": name} for name in QUIET] if self._quiet else []
        async with self._http.put(f"{self._url}/applications/{APP}/eventFilter", json={"disallowed": refused}) as reply:
            reply.raise_for_status()
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, *self._tasks, return_exceptions=True)
        await self._ws.close()
        await self._http.close()

    async def hold(self, rate: float, seconds: float) -> Held:
        """Ask for `rate` calls a second for so long, then wait until they have ended."""
        self._held = held = Held()
        began = time.perf_counter()
        for number in range(round(rate * seconds)):
            wait = began + number / rate - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            self._spawn(self._originate(f"bare-{uuid.uuid4()}"))
        deadline = time.monotonic() + 10
        while held.ended + held.failed < len(held.asked) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return held

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _originate(self, call: str) -> None:
        self._held.asked[call] = time.perf_counter()
        number = f"1212555{next(self._numbers) % 10_000:04d}"
        query = {
            "endpoint": f"PJSIP/{number}@bare",
            "app": APP,
            "callerId": "+12125550100",
            "timeout": 22,
            "formats": "alaw",
        }
        try:
            async with self._http.post(f"{self._url}/channels/{call}?{urlencode(query)}") as reply:
                await reply.read()
                self._held.failed += reply.status != 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            self._held.failed += 1

    async def _read(self) -> None:
        decode = msgspec.json.Decoder(Event).decode
        loop = asyncio.get_running_loop()
        async for frame in self._ws:
            event = decode(frame.data)
            self._held.events += 1
            if event.channel is None:
                continue
            if event.type == "StasisStart":
                self._held.answered[event.channel.id] = time.perf_counter()
                loop.call_later(TALK_S, self._hang_up, event.channel.id)
            elif event.type == "ChannelDestroyed":
                self._held.ended += 1

    def _hang_up(self, call: str) -> None:
        self._spawn(self._delete(call))

    async def _delete(self, call: str) -> None:
        try:
            async with self._http.delete(f"{self._url}/channels/{call}") as reply:
                await reply.read()
        except (aiohttp.ClientError, OSError, TimeoutError):
            self._held.failed += 1
