"""One floor, one messenger, one database: every origin of a contact tried on persons whom the gate must protect.

`play` lets each origin want a contact with one person in each circumstance, all in one database, and reads from the
sandbox exchange's and the sandbox carrier's own logs to whom something left.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.admin import service as admin
from campaigns.callbacks import service as callbacks
from campaigns.db import tables as t
from campaigns.model import CallStep, CampaignSettings, MessageStep, WaitStep
from dialer.contact import GateContext
from dialer.message_rows import NewMessage, enqueue
from dialer.scheduler import Scheduler
from dialer.state import FloorSettings, LiveCall
from dialer.unsubscribing import stop_in
from telephony.clock import ScaledClock
from telephony.messaging.sandbox.script import Script
from telephony.sandbox.debtors import DebtorModel, DebtorScript
from telephony.sandbox.exchange import SandboxExchange
from tests import builders
from tests.dialer import floor_rig as rigs
from tests.dialer.floor_rig import BUSY, Rig as FloorRig, quick
from tests.dialer.messaging_rig import Rig as TextRig, rig as text_rig
from tests.policy import POLICY, announced

MONDAY = datetime(2026, 3, 23, 15, 0, tzinfo=UTC)  # 11:00 in New York; Saint Joseph's day in Colombia
UNHURRIED = FloorSettings(tick_s=2.0)  # clock seconds; what happens on the floor wakes it anyway
Apply = Callable[[AsyncConnection, "Person"], Awaitable[None]]
Channel = Literal["voice", "sms", "email"]


@dataclass(frozen=True, slots=True)
class Person:
    debtor: int
    point: int
    phone: str  # or the e-mail address
    tenant: int
    channel: Channel


@dataclass(frozen=True, slots=True)
class Circumstance:
    """`codes`: one of them the gate must give as a reason; `only`: it means nothing on others (sms: all in writing)."""

    name: str
    apply: Apply
    codes: tuple[str, ...]
    only: Channel | None = None


def _sql(*statements: str, **values: Any) -> Apply:
    async def apply(conn: AsyncConnection, person: Person) -> None:
        known = {"debtor": person.debtor, "point": person.point, "tenant": person.tenant, "phone": person.phone}
        known |= {"channel": person.channel, "before": MONDAY - timedelta(days=1)} | values
        for statement in statements:
            query = text(statement)
            names = query.compile().params
            await conn.execute(query, {name: value for name, value in known.items() if name in names})

    return apply


async def _listed(conn: AsyncConnection, person: Person) -> None:
    await builders.a_do_not_contact_list(conn, person.tenant, person.phone)


def _request(kind: str, details: str = "{}") -> Apply:
    return _sql(
        "INSERT INTO person_request (tenant_id, debtor_id, kind, details, at, recorded_by)"
        " VALUES (:tenant, :debtor, :kind, CAST(:details AS jsonb), :before, 'user:1')",
        kind=kind,
        details=details,
    )


async def _over_cap(conn: AsyncConnection, person: Person) -> None:
    """Seven calls about the debt (United States) and two texts (New York City), all within seven dates."""
    await conn.execute(text("UPDATE address SET city = 'New York' WHERE debtor_id = :id"), {"id": person.debtor})
    found = await conn.execute(text("SELECT id FROM debt WHERE debtor_id = :id"), {"id": person.debtor})
    debts = [row.id for row in found]
    for hours in range(7):
        at = MONDAY - timedelta(days=2, hours=hours)
        await builders.an_attempt(conn, person.tenant, person.debtor, at=at, debt_ids=debts)
    for days in (2, 3):
        sent: dict[str, Any] = {"channel": "sms", "origin": "message_step", "outcome": "message_sent"}
        at = MONDAY - timedelta(days=days)
        await builders.an_attempt(conn, person.tenant, person.debtor, at=at, debt_ids=debts, **sent)


async def _unsubscribed(conn: AsyncConnection, person: Person) -> None:
    """By the link of an e-mail that was sent the day before."""
    before, token = MONDAY - timedelta(days=1), f"token{person.point}"
    earlier = {
        "id": builders.uuid7(), "tenant_id": person.tenant, "dedupe_key": token, "debtor_id": person.debtor,
        "contact_point_id": person.point, "channel": "email", "origin": "message_step", "template": "missed_call",
        "language": "en", "state": "sent", "unsubscribe_token": token, "not_before": before, "created_at": before,
    }  # fmt: skip
    await conn.execute(insert(t.message).values(**earlier))
    assert await stop_in(conn, person.tenant, token, MONDAY) is not None


async def _in_another_call(conn: AsyncConnection, person: Person) -> None:
    live: dict[str, Any] = {"state": "live", "outcome": None, "ended_at": None, "node": "elsewhere"}
    await builders.an_attempt(conn, person.tenant, person.debtor, at=MONDAY, **live)


_OPT_OUT = (
    "INSERT INTO opt_out (tenant_id, address, channel, at, source) VALUES (:tenant, :phone, {}, :before, 'agent')"
)
_CONSENT = (
    "INSERT INTO consent (tenant_id, contact_point_id, channel, by, at)"
    " SELECT :tenant, :point, c, 'written', :before FROM unnest(ARRAY['voice', 'sms', 'email']) c"
)
CIRCUMSTANCES: tuple[Circumstance, ...] = (
    Circumstance("outside_hours", _sql("UPDATE debtor SET own_timezone = 'Asia/Tokyo' WHERE id = :debtor"), ("hours",)),
    Circumstance(
        "holiday",
        _sql(
            "UPDATE address SET country = 'CO', region = NULL, timezone = 'America/Bogota' WHERE debtor_id = :debtor",
            _CONSENT,
        ),
        ("holiday",),
    ),
    Circumstance("over_cap", _over_cap, ("frequency.attempts", "frequency.contacts")),
    Circumstance("after_stop_on_this_channel", _sql(_OPT_OUT.format(":channel")), ("opt_out",)),
    Circumstance("after_stop_on_all", _sql(_OPT_OUT.format("'all'")), ("opt_out",)),
    Circumstance("after_unsubscribe", _unsubscribed, ("opt_out",), only="email"),
    Circumstance("cease", _request("cease_all", '{"form": "written"}'), ("cease",)),
    Circumstance("attorney", _request("attorney", '{"name": "A. Law"}'), ("attorney",)),
    Circumstance(
        "do_not_contact_list",
        _listed,
        ("opt_out",),
    ),
    Circumstance(
        "unknown_time_zone",
        _sql("UPDATE debtor SET own_timezone = 'Nowhere/Here' WHERE id = :debtor"),
        ("timezone_unknown",),
    ),
    Circumstance(
        "no_consent_for_texts", _sql("DELETE FROM consent WHERE contact_point_id = :point"), ("consent",), only="sms"
    ),
    Circumstance(
        "wrong_number",
        _sql("UPDATE contact_point SET status = 'wrong_person' WHERE id = :point"),
        ("third_party", "no_contact_point", "timezone_unknown", "cease", "opt_out"),
    ),
    Circumstance(
        "dispute_of_the_debt", _sql("UPDATE debt SET status = 'disputed' WHERE debtor_id = :debtor"), ("no_debt",)
    ),
    Circumstance("dispute_hold", _request("dispute"), ("cease",)),
    Circumstance("deceased", _sql("UPDATE debtor SET status = 'deceased' WHERE id = :debtor"), ("cease",)),
    Circumstance("bankrupt", _sql("UPDATE debtor SET status = 'bankrupt' WHERE id = :debtor"), ("cease",)),
    Circumstance("closed_file", _sql("UPDATE debtor SET status = 'closed' WHERE id = :debtor"), ("closed",)),
    Circumstance(
        "inconvenient_time",
        _request("inconvenient_time", '{"deny": [{"weekdays": ["mon"], "from": "09:00", "to": "17:00"}]}'),
        ("preference",),
    ),
    Circumstance("in_another_call", _in_another_call, ("in_progress",), only="voice"),
)
CONTROL = Circumstance("nothing_in_the_way", _sql(), ())
VOICE = (
    "dialer",
    "agents_click_on_a_preview",
    "own_callback",
    "anyones_callback",
    "campaign_started_by_command",
    "retry_after_a_crash_between_admission_and_dialing",
    "announcement_without_an_agent",
)
TEXTS = (
    "message_step_of_a_strategy",
    "agents_message",
    "reply",
    "queued_before_and_sent_after",
    "carrier_refused_for_now_and_is_asked_again",
    "once_more_after_a_passing_fault",
)
MAILS = ("email_step_of_a_strategy", "email_queued_before_and_sent_after")
NEVER = ("message_in_flight_at_a_crash",)
"""Even with nothing in the way it is not sent: what may have left is never repeated."""


def cells(origins: Sequence[str]) -> list[tuple[str, Circumstance]]:
    """Every origin with every circumstance that means something on its channel."""
    return [
        (origin, circumstance)
        for origin in origins
        for circumstance in CIRCUMSTANCES
        if circumstance.only in (None, *_kinds(origin))
    ]


def _kinds(origin: str) -> tuple[Channel, ...]:
    if origin in VOICE:
        return ("voice",)
    return ("sms", "email") if origin in MAILS else ("sms",)


@dataclass(slots=True)
class Played:
    """What the logs say: how many requests reached exchange or carrier for each cell; and the gate's reasons."""

    left: dict[tuple[str, str], int] = field(default_factory=dict)
    reasons: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    unanswered_replies: int = -1
    permits_missing: int = -1


