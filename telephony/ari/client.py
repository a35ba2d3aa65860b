"""A typed client for one Asterisk node: `client.channels.hangup(...)`, and its events in order across reconnections."""

import time
from collections.abc import AsyncIterator, Callable
from random import Random
from types import TracebackType
from typing import Any, TypeVar, cast

import aiohttp
import msgspec

from telephony.ari.decode import Decoded
from telephony.ari.errors import ExchangeError, ExchangeRefused, ExchangeUnavailable, ExchangeUnknown, refusal
from telephony.ari.generated.requests import Resources
from telephony.ari.metrics import AriMetrics
from telephony.ari.request import Request
from telephony.ari.settings import AriSettings
from telephony.ari.stream import EventStream, Item
from telephony.ari.transport import HttpTransport, Reply, Transport
from telephony.ari.ws_transport import WsTransport
from telephony.clock import Clock, SystemClock

T = TypeVar("T")

PRIVATE = frozenset(
    {
        "channels.create",
        "channels.originate",
        "channels.originate_with_id",
        "channels.send_dtmf",
        "channels.set_channel_var",
        "endpoints.send_message",
        "endpoints.send_message_to_endpoint",
    }
)
"""Operations with phone numbers, digits or texts of people: their parameters travel in the body, never in the URL."""


class Sender:
    """Implements telephony.ari.request.Caller over a transport: deadline, errors, decoding, metrics."""

    def __init__(self, settings: AriSettings, transport: Transport, metrics: AriMetrics, deadline_s: float) -> None:
        self._settings = settings
        self._transport = transport
        self._metrics = metrics
        self._deadline_s = deadline_s

    async def call(self, request: Request, reply: type[T]) -> T:
        body = (await self._exchange(request)).body
        try:
            return msgspec.json.decode(body, type=reply, strict=False)
        except msgspec.MsgspecError as error:
            why = f"node {self._settings.node}: the reply to {request.op} was not understood ({error})"
            raise ExchangeUnknown(why) from error

    async def send(self, request: Request) -> None:
        await self._exchange(request)

    async def fetch(self, request: Request) -> bytes:
        return (await self._exchange(request)).body

    async def _exchange(self, request: Request) -> Reply:
        if request.op in PRIVATE:
            request = request.with_query_in_body()
        started = time.perf_counter()
        outcome = "unknown"
        try:
            reply = await self._transport.exchange(request, self._deadline_s)
            outcome = str(reply.status)
        except ExchangeError as error:
            outcome = _outcome(error)
            raise
        finally:
            self._metrics.requests.labels(self._settings.node, request.op, outcome).inc()
            self._metrics.latency.labels(self._settings.node, request.op).observe(time.perf_counter() - started)
        if reply.status >= 400:
            raise refusal(self._settings.node, request.op, reply.status, _message(reply))
        return reply


class AriClient(Resources):
    """Use as `async with AriClient(settings) as ari:`. Requests raise the errors of telephony.ari.errors.

    One attribute per resource (`channels`, `bridges`, `endpoints` ...), one method per operation.
    """

    def __init__(
        self,
        settings: AriSettings,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        metrics: AriMetrics | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.metrics = metrics or AriMetrics()
        self._random = random or Random()  # noqa: S311 - jitter of reconnections, not a secret
        self._http = HttpTransport(settings)
        self._transport: Transport = WsTransport(settings, self._http) if settings.rest_over_ws else self._http
        self._streams: list[EventStream] = []
        super().__init__(Sender(settings, self._transport, self.metrics, settings.deadline_s))

    def with_deadline(self, seconds: float) -> Resources:
        """The same operations with another deadline."""
        return Resources(Sender(self.settings, self._transport, self.metrics, seconds))

    def stream(
        self,
        prepare: Callable[[], Any] | None = None,
        noticed: Callable[[Decoded], None] = lambda message: None,
    ) -> EventStream:
        """The event stream, not yet started. `prepare` is awaited after the filter is set, before reading."""

        async def ready() -> None:
            await self.set_filter()
            if prepare is not None:
                await prepare()

        made = EventStream(self.settings, self._session, self.clock, self._random, self.metrics, ready, noticed)
        self._streams.append(made)
        return made

    def _session(self) -> aiohttp.ClientSession:
        return self._http.session

    async def set_filter(self) -> None:
        """Asterisk forgets the filter when the app goes away: to be set after every connect."""
        disallowed = [{"type": name} for name in self.settings.disallowed_events]
        await self.applications.filter(self.settings.app, filter={"disallowed": disallowed})

    async def messages(self) -> AsyncIterator[Item]:
        """StreamUp, messages, StreamDown, StreamUp ... without end; one consumer; a slow one leads to StreamDown."""
        stream = self.stream()
        stream.start()
        async for item in stream.items():
            yield cast(Item, item)

    async def close(self) -> None:
        for stream in self._streams:
            await stream.close()
        await self._transport.close()

    async def __aenter__(self) -> "AriClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _outcome(error: ExchangeError) -> str:
    if isinstance(error, ExchangeRefused):
        return str(error.status)
    return "unavailable" if isinstance(error, ExchangeUnavailable) else "unknown"


class _Refusal(msgspec.Struct):
    message: str = ""
    error: str = ""


def _message(reply: Reply) -> str:
    """Asterisk's own words: `message`, or `error` of the newer JSON errors, or the reason phrase."""
    try:
        said = msgspec.json.decode(reply.body, type=_Refusal)
    except msgspec.MsgspecError:
        return reply.reason
    return said.message or said.error or reply.reason
