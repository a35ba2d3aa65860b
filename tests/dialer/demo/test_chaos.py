"""The server dies in the middle of a busy floor, twice; the independent pass finds nothing wrong afterwards."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.bootstrap import Server
from dialer.demo.headless import drain, inspected
from dialer.demo.run import Demo, running
from dialer.demo.setting_up import Plan
from dialer.engines import Engines
from dialer.floor import Floor
from dialer.records import Batch
from telephony.clock import ScaledClock

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(300)]

SPEED = 20.0
WEDNESDAY = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)


async def dropped(server: Server) -> None:
    """As `kill -9` leaves it: nothing more is written, dialed or told; what it holds in memory is gone."""
    floor = server.floor
    assert isinstance(floor, Floor)
    await floor.state.tasks.close()
    await floor.state.alarms.stop()
    writer = floor.records._task
    if writer is not None:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
    floor.records._pending, floor.records._writing = Batch(), Batch()
    floor.state.owner = "nobody"  # a dead process gives no lease back
    await server.stop()


async def busy(demo: Demo, *, talks: int, ringing: int) -> None:
    """Until so many people talk with agents and so many lines ring, all of them dialed by this server."""
    floor, since = demo.server.floor, demo.clock.now()
    assert isinstance(floor, Floor)
    async with asyncio.timeout(60):
        while True:
            calls = [live.call for live in floor.state.calls.values()]
            states = [str(call.state) for call in calls if call.launched_at and call.launched_at >= since]
            if states.count("talking") >= talks and len(states) - states.count("talking") >= ringing:
                return
            await demo.clock.sleep(1.0)


async def test_a_server_that_dies_in_the_middle_breaks_no_rule_and_loses_no_call(
    engine: AsyncEngine, database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    clock = ScaledClock(WEDNESDAY, SPEED)
    engines = Engines(database_url, valkey_url, embedded=False)
    plan = Plan(debtors=800, seed=7)
    async with running(engines, tmp_path, plan, lambda _: None, port=0, clock=clock) as demo:
        for _ in range(2):
            await busy(demo, talks=3, ringing=2)
            await demo.stop_agents()
            await dropped(demo.server)
            # people go on ringing and talking, and some hang up, while nobody listens
            await clock.sleep(20.0)
            await demo.start_server()
        await busy(demo, talks=4, ringing=2)
        await drain(demo)
        findings = await inspected(demo)
        dialed = {entry.channel for entry in demo.exchange.log.of("originate") if entry.number}

    assert (findings.violations, findings.orphans, findings.duplicate_dials) == ([], [], [])
    assert findings.person_answered >= 8, "a floor where nothing happens proves nothing"
    async with engine.connect() as conn:
        attempts = (
            await conn.execute(
                text("SELECT id, state, queue_fence FROM attempt WHERE channel = 'voice' AND direction = 'out'")
            )
        ).all()
        leased = (
            await conn.execute(text("SELECT count(*) FROM queue_row WHERE state = 'leased' AND lease_until > :now"),
                               {"now": clock.now()})
        ).scalar_one()  # fmt: skip
    assert {row.state for row in attempts} == {"ended"}
    assert dialed <= {f"pl-c-{row.id}" for row in attempts}, "an attempt was committed before each dialing"
    assert leased == 0, "no debtor is held for a call that ended"
