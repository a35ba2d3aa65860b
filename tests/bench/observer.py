"""Hears every event of a node beside the server, with Asterisk's own instants: the measure that is not the server's."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
import msgspec

from telephony.asterisk.lab import LabAsterisk

APP = "bench-observer"


class _Channel(msgspec.Struct):
    id: str
    state: str


class _Event(msgspec.Struct):
    type: str
    timestamp: datetime | None = None
    channel: _Channel | None = None


@dataclass(slots=True)
class Observer:
    """`up` and `bridged`: when each channel was answered and entered its first bridge, epoch seconds."""

    asterisk: LabAsterisk
    up: dict[str, float] = field(default_factory=dict)
    bridged: dict[str, float] = field(default_factory=dict)
    _task: "asyncio.Task[Any] | None" = None

    async def __aenter__(self) -> "Observer":
        ready = asyncio.Event()
        self._task = asyncio.create_task(self._listen(ready))
        async with asyncio.timeout(10):
            await ready.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self, ready: asyncio.Event) -> None:
        settings = self.asterisk.settings
        token = b64encode(f"{settings.ari_user}:{settings.ari_password}".encode()).decode()
        decode = msgspec.json.Decoder(_Event).decode
        url = f"{self.asterisk.url}/ari/events?app={APP}&subscribeAll=true"
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Basic {token}"}) as http,
            http.ws_connect(url, max_msg_size=0) as socket,
        ):
            ready.set()
            async for frame in socket:
                event = decode(frame.data)
                if event.channel is None or event.timestamp is None:
                    continue
                if event.type == "ChannelStateChange" and event.channel.state == "Up":
                    self.up.setdefault(event.channel.id, event.timestamp.timestamp())
                elif event.type == "ChannelEnteredBridge":
                    self.bridged.setdefault(event.channel.id, event.timestamp.timestamp())
