"""Runs the demonstration: the whole server over the sandbox exchange and carrier, with simulated agents."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from campaigns.db import migrate
from campaigns.db.engine import make_engine
from dialer.bootstrap import Server
from dialer.commands import Actor
from dialer.demo.agents import Hears, SimulatedAgent
from dialer.demo.setting_up import Plan, Progress, Stage, set_up
from dialer.engines import Engines
from dialer.settings import MessagingSettings, NodeSettings, Settings, WebSettings
from telephony.clock import Clock, SystemClock
from telephony.messaging.sandbox.carrier import SANDBOX_ACCOUNT, SANDBOX_TOKEN, CarrierSettings
from telephony.messaging.sandbox.server import SandboxCarrier
from telephony.sandbox.debtors import DebtorModel
from telephony.sandbox.exchange import SandboxExchange

DEMO_KEY = "the demonstration's key signs only addresses on this machine"


@dataclass(slots=True)
class Demo:
    """One running demonstration."""

    server: Server
    stage: Stage
    exchange: SandboxExchange
    carrier: SandboxCarrier
    agents: list[SimulatedAgent] = field(default_factory=list)


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
        carrier = SandboxCarrier(CarrierSettings(seed=plan.seed), clock)
        await carrier.start()
        stack.push_async_callback(carrier.close)
        say("Starting the server")
        server = Server(_settings(exchange, carrier, port or _free_port()), engines, clock, sandbox=True)
        await server.start()
        stack.push_async_callback(server.stop)
        await _exchange_up(server)
        carrier.carrier.inbound_url = f"{server.url}/hooks/twilio/inbound"
        demo = Demo(server, stage, exchange, carrier)
        assert server.floor is not None  # noqa: S101 - set by start()
        for user_id in stage.agents:
            actor = Actor(user_id, stage.tenant_id, "agent")
            agent = SimulatedAgent(actor, server.floor, clock, f"{plan.seed}|{user_id}", _ear(exchange))
            await agent.start()
            stack.push_async_callback(agent.stop)
            demo.agents.append(agent)
        yield demo


def _free_port() -> int:
    """The carrier must be told our address before the server listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def _settings(exchange: SandboxExchange, carrier: SandboxCarrier, port: int) -> Settings:
    return Settings(
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
