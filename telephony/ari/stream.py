"""Keeps the event WebSocket of one node open: connects, sets the filter, reads, and comes back after every loss.

A clean end, an error, silence and a full queue are one thing: disconnected. The reader only decodes and enqueues.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from random import Random

import aiohttp
import structlog
from prometheus_client import Counter

from telephony.ari.backoff import delay_s
from telephony.ari.decode import Decoded, MalformedMessage, UnknownMessage, decode_message
from telephony.ari.errors import ExchangeError, refusal
from telephony.ari.generated.events import ApplicationReplaced
from telephony.ari.inbox import Inbox
from telephony.ari.metrics import AriMetrics
from telephony.ari.settings import AriSettings
from telephony.clock import Clock

log = structlog.get_logger(__name__)

MAX_FRAME = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StreamUp:
    """Open, and the filter is set. What happened while it was not open is lost: reconcile."""


@dataclass(frozen=True, slots=True)
class StreamDown:
    """Lost, or could not be opened. `kind` is static; `why` is for people."""

    kind: str
    why: str


class Lost(Exception):
    """The end of one connection."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.why = why


Item = StreamUp | StreamDown | Decoded


class EventStream:
    """`prepare` runs after each connect, before anything is read: filter and subscriptions. `noticed` sees each message
    at its arrival, in the reader, so it must be quick. `fenced` is True once another dialer took the app."""

    def __init__(
        self,
        settings: AriSettings,
        session: Callable[[], aiohttp.ClientSession],
        clock: Clock,
        random: Random,
        metrics: AriMetrics,
        prepare: Callable[[], Awaitable[None]],
        noticed: Callable[[Decoded], None],
    ) -> None:
        self._settings = settings
        self._session = session
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._prepare = prepare
        self._noticed = noticed
        # looked up once: a look-up by labels for each event costs as much as its decoding
        self._counters: dict[type, Counter] = {}
        self._depth = metrics.queue_depth.labels(settings.node)
        self._inbox: Inbox[object] = Inbox(settings.queue_size)
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._dropped: Lost | None = None
        self._said = ""
        self._task: asyncio.Task[None] | None = None
        self.up = False
        self.fenced = False

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"ari-events-{self._settings.node}")

    async def close(self) -> None:
        self._inbox.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def items(self) -> AsyncIterator[object]:
        """Everything in order of arrival: items of this stream and what was told."""
        while (item := await self._inbox.take()) is not None:
            self._depth.set(len(self._inbox))
            yield item

    def tell(self, item: object) -> None:
        """Put our own news in order among the events; never refused."""
        self._inbox.tell(item)

    async def drop(self, kind: str, why: str) -> None:
        """Give this connection up and make a new one."""
        self._dropped = Lost(kind, why)
        if self._ws is not None:
            await self._ws.close()

    async def _run(self) -> None:
        attempt = 0
        while not self.fenced:
            opened = time.monotonic()
            lost = await self._live()
            # Only a connection that lasted counts as mended: a node that accepts and closes must not be hammered.
            attempt = 0 if time.monotonic() - opened > self._settings.backoff_max_s else attempt + 1
            self._say_down(lost)
            if not self.fenced:
                await self._inbox.half_empty()
                least, most = self._settings.backoff_min_s, self._settings.backoff_max_s
                await self._clock.sleep(delay_s(attempt - 1 if attempt else 0, least, most, self._random))

    async def _live(self) -> Lost:
        """One connection from its opening to its loss."""
        self._dropped = None
        try:
            async with asyncio.timeout(self._settings.deadline_s):
                self._ws = await self._connect()
            async with asyncio.timeout(self._settings.deadline_s * 2):
                await self._prepare()
            self.up, self._said = True, ""
            self._metrics.connects.labels(self._settings.node).inc()
            self.tell(StreamUp())
            return await self._read(self._ws)
        except Lost as lost:
            return self._dropped or lost
        except ExchangeError as error:
            return Lost("prepare", str(error))
        except TimeoutError:
            return Lost("timeout", f"node {self._settings.node}: no answer within the setting `deadline_s`")
        except Exception as error:  # the loop must survive a fault of our own; it is counted as a loss of this kind
            log.exception("ari.stream_failed", node=self._settings.node)
            return Lost("internal", f"node {self._settings.node}: fault in the event stream ({type(error).__name__})")
        finally:
            self.up = False
            await self._hang_up()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        node = self._settings.node
        try:
            return await self._session().ws_connect(
                f"{self._settings.base_url}/events",
                params={"app": self._settings.app},
                heartbeat=self._settings.heartbeat_s,
                max_msg_size=MAX_FRAME,
                timeout=aiohttp.ClientWSTimeout(ws_close=0.5),
            )
        except aiohttp.WSServerHandshakeError as error:
            raise Lost("refused", str(refusal(node, "the event stream", error.status, error.message))) from error
        except (aiohttp.ClientError, OSError) as error:
            why = f"node {node} cannot be reached at the setting `url` ({type(error).__name__}): is Asterisk running?"
            raise Lost("unreachable", why) from error

    async def _read(self, ws: aiohttp.ClientWebSocketResponse) -> Lost:
        while True:
            frame = await ws.receive()
            if frame.type is aiohttp.WSMsgType.TEXT:
                self._take(frame.data)
            elif frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED):
                return self._dropped or Lost("closed", f"the event stream ended (code {ws.close_code})")
            elif frame.type is aiohttp.WSMsgType.ERROR:
                return self._dropped or self._broken(frame.data)

    def _broken(self, error: object) -> Lost:
        if isinstance(error, aiohttp.ServerTimeoutError):
            return Lost("silent", f"the event stream gave no sign of life within {self._settings.heartbeat_s:g} s")
        return Lost("error", f"the event stream broke ({type(error).__name__})")

    def _take(self, text: str) -> None:
        """Raises Lost when the app was taken over or the queue is full."""
        message = decode_message(text)
        node, kind = self._settings.node, type(message)
        counter = self._counters.get(kind)
        if counter is None:
            counter = self._counters[kind] = self._metrics.events.labels(node, kind.__name__)
        counter.inc()
        if isinstance(message, (MalformedMessage, UnknownMessage)):
            self._report(message)
        self._noticed(message)
        if not self._inbox.offer(message):
            raise Lost("overflow", f"{self._settings.queue_size} events wait unread (setting `queue_size`)")
        if isinstance(message, ApplicationReplaced):
            self.fenced = True
            raise Lost("replaced", f"another dialer took the app {self._settings.app} on node {node}; this one stops")

    def _report(self, message: MalformedMessage | UnknownMessage) -> None:
        if isinstance(message, MalformedMessage):
            self._metrics.malformed.labels(self._settings.node, message.type).inc()
            log.warning("ari.event_malformed", node=self._settings.node, type=message.type, why=message.why)
        else:
            log.info("ari.event_unknown", node=self._settings.node)

    def _say_down(self, lost: Lost) -> None:
        """Tell each loss once; failed attempts are told again only when the reason changes."""
        self._metrics.disconnects.labels(self._settings.node, lost.kind).inc()
        if lost.why != self._said:
            self._said = lost.why
            log.warning("ari.stream_down", node=self._settings.node, kind=lost.kind, why=lost.why)
            self.tell(StreamDown(lost.kind, lost.why))

    async def _hang_up(self) -> None:
        ws, self._ws = self._ws, None
        if ws is not None:
            await ws.close()
