"""Whatever the order of claims, settlements, lapses and suspensions: no row has two holders, fences hold."""

import asyncio
import itertools
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.db.engine import make_engine
from campaigns.queue import service
from campaigns.queue.model import ClaimedRow, Settlement
from tests.builders import NOW, a_campaign, a_creditor, a_debtor, a_queue_row, a_tenant, a_window_group

LEASE_S = 60
OWNERS = st.sampled_from(["a", "b", "c"])


def machine(url: str) -> type[RuleBasedStateMachine]:
    class Queue(RuleBasedStateMachine):
        """The model: who holds which debtor with which fence until when, and who is held back."""

        def __init__(self) -> None:
            super().__init__()
            self.runner = asyncio.Runner()
            self.engine: AsyncEngine = make_engine(url)
            self.now: datetime = NOW
            self.held: dict[int, tuple[str, ClaimedRow, datetime]] = {}
            self.lost: list[ClaimedRow] = []
            self.suspended: set[int] = set()
            self.done: set[int] = set()
            self.fences: dict[int, int] = {}

        def do(self, work: Any) -> Any:
            async def within() -> Any:
                async with self.engine.begin() as conn:
                    return await work(conn)

            return self.runner.run(within())

        @initialize(size=st.integers(1, 5))
        def populate(self, size: int) -> None:
            async def work(conn: AsyncConnection) -> None:
                tenant = await a_tenant(conn)
                creditor = await a_creditor(conn, tenant)
                self.campaign = await a_campaign(conn, tenant, creditor)
                self.groups = [await a_window_group(conn), await a_window_group(conn, ["Europe/London"], ["gb"])]
                self.debtors: list[int] = []
                for n in range(size):
                    debtor = await a_debtor(conn, tenant, creditor)
                    self.debtors.append(debtor)
                    group = self.groups[n % 2]
                    await a_queue_row(conn, tenant, self.campaign, debtor, score=n % 3, window_group_id=group)

            self.do(work)

        @rule(owner=OWNERS, limit=st.integers(1, 5), both=st.booleans())
        def claim(self, owner: str, limit: int, both: bool) -> None:
            groups = self.groups if both else self.groups[:1]
            rows = self.do(
                lambda conn: service.claim(
                    conn, self.campaign, groups, limit, owner=owner, lease_s=LEASE_S, now=self.now
                )
            )
            assert len(rows) <= limit
            for row in rows:
                assert row.debtor_id not in self.held, "a row was given to two holders"
                assert row.debtor_id not in self.suspended and row.debtor_id not in self.done
                assert row.fence > self.fences.get(row.debtor_id, 0), "a fence was used twice"
                assert row.window_group_id in groups
                self.fences[row.debtor_id] = row.fence
                self.held[row.debtor_id] = (owner, row, self.now + timedelta(seconds=LEASE_S))
            assert [-row.score for row in rows] == sorted(-row.score for row in rows)

        @rule(number=st.integers(1, 3))
        def claim_twice_at_once(self, number: int) -> None:
            async def both() -> list[list[ClaimedRow]]:
                async def one() -> list[ClaimedRow]:
                    async with self.engine.begin() as conn:
                        return await service.claim(
                            conn, self.campaign, self.groups, number, owner="twin", lease_s=LEASE_S, now=self.now
                        )

                return list(await asyncio.gather(one(), one()))

            for row in itertools.chain(*self.runner.run(both())):
                assert row.debtor_id not in self.held, "two claims at once were given the same row"
                self.fences[row.debtor_id] = row.fence
                self.held[row.debtor_id] = ("twin", row, self.now + timedelta(seconds=LEASE_S))

        @precondition(lambda self: self.held)
        @rule(data=st.data(), state=st.sampled_from(["ready", "waiting", "done"]), minutes=st.integers(0, 5))
        def settle(self, data: st.DataObject, state: Any, minutes: int) -> None:
            debtor = data.draw(st.sampled_from(sorted(self.held)))
            row = self.held.pop(debtor)[1]
            back = Settlement(debtor, row.fence, state, self.now + timedelta(minutes=minutes), row.step, row.tries + 1)
            assert self.do(lambda conn: service.settle_many(conn, self.campaign, [back])) == {debtor}
            self.lost.append(row)
            if state == "done":
                self.done.add(debtor)

        @precondition(lambda self: self.held)
        @rule(data=st.data())
        def a_call_ends_in_a_dispute(self, data: st.DataObject) -> None:
            debtor = data.draw(st.sampled_from(sorted(self.held)))
            row = self.held.pop(debtor)[1]
            self.do(lambda conn: service.suspend(conn, debtor, "dispute"))
            back = Settlement(debtor, row.fence, "waiting", self.now, row.step, row.tries + 1)
            assert self.do(lambda conn: service.settle_many(conn, self.campaign, [back])) == {debtor}
            self.lost.append(row)
            self.suspended.add(debtor)

        @precondition(lambda self: self.lost)
        @rule(data=st.data())
        def settle_with_a_lost_fence(self, data: st.DataObject) -> None:
            # best one whose row somebody else holds by now
            taken = [row for row in self.lost if row.debtor_id in self.held]
            row = data.draw(st.sampled_from(taken or self.lost))
            late = Settlement(row.debtor_id, row.fence, "done", self.now, 0, 0)
            assert self.do(lambda conn: service.settle_many(conn, self.campaign, [late])) == set()

        @rule(seconds=st.integers(1, 90))
        def time_passes(self, seconds: int) -> None:
            self.now += timedelta(seconds=seconds)
            lapsed = {d: row for d, (_, row, until) in self.held.items() if until <= self.now}
            freed = self.do(lambda conn: service.expire_leases(conn, self.now))
            assert {debtor for campaign, debtor in freed if campaign == self.campaign} == set(lapsed)
            for debtor, row in lapsed.items():
                del self.held[debtor]
                self.lost.append(row)
            self.do(lambda conn: service.promote_due(conn, self.now))

        @rule(data=st.data(), because=st.sampled_from(["dispute", "promise_pending"]))
        def suspend(self, data: st.DataObject, because: str) -> None:
            debtor = data.draw(st.sampled_from(self.debtors))
            changed = self.do(lambda conn: service.suspend(conn, debtor, because))
            assert changed == (0 if debtor in self.done else 1)
            if debtor not in self.done:
                self.suspended.add(debtor)

        @rule(data=st.data())
        def resume_all(self, data: st.DataObject) -> None:
            debtor = data.draw(st.sampled_from(self.debtors))
            for because in ("dispute", "promise_pending"):
                self.do(lambda conn, b=because: service.resume(conn, debtor, b, now=self.now))
            self.suspended.discard(debtor)

        @invariant()
        def the_database_agrees_on_who_holds_what(self) -> None:
            if not hasattr(self, "campaign"):
                return
            query = text("SELECT debtor_id, state, lease_owner, fence FROM queue_row WHERE campaign_id = :c")
            for debtor, state, owner, fence in self.do(lambda conn: conn.execute(query, {"c": self.campaign})):
                assert fence == self.fences.get(debtor, 0)
                if debtor in self.held:
                    assert (state, owner) == ("leased", self.held[debtor][0])
                elif debtor in self.done:
                    assert state == "done"
                elif debtor in self.suspended:
                    assert state == "suspended"
                else:
                    assert state in {"ready", "waiting"} and owner is None

        def teardown(self) -> None:
            async def clean() -> None:
                async with self.engine.begin() as conn:
                    await conn.execute(text("UPDATE queue_row SET state = 'done'"))
                await self.engine.dispose()

            self.runner.run(clean())
            self.runner.close()

    return Queue


def test_no_order_of_events_gives_a_row_to_two_holders(database_url: str) -> None:
    run_state_machine_as_test(
        machine(database_url),
        settings=settings(
            max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
