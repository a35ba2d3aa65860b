"""One Asterisk node behind the exchange port: telephony.exchange.Exchange over the ARI client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine, Sequence
from dataclasses import dataclass, replace
from random import Random

import structlog

from telephony.ari.client import AriClient
from telephony.ari.decode import Decoded, MalformedMessage
from telephony.ari.endpoints import EndpointSeen, EndpointWatch
from telephony.ari.errors import ExchangeError, ExchangeRefused, ExchangeUnavailable, ExchangeUnknown
from telephony.ari.fuse import RingFuse
from telephony.ari.generated import events as ari
from telephony.ari.health import ClockSample, LagMeter
from telephony.ari.limiter import TokenBucket
from telephony.ari.mapping import UNHEARD, EventMapper
from telephony.ari.metrics import AriMetrics
from telephony.ari.settings import AriSettings
from telephony.ari.stream import StreamDown, StreamUp
from telephony.ari.watchdog import Watchdog
from telephony.clock import Clock, SystemClock
from telephony.exchange import (
    AGENT_PHONE,
    Answered,
    BridgeSnapshot,
    ChannelSnapshot,
    Destroyed,
    EndpointChanged,
    ExchangeEvent,
    Leg,
    NodeDown,
    NodeHealth,
    NodeSlow,
    NodeUp,
    RingPhone,
)
from telephony.permit import NotPermitted

log = structlog.get_logger(__name__)

OURS = "pl-"
"""How the ids of our channels begin; so a restart knows its own among all that lives on a node."""

GONE = frozenset({404})
GONE_OR_ENDING = frozenset({404, 409, 412, 422})


@dataclass(frozen=True, slots=True)
class _Gone:
    channel_id: str


class AriExchange:
    """Commands may be given before `events()` is read, except originate, which needs the event stream."""

    def __init__(
        self,
        settings: AriSettings,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        metrics: AriMetrics | None = None,
    ) -> None:
        self.node = settings.node
        self.settings = settings
        self._clock = clock or SystemClock()
        self.metrics = metrics or AriMetrics()
        heard = replace(settings, disallowed_events=(*settings.disallowed_events, *UNHEARD))
        self.client = AriClient(heard, clock=self._clock, random=random, metrics=self.metrics)
        self._lag_gauge = self.metrics.lag.labels(self.node)
        self._lag = LagMeter(settings.slow_ms, self._clock.speed)
        self._mapper = EventMapper(lambda: self._lag.ahead)
        self._limiter = TokenBucket(settings.originates_per_s, self._clock.monotonic)
        self._fuse = RingFuse()
        self._endpoints = EndpointWatch(self.client)
        self._seen_on_connect: list[EndpointSeen] = []
        self._stream = self.client.stream(self._prepare, self._noticed)
        self._watchdog = Watchdog(self.client, self._clock, self._pinged, self._gave_up)
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = False
        self._declared_gone: set[str] = set()
        self._last_resync = float("-inf")

    @property
    def health(self) -> NodeHealth:
        if not self._stream.up:
            return NodeHealth.DOWN
        return NodeHealth.SLOW if self._lag.slow else NodeHealth.UP

    @property
    def room(self) -> int:
        return self._limiter.room

    def start(self) -> None:
        """Connect in the background; `events()` does it too. Needs a running event loop."""
        if not self._started:
            self._started = True
            self._stream.start()
            self._spawn(self._watchdog.run(lambda: self._stream.up), "watchdog")
            self._spawn(self._sweep_for_ever(), "sweep")

    async def events(self) -> AsyncIterator[ExchangeEvent]:
        self.start()
        async for item in self._stream.items():
            for event in self._translate(item):
                yield event

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.client.close()

    async def originate(self, call: Leg) -> None:
        """ExchangeUnavailable too when the event stream is down (nobody would hear the answer) or at the limit."""
        self._must_hear()
        if not self._limiter.admit():
            self.metrics.refused_originates.labels(self.node).inc()
            limit = f"{self.settings.originates_per_s:g} originates/s (setting `originates_per_s`)"
            raise ExchangeUnavailable(f"node {self.node}: above {limit}; nothing was dialed")
        self._must_be_permitted(call)
        self._fuse.light(call.channel_id, self._clock.monotonic(), call.ring_timeout_s)
        try:
            await self._post_originate(call)
        except ExchangeUnavailable:
            self._fuse.out(call.channel_id)
            self._limiter.give_back()
            raise
        except ExchangeRefused as refused:
            if refused.status != 409:
                self._fuse.out(call.channel_id)
                raise
            await self._settle_duplicate(call.channel_id)

    def _must_be_permitted(self, call: Leg) -> None:
        """No person is dialed whom the gate did not allow, and none by way of an agent's phone."""
        try:
            if isinstance(call, RingPhone):
                if not AGENT_PHONE.fullmatch(call.endpoint):
                    raise NotPermitted("an agent's leg rings a registered phone like PJSIP/agent-7 and nothing else")
            else:
                call.permit.use_for_endpoint(call.endpoint)
        except NotPermitted as problem:
            self._limiter.give_back()
            log.error("ari.not_permitted", node=self.node, channel_id=call.channel_id, kind=call.kind)
            raise ExchangeRefused(f"node {self.node}: nothing was dialed: {problem}", 403) from None

    async def _post_originate(self, call: Leg) -> None:
        variables = {**call.variables, "TIMEOUT(absolute)": str(call.absolute_timeout_s)}
        await self._ari().channels.originate_with_id(
            call.channel_id,
            endpoint=call.endpoint,
            app=self.settings.app,
            app_args=call.kind,
            caller_id=call.caller_id,
            timeout=call.ring_timeout_s,
            formats=call.formats,
            variables=variables,
        )

    async def _settle_duplicate(self, channel_id: str) -> None:
        """409: this very leg was made by an earlier request whose reply was lost. Success if it lives."""
        try:
            await self._ari().channels.get(channel_id)
        except ExchangeRefused as refused:
            if refused.status != 404:
                raise
            raise ExchangeUnknown(f"node {self.node}: the channel id was in use and has just ended") from None

    async def hangup(self, channel_id: str, *, q850: int = 16) -> None:
        await self._unless(GONE, self._ari().channels.hangup(channel_id, reason_code=str(q850)))

    async def create_bridge(self, bridge_id: str) -> None:
        """A bridge of this id that is already there is success."""
        made = self._ari().bridges.create_with_id(bridge_id, type="mixing,dtmf_events", name=self.settings.app)
        await self._unless(frozenset({409}), made)

    async def add_to_bridge(self, bridge_id: str, channel_ids: Sequence[str]) -> None:
        """A channel that is gone is refused with status 404 (Asterisk itself says 400 here), one ending with 422."""
        try:
            await self._ari().bridges.add_channel(bridge_id, channel=channel_ids, inhibit_connected_line_updates=True)
        except ExchangeRefused as refused:
            if refused.status == 400 and "hannel not found" in str(refused):
                raise ExchangeRefused(f"node {self.node}: the channel to bridge is gone", 404) from refused
            raise

    async def remove_from_bridge(self, bridge_id: str, channel_ids: Sequence[str]) -> None:
        """A channel or bridge that is gone, or a channel that is not in the bridge, is success."""
        removed = self._ari().bridges.remove_channel(bridge_id, channel=channel_ids)
        await self._unless(GONE_OR_ENDING | {400}, removed)

    async def destroy_bridge(self, bridge_id: str) -> None:
        """A bridge that is gone is success, as is one whose end is under way: Asterisk says 409 then, for a moment."""
        await self._unless(GONE | {409}, self._ari().bridges.destroy(bridge_id))

    async def play(self, channel_id: str, media: str, playback_id: str) -> None:
        await self._ari().channels.play_with_id(channel_id, playback_id, media=[media])

    async def start_hold(self, channel_id: str) -> None:
        """Music on hold; silence would let NAT and RTP timeouts cut the line."""
        await self._ari().channels.start_moh(channel_id)

    async def stop_hold(self, channel_id: str) -> None:
        await self._unless(GONE_OR_ENDING, self._ari().channels.stop_moh(channel_id))

    async def start_amd(self, channel_id: str) -> None:
        """The dialplan there runs AMD() and comes back by Stasis(app,amd,${AMDSTATUS},${AMDCAUSE})."""
        context = self.settings.amd_context
        await self._ari().channels.continue_in_dialplan(channel_id, context=context, extension="s", priority=1)

    async def send_dtmf(self, channel_id: str, digits: str) -> None:
        await self._ari().channels.send_dtmf(channel_id, dtmf=digits)

    async def channels(self) -> list[ChannelSnapshot]:
        """Every channel of the node, those of other programs too (`ours` tells)."""
        found = await self.client.channels.list()
        return [ChannelSnapshot(c.id, c.state, c.id.startswith(OURS), c.creationtime) for c in found]

    async def bridges(self) -> list[BridgeSnapshot]:
        """Only bridges that this app made: by the name given at creation, or by the id's prefix."""
        found = await self.client.bridges.list()
        ours = [b for b in found if b.name == self.settings.app or b.id.startswith(OURS)]
        return [BridgeSnapshot(bridge.id, tuple(bridge.channels)) for bridge in ours]

    async def watch_endpoint(self, endpoint: str) -> bool:
        """Raises ExchangeRefused 404 or 422 where the node knows no such endpoint."""
        self._mapper.forget(endpoint)
        online = await self._endpoints.watch(endpoint)
        # an event that came meanwhile is one of all since the subscription: the answer may be older than it
        heard = self._mapper.online(endpoint)
        if heard is not None:
            return heard
        self._mapper.endpoint(endpoint, online, self._clock.now())
        return online

    async def sweep(self) -> None:
        """Settle each leg of which nothing was heard past its ring timeout: gone, still up, or to be hung up."""
        for channel_id in self._fuse.overdue(self._clock.monotonic()):
            try:
                channel = await self.client.channels.get(channel_id)
                if channel.state != "Up":
                    log.warning("ari.leg_overdue", node=self.node, channel_id=channel_id, state=channel.state)
                    await self.hangup(channel_id)
            except ExchangeRefused as refused:
                if refused.status == 404:
                    self._stream.tell(_Gone(channel_id))
                    continue
                log.warning("ari.sweep_refused", node=self.node, status=refused.status)
            except ExchangeError:
                log.warning("ari.sweep_failed", node=self.node)
                self._fuse.again(channel_id, self._clock.monotonic())
                return
            self._fuse.again(channel_id, self._clock.monotonic())

    async def _sweep_for_ever(self) -> None:
        while True:
            await self._clock.sleep(1.0)
            if self._stream.up:
                await self.sweep()

    async def _unless(self, harmless: frozenset[int], request: Awaitable[object]) -> None:
        try:
            await request
        except ExchangeRefused as refused:
            if refused.status not in harmless:
                raise

    def _ari(self) -> AriClient:
        """The client, for commands: another dialer that took the app owns the calls now, so this one may only look."""
        if self._stream.fenced:
            raise ExchangeUnavailable(f"node {self.node}: another dialer took the app {self.settings.app}")
        return self.client

    def _must_hear(self) -> None:
        if not self._stream.up:
            raise ExchangeUnavailable(f"node {self.node}: the event stream is not open; nothing was dialed")

    async def _prepare(self) -> None:
        """After each connect: how late the node is, who is online, which channels still live."""
        await self._watchdog.ping()
        self._seen_on_connect = await self._endpoints.again()
        self._mapper.keep_only({channel.channel_id for channel in await self.channels()})

    def _noticed(self, message: Decoded) -> None:
        if isinstance(message, ari.Event):
            self._say_lag(self._lag.arrived(message.timestamp, self._clock.now()))

    def _pinged(self, sample: ClockSample) -> None:
        self._say_lag(self._lag.pinged(sample))
        self._lag_gauge.set(self._lag.lag_ms / 1000)

    def _say_lag(self, changed: bool) -> None:
        if changed:
            self._lag_gauge.set(self._lag.lag_ms / 1000)
            log.warning("ari.node_slow", node=self.node, slow=self._lag.slow, lag_ms=round(self._lag.lag_ms))
            self._stream.tell(NodeSlow(self._clock.now(), self._lag.lag_ms, self._lag.slow))

    async def _gave_up(self, why: str) -> None:
        await self._stream.drop("watchdog", why)

    def _translate(self, item: object) -> list[ExchangeEvent]:
        """Events for one item of the stream, in order."""
        now = self._clock.now()
        if isinstance(item, StreamUp):
            changes = (self._mapper.endpoint(seen.endpoint, seen.online, now) for seen in self._seen_on_connect)
            return [NodeUp(now), *(change for change in changes if change is not None)]
        if isinstance(item, StreamDown):
            return [NodeDown(now, item.why)]
        if isinstance(item, NodeSlow):
            return [item]
        if isinstance(item, MalformedMessage):
            return self._resync()
        if isinstance(item, EndpointSeen):
            event: ExchangeEvent | None = self._mapper.endpoint(item.endpoint, item.online, now)
        elif isinstance(item, _Gone):
            event = self._declare_gone(item.channel_id)
        else:
            event = self._settled(self._mapper.events(item), item)
        return [] if event is None else [event]

    def _settled(self, event: ExchangeEvent | None, message: object) -> ExchangeEvent | None:
        """Take note of what an event settles."""
        if isinstance(event, (Answered, Destroyed)):
            self._fuse.out(event.channel_id)
        if isinstance(event, Destroyed) and event.channel_id in self._declared_gone:
            self._declared_gone.discard(event.channel_id)
            return None
        if isinstance(event, EndpointChanged) and not event.online and isinstance(message, ari.ContactStatusChange):
            # A browser that was reloaded has a new contact before its old one goes; ask, but meanwhile trust nobody.
            self._spawn(self._look_again(event.endpoint), "endpoint")
        return event

    def _declare_gone(self, channel_id: str) -> ExchangeEvent | None:
        if not self._fuse.out(channel_id):
            return None
        self._declared_gone.add(channel_id)
        return self._mapper.gone(channel_id, self._clock.now())

    def _resync(self) -> list[ExchangeEvent]:
        """A message that could not be read may have mattered: the dialer is to reconcile, but once for a burst."""
        now = self._clock.monotonic()
        if now - self._last_resync < 1.0:
            return []
        self._last_resync = now
        return [NodeUp(self._clock.now())]

    async def _look_again(self, endpoint: str) -> None:
        try:
            self._stream.tell(EndpointSeen(endpoint, await self._endpoints.is_online(endpoint)))
        except ExchangeError:
            log.warning("ari.endpoint_not_known", node=self.node)

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=f"ari-{name}-{self.node}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("ari.task_failed", node=self.node, task=task.get_name(), error=type(error).__name__)