class Stage:
    """Persons by origin and circumstance, and what the origins need."""

    def __init__(self, texts: TextRig, floor: FloorRig) -> None:
        self.texts, self.floor = texts, floor
        self.engine = texts.engine
        self.persons: dict[tuple[str, str], Person] = {}
        self.circumstances: dict[tuple[str, str], Circumstance] = {}
        self.campaigns: dict[str, int] = {}
        self.agents: dict[str, list[int]] = {}
        self.counted: dict[str, int] = {}
        self._numbers = iter(range(2_000_000, 3_000_000))

    async def populate(self, conn: AsyncConnection, origin: str, creditor: int) -> None:
        channel = _kinds(origin)[-1]
        for _, circumstance in [*cells([origin]), (origin, CONTROL)]:
            phone = f"+1212{next(self._numbers)}"
            self.floor.scripts[phone.removeprefix("+")] = (BUSY,)
            debtor = await builders.a_debtor(conn, self.texts.tenant, creditor, phones=[phone])
            address = phone
            if channel == "email":
                address = f"dana{phone.removeprefix('+')}@example.org"
                point = await builders.a_contact_point(conn, self.texts.tenant, debtor, address, "email", position=1)
            else:
                found = await conn.execute(text("SELECT id FROM contact_point WHERE debtor_id = :id"), {"id": debtor})
                point = int(found.scalar_one())
            person = Person(debtor, point, address, self.texts.tenant, channel)
            written = "email" if channel == "email" else "sms"
            await _sql(_CONSENT.replace("ARRAY['voice', 'sms', 'email']", f"ARRAY['{written}']"))(conn, person)
            self.persons[origin, circumstance.name] = person
            self.circumstances[origin, circumstance.name] = circumstance

    def of(self, origin: str) -> dict[str, Person]:
        return {name: person for (one, name), person in self.persons.items() if one == origin}

    async def apply(self, conn: AsyncConnection, origin: str) -> None:
        for name, person in self.of(origin).items():
            await self.circumstances[origin, name].apply(conn, person)

    async def campaign(
        self, conn: AsyncConnection, origin: str, agents: int, settings: CampaignSettings, *, queue: bool = True
    ) -> None:
        tenant, creditor = self.texts.tenant, await builders.a_creditor(conn, self.texts.tenant)
        await self.populate(conn, origin, creditor)
        users = []
        for _ in range(agents):
            phone = f"PJSIP/agent-{len(self.floor.agents) + 1}"
            users.append(await builders.a_user(conn, tenant, phone_endpoint=phone))
            self.floor.agents.append(users[-1])
        self.agents[origin] = users
        self.campaigns[origin] = await builders.a_campaign(
            conn, tenant, creditor, settings=settings, agents=users, state="paused"
        )
        if queue:
            for person in self.of(origin).values():
                await builders.a_queue_row(conn, tenant, self.campaigns[origin], person.debtor, callable_from=MONDAY)

    async def run(self, *origins: str) -> None:
        async with self.engine.begin() as conn:
            ids = [self.campaigns[origin] for origin in origins]
            await conn.execute(text("UPDATE campaign SET state = 'running' WHERE id = ANY(:ids)"), {"ids": ids})

    def requests(self) -> dict[str, int]:
        """By number: how often the exchange or the carrier was asked for it, by their own logs."""
        found: dict[str, int] = {}
        for entry in self.floor.sandbox.log.of("originate"):
            if entry.number is not None:
                found[f"+{entry.number}"] = found.get(f"+{entry.number}", 0) + 1
        for sent in self.texts.carrier.log.entries:
            if sent.what in ("accepted", "rejected"):
                found[sent.to] = found.get(sent.to, 0) + 1
        return found

    def mark(self, origin: str) -> None:
        """What left up to now was allowed then; it does not count."""
        seen = self.requests()
        for person in self.of(origin).values():
            self.counted[person.phone] = seen.get(person.phone, 0)

    async def settled(self, *origins: str) -> None:
        """Every row of these campaigns was looked at, and no call is in progress."""
        ids = {self.campaigns[origin] for origin in origins}
        await self.floor.until_rows(
            "SELECT campaign_id, debtor_id, state FROM queue_row WHERE state IN ('ready', 'leased')"
            " UNION SELECT NULL, debtor_id, state FROM attempt"
            " WHERE state <> 'ended' AND node = 'a' AND channel = 'voice'",
            lambda rows: not [row for row in rows if row["campaign_id"] is None or row["campaign_id"] in ids],
            30.0,
        )


