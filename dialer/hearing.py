"""Listens on Redis channels for ever, and notices when nothing is heard: a connection may die without a word.

Both ends of the bus expect a beat each second (dialer.bus). Silence means that what should beat is gone, or that this
very subscription is dead; so it is made anew, which mends the latter and costs nothing in the former case.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = structlog.get_logger()

BEAT_S = 1.0
SILENT_S = 3.0
RETRY_S = 0.5
CANCEL_S = 0.1


def connect(url: str) -> Redis:
    """A client that tries again once and at once (for a stale connection): its own patience would hide a loss."""
    client: Redis = Redis.from_url(url, retry=Retry(NoBackoff(), 1))
    return client


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel the tasks until they end: asyncio.wait_for of Python 3.11, by which the Redis client sends, loses a
    cancellation that comes in the moment in which it is done."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=CANCEL_S)


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told what: `subscribed` after each (re)connection, as messages may have been lost; `silent` when Redis
    is there but said nothing for SILENT_S; `gone` when Redis cannot be reached, from the second attempt on."""

    subscribed: Callable[[], None] = _nothing
    silent: Callable[[], None] = _nothing
    gone: Callable[[], None] = _nothing


async def messages(redis: Redis, channels: tuple[str, ...], told: Told) -> AsyncIterator[tuple[str, Any]]:
    """(channel, message) for ever."""
    failures = 0
    while True:
        confirmed = False
        try:
            async with redis.pubsub() as pubsub:
                async with asyncio.timeout(SILENT_S):
                    await pubsub.subscribe(*channels)
                async for raw in _until_silent(pubsub):
                    if raw["type"] == "message":
                        yield raw["channel"].decode(), orjson.loads(raw["data"])
                    elif raw["type"] == "subscribe" and raw["data"] == len(channels):
                        confirmed, failures = True, 0
                        told.subscribed()
            if confirmed:
                told.silent()
                continue
        except (RedisError, OSError) as problem:
            log.warning("bus.lost", error=type(problem).__name__)
        failures += 1
        if failures > 1:
            told.gone()
        await asyncio.sleep(RETRY_S)


async def _until_silent(pubsub: PubSub) -> AsyncIterator[dict[str, Any]]:
    while True:
        try:
            # the time-out is ours and not the client's, whose covers reading only and not its reconnections
            async with asyncio.timeout(SILENT_S):
                raw = await pubsub.get_message(timeout=None)
        except TimeoutError:
            return
        if raw is not None:
            yield raw
