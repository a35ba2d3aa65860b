"""Whatever happens to attempts, in whatever order: quarter hours are the sum of the calls, and so are the gauges."""

import asyncio
import itertools
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db import migrate, tables as t
from campaigns.db.engine import make_engine
from compliance.abandonment_ledger import Policy, windows
from compliance.abandonment_tally import EndedCall, Tally, counted, slot_of
from dialer.abandonment import blocks, sheets, subject_of
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, a_tenant, an_attempt, uuid7
from tests.dialer.floor_rig import quick

ZONE = "America/New_York"
POLICY = Policy()
MOMENTS = st.integers(-40 * 96, 0).map(lambda quarters: NOW + timedelta(minutes=15 * quarters, seconds=7))
SECONDS = st.sampled_from([0.0, 0.4, 1.9, 2.0, 2.000001, 2.5, 3.4, 9.0])
ANSWERED = text("""
SELECT campaign_id, answered_at, coalesce(answered_by, 'unknown') AS answered_by, outcome, greeting_at, bridged_at,
       ended_at, abandoned FROM attempt
WHERE channel = 'voice' AND direction = 'out' AND answered_at IS NOT NULL AND campaign_id IS NOT NULL
  AND (state = 'ended' OR bridged_at IS NOT NULL OR abandoned)
""")
SLOTS = text("SELECT * FROM abandonment_slot WHERE persons + machines_cut + machines_heard > 0")
NEGATIVE = text("""
SELECT count(*) FROM abandonment_slot
WHERE least(persons, abandoned, missed, machines_cut, machines_heard) < 0 OR greatest(abandoned, missed) > persons
""")


async def folded(conn: AsyncConnection) -> dict[tuple[int, datetime], Tally]:
    """Each call by itself, through the pure rule."""
    found: dict[tuple[int, datetime], Tally] = defaultdict(Tally)
    for row in await conn.execute(ANSWERED):
        machine = row.answered_by == "machine" or row.outcome == "amd_machine"
        call = EndedCall(
            row.answered_at, "machine" if machine else row.answered_by, row.greeting_at, row.bridged_at, row.ended_at,
            row.abandoned,
        )  # fmt: skip
        found[row.campaign_id, slot_of(row.answered_at)] += counted(call)
    return dict(found)


async def stored(conn: AsyncConnection) -> dict[tuple[int, datetime], Tally]:
    return {
        (row.campaign_id, row.slot): Tally(
            row.persons, row.abandoned, row.missed, row.machines_cut, row.machines_heard
        )
        for row in await conn.execute(SLOTS)
    }  # fmt: skip