@asynccontextmanager
async def stage(engine: AsyncEngine) -> AsyncIterator[Stage]:
    usual, rigs.GATE = rigs.GATE, GateContext(announced(rigs.GATE.books))
    async with text_rig(engine, MONDAY) as texts:
        scripts: dict[str, Sequence[DebtorScript]] = {}
        sandbox = SandboxExchange(clock=texts.clock, debtors=DebtorModel(scripts=scripts))
        await sandbox.start()
        floor = FloorRig(engine, cast(ScaledClock, texts.clock), sandbox, scripts, tenant=texts.tenant)
        try:
            yield Stage(texts, floor)
        finally:
            rigs.GATE = usual
            for one in floor.floors:
                await one.stop()
            for exchange in floor.exchanges:
                await exchange.close()
            await sandbox.stop()


async def play(engine: AsyncEngine) -> Played:
    async with stage(engine) as made:
        await _people(made)
        await _crash(made)
        await _voice(made)
        await _texts(made)
        return await _read(made)


async def _people(made: Stage) -> None:
    power = quick(mode="power", lines_per_agent=10.0, steps=(CallStep(tries=1),))
    again = quick(mode="power", lines_per_agent=10.0, steps=(CallStep(tries=3, retry_after_s=60),))
    async with made.engine.begin() as conn:
        await made.campaign(conn, "dialer", 1, power)
        await made.campaign(conn, "agents_click_on_a_preview", 3, quick(mode="preview", steps=(CallStep(tries=1),)))
        await made.campaign(conn, "own_callback", 3, quick(), queue=False)
        await made.campaign(conn, "anyones_callback", 3, quick(), queue=False)
        await made.campaign(conn, "campaign_started_by_command", 1, power, queue=False)
        await made.campaign(conn, "retry_after_a_crash_between_admission_and_dialing", 1, again)
        await made.campaign(
            conn,
            "message_step_of_a_strategy",
            1,
            quick(steps=(MessageStep(template="missed_call"), WaitStep(seconds=86400), CallStep())),
        )
        await made.campaign(
            conn, MAILS[0], 1,
            quick(steps=(MessageStep(template="missed_call", channel="email"), WaitStep(seconds=86400), CallStep())),
        )  # fmt: skip
        await made.campaign(conn, VOICE[6], 0, _announcing())
        for origin in (*TEXTS[1:], *MAILS[1:], *NEVER):
            await made.populate(conn, origin, made.texts.creditor)
        for origin in (*VOICE[:2], "campaign_started_by_command", VOICE[6], *TEXTS[:3], MAILS[0]):
            await made.apply(conn, origin)


