"""Runs the demonstration: the whole server over the sandbox exchange and carrier, with simulated agents."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from campaigns.db import migrate
from campaigns.db.engine import make_engine
from dialer.bootstrap import Server
from dialer.commands import Actor, FloorPort
from dialer.demo.agents import Hears, Notebook, SimulatedAgent
from dialer.demo.latency import Stolen
from dialer.demo.setting_up import Plan, Progress, Stage, set_up
from dialer.engines import Engines
from dialer.settings import GivenSettings, MessagingSettings, NodeSettings, Settings, WebSettings
from telephony.asterisk.ports import free_port
from telephony.clock import Clock, SystemClock
from telephony.messaging.sandbox.carrier import SANDBOX_ACCOUNT, SANDBOX_TOKEN, CarrierSettings
from telephony.messaging.sandbox.server import SandboxCarrier
from telephony.sandbox.debtors import DebtorModel
from telephony.sandbox.exchange import SandboxExchange

DEMO_KEY = "the demonstration's key signs only addresses on this machine"


@dataclass(slots=True)
class Demo:
    """One running demonstration: the sandbox stays, the server and the agents before it may be started anew."""

    engines: Engines
    data_dir: Path
    plan: Plan
    clock: Clock
    port: int
    stage: Stage
    exchange: SandboxExchange
    carrier: SandboxCarrier
    server: Server
    agents: list[SimulatedAgent] = field(default_factory=list)
    notebook: Notebook = field(default_factory=Notebook)
    stolen: Stolen = field(default_factory=Stolen)

    async def start_server(self) -> None:
        """A server on the same database, exchange and carrier, and the simulated agents at its consoles."""
        settings = settings_for(self.data_dir, self.exchange, self.carrier, self.port)
        self.server = Server(settings, self.engines, self.clock, sandbox=True)
        await self.server.start()
        await _exchange_up(self.server)
        assert self.server.floor is not None  # noqa: S101 - set by start()
        for user_id in self.stage.agents:
            agent = self.agent(Actor(user_id, self.stage.tenant_id, "agent"), self.server.floor)
            await agent.start()
            self.agents.append(agent)

    def agent(self, actor: Actor, floor: FloorPort) -> SimulatedAgent:
        """Who sits at this console."""
        seed = f"{self.plan.seed}|{actor.user_id}"
        return SimulatedAgent(actor, floor, self.clock, seed, _ear(self.exchange), notebook=self.notebook)

    async def stop_agents(self) -> None:
        """They leave their consoles as they are."""
        while self.agents:
            await self.agents.pop().stop()

    async def stop(self) -> None:
        await self.stop_agents()
        await self.server.stop()


@asynccontextmanager
async def running(
    engines: Engines, data_dir: Path, plan: Plan, say: Progress, *, port: int, clock: Clock | None = None
) -> AsyncIterator[Demo]:
    """Everything up; it is taken down in order at the end: agents, server, then the sandbox."""
    clock = clock or SystemClock()
    await migrate.upgrade(engines.database_url)
    engine = make_engine(engines.database_url, pool_size=4)
    try:
        stage = await set_up(engine, data_dir, plan, clock.now(), say)
    finally:
        await engine.dispose()
    async with AsyncExitStack() as stack:
        say("Starting the sandbox exchange and the sandbox carrier")
        exchange = SandboxExchange(clock=clock, debtors=DebtorModel(seed=plan.seed))
        await exchange.start()
        stack.push_async_callback(exchange.stop)
        port = port or free_port()  # the carrier must be told our address before the server listens
        inbound = f"http://127.0.0.1:{port}/hooks/twilio/inbound"
        carrier = SandboxCarrier(CarrierSettings(seed=plan.seed, inbound_url=inbound), clock)
        await carrier.start()
        stack.push_async_callback(carrier.close)
        say("Starting the server")
        server = Server(settings_for(data_dir, exchange, carrier, port), engines, clock, sandbox=True)
        demo = Demo(engines, data_dir, plan, clock, port, stage, exchange, carrier, server)
        stack.push_async_callback(demo.stop)
        watching = asyncio.create_task(demo.stolen.watch())
        stack.callback(watching.cancel)
        await demo.start_server()
        yield demo


async def _exchange_up(server: Server) -> None:
    """Agents who press Ready before the exchange is there would only be told to wait."""
    assert server.floor is not None  # noqa: S101 - set by start()
    hub, stream = server.floor.hub, f"floor:{server.tenant_id}"
    changed = asyncio.Event()
    unlisten = hub.listen(lambda *_: changed.set())
    async with asyncio.timeout(10):
        while {node["health"] for node in hub.state(stream).get("nodes", {}).values()} != {"up"}:
            changed.clear()
            await changed.wait()
    unlisten()


def _ear(exchange: SandboxExchange) -> Hears:
    """What a simulated agent hears: the sandbox knows who is at the other end."""

    def hears(attempt_id: str) -> str:
        channel = f"pl-c-{attempt_id}"
        answers = (e for e in reversed(exchange.log.entries) if e.channel == channel and e.kind == "answer")
        return next((entry.by for entry in answers if entry.by), "person")

    return hears


def settings_for(data_dir: Path, exchange: SandboxExchange, carrier: SandboxCarrier, port: int) -> Settings:
    """A server's settings for this exchange and this carrier."""
    return GivenSettings(
        data_dir=data_dir,
        secret_key=SecretStr(DEMO_KEY),
        business_name="Northwind Recovery",
        business_phone="+12125550100",
        nodes=(
            NodeSettings(
                name="sandbox",
                url=exchange.url,
                username=exchange.username,
                password=SecretStr(exchange.password),
                originates_per_s=1000,
            ),
        ),
        messaging=MessagingSettings(
            provider="sandbox",
            account_sid=SANDBOX_ACCOUNT,
            auth_token=SecretStr(SANDBOX_TOKEN),
            base_url=carrier.base_url,
            sms_sender="+12125550199",
            per_second=50,
        ),
        web=WebSettings(port=port, public_base_url=f"http://127.0.0.1:{port}"),
    )
