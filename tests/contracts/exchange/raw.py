"""Speaks plain ARI to a node and writes down what it hears, without what differs between any two runs."""

import asyncio
import json
from itertools import groupby
from typing import Any
from uuid import uuid4

import aiohttp

from tests.contracts.exchange.sides import Side, number

Json = dict[str, Any]
QUIET = [{"type": kind} for kind in ("ChannelVarset", "ChannelDialplan", "ChannelCallerId", "ChannelConnectedLine")]
NAMED = "cause cause_txt tech_cause soft args digit dialstatus forward dialstring".split()


class Raw:
    """One client with its own application; an async context manager. Ids are shown by the names that the test gave."""

    def __init__(self, side: Side) -> None:
        self._settings = side.settings()
        # detection comes back to the application of the configuration, whoever sent the call there
        self.app = self._settings.app
        self._names: dict[str, str] = {}
        self._heard: list[Json] = []
        self._more = asyncio.Event()
        self._stack: list[Any] = []

    async def __aenter__(self) -> "Raw":
        self._session = aiohttp.ClientSession(headers=self._settings.headers)
        self._ws = await self._session.ws_connect(f"{self._settings.base_url}/events?app={self.app}")
        self._reader = asyncio.create_task(self._read())
        await self.ask("PUT", f"applications/{self.app}/eventFilter", {"disallowed": QUIET})
        return self

    async def __aexit__(self, *_: object) -> None:
        for kind in ("channels", "bridges"):
            for item in await self.ask("GET", kind):
                await self.reply("DELETE", f"{kind}/{{{item['id']}}}")
        await self._ws.close()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._session.close()

    async def _read(self) -> None:
        async for message in self._ws:
            self._heard.append(message.json())
            self._more.set()

    def id(self, name: str) -> str:
        """The id that stands for a name in this run; the same for the same name."""
        made = next((key for key, value in self._names.items() if value == name), None)
        if made is None:
            made = f"{name}-{uuid4().hex[:8]}"
            self._names[made] = name
        return made

    async def reply(self, method: str, path: str, body: Json | str | None = None) -> tuple[int, Any]:
        """Status and decoded body; `{name}` in the path stands for `id(name)`."""
        for made, name in self._names.items():
            path = path.replace("{" + name + "}", made)
        content = {"data": body} if isinstance(body, str) else {"json": body}
        async with self._session.request(method, f"{self._settings.base_url}/{path}", **content) as response:
            text = await response.text()
        for made, name in self._names.items():
            text = text.replace(made, name)
        return response.status, json.loads(text) if text else None

    async def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        return (await self.reply(method, path, body))[1]

    async def dial(self, name: str, who: str, *, ring_s: int = 20, variables: Json | None = None) -> tuple[int, Any]:
        endpoint = who if "/" in who else f"PJSIP/{number(who)}@trunk"
        body = {"endpoint": endpoint, "app": self.app, "appArgs": "debtor,7", "callerId": "15550009999"}
        content = body | {"timeout": ring_s, "formats": "alaw", "variables": variables or {}}
        return await self.reply("POST", f"channels/{self.id(name)}", content)

    async def until(self, kind: str, name: str = "", *, nth: int = 1, timeout_s: float = 10.0) -> None:
        """Wait for an event of a named channel (or of anything)."""
        async with asyncio.timeout(timeout_s):
            while True:
                found = [event for event in self._heard if event["type"] == kind and name in ("", self._about(event))]
                if len(found) >= nth:
                    return
                self._more.clear()
                await self._more.wait()

    def _about(self, event: Json) -> str:
        channel = event.get("channel") or event.get("peer") or {}
        return self._names.get(channel.get("id", ""), "")

    def trace(self, name: str = "") -> list[Json]:
        """What was heard (about one channel), comparable: names for ids, no times, swaps of one moment sorted."""
        # BridgeDestroyed comes or not, by how fast the last member's subscription ends; nobody may rely on it
        heard = [event for event in self._heard if event["type"] != "BridgeDestroyed"]
        events = [event for event in heard if name in ("", self._about(event))]
        seen = [self._shown(event) for event in events]
        return _unswapped(seen)

    def _shown(self, event: Json) -> Json:
        shown: Json = {"type": event["type"], "keys": sorted(event)}
        shown |= {key: event[key] for key in NAMED if key in event}
        for part in ("channel", "peer"):
            if part in event:
                shown[part] = self._channel(event[part])
        if "bridge" in event:
            bridge = event["bridge"]
            members = sorted(self._names.get(member, "?") for member in bridge["channels"])
            shown["bridge"] = {"id": self._names.get(bridge["id"]), "channels": members, "keys": sorted(bridge)}
        if "playback" in event:
            playback = event["playback"]
            shown["playback"] = {"state": playback["state"], "media": playback["media_uri"], "keys": sorted(playback)}
        for part in ("endpoint", "contact_info", "peer_status"):
            if part in event:
                shown[part] = {key: value for key, value in event[part].items() if key in ("resource", "state")}
        return shown

    def _channel(self, channel: Json) -> Json:
        dialplan = {key: channel["dialplan"][key] for key in ("context", "exten", "app_name", "app_data")}
        return {
            "id": self._names.get(channel["id"]),
            "state": channel["state"],
            "caller": channel["caller"],
            "connected": channel["connected"],
            "dialplan": dialplan,
            "keys": sorted(channel),
        }


_MOMENTS = [("Dial", ""), ("ChannelStateChange", "Ringing"), ("Dial", "RINGING"), ("Dial", "PROGRESS")]
_MOMENTS += [("ChannelStateChange", "Up"), ("Dial", "ANSWER")]


def _unswapped(seen: list[Json]) -> list[Json]:
    """Dial and ChannelStateChange of one leg come by two ways and swap, with either state in the Dial: sort them."""

    def moment(event: Json) -> int | None:
        about = event.get("dialstatus") if event["type"] == "Dial" else event.get("channel", {}).get("state")
        key = (str(event["type"]), str(about))
        return _MOMENTS.index(key) if key in _MOMENTS else None

    ordered: list[Json] = []
    for _, run in groupby(seen, key=lambda event: moment(event) is not None):
        events = list(run)
        ordered += sorted(events, key=lambda event: moment(event) or 0)
    for event in ordered:
        if event["type"] == "Dial":
            event["peer"]["state"] = "any"
    return ordered