def _announcing() -> CampaignSettings:
    words = "This is Northwind Recovery. Press 9 to be called no more."
    return quick(
        mode="broadcast", steps=(CallStep(tries=1),), max_lines=20, announcement="sound:hello", announcement_words=words
    )


async def _crash(made: Stage) -> None:
    """Everybody is admitted while nothing is in the way; the process dies before the exchange was asked."""
    origin = VOICE[5]
    await made.run(origin)
    floor = await made.floor.start(tenant_id=made.texts.tenant)
    lost: list[LiveCall] = []
    floor.engine.launch = lost.append  # type: ignore[method-assign, assignment]
    await made.floor.ready(made.floor.agents.index(made.agents[origin][0]))
    wanted = len(made.of(origin))
    await made.floor.until_rows(
        "SELECT id FROM attempt WHERE state = 'committed'", lambda rows: len(rows) >= min(wanted, 10)
    )
    await made.floor.kill()
    made.mark(origin)
    async with made.engine.begin() as conn:
        await made.apply(conn, origin)


async def _voice(made: Stage) -> None:
    now = made.texts.clock.now()
    async with made.engine.begin() as conn:
        for origin in ("own_callback", "anyones_callback"):
            for n, person in enumerate(made.of(origin).values()):
                agents = made.agents[origin]
                await callbacks.record(
                    conn, tenant_id=person.tenant, debtor_id=person.debtor, contact_point_id=person.point,
                    due_at=now + timedelta(seconds=5), command_id=f"{origin}-{n}", now=now, recorded_by="user:1",
                    campaign_id=made.campaigns[origin],
                    agent_id=agents[n % len(agents)] if origin == "own_callback" else None,
                )  # fmt: skip
            await made.apply(conn, origin)
    await made.run(*(origin for origin in made.campaigns if origin != "campaign_started_by_command"))
    await made.floor.start(UNHURRIED, tenant_id=made.texts.tenant)
    async with made.engine.begin() as conn:
        started = made.campaigns["campaign_started_by_command"]
        await admin.start(conn, started, policy=POLICY, now=now, actor="cli")
    agents = [made.floor.agents.index(user) for users in made.agents.values() for user in users]
    await made.floor.ready(*agents)
    clicks = asyncio.create_task(_click(made.floor, agents))
    clock = cast(ScaledClock, made.texts.clock)
    scheduler = asyncio.create_task(Scheduler(made.engine, clock, "scheduler").run())
    try:
        await made.settled(*(origin for origin in made.campaigns if "callback" not in origin))
        await made.floor.until_rows(
            "SELECT id FROM callback WHERE due_at < '2026-03-23T15:10:00Z' AND state IN ('pending', 'placed')",
            lambda rows: not rows,
            20.0,
        )
        # the one that nothing stands against is tried again after the crash
        await made.floor.until(lambda: made.requests().get(made.of(VOICE[5])[CONTROL.name].phone), 20.0)
        await made.settled(VOICE[5])
    finally:
        clicks.cancel()
        scheduler.cancel()
        await asyncio.gather(clicks, scheduler, return_exceptions=True)
    await made.floor.floors.pop().stop()


