"""Carries the floor across processes: commands to the dialer, its streams to the web processes, over Redis pub/sub.

Pub/sub may lose anything at any time. A lost command shows as a time-out and is asked again under the same `cmd_id`,
which does nothing twice; a lost delta shows as a gap in the numbers, and the mirror asks for the stream anew. No fact
lives here.

A dead end shows itself too: each second a beat goes the way of a request, out to the requests' channel and back into
the dialer, and then the way of a delta. So a mirror that hears it knows that commands would be heard.
"""

import asyncio
import contextlib
import math
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from dialer import hearing
from dialer.commands import Actor, Command, FloorPort, Reply
from dialer.hearing import Told, ended, messages
from dialer.link import Link, Why
from dialer.streams import REMOVED, Delta, Op, Snapshot, StreamHub
from telephony.clock import Clock

log = structlog.get_logger()

AT_ONCE = 100
ANEW = orjson.dumps({"anew": True})
REPLY_WITHIN_S = 5.0


def _channel(tenant_id: int, what: str) -> str:
    return f"promiseline:{tenant_id}:floor:{what}"


class FloorServer:
    """The dialer's end: answers requests of web processes and publishes every delta, as long as somebody hears it.

    A mirror asks for the streams after each subscription. So from a delta that nobody heard until the next request,
    nobody misses what is not sent.
    """

    def __init__(self, redis: Redis, floor: FloorPort, tenant_id: int) -> None:
        self._redis = redis
        self._floor = floor
        self._tenant_id = tenant_id
        self._id = uuid.uuid4().hex
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unlisten: Callable[[], None] | None = None
        self._heard = True
        self._requests = 0

    async def start(self) -> None:
        self._unlisten = self._floor.hub.listen(self._enqueue)
        self._spawn(self._publish())
        self._spawn(self._serve())
        self._spawn(self._beat())

    async def stop(self) -> None:
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None
        await ended(self._tasks)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _enqueue(self, stream: str, delta: Delta) -> None:
        if self._heard:
            self._outbox.put_nowait(orjson.dumps({"stream": stream, "delta": orjson.Fragment(delta.encoded)}))

    async def _publish(self) -> None:
        """Deltas in their order. After a loss, and at the start, mirrors are told to ask for everything anew."""
        channel = _channel(self._tenant_id, "deltas")
        waiting = [ANEW]
        while True:
            requests = self._requests
            try:
                async with asyncio.timeout(hearing.SILENT_S):
                    heard_by = await self._send(channel, waiting)
            except (RedisError, OSError) as problem:
                log.warning("bus.deltas_lost", error=type(problem).__name__)
                # what was not sent is in the streams: kept, it would only grow while Redis is away
                while not self._outbox.empty():
                    self._outbox.get_nowait()
                waiting = [ANEW]
                await asyncio.sleep(hearing.RETRY_S)
            else:
                if heard_by == 0 and self._requests == requests:
                    self._heard = False
                waiting = [await self._outbox.get()]
                while not self._outbox.empty() and len(waiting) < AT_ONCE:
                    waiting.append(self._outbox.get_nowait())

    async def _send(self, channel: str, waiting: list[bytes]) -> int:
        """How many heard the last of them."""
        if len(waiting) == 1:
            return int(await self._redis.publish(channel, waiting[0]))
        async with self._redis.pipeline(transaction=False) as pipeline:
            for message in waiting:
                pipeline.publish(channel, message)
            return int((await pipeline.execute())[-1])

    async def _serve(self) -> None:
        async for _, request in messages(self._redis, (_channel(self._tenant_id, "requests"),), Told()):
            if request["kind"] != "beat":
                self._spawn(self._answer(request))
            elif request["from"] == self._id:
                self._spawn(self._say("deltas", {"beat": self._floor.hub.epoch}))

    async def _beat(self) -> None:
        """Whether or not somebody listens: a mirror that has just come must hear one soon."""
        while True:
            await self._say("requests", {"kind": "beat", "from": self._id})
            await asyncio.sleep(hearing.BEAT_S)

    async def _say(self, what: str, message: dict[str, Any]) -> None:
        """Publish what nobody misses long: a Redis that is away is told of by those that listen."""
        with contextlib.suppress(RedisError, OSError):
            async with asyncio.timeout(hearing.SILENT_S):
                await self._redis.publish(_channel(self._tenant_id, what), orjson.dumps(message))

    async def _answer(self, request: dict[str, Any]) -> None:
        result = await self._do(request)
        await self._say(f"replies:{request['from']}", {"id": request["id"], "result": result})

    async def _do(self, request: dict[str, Any]) -> Any:
        kind = request["kind"]
        self._requests += 1
        self._heard = True
        if kind == "streams":
            names = request["names"] or self._floor.hub.names()
            return {name: self._floor.hub.snapshot(name).wire() for name in names}
        if kind == "campaign_changed":
            await self._floor.campaign_changed(request["campaign_id"])
            return True
        actor = Actor(**request["actor"])
        if kind == "agent_present":
            await self._floor.agent_present(actor, request["present"])
            return True
        command = Command(**request["command"])
        ask = self._floor.agent_command if kind == "agent_command" else self._floor.supervisor_command
        return asdict(await ask(actor, command))


