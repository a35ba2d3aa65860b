"""A whole floor on a real database and the sandbox exchange, with scripted debtors: what its tests start from."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.model import CallStep, CampaignSettings, MessageStep, WaitStep
from compliance.rulebooks.loader import load_rulebooks
from dialer.commands import Actor, Command, Reply
from dialer.contact import GateContext
from dialer.floor import Floor
from dialer.settings import DIAL_STOP_MARGIN_S
from dialer.state import FloorSettings
from dialer.streams import StreamHub
from dialer.ticks.recorder import TickRecorder
from telephony.ari.exchange import AriExchange
from telephony.ari.settings import AriSettings
from telephony.clock import Clock
from telephony.sandbox.debtors import DebtorModel, DebtorScript, Fate
from telephony.sandbox.exchange import SandboxExchange
from tests import builders
from tests.lived_clock import LivedClock

_numbers = itertools.count(2_000_000)
GATE = GateContext(load_rulebooks(dial_stop_margin_s=DIAL_STOP_MARGIN_S))
PERSON = DebtorScript(fate=Fate.PERSON, setup_s=0.2, ring_s=1.0, patience_s=30.0, talk_s=600.0)
NO_ANSWER = DebtorScript(fate=Fate.NO_ANSWER, setup_s=0.2, ring_s=90.0)
BUSY = DebtorScript(fate=Fate.FAILED, setup_s=0.2, ring_s=0.2, sip=486)
MACHINE = DebtorScript(fate=Fate.MACHINE, setup_s=0.2, ring_s=1.0, amd="MACHINE")


def quick(**changes: Any) -> CampaignSettings:
    """A campaign's settings with short times."""
    defaults: dict[str, Any] = {
        "caller_id": "+12125550100",
        "ring_timeout_s": 15,
        "wrap_up_s": 30,
        "calls_per_second": 50.0,
        "steps": (CallStep(tries=1), MessageStep(template="missed_call"), WaitStep(seconds=86400)),
    }
    return CampaignSettings(**(defaults | changes))


