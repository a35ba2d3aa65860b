"""Whatever order events come in: what left was allowed at that instant, by a checker that shares no code with the gate.

STOP arrives while a message waits or a call rings, the clock crosses the window, another campaign fills the cap. What
left is read from the sandbox exchange's and carrier's logs, and judged by tests/compliance/brute.py.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Literal
from unittest.mock import patch

import pytest
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
from sqlalchemy.ext.asyncio import AsyncEngine

from campaigns.db.engine import make_engine
from campaigns.requests import service as requests
from dialer.contact import Admitted, WantedContact, admit
from dialer.message_rows import NewMessage, enqueue
from telephony.ari.exchange import AriExchange
from telephony.ari.settings import AriSettings
from telephony.exchange import NodeUp, Originate
from tests import builders
from tests.compliance.brute import Brute
from tests.dialer.chaos_rig import MONDAY, Stage, stage
from tests.dialer.messaging_rig import GATE, JumpClock

pytestmark = pytest.mark.postgres
STEPS_S = (60.0, 300.0, 3600.0, 5 * 3600.0, 11 * 3600.0, 24 * 3600.0)
SENDER = "+12125550100"


def written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


class World:
    """One stage for all examples, in one loop; each example has a person of its own."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.engine: AsyncEngine = self.runner.run(self._engine(url))
        self._stage = stage(self.engine)
        with patch.object(JumpClock, "speed", 1.0):
            self.stage: Stage = self.runner.run(self._stage.__aenter__())
        self.clock = self.stage.texts.clock
        self.clock.speed = 1.0
        self.exchange: AriExchange = self.runner.run(self._connect())
        self.left = 0

    async def _engine(self, url: str) -> AsyncEngine:
        return make_engine(url)

    async def _connect(self) -> AriExchange:
        sandbox = self.stage.floor.sandbox
        ari = AriSettings(
            url=f"{sandbox.url}/ari",
            username=sandbox.username,
            password=sandbox.password,
            app="promiseline",
            node="a",
        )
        exchange = AriExchange(ari, clock=self.clock)
        up = asyncio.Event()

        async def listen() -> None:
            async for event in exchange.events():
                if isinstance(event, NodeUp):
                    up.set()

        self._listener = asyncio.create_task(listen())
        await up.wait()
        return exchange

    def close(self) -> None:
        async def end() -> None:
            await self.exchange.close()
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
            await self._stage.__aexit__(None, None, None)
            await self.engine.dispose()

        self.runner.run(end())
        self.runner.close()


