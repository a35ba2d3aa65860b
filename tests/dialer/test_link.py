"""A web process says when its dialer is not heard, over a real Valkey: killed, cut off, silent, back again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from redis.asyncio import Redis

from campaigns.db.embedded import EmbeddedValkey
from dialer import hearing
from dialer.bus import FloorServer, RemoteFloor
from dialer.hearing import connect
from dialer.link import Link, LinkState
from dialer.streams import Op, StreamHub
from telephony.clock import ScaledClock
from tests.dialer.test_bus import ScriptedFloor

START = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "BEAT_S", 0.05)
    monkeypatch.setattr(hearing, "SILENT_S", 0.5)
    monkeypatch.setattr(hearing, "RETRY_S", 0.05)


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = connect(valkey_url)
    yield client
    await client.aclose()


@asynccontextmanager
async def dialer(redis: Redis, epoch: str = "life-1") -> AsyncIterator[ScriptedFloor]:
    floor = ScriptedFloor()
    floor.hub = StreamHub(ScaledClock(START), epoch)
    floor.hub.publish("floor:1", [Op(("life",), epoch)])
    server = FloorServer(redis, floor, tenant_id=1)
    await server.start()
    yield floor
    await server.stop()


@asynccontextmanager
async def mirror(redis: Redis) -> AsyncIterator[RemoteFloor]:
    made = RemoteFloor(redis, 1, ScaledClock(START))
    await made.start()
    yield made
    await made.stop()


async def until(link: Link, true: Callable[[LinkState], bool], within_s: float = 15.0) -> None:
    changed = asyncio.Event()
    end = link.listen(lambda _: changed.set())
    async with asyncio.timeout(within_s):
        while not true(link.state):
            changed.clear()
            await changed.wait()
    end()


def up(state: LinkState) -> bool:
    return state.up


def without(why: str) -> Callable[[LinkState], bool]:
    return lambda state: not state.up and state.why == why


def test_the_floor_of_ones_own_process_is_always_heard() -> None:
    wire = Link(ScaledClock(START)).state.wire()
    assert (wire["up"], wire["why"]) == (True, "")
    assert START <= datetime.fromisoformat(wire["since"])


def test_listeners_are_told_of_changes_only_and_a_silence_keeps_its_first_instant() -> None:
    link = Link(ScaledClock(START, speed=1e6))
    told: list[LinkState] = []
    end = link.listen(told.append)
    for why in ("", "dialer", "dialer", "redis", ""):
        link.turn(why)
    end()
    link.turn("redis")
    assert [(state.up, state.why) for state in told] == [(False, "dialer"), (False, "redis"), (True, "")]
    assert told[0].since == told[1].since < told[2].since


async def test_a_dialer_that_dies_is_noticed_and_its_next_life_is_shown_before_the_link_is_up(redis: Redis) -> None:
    async with mirror(redis) as remote:
        async with dialer(redis):
            await until(remote.link, up)
        await until(remote.link, without("dialer"))
        assert remote.hub.state("floor:1") == {"life": "life-1"}, "what was shown stays"

        shown: list[Any] = []
        remote.link.listen(lambda state: shown.append((state.up, remote.hub.state("floor:1"))))
        async with dialer(redis, "life-2"):
            await until(remote.link, up)
        assert shown[0] == (True, {"life": "life-2"})


async def test_a_web_process_that_starts_before_the_dialer_says_so_until_it_comes(redis: Redis) -> None:
    async with mirror(redis) as remote:
        assert without("dialer")(remote.link.state)
        async with dialer(redis):
            await until(remote.link, up)


async def test_a_floor_where_nothing_happens_beats_for_a_mirror_that_comes_late(redis: Redis) -> None:
    """The dialer sends nothing that nobody hears; its beat goes on, or a mirror that subscribed would hear nothing."""
    async with dialer(redis), overheard(redis, "requests") as requests:
        assert [(await anext(requests))["kind"] for _ in range(3)] == ["beat"] * 3
        async with overheard(redis, "deltas") as deltas:
            assert [await anext(deltas) for _ in range(3)] == [{"beat": "life-1"}] * 3


async def test_a_strangers_beat_costs_nothing_while_the_own_dialer_beats(redis: Redis) -> None:
    async with dialer(redis), mirror(redis) as remote:
        await until(remote.link, up)
        async with overheard(redis, "requests") as requests:
            await redis.publish("promiseline:1:floor:deltas", orjson.dumps({"beat": "stranger"}))
            assert [(await anext(requests))["kind"] for _ in range(4)] == ["beat"] * 4, "no stream was asked for"
        assert remote.link.state.up


async def test_a_redis_that_is_gone_is_told_apart_from_a_dialer_that_is_gone(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path / "valkey")
    valkey.start()
    async with AsyncExitStack() as stack:
        stack.callback(valkey.destroy)
        here, there = connect(valkey.url()), connect(valkey.url())
        stack.push_async_callback(here.aclose)
        stack.push_async_callback(there.aclose)
        await stack.enter_async_context(dialer(here))
        remote = await stack.enter_async_context(mirror(there))
        await until(remote.link, up)
        valkey.destroy()
        await until(remote.link, without("redis"))
        valkey.start()
        await until(remote.link, up)


async def test_a_connection_that_died_without_a_word_is_noticed_and_made_anew(redis: Redis, valkey_url: str) -> None:
    async with Wire(valkey_url) as wire, dialer(redis):
        there = connect(wire.url)
        async with mirror(there) as remote:
            await until(remote.link, up)
            wire.swallow()
            await until(remote.link, without("dialer"))
            await until(remote.link, up)
        await there.aclose()


async def test_a_dialer_whose_ear_died_without_a_word_hears_again(redis: Redis, valkey_url: str) -> None:
    async with Wire(valkey_url) as wire, mirror(redis) as remote:
        there = connect(wire.url)
        async with dialer(there):
            await until(remote.link, up)
            wire.swallow()
            await until(remote.link, without("dialer"))
            await until(remote.link, up)
        await there.aclose()


@asynccontextmanager
async def overheard(redis: Redis, what: str) -> AsyncIterator[AsyncIterator[Any]]:
    """What is said on one of the bus's channels from now on."""
    async with redis.pubsub() as ear, asyncio.timeout(15):
        await ear.subscribe(f"promiseline:1:floor:{what}")
        assert (await anext(ear.listen()))["type"] == "subscribe"

        async def said() -> AsyncIterator[Any]:
            while True:
                raw = await ear.get_message(timeout=None)
                if raw is not None:
                    yield orjson.loads(raw["data"])

        yield said()


class Wire:
    """A way to Redis whose connections can be made to swallow everything, as a firewall that forgot them does."""

    def __init__(self, url: str) -> None:
        self._path = urlsplit(url).path
        self._server: asyncio.Server | None = None
        self._swallowed: set[int] = set()
        self._open: dict[int, list[asyncio.StreamWriter]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"redis://127.0.0.1:{port}/0"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writers in self._open.values():
            for writer in writers:
                writer.close()

    def swallow(self) -> None:
        """Whatever is connected now hears nothing more and is heard no more; new connections work."""
        self._swallowed |= self._open.keys()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._path)
        number = len(self._open)
        self._open[number] = [writer, back]
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._carry(number, source, sink))
            self._tasks.add(task)

    async def _carry(self, number: int, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if number not in self._swallowed:
                sink.write(data)
                await sink.drain()
        sink.close()
