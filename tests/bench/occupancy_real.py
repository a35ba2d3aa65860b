"""Runs a simulator's scenario on the whole system at real speed and reads the agents' occupancy from its own log."""

import asyncio
import shutil
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import migrate, tables as t
from campaigns.db.embedded import EmbeddedPostgres, EmbeddedValkey
from campaigns.db.engine import make_engine
from compliance.abandonment_tally import Tally, slot_of
from dialer.bootstrap import Server
from dialer.commands import Actor, FloorPort
from dialer.demo.agents import SimulatedAgent
from dialer.demo.headless import drain, inspected
from dialer.demo.inspector import Findings
from dialer.demo.latency import Latencies
from dialer.demo.run import Demo, settings_for
from dialer.demo.setting_up import Plan, Stage, set_up
from dialer.engines import Engines
from dialer.floor import Floor
from dialer.simulation.scenario import Scenario
from telephony.asterisk.ports import free_port
from telephony.clock import ScaledClock
from telephony.messaging.sandbox.carrier import CarrierSettings
from telephony.messaging.sandbox.server import SandboxCarrier
from telephony.sandbox.exchange import SandboxExchange
from tests.bench.scenario_people import ScenarioAgent, ScenarioDebtors

BEGIN = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)
"""A Wednesday on which most of the portfolio's countries may be called."""
BUSY, FREE = ("talking", "hold", "wrap_up"), ("ready", "reserved", "preview")
BEHIND = Tally(persons=4000, abandoned=60, missed=60)
"""What the campaign has behind it today: its gauges then have room for ten minutes (ADR 8)."""

SPANS = text("""
SELECT user_id, state, from_at, to_at FROM agent_state_log
UNION ALL SELECT user_id, state, since, CAST(:now AS timestamptz) FROM agent_session
""")
CALLS = text("""
SELECT count(*) FILTER (WHERE at >= :since AND at < :until) AS calls,
       count(*) FILTER (WHERE answered_at >= :since AND answered_at < :until) AS answers,
       count(*) FILTER (WHERE answered_at >= :since AND answered_at < :until AND abandoned) AS abandoned
FROM attempt WHERE channel = 'voice'
""")
ENDS = text("SELECT outcome, count(*) FROM attempt WHERE channel = 'voice' GROUP BY outcome ORDER BY outcome")
DENIED = text("SELECT count(*) FROM verdict WHERE decision <> 'allow'")
UNCERTAIN = text("SELECT gauge FROM abandonment_state WHERE uncertain ORDER BY gauge")


class Span(NamedTuple):
    """An agent in a state of the log, `[since, until)`."""

    user_id: int
    state: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Measured:
    """`seconds`: of all agents by state, in the measured time. `uncertain`: gauges over their bound at the end."""

    occupancy: float
    seconds: Mapping[str, float]
    calls: int
    answers: int
    abandoned: int
    outcomes: Mapping[str, int]
    denied: int
    uncertain: Sequence[str]
    findings: Findings
    latencies: Mapping[str, Any]


def seconds_by_state(spans: Iterable[Span], since: datetime, until: datetime) -> dict[str, float]:
    """Seconds of all agents in each state, cut to `[since, until)`."""
    found: defaultdict[str, float] = defaultdict(float)
    for span in spans:
        lasted = (min(span.until, until) - max(span.since, since)).total_seconds()
        if lasted > 0:
            found[span.state] += lasted
    return dict(found)


def occupancy(seconds: Mapping[str, float]) -> float:
    """(talk + hold + wrap-up) / (the same + ready); 0 where nobody was there. As the simulator's results have it."""
    busy = sum(seconds.get(state, 0.0) for state in BUSY)
    there = busy + sum(seconds.get(state, 0.0) for state in FREE)
    return busy / there if there else 0.0


@dataclass(slots=True)
class ScenarioFloor(Demo):
    """The demonstration's parts with the scenario's people."""

    debtors: ScenarioDebtors | None = None

    def agent(self, actor: Actor, floor: FloorPort) -> SimulatedAgent:
        assert self.debtors is not None
        return ScenarioAgent(actor, floor, self.clock, self.exchange, self.debtors)

    def hurry(self) -> None:
        for agent in self.agents:
            cast(ScenarioAgent, agent).hurry()


@contextmanager
def embedded() -> Iterator[tuple[Engines, Path]]:
    """PostgreSQL, durable as in production, and Valkey, in a folder that goes with them."""
    folder = Path(tempfile.mkdtemp(prefix="promiseline-bench-"))
    postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
    try:
        postgres.start()
        postgres.ensure_database()
        valkey.start()
        yield Engines(postgres.url(), valkey.url(), embedded=True), folder
    finally:
        valkey.destroy()
        postgres.destroy()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _running(
    found: Engines, folder: Path, plan: Plan, stage: Stage, debtors: ScenarioDebtors, speed: float
) -> AsyncIterator[ScenarioFloor]:
    clock = ScaledClock(BEGIN, speed)
    async with AsyncExitStack() as stack:
        exchange = SandboxExchange(clock=clock, debtors=debtors)
        await exchange.start()
        stack.push_async_callback(exchange.stop)
        port = free_port()
        inbound = f"http://127.0.0.1:{port}/hooks/twilio/inbound"
        carrier = SandboxCarrier(CarrierSettings(seed=plan.seed, inbound_url=inbound), clock)
        await carrier.start()
        stack.push_async_callback(carrier.close)
        server = Server(settings_for(folder, exchange, carrier, port), found, clock, sandbox=True)
        floor = ScenarioFloor(
            found, folder, plan, clock, port, stage, exchange, carrier, server, debtors=debtors
        )  # fmt: skip
        stack.push_async_callback(floor.stop)
        watching = asyncio.create_task(floor.stolen.watch())
        stack.callback(watching.cancel)
        await floor.start_server()
        yield floor


