"""The composition root: builds what this process's roles need, starts the parts in order, stops them in reverse."""

import asyncio
import os
import socket
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from agent_ui.app import make_app, make_operations_app
from agent_ui.deps import WebDeps, WebSettings as AppSettings
from agent_ui.readiness import FloorCheck, RedisCheck
from campaigns.admin import tenants
from campaigns.db.engine import make_engine
from campaigns.templates import service as templates
from campaigns.users.passwords import Passwords
from dialer.audit_key import signing_key
from dialer.books import load_books
from dialer.bus import FloorServer, RemoteFloor
from dialer.carrier_webhook import CarrierWebhook
from dialer.commands import FloorPort
from dialer.contact import GateContext
from dialer.engines import Engines
from dialer.floor import Floor
from dialer.hearing import connect
from dialer.inbound import Inbound
from dialer.message_reports import MessageReports
from dialer.messenger import Messenger, MessengerSettings
from dialer.number_shelf import LISTS, NumberShelf
from dialer.pacers_ready import make_ready
from dialer.parts import make_exchange, make_providers
from dialer.phones import agent_phones
from dialer.retention import Retention
from dialer.scheduler import Scheduler
from dialer.sealer import Sealer
from dialer.settings import Settings
from dialer.spool import SPOOL, ReplySpool
from dialer.state import FloorSettings
from dialer.streams import StreamHub
from dialer.ticks.recorder import TICKS, TickRecorder
from telephony.clock import Clock, SystemClock
from telephony.exchange import Exchange
from telephony.messaging.port import Provider
from telephony.messaging.router import Router

log = structlog.get_logger()

# a dialer that was killed gives no lease back: for so long at most nobody dials its campaigns
LEAD_S = 15.0
MB = 2**20


class CannotListen(Exception):
    """The address of the web side cannot be had; the text says which, why and what to set."""