async def _click(floor: FloorRig, agents: Sequence[int]) -> None:
    """Agents who dial whatever they are shown."""
    while True:
        for index in agents:
            if floor.state(index) == "preview":
                await floor.press("preview_dial", index)
            elif floor.state(index) == "paused":  # put there when the process died under the agent's console
                await floor.press("ready", index)
        await asyncio.sleep(0.01)


async def _queue(made: Stage, origin: str, said: Literal["message_step", "agent", "reply"] = "message_step") -> None:
    now = made.texts.clock.now()
    async with made.engine.begin() as conn:
        for name, person in made.of(origin).items():
            channel: Literal["sms", "email"] = "email" if person.channel == "email" else "sms"
            new = NewMessage(
                person.tenant, person.debtor, person.point, channel, "missed_call", f"{origin}:{name}", origin=said
            )
            await enqueue(conn, new, now=now)


async def _send(made: Stage, advance_s: float = 0.0) -> None:
    """The messenger works through everything that is due."""
    if advance_s:
        made.texts.clock.advance(advance_s)
    while await made.texts.messenger.tick():
        await made.texts.carrier.settled()


def _befalls(made: Stage, origin: str, script: Script | None) -> None:
    for person in made.of(origin).values():
        if script is None:
            made.texts.carrier.scripts.pop(person.phone, None)
        else:
            made.texts.carrier.scripts[person.phone] = script