async def measure(
    scenario: Scenario, settings: Mapping[str, object], pacer: bytes, *, settle_s: float, measured_s: float,
    speed: float = 1.0, debtors: int = 10_000, seed: int = 1, history: bool = True,
) -> Measured:  # fmt: skip
    """What came of `measured_s` seconds from `settle_s` after the campaign's start on. `pacer`: what it has learnt.

    `history`: the campaign has a day behind it, so that its abandonment gauges have room.
    """
    plan = Plan(debtors=debtors, agents=scenario.agents.count, seed=seed, settings=tuple(settings.items()))
    with embedded() as (found, folder):
        await migrate.upgrade(found.database_url)
        engine = make_engine(found.database_url, pool_size=2)
        try:
            stage = await set_up(engine, folder, plan, BEGIN, lambda _: None)
            await _prepare(engine, stage, pacer, history)
            people = ScenarioDebtors(scenario, seed)
            async with _running(found, folder, plan, stage, people, speed) as floor:
                return await _measured(floor, engine, settle_s, measured_s)
        finally:
            await engine.dispose()


async def _prepare(engine: AsyncEngine, stage: Stage, pacer: bytes, history: bool) -> None:
    """The campaign stands still, and its pacer knows the list."""
    campaign = {"id": stage.campaign_id}
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE campaign SET state = 'paused' WHERE id = :id"), campaign)
        only = {"id": stage.campaign_id, "agents": list(stage.agents)}
        await conn.execute(text("DELETE FROM campaign_agent WHERE campaign_id = :id AND user_id <> ALL(:agents)"), only)
        state = {"campaign_id": stage.campaign_id, "state": pacer, "saved_at": BEGIN}
        await conn.execute(insert(t.pacer_state).values(state))
        if not history:
            return
        answered = {"persons": BEHIND.persons, "abandoned": BEHIND.abandoned, "missed": BEHIND.missed}
        slot = slot_of(BEGIN - timedelta(hours=20))
        await conn.execute(insert(t.abandonment_slot).values(campaign_id=stage.campaign_id, slot=slot, **answered))


async def _measured(floor: ScenarioFloor, engine: AsyncEngine, settle_s: float, measured_s: float) -> Measured:
    clock, live = floor.clock, floor.server.floor
    assert isinstance(live, Floor)
    latencies = Latencies(floor.server, floor.exchange.log)
    while not _all_ready(live, len(floor.stage.agents)):
        await clock.sleep(0.2)
    async with engine.begin() as conn:
        running = text("UPDATE campaign SET state = 'running' WHERE id = :id")
        await conn.execute(running, {"id": floor.stage.campaign_id})
    began = clock.now()
    await live.campaign_changed(floor.stage.campaign_id)
    await _wait(floor, settle_s + measured_s)
    since = began + timedelta(seconds=settle_s)
    until = since + timedelta(seconds=measured_s)
    floor.hurry()
    await drain(floor)
    async with engine.connect() as conn:
        return await _read(conn, floor, since, until, latencies)


def _all_ready(floor: Floor, agents: int) -> bool:
    state = floor.state
    return state.forecasts_ready and sum(1 for agent in state.agents.values() if state.takes_calls(agent)) == agents


async def _wait(floor: ScenarioFloor, seconds: float) -> None:
    errors = Console(stderr=True)
    with Progress(console=errors, disable=not errors.is_terminal) as bar:
        task = bar.add_task("the real floor", total=seconds)
        until = floor.clock.monotonic() + seconds
        while (left := until - floor.clock.monotonic()) > 0:
            await floor.clock.sleep(min(left, floor.clock.speed))
            bar.update(task, completed=seconds - left)


async def _read(
    conn: AsyncConnection, floor: ScenarioFloor, since: datetime, until: datetime, latencies: Latencies
) -> Measured:
    rows = await conn.execute(SPANS, {"now": floor.clock.now()})
    seconds = seconds_by_state((Span(*row) for row in rows), since, until)
    counts = (await conn.execute(CALLS, {"since": since, "until": until})).mappings().one()
    return Measured(
        occupancy=occupancy(seconds),
        seconds={state: round(spent, 1) for state, spent in sorted(seconds.items())},
        calls=int(counts["calls"]),
        answers=int(counts["answers"]),
        abandoned=int(counts["abandoned"]),
        outcomes={str(row[0]): int(row[1]) for row in await conn.execute(ENDS)},
        denied=int((await conn.execute(DENIED)).scalar_one()),
        uncertain=[str(row[0]) for row in await conn.execute(UNCERTAIN)],
        findings=await inspected(floor),
        latencies=latencies.figures(floor.clock.speed),
    )