@dataclass(slots=True)
class Server:
    """One running process. `start()` returns when everything is up; `stop()` lets calls and writes end in order."""

    settings: Settings
    engines: Engines
    clock: Clock = field(default_factory=SystemClock)
    sandbox: bool = False
    tenant_id: int = 0
    url: str = ""
    floor: FloorPort | None = None
    engine: AsyncEngine | None = None
    messenger: Messenger | None = None
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        roles = self.settings.roles
        # first of all: a second server by mistake must not take the exchange from the one that runs
        listener = self._listener()
        engine = self.engine = make_engine(self.engines.database_url, pool_size=20, max_overflow=20)
        self._stack.push_async_callback(engine.dispose)
        self.tenant_id = await self._tenant(engine)
        redis = connect(self.engines.redis_url)
        self._stack.push_async_callback(redis.aclose)
        gate = await self._gate(engine)
        providers = self._providers()
        if "messenger" in roles and providers:
            self.messenger = await self._start_messenger(engine, gate, providers)
        if "scheduler" in roles:
            self._run(Scheduler(engine, self.clock, self.owner).run(), "scheduler")
            self._run(Sealer(engine, self.clock, self.owner, signing_key(self.settings)).run(), "sealer")
            if self.settings.erase_by_retention:
                job = Retention(engine, self.clock, gate.books, self.tenant_id, "system", self.owner)
                self._run(job.run(), "retention")
        self.floor = await self._start_floor(engine, gate, redis)
        await self._start_web(engine, redis, providers, listener, gate)

    async def _gate(self, engine: AsyncEngine) -> GateContext:
        """With the hashed lists open before the first admission asks them."""
        shelf = NumberShelf(engine, self.settings.data_dir / LISTS, self.clock)
        self._stack.push_async_callback(shelf.close)
        if not {"dialer", "messenger"}.isdisjoint(self.settings.roles):
            await shelf.look(self.tenant_id, self.clock.now())
            self._run(shelf.run(self.tenant_id), "lists")
        return GateContext(load_books(self.settings), shelf)

    def _listener(self) -> socket.socket:
        """The address, taken but not yet served: whoever comes early is told that nobody listens."""
        host, port = self.settings.web.host, self.settings.web.port
        made: socket.socket | None = None
        try:
            family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            made = socket.socket(family, kind, proto)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
        except OSError as problem:
            if made is not None:
                made.close()
            raise CannotListen(
                f"{host}:{port} cannot be listened on ({problem.strerror or type(problem).__name__});"
                " set PROMISELINE_WEB__HOST and PROMISELINE_WEB__PORT"
            ) from None
        self._stack.callback(made.close)
        return made

    async def _tenant(self, engine: AsyncEngine) -> int:
        business = {"business_name": self.settings.business_name, "business_phone": self.settings.business_phone}
        given = {name: value for name, value in business.items() if value}
        async with engine.begin() as conn:
            tenant_id = await tenants.served(conn, name=self.settings.tenant, now=self.clock.now(), settings=given)
            await templates.install_defaults(conn, tenant_id)
        return tenant_id

    def _providers(self) -> list[Provider]:
        providers = make_providers(self.settings, self.clock)
        for provider in providers:
            self._stack.push_async_callback(provider.close)
        return providers

    async def _start_messenger(self, engine: AsyncEngine, gate: GateContext, providers: list[Provider]) -> Messenger:
        messenger = Messenger(
            engine,
            MessengerSettings(
                tenant_id=self.tenant_id,
                owner=self.owner,
                public_base_url=self.settings.web.public_base_url,
                callback_key=self._callback_key(),
                per_second=self.settings.messaging.per_second,
            ),
            gate,
            Router(providers, self.clock),
            self.clock,
        )
        self._run(messenger.run(), "messenger")
        return messenger

    def _callback_key(self) -> bytes:
        return self.settings.secret_key.get_secret_value().encode()

    async def _start_floor(self, engine: AsyncEngine, gate: GateContext, redis: Redis) -> FloorPort:
        if "dialer" not in self.settings.roles:
            remote = RemoteFloor(redis, self.tenant_id, self.clock)
            await remote.start()
            self._stack.push_async_callback(remote.stop)
            return remote
        exchanges: list[Exchange] = [make_exchange(node, self.clock) for node in self.settings.nodes]
        for exchange in exchanges:
            self._stack.push_async_callback(exchange.close)
        hub = StreamHub(self.clock, uuid.uuid4().hex)
        floor = Floor(
            engine=engine,
            exchanges=exchanges,
            clock=self.clock,
            gate=gate,
            hub=hub,
            settings=self._floor_settings(),
            tenant_id=self.tenant_id,
            owner=self.owner,
            registry=self.registry,
            recorder=self._recorder(),
        )
        await floor.start()
        self._run(make_ready(floor.state), "pacers")
        self._stack.push_async_callback(floor.stop)
        server = FloorServer(redis, floor, self.tenant_id)
        await server.start()
        self._stack.push_async_callback(server.stop)
        return floor

    def _recorder(self) -> TickRecorder | None:
        """Stopped after the floor, so that its last ticks are on disk."""
        given = self.settings.ticks
        if not given.record:
            return None
        recorder = TickRecorder(
            self.settings.data_dir / TICKS,
            file_bytes=given.file_mb * MB,
            most_bytes=given.most_mb * MB,
            registry=self.registry,
        )
        recorder.start()
        self._stack.push_async_callback(asyncio.to_thread, recorder.stop)
        return recorder

    def _floor_settings(self) -> FloorSettings:
        policy = self.settings.abandonment.policy()
        if not self.settings.nodes:
            return FloorSettings(abandonment=policy)
        return FloorSettings(endpoint=self.settings.nodes[0].trunk, lease_s=LEAD_S, abandonment=policy)

    async def _start_web(
        self,
        engine: AsyncEngine,
        redis: Redis,
        providers: list[Provider],
        listener: socket.socket,
        gate: GateContext,
    ) -> None:
        assert self.floor is not None  # noqa: S101 - the order of _start
        given = self.settings.web
        webhooks = {}
        # a mail server calls nobody: webhooks are the message carrier's
        for provider in (one for one in providers if one.capabilities.receipts):
            reports = (
                self.messenger.reports
                if self.messenger is not None
                else MessageReports(engine, Router(providers, self.clock), self.tenant_id, self.clock)
            )
            inbound = Inbound(engine, self.tenant_id, self.clock)
            spool = ReplySpool(self.settings.data_dir / SPOOL, inbound)
            self._run(spool.run(), "spool")
            key = self._callback_key()
            webhooks[provider.name] = CarrierWebhook(provider, reports, inbound, key, spool, self.clock)
        phones = agent_phones(self.settings, sandbox=self.sandbox)
        deps = WebDeps(
            engine=engine,
            floor=self.floor,
            clock=self.clock,
            gate=gate,
            settings=AppSettings(
                public_base_url=given.public_base_url,
                tenant_id=self.tenant_id,
                session_lifetime=timedelta(hours=given.session_hours),
                session_idle=timedelta(minutes=given.idle_minutes),
                trusted_proxies=given.trusted_proxies,
                connect_sources=phones.connect_sources,
                sandbox=self.sandbox,
                version=version("promiseline"),
                metrics_token=given.metrics_token.get_secret_value(),
            ),
            passwords=Passwords(),
            webhooks=webhooks,
            phones=phones,
            abandonment=self.settings.abandonment.policy(),
            readiness=(FloorCheck(self.floor, self.tenant_id), RedisCheck(redis)),
            registry=self.registry,
        )
        make = make_app if "web" in self.settings.roles else make_operations_app
        runner = web.AppRunner(make(deps), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        try:
            await web.SockSite(runner, listener).start()
        except OSError as problem:
            # two servers that started together both took the address; only one of them may serve it
            raise CannotListen(
                f"{given.host}:{given.port} cannot be listened on ({problem.strerror}); set PROMISELINE_WEB__PORT"
            ) from None
        self.url = f"http://{given.host}:{listener.getsockname()[1]}"

    def _run(self, work: Awaitable[None], name: str) -> None:
        task = asyncio.ensure_future(work)

        def ended(done: "asyncio.Future[None]") -> None:
            if not done.cancelled() and done.exception() is not None:
                log.error("role.died", role=name, error=type(done.exception()).__name__, exc_info=done.exception())

        task.add_done_callback(ended)
        self._stack.push_async_callback(_cancelled(task))


def _cancelled(task: "asyncio.Future[None]") -> Callable[[], Awaitable[None]]:
    async def cancel() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return cancel
