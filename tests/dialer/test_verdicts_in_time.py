"""What the gate allows is dialed at once or not at all: the node's room is asked before the gate, old verdicts end."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialer.engine import VERDICT_HOLDS
from dialer.state import LiveCall
from telephony.ari.limiter import TokenBucket
from telephony.exchange import ExchangeUnavailable, Leg
from tests.dialer.floor_rig import BUSY, PERSON, Rig, floor_rig, quick

pytestmark = pytest.mark.postgres


@pytest.fixture
async def rig(engine: AsyncEngine) -> AsyncIterator[Rig]:
    async with floor_rig(engine) as made:
        yield made


async def test_the_gate_is_asked_about_no_more_calls_than_the_node_would_take(rig: Rig) -> None:
    await rig.people(1, quick(mode="power", lines_per_agent=10.0))
    for _ in range(10):
        await rig.debtor(BUSY)
    await rig.start()
    limiter = rig.exchanges[-1]._limiter = TokenBucket(2.0, rig.clock.monotonic, burst=3.0)
    limiter.admit()
    await rig.ready()
    rows = await rig.until_rows("SELECT outcome FROM attempt WHERE state = 'ended'", lambda found: len(found) == 10)
    assert {row["outcome"] for row in rows} == {"busy"}
    assert len(await rig.rows("SELECT id FROM verdict")) == 10


async def test_a_verdict_that_has_grown_old_is_not_dialed_and_is_no_call(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    floor = await rig.start()
    launch = floor.engine.launch

    def late(live: LiveCall) -> None:
        assert live.judged_at is not None
        live.judged_at -= (VERDICT_HOLDS + timedelta(seconds=1)) * rig.clock.speed
        launch(live)

    monkeypatch.setattr(floor.engine, "launch", late)
    await rig.ready()
    (row, *_) = await rig.until_rows("SELECT * FROM attempt WHERE state = 'ended'", bool)
    assert (row["outcome"], row["cause"], row["ringing_at"]) == ("cancelled", None, None)
    assert floor.tallies.campaign(rig.campaign).dialed == 0
    (queued,) = await rig.rows("SELECT tries FROM queue_row")
    assert queued["tries"] == 0


async def test_a_call_that_the_node_did_not_take_is_not_counted_as_dialed(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.people(1)
    await rig.debtor(PERSON)
    floor = await rig.start()
    real = rig.exchanges[-1].originate

    async def full(call: Leg) -> None:
        if call.kind == "debtor" and call.channel_id.startswith("pl-c-"):
            raise ExchangeUnavailable("above the limit; nothing was dialed")
        await real(call)

    monkeypatch.setattr(rig.exchanges[-1], "originate", full)
    await rig.ready()
    (row, *_) = await rig.until_rows("SELECT * FROM attempt WHERE state = 'ended'", bool)
    assert row["outcome"] == "cancelled"
    await rig.until(lambda: floor.tallies.campaign(rig.campaign).dialed == 0)
