"""Takes messages from persons: stores them first, and carries out at once what they ask: stop, start, or a second look.

We send no confirmation of a STOP: the carrier sends the one that is allowed (Capabilities.confirms_opt_out).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal

import structlog
from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from campaigns.consents.service import record_consent
from campaigns.db import tables as t
from campaigns.queue.service import resume, suspend
from campaigns.requests.service import lift_opt_out, record_opt_out
from compliance.optout import Kind, classify, tokens
from dialer import message_rows as rows
from telephony.clock import Clock
from telephony.messaging.port import InboundMessage

log = structlog.get_logger()
UNCLEAR_REPLY = "unclear_reply"
TRIES = 5
TURNED_AWAY = frozenset({"40P01", "40001"})  # deadlock_detected, serialization_failure
TEXTS: tuple[Literal["sms"], Literal["whatsapp"]] = ("sms", "whatsapp")


@dataclass(frozen=True, slots=True)
class Taken:
    """What was made of one message. `new` False: the carrier sent it before, and nothing was done again."""

    new: bool
    meaning: Kind
    debtor_id: int | None = None
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class _Person:
    debtor_id: int
    contact_point_id: int
    language: str


class Inbound:
    """Every message is one transaction: what a STOP closes is closed when the carrier gets its answer."""

    def __init__(self, engine: AsyncEngine, tenant_id: int, clock: Clock) -> None:
        self._engine = engine
        self._tenant_id = tenant_id
        self._clock = clock

    async def handle_inbound(self, message: InboundMessage, at: datetime | None = None) -> Taken:
        """Store it and do what it asks. Carriers do not repeat a reply that failed here, so a deadlock is retried.

        `at`: when it came, where that was not now.
        """
        # a NUL means nothing to a person, and PostgreSQL would refuse the text for it
        message = replace(message, body=message.body.replace("\0", ""))
        for left in reversed(range(TRIES)):
            try:
                return await self._take(message, at or self._clock.now())
            except DBAPIError as problem:
                if left == 0 or getattr(problem.orig, "sqlstate", None) not in TURNED_AWAY:
                    raise
                log.warning("inbound.once_more", left=left)
        raise AssertionError("unreachable")

    async def _take(self, message: InboundMessage, now: datetime) -> Taken:
        async with self._engine.begin() as conn:
            persons = await self._persons(conn, message.from_address)
            meaning = classify(message.body, persons[0].language if persons else None).kind
            person = persons[0] if persons else None
            if not await self._store(conn, message, meaning, person, now):
                return Taken(False, meaning, person.debtor_id if person else None)
            withdrawn = 0
            if meaning == "stop":
                withdrawn = await self._stop(conn, message, persons, now)
            elif meaning == "start":
                await self._start(conn, message, persons, now)
            elif meaning == "unclear":
                withdrawn = await self._unclear(conn, message, persons, now)
            await self._tell(conn, f"reply.{meaning}", message, person, now, review=meaning == "unclear")
        log.info("inbound.taken", meaning=meaning, channel=message.channel, known=person is not None)
        return Taken(True, meaning, person.debtor_id if person else None, withdrawn)

    async def _persons(self, conn: AsyncConnection, address: str) -> list[_Person]:
        """Everybody with this address; first who was written to last, then who was entered first."""
        last = (
            select(func.max(t.message.c.created_at))
            .where(t.message.c.contact_point_id == t.contact_point.c.id)
            .correlate(t.contact_point)
            .scalar_subquery()
        )
        query = (
            select(t.debtor.c.id, t.contact_point.c.id, t.debtor.c.language)
            .join(t.debtor, t.debtor.c.id == t.contact_point.c.debtor_id)
            .where(t.contact_point.c.tenant_id == self._tenant_id, t.contact_point.c.address == address)
            .order_by(last.desc().nulls_last(), t.contact_point.c.id)
        )
        return [_Person(*row) for row in (await conn.execute(query)).all()]

    async def _store(
        self, conn: AsyncConnection, message: InboundMessage, meaning: Kind, person: _Person | None, now: datetime
    ) -> bool:
        row = {
            "tenant_id": self._tenant_id,
            "provider": message.provider,
            "provider_id": message.provider_id,
            "channel": message.channel,
            "from_address": message.from_address,
            "to_address": message.to_address,
            "body": message.body,
            "meaning": meaning,
            "debtor_id": person.debtor_id if person else None,
            "at": now,
        }
        table = t.inbound_message
        done = await conn.execute(upsert(table).values(**row).on_conflict_do_nothing().returning(table.c.id))
        return done.scalar_one_or_none() is not None

    async def _stop(
        self, conn: AsyncConnection, message: InboundMessage, persons: Sequence[_Person], now: datetime
    ) -> int:
        """Close the address before anything else, then withdraw what waits for it.

        One word closes this medium, which to the gate is every electronic message to the address; a sentence may mean
        calls too, so it closes all. Later steps of a strategy that want a text are refused by the gate.
        """
        withdrawn = await rows.withdraw(conn, self._tenant_id, message.from_address, TEXTS, now)
        scope: Literal["sms", "whatsapp", "email", "all"] = message.channel if len(tokens(message.body)) == 1 else "all"
        await self._close(conn, message, scope, persons, now)
        return withdrawn

    async def _close(
        self,
        conn: AsyncConnection,
        message: InboundMessage,
        scope: Literal["voice", "sms", "whatsapp", "email", "all"],
        persons: Sequence[_Person],
        now: datetime,
    ) -> None:
        await record_opt_out(
            conn,
            tenant_id=self._tenant_id,
            address=message.from_address,
            channel=scope,
            at=now,
            source=f"{message.channel}_reply",
            evidence=f"{message.provider} {message.provider_id}",
            debtor_id=persons[0].debtor_id if persons else None,
        )

    async def _start(
        self, conn: AsyncConnection, message: InboundMessage, persons: Sequence[_Person], now: datetime
    ) -> None:
        """Lift what was closed for texts, keep calls closed if a sentence had closed them, and note the wish."""
        lift = partial(
            lift_opt_out, conn, tenant_id=self._tenant_id, address=message.from_address, now=now, actor="system"
        )
        for channel in TEXTS:
            await lift(channel=channel)
        if await lift(channel="all"):
            await self._close(conn, message, "voice", persons, now)
        for person in persons:
            await record_consent(
                conn,
                tenant_id=self._tenant_id,
                contact_point_id=person.contact_point_id,
                channel=message.channel,
                how="used_with_collector",
                at=now,
                now=now,
                actor="system",
                evidence=f"{message.provider} {message.provider_id}",
            )
            await resume(conn, person.debtor_id, UNCLEAR_REPLY, now=now)
        await self._tell(conn, "opt_out.lifted", message, persons[0] if persons else None, now)

    async def _unclear(
        self, conn: AsyncConnection, message: InboundMessage, persons: Sequence[_Person], now: datetime
    ) -> int:
        """Perhaps a STOP: nothing goes out until a person has read it."""
        for person in persons:
            await suspend(conn, person.debtor_id, UNCLEAR_REPLY)
        return await rows.withdraw(conn, self._tenant_id, message.from_address, TEXTS, now)

    async def _tell(
        self,
        conn: AsyncConnection,
        kind: str,
        message: InboundMessage,
        person: _Person | None,
        now: datetime,
        **payload: Any,
    ) -> None:
        await conn.execute(
            insert(t.outcome_event).values(
                tenant_id=self._tenant_id,
                at=now,
                kind=kind,
                debtor_id=person.debtor_id if person else None,
                payload={"channel": message.channel, "provider_id": message.provider_id, **payload},
            )
        )