def machine(world: World) -> type[RuleBasedStateMachine]:
    texts, carrier, clock = world.stage.texts, world.stage.texts.carrier, world.clock
    log = world.stage.floor.sandbox.log

    class Person(RuleBasedStateMachine):
        """The model is a case as brute.py reads it: what was told to us, and what the logs say has left."""

        @initialize()
        def enter(self) -> None:
            self.number = builders.next_number()
            self.phone = f"+1212{4_000_000 + self.number}"
            self.ringing: list[tuple[Admitted, dict[str, Any]]] = []
            self.seen = (len(log.entries), len(carrier.log.entries))
            world.runner.run(self._enter())
            given = written(clock.now() - timedelta(days=1))
            consent = {"channel": "sms", "at": given, "by": "written", "expires": None}
            point = {"id": "m1", "kind": "mobile", "address": self.phone, "consent": [consent], "opted_out": []}
            address = {"country": "US", "region": "NY", "timezone": "America/New_York", "city": "New York"}
            self.case: dict[str, Any] = {
                "rulebooks": ["us-federal", "us-nyc"],
                "debtor": {"contact_points": [point], "addresses": [address], "requests": []},
                "debts": ["card"],
                "history": [],
            }

        async def _enter(self) -> None:
            async with world.engine.begin() as conn:
                self.debtor = await builders.a_debtor(conn, texts.tenant, texts.creditor, phones=[self.phone])
                values: dict[str, Any] = {"id": self.debtor}
                await conn.execute(text("UPDATE address SET city = 'New York' WHERE debtor_id = :id"), values)
                found = await conn.execute(text("SELECT id FROM contact_point WHERE debtor_id = :id"), values)
                self.point = int(found.scalar_one())
                await conn.execute(
                    text(
                        "INSERT INTO consent (tenant_id, contact_point_id, channel, by, at)"
                        " SELECT :tenant, id, 'sms', 'written', :at FROM contact_point WHERE debtor_id = :id"
                    ),
                    values | {"tenant": texts.tenant, "at": clock.now() - timedelta(days=1)},
                )

        @rule(seconds=st.sampled_from(STEPS_S))
        def time_passes(self, seconds: float) -> None:
            clock.advance(seconds)

        @rule()
        def it_is_noon(self) -> None:
            """Else most of what is tried falls into the night."""
            now = clock.now()
            noon = now.replace(hour=16, minute=0, second=0, microsecond=0)
            clock.advance(((noon - now) % timedelta(days=1)).total_seconds())

        @rule(said=st.sampled_from(["message_step", "agent", "reply"]))
        def somebody_queues_a_message(self, said: Literal["message_step", "agent", "reply"]) -> None:
            async def queue() -> None:
                async with world.engine.begin() as conn:
                    key = f"s{builders.next_number()}"
                    new = NewMessage(texts.tenant, self.debtor, self.point, "sms", "missed_call", key, origin=said)
                    await enqueue(conn, new, now=clock.now())

            world.runner.run(queue())

        @rule()
        def the_messenger_works(self) -> None:
            async def work() -> None:
                await texts.messenger.tick()
                await carrier.settled()

            world.runner.run(work())
            self._check("sms")

        @rule()
        def a_message_is_queued_and_sent_at_noon(self) -> None:
            """What goes out on most days: else little would leave for the checker to judge."""
            self.it_is_noon()
            self.somebody_queues_a_message("message_step")
            self.the_messenger_works()

        @precondition(lambda self: not self.ringing)
        @rule(origin=st.sampled_from(["dialer", "agent", "callback"]))
        def somebody_calls(self, origin: Literal["dialer", "agent", "callback"]) -> None:
            """The same path as engine and previews: admit, commit, dial."""

            async def call() -> None:
                async with world.engine.begin() as conn:
                    wanted = WantedContact(self.debtor, "voice", origin, node="b")
                    (answer,) = await admit(conn, [wanted], now=clock.now(), gate=GATE)
                if isinstance(answer, Admitted):
                    line = f"PJSIP/{self.phone[1:]}@trunk"
                    order = Originate(f"pl-c-{answer.attempt_id}", line, SENDER, 20, answer.permit)
                    await world.exchange.originate(order)
                    await log.until("originate", order.channel_id)
                    self.answer = answer

            world.runner.run(call())
            self._check("voice")

        @precondition(lambda self: self.ringing)
        @rule(outcome=st.sampled_from(["no_answer", "conversation", "voicemail_message"]))
        def the_call_ends(self, outcome: str) -> None:
            answer, event = self.ringing.pop()
            event["outcome"] = outcome

            async def end() -> None:
                await world.exchange.hangup(f"pl-c-{answer.attempt_id}")
                async with world.engine.begin() as conn:
                    values = {"id": answer.attempt_id, "outcome": outcome}
                    query = "UPDATE attempt SET state = 'ended', outcome = :outcome WHERE id = :id"
                    await conn.execute(text(query), values)

            world.runner.run(end())

        @rule()
        def the_person_texts_stop(self) -> None:
            at = clock.now()
            world.runner.run(carrier.person_texts(self.phone, SENDER, "STOP"))
            received = {"at": written(at), "direction": "in", "channel": "sms", "contact_point": "m1"}
            self.case["history"].append(received | {"outcome": "message_received", "debts": ["card"]})
            self._point()["opted_out"].append({"channel": "sms", "at": written(at)})
            self._check("sms")

        @rule(kind=st.sampled_from(["opt_out", "cease_all", "attorney"]), when=st.integers(0, 5))
        def an_agent_notes_a_wish(self, kind: str, when: int) -> None:
            if when:  # only one time in six: after it little can happen
                return
            at = clock.now()

            async def note() -> None:
                async with world.engine.begin() as conn:
                    if kind == "opt_out":
                        await requests.opt_out_everywhere(
                            conn, tenant_id=texts.tenant, debtor_id=self.debtor, channel="voice", at=at,
                            source="agent", evidence="call", actor="user:1",
                        )  # fmt: skip
                        return
                    await requests.record_request(
                        conn, tenant_id=texts.tenant, debtor_id=self.debtor, kind=kind, at=at, recorded_by="user:1",
                        details={"form": "written"} if kind == "cease_all" else {"name": "A. Law"},
                    )  # fmt: skip

            world.runner.run(note())
            if kind == "opt_out":
                self._point()["opted_out"].append({"channel": "voice", "at": written(at)})
            else:
                details = {"form": "written", "debts": []}
                self.case["debtor"]["requests"].append({"at": written(at), "kind": kind, "details": details})

        def _point(self) -> dict[str, Any]:
            point: dict[str, Any] = self.case["debtor"]["contact_points"][0]
            return point

        def _check(self, channel: str) -> None:
            """Everything new in the logs that went to this person must have been allowed then."""
            calls, sent = log.entries[self.seen[0] :], carrier.log.entries[self.seen[1] :]
            self.seen = (len(log.entries), len(carrier.log.entries))
            left = [entry.at for entry in calls if entry.kind == "originate" and f"+{entry.number}" == self.phone]
            left += [entry.at for entry in sent if entry.what in ("accepted", "rejected") and entry.to == self.phone]
            for at in left:
                contact = {"at": written(at), "channel": channel, "contact_point": "m1", "debts": ["card"]}
                decision, reasons = Brute(self.case | {"contact": contact | {"origin": "agent"}}).decision(at)
                assert decision == "allow", (written(at), channel, reasons)
                world.left += 1
                outcome = "message_sent" if channel == "sms" else "no_answer"
                event = contact | {"direction": "out", "outcome": outcome}
                self.case["history"].append(event)
                if channel == "voice":
                    self.ringing.append((self.answer, event))

        @invariant()
        def nothing_left_unseen(self) -> None:
            if hasattr(self, "seen"):
                new = [entry for entry in log.entries[self.seen[0] :] if entry.kind == "originate"]
                assert not new, "a call left without anybody asking for one"

        def teardown(self) -> None:
            while getattr(self, "ringing", None):
                self.the_call_ends("no_answer")

    return Person


def test_what_left_was_allowed_when_it_left(database_url: str) -> None:
    world = World(database_url)
    try:
        run_state_machine_as_test(
            machine(world),
            settings=settings(
                max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
        assert world.left >= 12, f"only {world.left} left: too little for the test to mean anything"
        assert world.clock.now() > MONDAY
    finally:
        world.close()