async def _texts(made: Stage) -> None:
    _, agents, reply, before, refused, passing = TEXTS
    await _queue(made, agents, "agent")
    await _queue(made, reply, "reply")
    await _send(made)
    for queued in (before, MAILS[1]):
        await _queue(made, queued)
        async with made.engine.begin() as conn:
            await made.apply(conn, queued)
    await _send(made)
    for origin, script, later_s in (
        (refused, Script(http_status=429, retry_after_s=1, accept_latency_s=0.0), 60.0),
        (passing, Script(final="undelivered", error_code="30003", accept_latency_s=0.0, step_s=0.02), 4 * 3600 + 60.0),
    ):
        _befalls(made, origin, script)
        await _queue(made, origin)
        await made.texts.messenger.tick()  # once: seconds later it would be tried again
        await made.texts.carrier.settled()
        made.mark(origin)
        _befalls(made, origin, None)
        async with made.engine.begin() as conn:
            await made.apply(conn, origin)
        await _send(made, later_s)
    await _in_flight(made)


async def _in_flight(made: Stage) -> None:
    await _queue(made, NEVER[0])
    _, ready = await made.texts.messenger.prepare(("sms",), 50)
    assert len(ready) == len(made.of(NEVER[0]))  # committed as in flight; here the process dies
    for _ in range(4):
        made.texts.clock.advance(200.0)
        await made.texts.messenger.reports.settle_overdue()
        await _send(made)


async def _replies(made: Stage) -> int:
    """People write in every circumstance: how many requests that caused, of which there must be none."""
    seen = sum(made.requests().values())
    for person in made.of(TEXTS[1]).values():
        for words in ("what is this?", "HELP", "STOP", "I pay on Friday"):
            await made.texts.carrier.person_texts(person.phone, "+12125550100", words)
    await _send(made, 5.0)
    return sum(made.requests().values()) - seen


async def _read(made: Stage) -> Played:
    seen = made.requests()
    played = Played()
    for cell, person in made.persons.items():
        played.left[cell] = seen.get(person.phone, 0) - made.counted.get(person.phone, 0)
        rows = await made.floor.rows(
            "SELECT reasons FROM verdict WHERE debtor_id = :id ORDER BY at DESC, id DESC LIMIT 1", id=person.debtor
        )
        played.reasons[cell] = {reason["code"] for row in rows for reason in row["reasons"]}
    unknown = await made.floor.rows("SELECT id FROM attempt WHERE direction = 'out' AND id NOT IN (SELECT attempt_id"
        " FROM verdict WHERE attempt_id IS NOT NULL) AND at >= :start", start=MONDAY)  # fmt: skip
    played.permits_missing = len(unknown) - len([cell for cell in made.persons if cell[1] == "in_another_call"])
    played.unanswered_replies = await _replies(made)
    return played