def machine(url: str) -> type[RuleBasedStateMachine]:
    class Attempts(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.runner = asyncio.Runner()
            self.engine: AsyncEngine = make_engine(url)
            self.open: list[Any] = []
            self.ended: list[Any] = []

        def do(self, work: Any) -> Any:
            async def within() -> Any:
                async with self.engine.begin() as conn:
                    return await work(conn)

            return self.runner.run(within())

        def change(self, attempt: Any, **values: Any) -> None:
            self.do(lambda conn: conn.execute(update(t.attempt).where(t.attempt.c.id == attempt).values(**values)))

        @initialize()
        def populate(self) -> None:
            async def work(conn: AsyncConnection) -> None:
                await conn.execute(text("TRUNCATE attempt, abandonment_slot"))
                self.tenant = await a_tenant(conn)
                self.creditor = await a_creditor(conn, self.tenant)
                made = quick(abandonment={"timezone": ZONE})
                self.campaigns = [await a_campaign(conn, self.tenant, self.creditor, settings=made) for _ in range(2)]

            self.do(work)

        @rule(at=MOMENTS, which=st.integers(0, 1), direction=st.sampled_from(["out", "out", "out", "in"]))
        def answer(self, at: datetime, which: int, direction: str) -> None:
            async def work(conn: AsyncConnection) -> Any:
                debtor = await a_debtor(conn, self.tenant, self.creditor)
                return await an_attempt(
                    conn, self.tenant, debtor, at=at, campaign_id=self.campaigns[which], state="live", outcome=None,
                    answered_at=at, ended_at=None, direction=direction,
                )  # fmt: skip

            self.open.append((self.do(work), at))

        @precondition(lambda self: self.open)
        @rule(data=st.data(), s=SECONDS, greeting=st.none() | SECONDS, missed=st.booleans())
        def connect(self, data: Any, s: float, greeting: float | None, missed: bool) -> None:
            attempt, at = data.draw(st.sampled_from(self.open))
            heard = None if greeting is None else at + timedelta(seconds=greeting)
            self.change(attempt, bridged_at=at + timedelta(seconds=s), greeting_at=heard, abandoned=missed)

        @precondition(lambda self: self.open)
        @rule(data=st.data())
        def give_up(self, data: Any) -> None:
            attempt, _ = data.draw(st.sampled_from(self.open))
            self.change(attempt, abandoned=True)

        @precondition(lambda self: self.open)
        @rule(data=st.data(), s=SECONDS, by=st.sampled_from([None, "unknown", "person", "machine"]))
        def end(self, data: Any, s: float, by: str | None) -> None:
            attempt, at = data.draw(st.sampled_from(self.open))
            self.open.remove((attempt, at))
            self.ended.append((attempt, at))
            outcome = "amd_machine" if by == "machine" else "conversation"
            self.change(
                attempt, state="ended", ended_at=at + timedelta(seconds=s), answered_by=by, outcome=outcome
            )  # fmt: skip

        @precondition(lambda self: self.ended)
        @rule(data=st.data(), by=st.sampled_from(["unknown", "person", "machine"]))
        def correct(self, data: Any, by: str) -> None:
            """Weeks later somebody hears the recording."""
            attempt, _ = data.draw(st.sampled_from(self.ended))
            self.change(attempt, answered_by=by, outcome="voicemail_no_message")

        @precondition(lambda self: self.ended)
        @rule(data=st.data(), at=MOMENTS, which=st.integers(0, 1))
        def move(self, data: Any, at: datetime, which: int) -> None:
            attempt, _ = data.draw(st.sampled_from(self.ended))
            self.change(attempt, answered_at=at, campaign_id=self.campaigns[which])

        def teardown(self) -> None:
            try:
                if hasattr(self, "campaigns"):
                    self.do(self.look)
            finally:
                self.runner.run(self.engine.dispose())
                self.runner.close()

        async def look(self, conn: AsyncConnection) -> None:
            wanted, found = await folded(conn), await stored(conn)
            assert found == {key: tally for key, tally in wanted.items() if tally != Tally()}
            assert (await conn.execute(NEGATIVE)).scalar_one() == 0
            subjects = [subject_of(campaign, "c", quick(abandonment={"timezone": ZONE})) for campaign in self.campaigns]
            for sheet in await sheets(conn, self.tenant, subjects, POLICY, NOW):
                campaign = sheet.subject.campaign
                own = {slot: tally for (owner, slot), tally in wanted.items() if owner == campaign}
                first = min((slot for slot, tally in own.items() if tally.persons), default=None)
                for gauge, window in zip(sheet.gauges, windows(first, ZONE, POLICY, NOW), strict=True):
                    inside = [tally for slot, tally in own.items() if window.since <= slot < window.until]
                    whole = sum(inside, Tally())
                    if gauge.regime != "gb-ofcom":
                        lost = whole.abandoned if gauge.regime == "us" else whole.missed
                        assert (gauge.lost, gauge.answers) == (lost, whole.persons)
                periods = await blocks(conn, sheet.subject, NOW)
                assert sum((tally.persons for _, tally in periods)) == sum(tally.persons for tally in own.values())

    return Attempts


def test_the_slots_are_the_sum_of_the_calls(database_url: str) -> None:
    run_state_machine_as_test(
        machine(database_url),
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


async def test_the_database_counts_each_call_as_the_rule_does(conn: AsyncConnection) -> None:
    """Every combination of what may be known of a call, around the limits, each in a quarter hour of its own."""
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    campaign, debtor = await a_campaign(conn, tenant, creditor), await a_debtor(conn, tenant, creditor)
    model = await an_attempt(conn, tenant, debtor, campaign_id=campaign)
    row = (await conn.execute(select(t.attempt).where(t.attempt.c.id == model))).mappings().one()
    combinations = itertools.product(
        (None, 0.0, 1.4, 3.0),
        (None, 0.4, 2.0, 2.000001, 3.4, 3.400001),
        (None, 1.9, 2.0, 2.000001, 9.0),
        (None, "unknown", "person", "machine"),
        ("conversation", "amd_machine"),
        (False, True),
    )
    rows = []
    for number, (greeting, bridged, ended, by, outcome, missed) in enumerate(combinations):
        at = NOW - timedelta(minutes=15 * number)
        times = {"greeting_at": greeting, "bridged_at": bridged, "ended_at": ended}
        known = {name: None if s is None else at + timedelta(seconds=s) for name, s in times.items()}
        told = {"answered_by": by, "outcome": outcome, "abandoned": missed}
        rows.append({**row, "id": uuid7(), "at": at, "answered_at": at, **known, **told})
    await conn.execute(insert(t.attempt), rows)
    wanted = await folded(conn)
    assert len(wanted) == len(rows) == 1920 and await stored(conn) == wanted


async def test_the_migration_sums_what_was_there_before(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url, to="0001")
    engine = make_engine(empty_database_url)
    async with engine.begin() as conn:
        tenant = await a_tenant(conn)
        creditor = await a_creditor(conn, tenant)
        campaign = await a_campaign(conn, tenant, creditor)
        for number in range(40):
            debtor = await a_debtor(conn, tenant, creditor)
            at = NOW + timedelta(minutes=7 * number)
            fates: list[dict[str, Any]] = [
                {"bridged_at": at + timedelta(seconds=1)}, {"abandoned": True}, {"answered_by": "machine"},
                {"outcome": "amd_machine"}, {"answered_at": None},
            ]  # fmt: skip
            values = {"campaign_id": campaign, "answered_at": at, **fates[number % 5]}
            await an_attempt(conn, tenant, debtor, at=at, **values)
    await migrate.upgrade(empty_database_url)
    async with engine.connect() as conn:
        wanted = await folded(conn)
        assert await stored(conn) == wanted
        assert sum(wanted.values(), Tally()) == Tally(16, 8, 8, 16, 0)
    await engine.dispose()


async def test_gauges_of_a_busy_house_are_read_quickly(conn: AsyncConnection) -> None:
    """Sixty days of every quarter hour for twenty campaigns: what ten million attempts would leave behind."""
    tenant = await a_tenant(conn)
    creditor = await a_creditor(conn, tenant)
    ids = [await a_campaign(conn, tenant, creditor) for _ in range(20)]
    await conn.execute(
        text(
            "INSERT INTO abandonment_slot (campaign_id, slot, persons, abandoned, missed) SELECT c, s, 87, 1, 1"
            " FROM unnest(CAST(:ids AS bigint[])) AS c, generate_series(CAST(:first AS timestamptz), :last,"
            " interval '15 minutes') AS s"
        ),
        {"ids": ids, "first": slot_of(NOW - timedelta(days=60)), "last": slot_of(NOW)},
    )
    await conn.execute(text("ANALYZE abandonment_slot"))
    subjects = [subject_of(campaign, "c", quick()) for campaign in ids]
    found = await sheets(conn, tenant, subjects, POLICY, NOW)
    assert found[0].gauges[3].answers == 87 * 97
    loop = asyncio.get_running_loop()
    took = []
    for _ in range(3):
        start = loop.time()
        await sheets(conn, tenant, subjects, POLICY, NOW)
        took.append(loop.time() - start)
    assert min(took) < 0.5, took