class RemoteFloor:
    """The web process's end: a FloorPort whose floor lives in another process.

    `link` is down until the dialer was heard and its streams are here, and whenever it is not heard any more.
    """

    def __init__(self, redis: Redis, tenant_id: int, clock: Clock) -> None:
        self.hub: StreamHub = StreamHub(clock, epoch="")
        self.link = Link(clock, "dialer")
        self._redis = redis
        self._tenant_id = tenant_id
        self._id = uuid.uuid4().hex
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking: set[str] = set()
        self._beat_at = -math.inf  # of the dialer whose streams are here, by the loop's clock
        self.synced = asyncio.Event()  # set once the dialer's streams are here for the first time

    async def start(self) -> None:
        self._tasks.add(asyncio.create_task(self._listen()))

    async def stop(self) -> None:
        await ended(self._tasks)

    async def agent_command(self, actor: Actor, command: Command) -> Reply:
        return await self._command("agent_command", actor, command)

    async def supervisor_command(self, actor: Actor, command: Command) -> Reply:
        return await self._command("supervisor_command", actor, command)

    async def agent_present(self, actor: Actor, present: bool) -> None:
        """Raises ConnectionError when the dialer did not hear it: who tells it must tell it again."""
        heard = await self._ask({"kind": "agent_present", "actor": asdict(actor), "present": present})
        if heard is None:
            raise ConnectionError("the dialer did not answer")

    async def campaign_changed(self, campaign_id: int) -> None:
        """A dialer that does not hear it looks for changes by itself."""
        await self._ask({"kind": "campaign_changed", "campaign_id": campaign_id})

    async def _command(self, kind: str, actor: Actor, command: Command) -> Reply:
        wire = {"cmd_id": command.cmd_id, "name": command.name, "args": dict(command.args)}
        answer = await self._ask({"kind": kind, "actor": asdict(actor), "command": wire})
        if answer is None:
            return Reply(
                error_code="dialer_unreachable",
                message="The dialer did not answer. Nothing is lost: try again; a command is never carried out twice.",
            )
        return Reply(**answer)

    async def _ask(self, request: dict[str, Any], within_s: float | None = None) -> Any:
        """The dialer's answer, or None if there was none in time."""
        request_id = uuid.uuid4().hex
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = future
        wire = orjson.dumps({**request, "id": request_id, "from": self._id})
        try:
            async with asyncio.timeout(within_s or REPLY_WITHIN_S):
                heard_by = await self._redis.publish(_channel(self._tenant_id, "requests"), wire)
                return await future if heard_by else None
        except (TimeoutError, RedisError, OSError):
            return None
        finally:
            self._waiting.pop(request_id, None)

    async def _listen(self) -> None:
        """One subscription for both, so that there is no time when deltas are heard and replies are not."""
        replies, deltas = _channel(self._tenant_id, f"replies:{self._id}"), _channel(self._tenant_id, "deltas")
        told = Told(self._sync_all, lambda: self._linked("dialer"), lambda: self._linked("redis"))
        async for channel, message in messages(self._redis, (replies, deltas), told):
            if channel == replies:
                self._take_reply(message)
            else:
                self._take(message)

    def _linked(self, why: Why) -> None:
        if why != self.link.state.why:
            log.warning("bus.link", up=not why, why=why)
        self.link.turn(why)

    def _take_reply(self, reply: dict[str, Any]) -> None:
        future = self._waiting.get(reply["id"])
        if future is not None and not future.done():
            future.set_result(reply["result"])

    def _take(self, message: dict[str, Any]) -> None:
        if "anew" in message:
            self._sync_all()
        elif "beat" in message:
            self._take_beat(message["beat"])
        else:
            delta = delta_from_wire(message["delta"])
            if delta.epoch != self.hub.epoch:
                # the dialer began a new life: every stream of the last one is void
                self._sync_all()
            elif not self.hub.follow(message["stream"], delta):
                self._sync_soon(message["stream"])

    def _take_beat(self, epoch: str) -> None:
        if epoch == self.hub.epoch:
            self._beat_at = asyncio.get_running_loop().time()
            if "" not in self._asking:  # else what is here may be old, and the link is up once all is here anew
                self._linked("")
        elif asyncio.get_running_loop().time() - self._beat_at >= hearing.SILENT_S:
            # a second dialer's beat means nothing as long as the one whose streams are here beats too
            self._sync_all()

    def _sync_all(self) -> None:
        self._sync_soon("")

    def _sync_soon(self, stream: str) -> None:
        """Ask for one stream anew, or with "" for all; once at a time, however many deltas show the gap."""
        if stream in self._asking:
            return
        self._asking.add(stream)
        task = asyncio.create_task(self._sync(stream))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _sync(self, wanted: str) -> None:
        while True:
            request = {"kind": "streams", "names": [wanted] if wanted else []}
            snapshots = await self._ask(request, hearing.SILENT_S)  # asked again, not waited for: it may be lost
            if snapshots is not None:
                break
            await asyncio.sleep(hearing.RETRY_S)
        self._asking.discard(wanted)
        for stream, wire in snapshots.items():
            at = datetime.fromisoformat(wire["now"])
            self.hub.adopt(stream, Snapshot(wire["epoch"], wire["seq"], at, wire["state"]))
        self._take_beat(self.hub.epoch)
        self.synced.set()


def delta_from_wire(wire: dict[str, Any]) -> Delta:
    ops = tuple(Op(tuple(op["path"]), op.get("value", REMOVED)) for op in wire["ops"])
    return Delta(wire["epoch"], wire["seq"], datetime.fromisoformat(wire["now"]), ops)