@dataclass(slots=True)
class Rig:
    """`speed` 1 clock second takes 1/speed real ones."""

    engine: AsyncEngine
    clock: Clock
    sandbox: SandboxExchange
    scripts: dict[str, Sequence[DebtorScript]]
    tenant: int = 0
    creditor: int = 0
    campaign: int = 0
    agents: list[int] = field(default_factory=list)
    debtors: list[int] = field(default_factory=list)
    floors: list[Floor] = field(default_factory=list)
    exchanges: list[AriExchange] = field(default_factory=list)

    @property
    def floor(self) -> Floor:
        return self.floors[-1]

    async def people(self, agents: int, settings: CampaignSettings | None = None, *, state: str = "running") -> None:
        """A tenant with one campaign and its agents."""
        async with self.engine.begin() as conn:
            self.tenant = await builders.a_tenant(conn)
            self.creditor = await builders.a_creditor(conn, self.tenant)
            for number in range(agents):
                endpoint = f"PJSIP/agent-{number + 1}"
                self.agents.append(await builders.a_user(conn, self.tenant, phone_endpoint=endpoint))
            self.campaign = await builders.a_campaign(
                conn, self.tenant, self.creditor, settings=settings or quick(), agents=self.agents, state=state
            )

    async def debtor(self, *scripts: DebtorScript, score: int = 50_000) -> int:
        """A debtor in the queue, who plays these scripts one after the other."""
        number = f"1212{next(_numbers)}"
        self.scripts[number] = scripts
        async with self.engine.begin() as conn:
            debtor = await builders.a_debtor(
                conn, self.tenant, self.creditor, phones=[f"+{number}"], date_of_birth=builders.NOW.date()
            )
            await builders.a_queue_row(conn, self.tenant, self.campaign, debtor, score=score)
        self.debtors.append(debtor)
        return debtor

    async def start(
        self,
        settings: FloorSettings | None = None,
        *,
        tenant_id: int | None = None,
        recorder: TickRecorder | None = None,
    ) -> Floor:
        ari = AriSettings(
            url=f"{self.sandbox.url}/ari",
            username=self.sandbox.username,
            password=self.sandbox.password,
            app="promiseline",
            node="a",
        )
        exchange = AriExchange(ari, clock=self.clock)
        hub = StreamHub(self.clock, uuid.uuid4().hex)
        floor = Floor(self.engine, [exchange], self.clock, GATE, hub, settings, tenant_id=tenant_id, recorder=recorder)
        self.exchanges.append(exchange)
        self.floors.append(floor)
        await floor.start()
        await self.until(lambda: exchange.health == "up")
        return floor

    async def kill(self) -> None:
        """The process dies: no goodbye to the exchange, nothing more written."""
        floor, exchange = self.floors.pop(), self.exchanges.pop()
        await floor.state.tasks.close()
        await floor.state.alarms.stop()
        if floor.records._task is not None:
            floor.records._task.cancel()
            await asyncio.gather(floor.records._task, return_exceptions=True)
        await exchange.close()

    def actor(self, index: int = 0) -> Actor:
        return Actor(self.agents[index], self.tenant, "agent")

    async def press(self, name: str, index: int = 0, /, **args: Any) -> Reply:
        return await self.floor.agent_command(self.actor(index), Command(uuid.uuid4().hex, name, args))

    async def ready(self, *indexes: int) -> None:
        """Agents log in and their legs are up."""
        for index in indexes or range(len(self.agents)):
            reply = await self.press("ready", index)
            assert reply.error_code is None, reply
            await self.until(partial(self._connected, index))

    def _connected(self, index: int) -> bool:
        return bool(self.console(index)["agent"]["phone"]["connected"])

    def console(self, index: int = 0) -> Mapping[str, Any]:
        return self.floor.hub.state(f"agent:{self.agents[index]}")

    def state(self, index: int = 0) -> str:
        return str(self.console(index)["agent"]["state"])

    def board(self) -> Mapping[str, Any]:
        return self.floor.hub.state(f"floor:{self.tenant}")

    async def until(self, true: Callable[[], Any], real_s: float = 10.0) -> None:
        """Wait until something is true; AssertionError that says how the floor stands when it stays false."""
        loop = asyncio.get_running_loop()
        end = loop.time() + real_s
        while not true():
            assert loop.time() < end, f"it did not become true in time: {await self._how_it_stands()}"
            await asyncio.sleep(0.005)

    async def _how_it_stands(self) -> str:
        calls = await self.rows(
            "SELECT at, state, outcome, cause, tech_cause, abandoned, ringing_at, answered_at, bridged_at, ended_at"
            " FROM attempt ORDER BY at, id"
        )
        agents = {f"agent:{agent}": self.floor.hub.state(f"agent:{agent}").get("agent") for agent in self.agents}
        return f"clock {self.clock.now()}\nattempts {calls}\nagents {agents}\nboard {dict(self.board())}"

    async def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        async with self.engine.connect() as conn:
            return [dict(row) for row in (await conn.execute(text(query), values)).mappings()]

    async def until_rows(self, query: str, true: Callable[[list[dict[str, Any]]], Any], real_s: float = 10.0) -> Any:
        loop = asyncio.get_running_loop()
        end = loop.time() + real_s
        while True:
            found = await self.rows(query)
            if true(found):
                return found
            assert loop.time() < end, found
            await asyncio.sleep(0.02)

    async def attempts(self) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM attempt ORDER BY at, id")

    def line(self, attempt: Mapping[str, Any]) -> str:
        return f"pl-c-{attempt['id']}"


@asynccontextmanager
async def floor_rig(engine: AsyncEngine, speed: float = 10.0) -> AsyncIterator[Rig]:
    clock = LivedClock(builders.NOW, speed)
    clock.start()
    scripts: dict[str, Sequence[DebtorScript]] = {}
    sandbox = SandboxExchange(clock=clock, debtors=DebtorModel(scripts=scripts))
    await sandbox.start()
    rig = Rig(engine, clock, sandbox, scripts)
    try:
        yield rig
    finally:
        for floor in rig.floors:
            await floor.stop()
        for exchange in rig.exchanges:
            await exchange.close()
        await sandbox.stop()
        clock.stop()
