"""The floor across processes, over a real Valkey: commands arrive once, streams are mirrored, losses heal."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis.asyncio import Redis

from campaigns.db.embedded import EmbeddedValkey
from dialer import bus, hearing
from dialer.bus import FloorServer, RemoteFloor
from dialer.commands import Actor, Command, Reply
from dialer.hearing import connect
from dialer.link import Link
from dialer.streams import Op, StreamHub
from telephony.clock import ScaledClock

ANN = Actor(user_id=7, tenant_id=1, role="agent")


class ScriptedFloor:
    """A floor that remembers what it was asked and answers as told."""

    def __init__(self) -> None:
        clock = ScaledClock(datetime(2026, 11, 22, tzinfo=UTC))
        self.hub = StreamHub(clock, "life-1")
        self.link = Link(clock)
        self.asked: list[tuple[Actor, Command]] = []
        self.present: list[tuple[int, bool]] = []
        self.changed: list[int] = []
        self.reply = Reply(result={"promise_id": 5})
        self.silent = False

    async def agent_command(self, actor: Actor, command: Command) -> Reply:
        self.asked.append((actor, command))
        if self.silent:
            await asyncio.Event().wait()
        return self.reply

    async def supervisor_command(self, actor: Actor, command: Command) -> Reply:
        self.asked.append((actor, command))
        return self.reply

    async def agent_present(self, actor: Actor, present: bool) -> None:
        self.present.append((actor.user_id, present))

    async def campaign_changed(self, campaign_id: int) -> None:
        self.changed.append(campaign_id)


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = connect(valkey_url)
    yield client
    await client.aclose()


@pytest.fixture
def floor() -> ScriptedFloor:
    return ScriptedFloor()


@pytest.fixture
async def server(redis: Redis, floor: ScriptedFloor) -> AsyncIterator[FloorServer]:
    made = FloorServer(redis, floor, tenant_id=1)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def remote(redis: Redis, server: FloorServer) -> AsyncIterator[RemoteFloor]:
    made = RemoteFloor(redis, 1, ScaledClock(datetime(2026, 11, 22, tzinfo=UTC)))
    await made.start()
    async with asyncio.timeout(5):
        await made.synced.wait()
    yield made
    await made.stop()


async def until(true: Callable[[], bool], hub: StreamHub, within_s: float = 10.0) -> None:
    """Wait for a condition that only a delta can bring about."""
    changed = asyncio.Event()
    end = hub.listen(lambda *_: changed.set())
    async with asyncio.timeout(within_s):
        while not true():
            changed.clear()
            await changed.wait()
    end()


async def test_a_command_reaches_the_floor_and_its_reply_comes_back(remote: RemoteFloor, floor: ScriptedFloor) -> None:
    reply = await remote.agent_command(ANN, Command("c1", "promise", {"amount_minor": 500}))

    assert reply == Reply(result={"promise_id": 5})
    assert floor.asked == [(ANN, Command("c1", "promise", {"amount_minor": 500}))]


async def test_a_refusal_keeps_its_words(remote: RemoteFloor, floor: ScriptedFloor) -> None:
    floor.reply = Reply(error_code="too_late", message="The date is past. Choose a later one.", field="due_date")

    assert await remote.supervisor_command(ANN, Command("c1", "promise")) == floor.reply


async def test_presence_and_changed_campaigns_are_told(remote: RemoteFloor, floor: ScriptedFloor) -> None:
    await remote.agent_present(ANN, True)
    await remote.campaign_changed(3)

    assert floor.present == [(7, True)]
    assert floor.changed == [3]


async def test_streams_are_mirrored_under_the_dialers_numbers(remote: RemoteFloor, floor: ScriptedFloor) -> None:
    floor.hub.publish("agent:7", [Op(("agent",), {"state": "ready"})])
    floor.hub.publish("agent:7", [Op(("agent", "state"), "talking")])
    await until(lambda: remote.hub.state("agent:7") == {"agent": {"state": "talking"}}, remote.hub)

    assert remote.hub.snapshot("agent:7").seq == 2
    assert remote.hub.snapshot("agent:7").epoch == "life-1"


async def test_a_web_process_that_starts_late_gets_what_there_is(
    redis: Redis, server: FloorServer, floor: ScriptedFloor
) -> None:
    floor.hub.publish("floor:1", [Op(("totals",), {"dialed": 9})])
    late = RemoteFloor(redis, 1, ScaledClock(datetime(2026, 11, 22, tzinfo=UTC)))
    await late.start()
    async with asyncio.timeout(5):
        await late.synced.wait()

    assert late.hub.state("floor:1") == {"totals": {"dialed": 9}}
    await late.stop()


async def test_a_lost_delta_is_noticed_and_healed(redis: Redis, remote: RemoteFloor, floor: ScriptedFloor) -> None:
    floor.hub.publish("floor:1", [Op(("totals",), 1)])
    await until(lambda: remote.hub.state("floor:1") == {"totals": 1}, remote.hub)
    with floor.hub.muted():
        floor.hub.publish("floor:1", [Op(("totals",), 2)])
    floor.hub.publish("floor:1", [Op(("agents",), 3)])

    await until(lambda: remote.hub.state("floor:1") == {"totals": 2, "agents": 3}, remote.hub)


async def test_a_dialer_that_begins_a_new_life_is_mirrored_anew_and_its_low_numbers_count(
    redis: Redis, server: FloorServer, remote: RemoteFloor, floor: ScriptedFloor
) -> None:
    for number in range(5):
        floor.hub.publish("agent:7", [Op(("agent",), number)])
    floor.hub.publish("floor:1", [Op(("totals",), 1)])
    await until(lambda: remote.hub.state("floor:1") == {"totals": 1}, remote.hub)
    await server.stop()
    reborn = ScriptedFloor()
    reborn.hub = StreamHub(ScaledClock(datetime(2026, 11, 22, tzinfo=UTC)), "life-2")
    reborn.hub.publish("floor:1", [Op(("totals",), 9)])

    second = FloorServer(redis, reborn, tenant_id=1)
    await second.start()
    await until(lambda: remote.hub.state("floor:1") == {"totals": 9}, remote.hub)
    assert remote.hub.epoch == "life-2"
    assert remote.hub.state("agent:7") == {}, "a stream of the last life is void"

    reborn.hub.publish("agent:7", [Op(("agent",), "ready")])
    await until(lambda: remote.hub.state("agent:7") == {"agent": "ready"}, remote.hub)
    await second.stop()


async def test_what_was_published_while_redis_was_away_is_seen_when_it_is_back(
    tmp_path: Path, floor: ScriptedFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "RETRY_S", 0.05)
    valkey = EmbeddedValkey(tmp_path / "valkey")
    valkey.start()
    here, there = connect(valkey.url()), connect(valkey.url())
    server = FloorServer(here, floor, tenant_id=1)
    remote = RemoteFloor(there, 1, ScaledClock(datetime(2026, 11, 22, tzinfo=UTC)))
    await server.start()
    await remote.start()
    try:
        async with asyncio.timeout(5):
            await remote.synced.wait()
        valkey.destroy()
        floor.hub.publish("floor:1", [Op(("totals",), "unheard")])
        assert (await remote.agent_command(ANN, Command("c1", "ready"))).error_code == "dialer_unreachable"
        with pytest.raises(ConnectionError):
            await remote.agent_present(ANN, True)

        valkey.start()
        await until(lambda: remote.hub.state("floor:1") == {"totals": "unheard"}, remote.hub, 20)
        assert (await remote.agent_command(ANN, Command("c1", "ready"))).error_code is None
    finally:
        await remote.stop()
        await server.stop()
        await here.aclose()
        await there.aclose()
        valkey.destroy()


async def test_without_a_dialer_the_console_is_told_at_once(redis: Redis) -> None:
    alone = RemoteFloor(redis, 1, ScaledClock(datetime(2026, 11, 22, tzinfo=UTC)))

    reply = await alone.agent_command(ANN, Command("c1", "ready"))

    assert reply.error_code == "dialer_unreachable"
    assert "try again" in reply.message


async def test_a_dialer_that_does_not_answer_is_told_in_time(
    remote: RemoteFloor, floor: ScriptedFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "REPLY_WITHIN_S", 0.05)
    floor.silent = True

    assert (await remote.agent_command(ANN, Command("c1", "ready"))).error_code == "dialer_unreachable"


async def test_what_nobody_hears_is_not_sent_and_a_mirror_that_comes_later_misses_nothing(
    redis: Redis, server: FloorServer, floor: ScriptedFloor
) -> None:
    async with asyncio.timeout(5):
        while server._heard:  # noqa: ASYNC110 - Redis counts the listeners of the first message
            await asyncio.sleep(0.01)
    floor.hub.publish("agent:7", [Op(("before",), 1)])
    assert server._outbox.empty()
    late = RemoteFloor(redis, 1, ScaledClock(datetime(2026, 11, 22, tzinfo=UTC)))
    await late.start()
    try:
        async with asyncio.timeout(5):
            await late.synced.wait()
        floor.hub.publish("agent:7", [Op(("after",), 2)])
        await until(lambda: late.hub.state("agent:7") == {"before": 1, "after": 2}, late.hub)
    finally:
        await late.stop()
